"""Asking a REST API politely: patience when it is busy, sentences when it refuses."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2

from app.errors import UserFacingError
from app.tls import is_loopback, system_ssl_context

logger = logging.getLogger(__name__)

_TIMEOUT_S = 30.0
_TRIES = 5
_LONGEST_WAIT_S = 60.0
_BUSY = frozenset({423, 429, 477, 500, 502, 503, 504, 521, 522, 523, 524})
"""What passes by itself: as HubSpot's "Handle errors" and Salesforce's "Status Codes and Error Responses" have it."""


class RemoteTrouble(UserFacingError):
    """The customer management does not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """What opens the API. `repr` tells nothing."""

    token: str = field(repr=False)


class Api:
    """A REST API that speaks JSON. Used in a `with`, it closes its connections at the end.

    Args:
        base_url: Where it is; https, but for this computer itself.
        name: How it is called in sentences.
        sleep: Waits so many seconds; tests give another one, and a cancelled run raises from it.
    """

    def __init__(self, base_url: str, name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        url = httpx2.URL(base_url)
        if url.scheme != "https" and not is_loopback(url.host):
            raise RemoteTrouble(f"The address of {name} must begin with https://.", "Copy it from your browser.")
        self.name = name
        self._sleep = sleep
        self._client = httpx2.Client(
            base_url=base_url, verify=system_ssl_context(), timeout=_TIMEOUT_S, trust_env=not is_loopback(url.host)
        )

    def get(self, path: str, bearer: Bearer, params: Mapping[str, str] | None = None) -> Any:
        """The JSON that is there; raises `RemoteTrouble`."""
        return self._ask("GET", path, headers=_authorised(bearer), params=params)

    def post(self, path: str, bearer: Bearer, body: Mapping[str, object]) -> Any:
        """The JSON that is answered to *body*; raises `RemoteTrouble`. Only for questions: it may be asked twice."""
        return self._ask("POST", path, headers=_authorised(bearer), json=dict(body))

    def post_form(self, path: str, form: Mapping[str, str]) -> Any:
        """The JSON that is answered to a *form*; raises `RemoteTrouble`."""
        return self._ask("POST", path, data=dict(form))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        for attempt in range(1, _TRIES + 1):
            try:
                response = self._client.request(method, path, **request)
            except httpx2.TransportError as error:
                if attempt == _TRIES:
                    raise RemoteTrouble(
                        f"{self.name} cannot be reached.",
                        "Check your internet connection, and try again.",
                        detail=type(error).__name__,
                    ) from error
                self._sleep(2.0**attempt)
                continue
            if response.status_code not in _BUSY or attempt == _TRIES:
                return self._answer(response)
            logger.info("%s is busy (%s).", self.name, response.status_code)
            self._sleep(_wait(response, attempt))
        raise AssertionError("the last try returns or raises")

    def _answer(self, response: httpx2.Response) -> Any:
        if response.is_success:
            try:
                return response.json()
            except ValueError as error:
                raise RemoteTrouble(f"{self.name} answered something that is no JSON.", "Try again later.") from error
        said = _said(response)
        if response.status_code in (400, 401) and ("invalid_client" in said or response.status_code == 401):
            raise NotSignedIn(self.name, said)
        if "REQUEST_LIMIT_EXCEEDED" in said:
            raise RemoteTrouble(
                f"{self.name} answers no more questions today.",
                "Its limit a day is used up. Try again tomorrow.",
                detail=said,
            )
        if response.status_code == 403:
            raise RemoteTrouble(
                f"{self.name} does not allow this program to read contacts.",
                "Give it the permission to read contacts there, or ask whoever administers the account.",
                detail=said,
            )
        if response.status_code in _BUSY:
            raise RemoteTrouble(f"{self.name} is too busy to answer.", "Try again in some minutes.", detail=said)
        raise RemoteTrouble(f"{self.name} refused the question.", "Try again later.", detail=said)


class NotSignedIn(RemoteTrouble):
    """The token is wrong, revoked or over."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(
            f"{name} does not accept the key.", "Make a new one there, and type it in here again.", detail=said
        )


def _authorised(bearer: Bearer) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer.token}"}


def _wait(response: httpx2.Response, attempt: int) -> float:
    """How many seconds to wait: as the server says (RFC 9110, section 10.2.3), or twice as long each time."""
    said = response.headers.get("Retry-After", "")
    return min(float(said) if said.isdecimal() else 2.0**attempt, _LONGEST_WAIT_S)


def _said(response: httpx2.Response) -> str:
    """What an error's body says, in a line; it holds no secret of ours."""
    return f"{response.status_code} {' '.join(response.text.split())[:300]}"
