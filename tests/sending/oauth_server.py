"""An OAuth 2.0 server as RFC 6749 and RFC 7636 describe it, on loopback, that can be told to misbehave.

It has one user, who allows everything at once unless the test says otherwise. Refresh tokens are rotated, as
Microsoft's are.
"""

import asyncio
import base64
import hashlib
import json
import ssl
from collections import deque
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from app.sending.oauth import OAuthClient, OAuthProvider

SCOPE = "https://mail.test.example/send"


@dataclass(frozen=True)
class Answer:
    """What the token endpoint says in place of the proper answer."""

    status: str
    body: str
    delay_s: float = 0.0


def an_error(error: str, description: str = "", *, status: str = "400 Bad Request") -> Answer:
    return Answer(status, json.dumps({"error": error, "error_description": description}))


@dataclass
class OAuthServer:
    """Listens on a free port of 127.0.0.1 while entered as a context.

    Attributes:
        refuses: What the authorisation endpoint redirects with instead of a code.
        forges: It sends the browser back with a state that nobody asked for.
        rotates: Each refresh gives a new refresh token and ends the old one.
        gives: Parts of the token answer that differ from the proper ones; None leaves one out.
        script: What the token endpoint says next, in place of the proper answers.
        authorisations: The parameters of each authorisation request.
        token_requests: Those of each token request.
        valid: The access tokens that were given out.
    """

    client: OAuthClient = field(default_factory=lambda: OAuthClient("client-1"))
    refuses: dict[str, str] = field(default_factory=dict)
    forges: bool = False
    rotates: bool = True
    life_s: int = 3600
    delay_s: float = 0.0
    gives: dict[str, object] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    script: deque[Answer] = field(default_factory=deque)
    authorisations: list[dict[str, str]] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list, repr=False)
    valid: list[str] = field(default_factory=list)
    refresh_token: str = ""

    @property
    def provider(self) -> OAuthProvider:
        scheme = "https" if self.tls else "http"
        base = f"{scheme}://localhost:{self.port}"
        return OAuthProvider("test", "Testmail", f"{base}/authorize", f"{base}/token", (SCOPE,), SCOPE)

    def provider_at(self, redirect_host: str) -> OAuthProvider:
        return replace(self.provider, redirect_host=redirect_host)

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._codes: dict[str, dict[str, str]] = {}
        self._count = 0
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target = head.split(" ", 2)[:2]
            lengths = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
            body = (await reader.readexactly(int(lengths[0]))).decode() if lengths else ""
            url = urlsplit(target)
            if (method, url.path) == ("GET", "/authorize"):
                writer.write(self._authorise(dict(parse_qsl(url.query))))
            elif (method, url.path) == ("POST", "/token"):
                writer.write(await self._give(dict(parse_qsl(body))))
            else:
                writer.write(_response("404 Not Found", ""))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _authorise(self, asked: dict[str, str]) -> bytes:
        self.authorisations.append(asked)
        is_sound = (
            asked.get("response_type") == "code"
            and asked.get("client_id") == self.client.client_id
            and urlsplit(asked.get("redirect_uri", "")).hostname in ("127.0.0.1", "localhost")
            and asked.get("code_challenge_method") == "S256"
            and len(asked.get("code_challenge", "")) == 43
        )
        if not is_sound:
            return _response("400 Bad Request", "")
        self._count += 1
        code = f"code-{self._count}"
        self._codes[code] = asked
        back = self.refuses or {"code": code}
        state = "forged" if self.forges else asked["state"]
        return _response("302 Found", "", location=f"{asked['redirect_uri']}?{urlencode(back | {'state': state})}")

    async def _give(self, asked: dict[str, str]) -> bytes:
        self.token_requests.append(asked)
        await asyncio.sleep(self.delay_s)
        if self.script:
            answer = self.script.popleft()
            await asyncio.sleep(answer.delay_s)
            return _response(answer.status, answer.body)
        if error := self._fault(asked):
            return _response("400 Bad Request", json.dumps({"error": error}))
        self._count += 1
        answer_fields: dict[str, object] = {
            "access_token": f"access-{self._count}",
            "token_type": "Bearer",
            "expires_in": self.life_s,
            "scope": SCOPE,
        }
        self.valid.append(f"access-{self._count}")
        if asked["grant_type"] == "authorization_code" or self.rotates:
            self.refresh_token = answer_fields["refresh_token"] = f"refresh-{self._count}"
        answer_fields |= self.gives
        body = json.dumps({name: value for name, value in answer_fields.items() if value is not None})
        return _response("200 OK", body)

    def _fault(self, asked: dict[str, str]) -> str:
        if (asked.get("client_id"), asked.get("client_secret", "")) != (
            self.client.client_id,
            self.client.client_secret,
        ):
            return "invalid_client"
        if asked.get("grant_type") == "refresh_token":
            return "" if asked["refresh_token"] == self.refresh_token else "invalid_grant"
        if asked.get("grant_type") != "authorization_code":
            return "unsupported_grant_type"
        request = self._codes.pop(asked.get("code", ""), None)  # a code works once
        if request is None or request["redirect_uri"] != asked.get("redirect_uri"):
            return "invalid_grant"
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return "" if challenge == request["code_challenge"] else "invalid_grant"


def _response(status: str, body: str, *, location: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"Location: {location}"] if location else []
    return "\r\n".join([*lines, "Connection: close", "", body]).encode()


class Browser:
    """Opens addresses as a browser would, and remembers the last page it came to."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.pages: list[httpx2.Response] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, url: str) -> None:
        self.opened.append(url)
        task = asyncio.get_running_loop().create_task(self._visit(url))
        self._tasks.add(task)

    async def closed(self) -> None:
        """Wait until all pages have come."""
        await asyncio.gather(*self._tasks)

    async def _visit(self, url: str) -> None:
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as client:
            self.pages.append(await client.get(url))
