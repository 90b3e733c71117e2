"""Run all tests, after seeing to what they need from the system: `uv run tools/test.py [pytest's arguments]`.

Root on Debian or Ubuntu gets missing packages installed, and none of their services started; everybody else gets the
line that does. On Linux the tests run in a session of their own with an unlocked keyring.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.system_packages import ROOTS_TESTS, TESTS, explain, install_command, missing  # noqa: E402
from tools.session import session_command, session_environment  # noqa: E402

_POLICY = Path("/usr/sbin/policy-rc.d")
_ANSWERS = "postfix postfix/main_mailer_type select No configuration\n"
"""Without a configuration Debian's mail server does not start at the next boot either."""


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
    can_install = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None
    wanted = (*TESTS, *ROOTS_TESTS) if can_install else TESTS
    lacking = missing(wanted)
    if not lacking:
        return
    if not can_install:
        raise SystemExit(explain(lacking))
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if any(package in ROOTS_TESTS for package in lacking):
        subprocess.run(["debconf-set-selections"], input=_ANSWERS, text=True, check=True)
    with _services_at_rest():
        for command in (["apt-get", "update", "-q"], install_command(lacking)):
            print("$", shlex.join(command), flush=True)
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)
    if still_lacking := missing(wanted):
        names = ", ".join(package.provides for package in still_lacking)
        raise SystemExit(f"The packages are installed, and yet this system lacks {names}.")


@contextmanager
def _services_at_rest() -> Iterator[None]:
    """Let no package that is installed meanwhile start its service (invoke-rc.d(8)); a policy that is there stays."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
