"""Where a command's workspace is, and where its key comes from: a file, a file descriptor, a systemd credential, or the
keyring.

A key never comes from the command line or the environment, which every process of the user can read. The password of a
database server comes from a file descriptor, or from where PostgreSQL's own tools take it: PGPASSFILE, ~/.pgpass,
PGPASSWORD.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

from app import paths, settings
from app.errors import UserFacingError
from app.models.keys import WorkspaceKey
from app.models.vault import open_vault
from app.models.workspace import Location, ServerLocation, Workspace, parse_location, workspace_id

CREDENTIAL = "mass-mail-key"


def add_workspace_arguments(parser: argparse.ArgumentParser, *, is_new: bool = False) -> None:
    """The arguments by which every command finds its workspace and key."""
    parser.add_argument(
        "--workspace",
        metavar="FILE",
        required=is_new,
        help="the file to make, or the address of an empty database such as postgresql://user@host/database"
        if is_new
        else "the workspace file, or the address of its database; the one opened last in the app otherwise",
    )
    parser.add_argument(
        "--password-fd",
        type=int,
        metavar="N",
        help="an open file descriptor whose first line is the password for the database (with --key-fd N: its second)",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help=f"a file that holds the recovery key; otherwise the systemd credential “{CREDENTIAL}”, then the keyring",
    )
    source.add_argument("--key-fd", type=int, metavar="N", help="an open file descriptor whose first line is the key")


def open_workspace(args: argparse.Namespace, *, durable: bool = False) -> Workspace:
    """The workspace that the arguments name.

    Raises:
        UserFacingError: there is none, or no key, or the wrong one.
    """
    location, key = location_and_key(args)
    return Workspace.open(location, key, durable=durable)


def location_and_key(args: argparse.Namespace) -> tuple[Location, WorkspaceKey]:
    """The workspace that the arguments name, and its key.

    Raises:
        UserFacingError: there is none, or no key, or what is there is no key.
    """
    # The key is read first: it is the first line, where both come through one descriptor.
    key = given_key(args)
    location = workspace_location(args)
    return location, key or _kept_key(location)


def workspace_location(args: argparse.Namespace) -> Location:
    """The workspace that the arguments name.

    Raises:
        UserFacingError: none is named and the app never opened one, or the address is none.
    """
    named = args.workspace or settings.load(paths.settings_file()).workspace
    if not named:
        raise UserFacingError("No workspace is named.", "Add --workspace FILE, or open the app once.")
    location = parse_location(str(named))
    if not isinstance(location, ServerLocation):
        return location
    if location.password:
        raise UserFacingError(
            "A password on the command line can be read by everybody on this computer.",
            "Leave it out of --workspace: put it into ~/.pgpass or PGPASSWORD, or use --password-fd.",
        )
    return location if args.password_fd is None else replace(location, password=_first_line(args.password_fd))


def _kept_key(location: Location) -> WorkspaceKey:
    """The key that the keyring has for the workspace at *location*.

    Raises:
        UserFacingError: there is no such file, no keyring, or no key.
    """
    if isinstance(location, Path) and not location.is_file():
        raise UserFacingError(
            f"There is no workspace “{location.name}” here.", "Check --workspace.", detail=str(location)
        )
    vault = open_vault()
    if vault is None:
        raise UserFacingError("This computer has no keyring to take the key from.", "Add --key-file or --key-fd.")
    key = vault.load(workspace_id(location))
    if key is None:
        raise UserFacingError(f"The keyring has no key for “{location.name}”.", "Add --key-file or --key-fd.")
    return key


def given_key(args: argparse.Namespace) -> WorkspaceKey | None:
    """The key from a file, a descriptor or a credential, if one is given.

    Raises:
        UserFacingError: it cannot be read, or is no key.
    """
    if args.key_fd is not None:
        return WorkspaceKey.from_recovery_text(_first_line(args.key_fd))
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    file = args.key_file
    if file is None and credentials and (Path(credentials) / CREDENTIAL).is_file():
        file = Path(credentials) / CREDENTIAL
    if file is None:
        return None
    try:
        return WorkspaceKey.from_recovery_text(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserFacingError(
            f"The key file “{file.name}” cannot be read.", "Check its path and who may read it.", detail=str(error)
        ) from error


def _first_line(descriptor: int) -> str:
    """Read up to the first line's end and not a byte more: what follows belongs to somebody else."""
    line = b""
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as error:
        raise UserFacingError(
            f"The file descriptor {descriptor} cannot be read.", "Check --key-fd.", detail=str(error)
        ) from error
    return line.decode(errors="replace")
