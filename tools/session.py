"""A desktop session of our own on Linux: a D-Bus session bus and an unlocked keyring, thrown away afterwards.

So whatever runs in it meets a real Secret Service, and never the keyring of the person who runs it.
"""

from pathlib import Path

_UNLOCK = 'eval "$(echo throwaway | gnome-keyring-daemon --unlock --components=secrets)" && exec "$@"'


def session_command(command: list[str]) -> list[str]:
    """*command*, to be run in a session of its own."""
    return ["dbus-run-session", "--", "sh", "-c", _UNLOCK, "sh", *command]


def session_environment(home: Path) -> dict[str, str]:
    """The environment to add for such a session, whose sockets and keyring lie in *home*."""
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(home / "data"), "LC_ALL": "C.UTF-8"}
