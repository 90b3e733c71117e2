"""The door for other programs on this computer: they have single messages sent over HTTP, on loopback, with a token.

It is open only while the workspace says so, and follows the user's changes while the agent runs. A web page in the
user's own browser could reach it as well, so nothing is answered to a browser: not to an `Origin`, and not under a host
name that is not this computer's (DNS rebinding). Neither tokens nor addresses nor data reach the log.
"""

import asyncio
import hmac
import logging
import re
import socket
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from app.errors import UserFacingError
from app.models.database import WorkspaceUnavailable
from app.models.group_writer import GroupWriter
from app.models.workspace import Workspace
from app.sending import transactional
from app.sending.api_access import HOST, Access, get_access, token_hash
from app.sending.http_dialogue import ApiError, ApiRequest, ApiResponse, Dialogue
from app.sending.http_messages import described, read_message
from app.sending.transactional import MessageRefused, Queued, Refusal

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 32
_LOOK_EVERY_S = 0.5
_TRY_AGAIN_S = 5.0
_PATIENCE_S = 2.0
_MESSAGES = "/v1/messages"
_message_number = re.compile(rf"{_MESSAGES}/([0-9]{{1,18}})").fullmatch
_HOST_NAMES = frozenset({"127.0.0.1", "localhost"})
_STATUS = {
    Refusal.KEY_REUSED: 409,
    Refusal.UNKNOWN_MESSAGE: 404,
    Refusal.ACCOUNT_CANNOT_SEND: 503,
}


class HttpApi:
    """Listens while the workspace lets other programs in; the agent keeps one."""

    def __init__(self, workspace: Workspace, writer: GroupWriter) -> None:
        self._workspace = workspace
        self._writer = writer
        self._access: Access | None = None
        self._server: asyncio.Server | None = None
        self._dialogues: dict[asyncio.Task[None], Dialogue] = {}
        # One thread: however much the others ask for, the engine finds the rest of the computer free.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="http-api")

    async def keep(self) -> None:
        """Open and close the door as the workspace says, until cancelled."""
        clock = asyncio.get_running_loop().time
        version, next_try = -1, 0.0
        try:
            while True:
                try:
                    current = self._workspace.database.data_version()
                    is_shut_out = self._access is not None and self._server is None and clock() >= next_try
                    if current != version or is_shut_out:
                        next_try = clock() + _TRY_AGAIN_S
                        await self._follow(await asyncio.to_thread(get_access, self._workspace))
                        version = current
                except WorkspaceUnavailable as error:
                    logger.warning("Whether other programs are let in cannot be read: %s", error.title)
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._close()
            self._thread.shutdown(wait=False)

    # The door

    async def _follow(self, access: Access | None) -> None:
        """Do what the user wants now."""
        before, self._access = self._access, access
        if self._server is not None and (access is None or before is None or access.port != before.port):
            await self._close()
        if access is not None and self._server is None:
            await self._open(access, is_news=before != access)

    async def _open(self, access: Access, *, is_news: bool) -> None:
        try:
            self._server = await asyncio.start_server(self._serve, sock=_socket_at(access.port))
        except OSError as error:
            if is_news:
                logger.warning("Other programs cannot be let in at port %d: %s", access.port, error.strerror or error)
            return
        logger.info("Other programs on this computer are let in at port %d.", access.port)

    async def _close(self) -> None:
        """Let nobody in, and let those finish whose request is being worked on."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for task, dialogue in list(self._dialogues.items()):
            if not dialogue.is_answering:
                task.cancel()
        if self._dialogues:
            _, late = await asyncio.wait(set(self._dialogues), timeout=_PATIENCE_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        await server.wait_closed()
        logger.info("Other programs are not let in any more.")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  for mypy: a coroutine of a server runs in a task
        dialogue = Dialogue(reader, writer, self)
        is_full = len(self._dialogues) >= MAX_CONNECTIONS
        self._dialogues[task] = dialogue
        try:
            if is_full:
                await dialogue.refuse(
                    ApiError(503, "busy", "Too many programs are connected.", headers=(("Retry-After", "1"),))
                )
            else:
                await dialogue.run()
        finally:
            writer.close()
            del self._dialogues[task]

    # The desk

    def admit(self, head: ApiRequest) -> None:
        """See `Desk.admit`."""
        if head.headers.get("host", "").rpartition(":")[0].lower() not in _HOST_NAMES:
            raise ApiError(403, "wrong_host", f"This computer is called {HOST} or localhost here, with the port.")
        if "origin" in head.headers or "sec-fetch-site" in head.headers:
            raise ApiError(403, "browser", "Nothing is answered to a web page.")
        self._check_token(head.headers.get("authorization", ""))
        if head.path == _MESSAGES:
            _check_method(head, "POST")
            media_type = head.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json" or head.headers.get("content-encoding", "identity") != "identity":
                raise ApiError(415, "not_json", "The message must be JSON.", "Say Content-Type: application/json.")
        elif _message_number(head.path):
            _check_method(head, "GET")
        else:
            raise ApiError(404, "unknown_path", "There is nothing here.", f"Messages go to {_MESSAGES}.")

    async def answer(self, request: ApiRequest) -> ApiResponse:
        """See `Desk.answer`."""
        try:
            if (number := _message_number(request.path)) is not None:
                status = await self._in_thread(partial(transactional.status, dispatch_id=int(number[1])))
                return ApiResponse(200, described(status))
            return await self._queue(request)
        except MessageRefused as error:
            raise ApiError(_STATUS.get(error.code, 422), error.code, error.title, error.hint) from error
        except WorkspaceUnavailable as error:
            raise ApiError(503, "workspace_unavailable", error.title, error.hint) from error
        except UserFacingError as error:
            raise ApiError(422, "refused", error.title, error.hint) from error
        except ApiError:
            raise
        except Exception as error:
            # Without its words, which may hold what was to be merged into the message.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("A request of another program failed: %s\n%s", type(error).__name__, where)  # noqa: TRY400
            raise ApiError(500, "fault", "The program failed at this request.", "The log tells why.") from error

    async def _queue(self, request: ApiRequest) -> ApiResponse:
        wanted = await self._in_thread(partial(read_message, headers=request.headers, body=request.body))
        queued = await self._in_thread(partial(transactional.make_ready, request=wanted))
        if not isinstance(queued, Queued):
            queued = await self._writer.write(partial(transactional.store, ready=queued))
        if queued.is_new:
            logger.info("Message %d of another program is queued.", queued.dispatch_id)
        where = (("Location", f"{_MESSAGES}/{queued.dispatch_id}"),)
        return ApiResponse(202 if queued.is_new else 200, {"id": queued.dispatch_id, "is_new": queued.is_new}, where)

    async def _in_thread(self, work: Callable[[Workspace], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._workspace)

    def _check_token(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        access = self._access
        is_right = access is not None and hmac.compare_digest(token_hash(token.strip()), access.token_sha256)
        if scheme.lower() != "bearer" or not is_right:
            realm = access.realm if access is not None else ""
            challenge = (("WWW-Authenticate", f'Bearer realm="{realm}"'),)
            raise ApiError(
                401, "wrong_token", "The token is missing or wrong.", "Settings make a new one.", headers=challenge
            )


def _check_method(head: ApiRequest, method: str) -> None:
    if head.method != method:
        raise ApiError(405, "wrong_method", f"Here one can only {method}.", headers=(("Allow", method),))


def _socket_at(port: int) -> socket.socket:
    """A socket for *port* of loopback that no other program can share.

    Raises:
        OSError: another program has the port, or this one may not have it.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Windows gives a port to two programs unless it is told not to; elsewhere this is for a quick restart.
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made
