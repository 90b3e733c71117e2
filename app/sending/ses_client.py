"""Amazon SES's API: botocore signs the requests and reads the answers, a connection of ours carries them.

Ours for three reasons. It trusts what the operating system trusts, as the rest of the program does. It knows whether a
request had left when something broke, which decides whether a message is in doubt (SES has no way to ask, and none to
recognise a repetition). And it can be told to let go of a message that has not left yet.

What this computer keeps for other programs of Amazon's (environment, ``~/.aws``, instance metadata) has no say.
"""

import re
import ssl
import threading
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from app.errors import AppError, UserFacingError
from app.sending.commands import with_ascii_domain
from app.sending.outcomes import Outcome, Reason, interrupted
from app.sending.pipeline import Timeouts
from app.sending.ses_errors import Fault, accepted, not_understood, refused, unreachable
from app.sending.ses_status import SesStatus
from app.sending.tls import is_loopback
from app.sending.transport import Envelope
from app.sending.trouble import AccountTrouble

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.session import Session

_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
_ACCESS_KEY: Final = re.compile(r"[A-Z0-9]{16,128}")
_SECRET_KEY: Final = re.compile(r"[!-~]+")
_CONFIGURATION_SET: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")
_CHUNK_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class SesAccount:
    """Everything needed to send through Amazon SES's API.

    Attributes:
        region: Where the account's identities are verified, such as ``eu-central-1``.
        access_key: The public half of an IAM user's access key.
        secret_key: Its secret half.
        configuration_set: What SES shall apply to each message, such as where to report events; empty for none.
        connections: How many may be open at once.
        messages_per_connection: After how many messages to connect anew; None for never.
        endpoint_url: Another place to reach SES at, such as a VPC endpoint; None for Amazon's own of the region.

    Raises:
        UserFacingError: A value cannot be right, or the endpoint would be talked to in plain text over a network.
    """

    region: str
    access_key: str
    secret_key: str = field(repr=False)
    configuration_set: str = ""
    connections: int = 5
    messages_per_connection: int | None = None
    endpoint_url: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)

    def __post_init__(self) -> None:
        if not _REGION.fullmatch(self.region):
            raise UserFacingError(
                f"Amazon has no region called “{self.region}”.", "It looks like eu-central-1; the SES console shows it."
            )
        if not _ACCESS_KEY.fullmatch(self.access_key):
            raise UserFacingError("This is not an access key of Amazon.", "It begins with AKIA and has 20 letters.")
        if not _SECRET_KEY.fullmatch(self.secret_key):
            raise UserFacingError("This is not a secret key of Amazon.", "Copy it again, without blanks around it.")
        if not _CONFIGURATION_SET.fullmatch(self.configuration_set):
            raise UserFacingError(
                f"A configuration set cannot be called “{self.configuration_set}”.", "The SES console shows its name."
            )
        if self.endpoint_url is not None:
            parts = urlsplit(self.endpoint_url)
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
                raise UserFacingError(f"Mail to {parts.hostname} would travel unprotected.", "Use an https address.")


class Recalled(AppError):
    """The request was called back before all of it had left."""


class Parcel:
    """A request's body on its way out. Once its last bytes are handed over, SES may have accepted the message.

    Before, it cannot have: the signature covers the whole body, so a part of it proves nothing to SES.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_recalled = False
        self._has_left = False
        self._rest = memoryview(b"")

    @property
    def has_left(self) -> bool:
        return self._has_left

    def recall(self) -> bool:
        """Keep it from leaving; False if it has left already. Called by another thread than the one that sends."""
        with self._lock:
            self._is_recalled = True
            return not self._has_left

    def holding(self, body: bytes) -> "Parcel":
        """Itself, to be read by the connection that sends *body*."""
        self._rest = memoryview(body)
        return self

    def read(self, _size: int = -1) -> bytes:
        """The next bytes to hand over, in pieces small enough for a slow line to take each within the timeout.

        Raises:
            Recalled: It was called back.
        """
        piece, self._rest = self._rest[:_CHUNK_BYTES], self._rest[_CHUNK_BYTES:]
        with self._lock:
            if self._is_recalled:
                raise Recalled
            self._has_left = self._has_left or (bool(piece) and not self._rest)
        return bytes(piece)


class _Pool(Protocol):
    """The part of urllib3's `PoolManager` that is used."""

    def urlopen(self, method: str, url: str, **options: Any) -> Any: ...

    def clear(self) -> None: ...


def isolated_session() -> "Session":
    """A botocore session that reads no profile, no credentials and no settings of this computer; one thread at a time.

    Loading it takes a third of a second.
    """
    import botocore.session

    nothing = (None, None, None, None)
    return botocore.session.Session(  # type: ignore[no-untyped-call]
        session_vars={"profile": nothing, "config_file": nothing, "credentials_file": nothing}
    )


class SesClient:
    """One kept connection to SES. Its calls block, one at a time."""

    def __init__(self, account: SesAccount, session: "Session", ssl_context: ssl.SSLContext) -> None:
        from botocore.config import Config

        self._account = account
        self._parcel = Parcel()
        self._client = session.create_client(
            "sesv2",
            region_name=account.region,
            endpoint_url=account.endpoint_url,
            aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key,
            # Whether to repeat a message is the engine's to decide, and after a lost answer only the user's.
            config=Config(  # type: ignore[no-untyped-call]
                retries={"total_max_attempts": 1, "mode": "standard"}, ignore_configured_endpoint_urls=True
            ),
        )
        self._host = urlsplit(self._client.meta.endpoint_url).hostname or ""
        self._pool = _pool(self._client.meta.endpoint_url, ssl_context)
        self._client.meta.events.register("before-send.sesv2", self._exchange)

    def send(self, envelope: Envelope, content: bytes, parcel: Parcel) -> Outcome:
        """Hand one message over and hear what became of it; an outcome without a reply means that there was none.

        The sender of the envelope goes where SES forwards bounces to. ``FromEmailAddress`` stays out: it would replace
        the message's own From header, and with it the name and the DKIM signature.

        Raises:
            Recalled: *parcel* was called back in time.
        """
        from botocore.exceptions import ClientError
        from botocore.parsers import ResponseParserError

        request: dict[str, object] = {
            "Destination": {"ToAddresses": [with_ascii_domain(envelope.recipient).decode()]},
            "FeedbackForwardingEmailAddress": with_ascii_domain(envelope.sender).decode(),
            "Content": {"Raw": {"Data": content}},
        }
        if self._account.configuration_set:
            request["ConfigurationSetName"] = self._account.configuration_set
        self._parcel = parcel
        try:
            message_id = self._client.send_email(**request).get("MessageId", "")
        except ClientError as error:
            return refused(_fault(error.response), envelope=envelope)
        except ResponseParserError:
            message_id = ""
        except _network_errors() as error:
            reason = unreachable(error, host=self._host, region=self._account.region).outcome.reason
            return interrupted(reason, content_left=parcel.has_left)
        return accepted(message_id) if message_id else interrupted(Reason.PROTOCOL, content_left=True)

    def account(self) -> SesStatus | Fault | AccountTrouble:
        """What SES says of the account, or its refusal to say, or why it could not be asked.

        None of them is raised: a traceback would carry frames that lead to the secret.
        """
        from botocore.exceptions import ClientError
        from botocore.parsers import ResponseParserError

        self._parcel = Parcel()
        try:
            answer: dict[str, Any] = self._client.get_account()
        except ClientError as error:
            return _fault(error.response)
        except ResponseParserError as error:
            return not_understood(str(error))
        except _network_errors() as error:
            return unreachable(error, host=self._host, region=self._account.region)
        return SesStatus.of(answer) if "SendQuota" in answer else not_understood("an answer without a quota")

    def close(self) -> None:
        """Drop the connection; a call under way in another thread ends by itself, at its timeout at the latest."""
        self._pool.clear()
        self._client.close()

    def _exchange(self, request: "AWSPreparedRequest", **_event: object) -> "AWSResponse":
        """Carry one signed request to SES and its answer back; botocore's ``before-send`` lets a handler do that."""
        import urllib3
        from botocore.awsrequest import AWSResponse

        timeouts = self._account.timeouts
        body = request.body or b""
        response = self._pool.urlopen(
            request.method,
            request.url,
            body=self._parcel.holding(body) if body else None,
            headers=request.headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.for_content(0)),
        )
        answer = AWSResponse(  # type: ignore[no-untyped-call]
            request.url, response.status, response.headers, response
        )
        answer.content  # noqa: B018  reads it all, so that the connection is free and what breaks breaks here
        return answer


def _pool(url: str, ssl_context: ssl.SSLContext) -> _Pool:
    """One connection to *url*, through the proxy this computer is set up with, if it is."""
    import urllib3

    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get("https", "")
    if parts.scheme != "https" or not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=ssl_context)
    user = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(proxy, num_pools=1, maxsize=1, proxy_headers=headers, ssl_context=ssl_context)


def _fault(response: dict[str, Any]) -> Fault:
    error = response.get("Error", {})
    code = str(error.get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    # Where an answer names no error, botocore puts the status in its place.
    return Fault("" if code.isdigit() else code, str(error.get("Message", "")), status)


def _network_errors() -> tuple[type[Exception], ...]:
    import urllib3.exceptions

    return (urllib3.exceptions.HTTPError, OSError)
