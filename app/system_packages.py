"""What must be on a Linux system that pip cannot bring: the one list, each entry with its reason.

The application reads it to say in one sentence what is missing, `tools/test.py` to install what the tests need.
Whether something is there is asked of the loader, not of the package manager, so it holds for every distribution.
Standard library only: this module is read when nothing else can be imported.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SystemPackage:
    """A package of Debian and Ubuntu.

    Attributes:
        name: As apt knew it before the move to 64-bit time.
        provides: The shared library or the command it is needed for.
        reason: Who needs it.
        was_renamed: Debian 13 and Ubuntu 24.04 have appended `t64` to its name.
    """

    name: str
    provides: str
    reason: str
    was_renamed: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether this system has no such library or command, from whatever package."""
        if ".so" not in self.provides:
            return find_command(self.provides) is None
        try:
            ctypes.CDLL(self.provides)
        except OSError:
            return True
        return False


WINDOW = (
    SystemPackage("libegl1", "libEGL.so.1", "QtGui links it, even offscreen"),
    SystemPackage("libgl1", "libGL.so.1", "QtGui links it, even offscreen"),
    SystemPackage("libglib2.0-0", "libglib-2.0.so.0", "Qt's event loop on Linux", was_renamed=True),
    SystemPackage("libdbus-1-3", "libdbus-1.so.3", "QtDBus: accessibility, portals, the colour scheme"),
    SystemPackage("libfontconfig1", "libfontconfig.so.1", "QtGui finds fonts with it"),
    SystemPackage("libxkbcommon0", "libxkbcommon.so.0", "QtGui reads the keyboard with it"),
    SystemPackage("libbrotli1", "libbrotlidec.so.1", "QtNetwork"),
    SystemPackage("libgssapi-krb5-2", "libgssapi_krb5.so.2", "QtNetwork"),
)
"""Without these no part of Qt's widgets can be imported."""

X11 = (
    SystemPackage("libxcb-cursor0", "libxcb-cursor.so.0", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-icccm4", "libxcb-icccm.so.4", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-image0", "libxcb-image.so.0", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-keysyms1", "libxcb-keysyms.so.1", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-render-util0", "libxcb-render-util.so.0", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-shape0", "libxcb-shape.so.0", "Qt's xcb platform plugin"),
    SystemPackage("libxcb-xkb1", "libxcb-xkb.so.1", "Qt's xcb platform plugin"),
    SystemPackage("libxkbcommon-x11-0", "libxkbcommon-x11.so.0", "Qt's xcb platform plugin"),
)
"""Without these Qt aborts on an X11 desktop, after the import and without an exception."""

EDITOR = (
    SystemPackage("libnss3", "libnss3.so", "QtWebEngine: certificates"),
    SystemPackage("libasound2", "libasound.so.2", "QtWebEngine links it", was_renamed=True),
    SystemPackage("libxcomposite1", "libXcomposite.so.1", "QtWebEngine links it"),
    SystemPackage("libxdamage1", "libXdamage.so.1", "QtWebEngine links it"),
    SystemPackage("libxrandr2", "libXrandr.so.2", "QtWebEngine links it"),
    SystemPackage("libxtst6", "libXtst.so.6", "QtWebEngine links it"),
    SystemPackage("libxkbfile1", "libxkbfile.so.1", "QtWebEngine links it"),
    SystemPackage("libgbm1", "libgbm.so.1", "QtWebEngine: graphics buffers"),
)
"""Without these the template editor's page cannot be imported."""

APPLICATION = (*WINDOW, *X11, *EDITOR)

TESTS = (
    *APPLICATION,
    SystemPackage("dbus", "dbus-run-session", "a session bus of the tests' own"),
    SystemPackage("gnome-keyring", "gnome-keyring-daemon", "a real Secret Service for the keyring tests"),
    SystemPackage("postgresql", "initdb", "a database server of the tests' own; the service it comes with is not used"),
)

ROOTS_TESTS = (
    SystemPackage("postfix", "postfix", "a relay of the tests' own, which takes root; its service is not used"),
)
"""Nobody else is asked to have a mail server installed."""

SEND_BENCHMARK = (
    SystemPackage("postfix", "smtp-sink", "the server that takes all mail, and smtp-source; its service is not used"),
    SystemPackage("nodejs", "node", "runs Nodemailer, the rival"),
    SystemPackage("npm", "npm", "installs Nodemailer"),
)

_DPKG = Path("/var/lib/dpkg/info")
_POSTGRESQL = Path("/usr/lib/postgresql")


def find_command(name: str) -> str | None:
    """The path of a command, also of one that lies where only root looks, or only Debian's wrappers for PostgreSQL."""
    import shutil

    versions = sorted((path.name for path in _POSTGRESQL.glob("[1-9][0-9]")), reverse=True)
    servers = (str(_POSTGRESQL / version / "bin") for version in versions)
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *servers]
    return shutil.which(name, path=os.pathsep.join(places))


def missing(packages: Iterable[SystemPackage]) -> list[SystemPackage]:
    """Those of *packages* that this system lacks; Windows and macOS lack none."""
    if sys.platform != "linux":
        return []
    return [package for package in packages if package.is_missing]


def install_command(packages: Iterable[SystemPackage]) -> list[str]:
    """The command, to be run by root, that installs *packages* on Debian and Ubuntu."""
    has_long_time = any(_DPKG.glob("*t64:*.list"))
    names = [f"{package.name}t64" if package.was_renamed and has_long_time else package.name for package in packages]
    return ["apt-get", "install", "-y", "--no-install-recommends", *names]


def explain(packages: Iterable[SystemPackage]) -> str:
    """One sentence for people: what is missing, and the line that installs it."""
    packages = list(packages)
    if find_command("apt-get") is None:
        what = ", ".join(package.provides for package in packages)
        return f"This system lacks {what}: install the packages of your distribution that contain them."
    return f"Some system packages are missing, install them with: sudo {' '.join(install_command(packages))}"
