"""How another program asks for a message, to be tried out in a terminal."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from app.content.library import list_templates
from app.models.states import AccountKind
from app.models.workspace import Workspace
from app.sending.api_access import HOST, Access, Listening, get_access, who_listens
from app.sending.identities import list_identities

TOKEN = "YOUR-TOKEN"  # noqa: S105  what stands in its place


@dataclass(frozen=True)
class ApiState:
    """Whether other programs are let in, and whether somebody answers them.

    Attributes:
        template, sender: What the example names; *sender* only where there are several.
    """

    access: Access | None = None
    listening: Listening = Listening.NOBODY
    template: str = "Receipt"
    sender: str = ""


def read_api(workspace: Workspace) -> ApiState:
    """How things stand now; knocks at the port, which may take a second."""
    access = get_access(workspace)
    if access is None:
        return ApiState()
    template = next((one.name for one in list_templates(workspace)), "Receipt")
    own = [one.address for one in list_identities(workspace) if one.account_kind is not AccountKind.PRACTICE]
    return ApiState(access, who_listens(access), template, own[0] if len(own) > 1 else "")


def curl_line(state: ApiState, *, port: int, is_windows: bool) -> str:
    """The command that has one message sent; *is_windows* quotes it for the Command Prompt."""
    message = {"template": state.template, "to": "anna@example.com", "data": {"first_name": "Anna"}}
    if state.sender:
        message["from"] = state.sender
    # In ASCII, which every terminal hands on as it is.
    body = json.dumps(message)
    quote = _for_command_prompt if is_windows else shlex.quote
    return " ".join(
        (
            f"curl http://{HOST}:{port}/v1/messages",
            f"-H {quote(f'Authorization: Bearer {TOKEN}')}",
            f"-H {quote('Content-Type: application/json')}",
            f"-d {quote(body)}",
        )
    )


def _for_command_prompt(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%")
    return f'"{escaped}"'
