"""Where a command gets the workspace's key from: a file, a file descriptor, a systemd credential, or the keyring.

Never from the command line or the environment, which every process of the user can read.
"""

import argparse
import os
from pathlib import Path

from app import paths, settings
from app.errors import UserFacingError
from app.models.keys import WorkspaceKey
from app.models.vault import open_vault
from app.models.workspace import Workspace, workspace_id

CREDENTIAL = "mass-mail-key"


def add_workspace_arguments(parser: argparse.ArgumentParser, *, is_new: bool = False) -> None:
    """The arguments by which every command finds its workspace and key."""
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="FILE",
        required=is_new,
        help="the file to make" if is_new else "the workspace file; the one opened last in the app otherwise",
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
    path = workspace_path(args)
    return Workspace.open(path, workspace_key(args, path), durable=durable)


def workspace_path(args: argparse.Namespace) -> Path:
    """The workspace file that the arguments name.

    Raises:
        UserFacingError: none is named and the app never opened one.
    """
    if args.workspace is not None:
        return Path(args.workspace)
    last = settings.load(paths.settings_file()).workspace
    if not last:
        raise UserFacingError("No workspace is named.", "Add --workspace FILE, or open the app once.")
    return Path(last)


def workspace_key(args: argparse.Namespace, path: Path) -> WorkspaceKey:
    """The key for the workspace at *path*.

    Raises:
        UserFacingError: there is none, or what is there is no key.
    """
    given = given_key(args)
    if given is not None:
        return given
    if not path.is_file():
        raise UserFacingError(f"There is no workspace “{path.name}” here.", "Check --workspace.", detail=str(path))
    vault = open_vault()
    if vault is None:
        raise UserFacingError("This computer has no keyring to take the key from.", "Add --key-file or --key-fd.")
    key = vault.load(workspace_id(path))
    if key is None:
        raise UserFacingError(f"The keyring has no key for “{path.name}”.", "Add --key-file or --key-fd.")
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
