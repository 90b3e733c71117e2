"""`agent`: the process that sends. Apart from `send`, because it starts often and needs no tables and no bars."""

import argparse
import contextlib
import os

from app.cli.keys import location_and_key
from app.cli.output import Output
from app.sending.agent import serve
from app.sending.exit_codes import ExitCode
from app.sending.lease import AgentAtWork

_STDOUT, _STDERR = 1, 2


def run_agent_command(args: argparse.Namespace, output: Output) -> int:
    """Send what is due until told to stop."""
    location, key = location_and_key(args)

    def at_work() -> None:
        # The app waits for this line; it may be gone already, which is no reason not to send. Not `print`: a program
        # built for Windows without a console has no `sys.stdout`, even where there is a pipe.
        with contextlib.suppress(OSError):
            os.write(_STDERR if output.as_json else _STDOUT, b"At work. Ctrl-C ends it.\n")

    try:
        serve(location, key, leave_with_app=args.leave_with_app, at_work=at_work)
    except AgentAtWork as error:
        output.failure(error)
        return ExitCode.AGENT_AT_WORK
    output.result({"workspace": str(location), "ended": True})
    return ExitCode.OK
