"""Run all tests, after seeing to what they need from the system: `uv run tools/test.py [pytest's arguments]`.

Root on Debian or Ubuntu gets missing packages installed; everybody else gets the line that does. On Linux the tests run
in a session of their own with an unlocked keyring.
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
from tools.session import session_command, session_environment  # noqa: E402


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
        environment |= session_environment(Path(home))
        return subprocess.run(session_command(pytest), cwd=ROOT, env=environment, check=False).returncode


def see_to_system_packages() -> None:
    """Have every system package the tests need, or end with the sentence that says how to get it."""
    lacking = missing(TESTS)
    if not lacking:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(explain(lacking))
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install_command(lacking)):
        print("$", shlex.join(command), flush=True)
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)
    if still_lacking := missing(TESTS):
        names = ", ".join(package.provides for package in still_lacking)
        raise SystemExit(f"The packages are installed, and yet this system lacks {names}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
