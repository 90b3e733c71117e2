"""Amazon SES's API v2 on loopback, as far as it is used: SendEmail and GetAccount, with faults on order.

Written from the service model that botocore 1.44.8 carries (``sesv2``, API version 2019-09-27; `test_ses_server` holds
the answers against it), the developer guide ("Amazon SES email sending errors") and Signature Version 4. It checks each
signature as Amazon does: moto checks none, and knows neither GetAccount nor throttling.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

API_VERSION = "2019-09-27"
SEND_EMAIL = ("POST", "/v2/email/outbound-emails")
GET_ACCOUNT = ("GET", "/v2/email/account")
OPERATIONS = {"SendEmail": SEND_EMAIL, "GetAccount": GET_ACCOUNT}
HEALTHY = {
    "DedicatedIpAutoWarmupEnabled": False,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 127.0},
    "SendingEnabled": True,
    "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
}
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Fault:
    """What to do in place of the proper answer, or before it if it `goes_on`. `read`: the request is read first."""

    name: str
    do: "Callable[[Handler], None]"
    read: bool = True
    goes_on: bool = False

    def __str__(self) -> str:
        return self.name


def error(code: str, text: str, status: int) -> Fault:
    """An error as the REST-JSON protocol has it: the code in a header, the words in the body."""
    body = json.dumps({"message": text}).encode()
    return Fault(code, lambda handler: handler.answer(status, body, {"x-amzn-ErrorType": code}))


def page(status: int, body: bytes = b"<html>Bad gateway</html>") -> Fault:
    """What a load balancer, a proxy or a hotel's sign-in page answers in place of SES."""
    return Fault(f"page {status}", lambda handler: handler.answer(status, body, {"Content-Type": "text/html"}))


def ok(body: bytes) -> Fault:
    return Fault(f"ok {body[:8]!r}", lambda handler: handler.answer(200, body))


def _hang_up(_handler: "Handler") -> None:
    pass


def _half(handler: "Handler") -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Message')


def _silence(handler: "Handler") -> None:
    handler.server_of_test.released.wait(30)


DROP = Fault("drop", _hang_up)
DROP_UNREAD = Fault("drop unread", _hang_up, read=False)
SILENCE = Fault("silence", _silence)
PAUSE_UNREAD = Fault("pause unread", _silence, read=False, goes_on=True)
HALF = Fault("half an answer", _half)


@dataclass(frozen=True)
class Received:
    """A message that SES would deliver."""

    message_id: str
    request: dict[str, Any]

    @property
    def recipients(self) -> list[str]:
        return list(self.request["Destination"]["ToAddresses"])

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.request["Content"]["Raw"]["Data"], validate=True)


@dataclass
class SesServer:
    """Listens on a free port of 127.0.0.1 while entered as a context.

    Attributes:
        keys: The secret of each access key.
        clock_off: By how much its clock and the client's differ.
        tls: With it, it speaks https.
        account: What GetAccount answers.
        mails: What it accepted.
        asked: The path of each request whose head arrived, in order.
        authorizations: Their Authorization headers.
        connections: How many there were.
        hangs_up_when_idle: It closes the connection after an answer without announcing it.
        has_request: Set when all of a request has arrived.
    """

    keys: dict[str, str]
    region: str = "eu-central-1"
    clock_off: dt.timedelta = dt.timedelta()
    tls: ssl.SSLContext | None = None
    account: dict[str, Any] = field(default_factory=lambda: dict(HEALTHY))
    mails: list[Received] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    connections: int = 0
    hangs_up_when_idle: bool = False
    has_request: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def at(self, operation: str, *faults: Fault | None) -> None:
        """Let the next requests of *operation* meet *faults*, one each; None for a proper answer."""
        self._script[OPERATIONS[operation]].extend(faults)

    def __enter__(self) -> Self:
        self._script: dict[tuple[str, str], deque[Fault | None]] = defaultdict(deque)
        handler = type("BoundHandler", (Handler,), {"server_of_test": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that leaves is no news
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self._server.server_address[1]}"

    @property
    def recipients(self) -> list[str]:
        return [recipient for mail in self.mails for recipient in mail.recipients]

    def fault(self, operation: tuple[str, str]) -> Fault | None:
        script = self._script[operation]
        return script.popleft() if script else None

    def refusal(self, handler: "Handler", body: bytes) -> Fault | None:
        """Why the signature of the request is not accepted, in Amazon's words (Signature Version 4)."""
        fields = dict(
            part.strip().partition("=")[::2]
            for part in handler.headers["Authorization"].removeprefix("AWS4-HMAC-SHA256").split(",")
        )
        key, date, region, service, terminal = fields["Credential"].split("/")
        stamp = handler.headers["X-Amz-Date"]
        signed_at = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        now = dt.datetime.now(dt.UTC) + self.clock_off
        if (region, service, terminal) != (self.region, "ses", "aws4_request"):
            return error("InvalidSignatureException", f"Credential should be scoped to region {self.region}.", 403)
        if key not in self.keys:
            return error("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
        if now - signed_at > _CLOCKS_MAY_DIFFER:
            return error("InvalidSignatureException", f"Signature expired: {stamp} is now earlier than {now}", 403)
        if signed_at - now > _CLOCKS_MAY_DIFFER:
            return error("InvalidSignatureException", f"Signature not yet current: {stamp} is still later", 403)
        names = fields["SignedHeaders"].split(";")
        head = "".join(f"{name}:{' '.join(handler.headers[name].split())}\n" for name in names)
        digest = hashlib.sha256(body).hexdigest()
        request = f"{handler.command}\n{handler.path}\n\n{head}\n{';'.join(names)}\n{digest}"
        scope = f"{date}/{region}/{service}/{terminal}"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        secret = f"AWS4{self.keys[key]}".encode()
        for part in (date, region, service, terminal):
            secret = hmac.digest(secret, part.encode(), hashlib.sha256)
        if hmac.new(secret, to_sign.encode(), hashlib.sha256).hexdigest() != fields["Signature"]:
            return error(
                "InvalidSignatureException", "The request signature we calculated does not match the signature you", 403
            )
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for the client to acknowledge its head
    server_of_test: SesServer

    def setup(self) -> None:
        super().setup()
        self.server_of_test.connections += 1

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._deal_with_it()

    def do_POST(self) -> None:
        self._deal_with_it()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server_of_test.hangs_up_when_idle

    def _deal_with_it(self) -> None:
        server, operation = self.server_of_test, (self.command, self.path)
        server.asked.append(self.path)
        server.authorizations.append(self.headers["Authorization"])
        fault = server.fault(operation)
        self.close_connection = True
        if fault is not None and not fault.read:
            fault.do(self)
            if not fault.goes_on:
                return
            fault = None
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:
            return
        server.has_request.set()
        fault = fault or server.refusal(self, body)
        if fault is not None:
            fault.do(self)
        elif operation == GET_ACCOUNT:
            self.answer(200, json.dumps(server.account).encode())
        elif operation == SEND_EMAIL:
            message_id = f"0107019{len(server.mails):09x}-5f8e-4b1a-9c3d-000000"
            server.mails.append(Received(message_id, json.loads(body)))
            self.answer(200, json.dumps({"MessageId": message_id}).encode())
        else:
            error("UnknownOperationException", "", 404).do(self)
