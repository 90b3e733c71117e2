"""`send`: to lists as a campaign, or with `--to` a single message that passes the campaigns."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import NoReturn

from app.cli.keys import open_workspace
from app.cli.output import Output
from app.cli.sending import identity_named, run_send, send_and_follow
from app.errors import UserFacingError
from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.sending.exit_codes import ExitCode
from app.sending.http_messages import described
from app.sending.identities import list_identities
from app.sending.transactional import MessageRequest, queue, status

_ONLY_WITH_TO = ("data", "set", "key", "to_name", "reply_to")
_ONLY_WITHOUT_TO = ("list", "campaign", "name")


def run_send_command(args: argparse.Namespace, output: Output) -> int:
    """Send a campaign, a template to lists, or a template to one person."""
    if args.to is None:
        _refuse_any_of(_ONLY_WITH_TO, args, "It goes with --to, which names the one recipient.")
        return run_send(args, output)
    _refuse_any_of(_ONLY_WITHOUT_TO, args, "With --to the message goes to that address alone.")
    return _send_one(args, output)


def _send_one(args: argparse.Namespace, output: Output) -> int:
    data = _data(args.data, args.set)
    workspace = open_workspace(args, durable=True)
    try:
        queued = queue(workspace, _request(workspace, args, data))
        if args.wait:
            asyncio.run(send_and_follow(workspace, queued.dispatch_id, output))
        now = status(workspace, dispatch_id=queued.dispatch_id)
        said = now.problem or now.note or now.words
        output.console.print(f"Message {now.id}: {said}", markup=False)
        if not args.wait and now.state.is_open:
            output.console.print("It goes out, before any campaign, as soon as the app or an agent is running.")
        output.result(described(now) | {"is_new": queued.is_new})
        return ExitCode.OK if not args.wait or now.state is DeliveryState.SENT else ExitCode.FAILED
    finally:
        workspace.close()


def _request(workspace: Workspace, args: argparse.Namespace, data: dict[str, object]) -> MessageRequest:
    if args.template is None:
        raise UserFacingError("What shall be sent is not clear.", "Add --template.")
    return MessageRequest(
        template=args.template,
        to=args.to,
        data=data,
        to_name=args.to_name or "",
        identity_id=identity_named(list_identities(workspace), args.sender).id,
        subject=args.subject,
        reply_to=args.reply_to or "",
        idempotency_key=args.key,
    )


def _data(file: Path | None, pairs: list[str]) -> dict[str, object]:
    """The merge values of a JSON file (“-” for standard input), and those given one by one, which win."""
    data = {} if file is None else _read(file)
    for pair in pairs:
        name, is_pair, value = pair.partition("=")
        if not is_pair:
            raise UserFacingError(f"“{pair}” is no value.", "Write --set name=value.")
        data[name.strip()] = value
    return data


def _read(file: Path) -> dict[str, object]:
    name = "standard input" if file == Path("-") else file.name
    try:
        content = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        data = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except OSError as error:
        raise UserFacingError(
            f"The file “{name}” cannot be read.", "Was it moved?", detail=f"{file}: {error.strerror}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserFacingError(f"“{name}” is not JSON.", 'It must look like {"order": 2071}.') from error
    if not isinstance(data, dict):
        raise UserFacingError(f"“{name}” is not a JSON object.", 'It must look like {"order": 2071}.')
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_any_of(names: tuple[str, ...], args: argparse.Namespace, why: str) -> None:
    for name in names:
        if getattr(args, name):
            raise UserFacingError(f"--{name.replace('_', '-')} does not fit here.", why)
