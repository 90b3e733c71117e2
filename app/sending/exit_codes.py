"""What the exit code of a command says to the program that started it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 to 2 as everywhere; the others are ours."""

    OK = 0
    FAILED = 1
    USAGE = 2
    AGENT_AT_WORK = 3
    PROBLEMS_FOUND = 4
