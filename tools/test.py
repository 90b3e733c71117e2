"""Run all tests, after seeing to what they need from the system: `uv run tools/test.py [pytest's arguments]`.

Root on Debian or Ubuntu gets missing packages installed; everybody else gets the line that does. On Linux the tests run
in a D-Bus session of their own with an unlocked keyring, so that the keyring tests meet a real Secret Service and never
the keyring of the person who runs them.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.system_packages import TESTS, explain, install_command, missing  # noqa: E402

_UNLOCK = 'eval "$(echo throwaway | gnome-keyring-daemon --unlock --components=secrets)" && exec "$@"'


def main(arguments: list[str]) -> int:
    """Install what is missing, run pytest with *arguments*, and return its exit code."""
    see_to_system_packages()
    pytest = [sys.executable, "-m", "pytest", *arguments]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    if sys.platform != "linux":
        return subprocess.run(pytest, cwd=ROOT, env=environment, check=False).returncode
    if os.geteuid() == 0:
        # As root Chromium refuses its sandbox and ends the process without a word; the product never sets this.
        environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    with tempfile.TemporaryDirectory(prefix="mass-mail-tests-") as home:
        return subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", _UNLOCK, "sh", *pytest],
            cwd=ROOT,
            env=environment | session_environment(Path(home)),
            check=False,
        ).returncode


def see_to_system_packages() -> None:
    """Have every system package the tests need, or end with the sentence that says how to get it."""
    lacking = missing(TESTS)
    if not lacking:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(explain(lacking))
    install = install_command(lacking)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        print("$", shlex.join(command), flush=True)
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)
    if lacking := missing(TESTS):
        raise SystemExit(f"{install[0]} brought no {', '.join(package.provides for package in lacking)}.")


def session_environment(home: Path) -> dict[str, str]:
    """Where the session keeps its sockets and its keyring: in *home*, which is thrown away afterwards."""
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(home / "data")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
