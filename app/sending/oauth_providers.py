"""Whom one can sign in to through the browser: their addresses, what is asked for, and how to register a client."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.sending.tls import is_loopback


@dataclass(frozen=True, slots=True)
class OAuthProvider:
    """Who lets people sign in, and how.

    Attributes:
        key: Its name in presets and in stored grants.
        scopes: What is asked for; of these, `needed_scope` is what sending needs.
        redirect_host: The name of this computer in the redirect, as the provider wants it registered.
        extra: Further parameters of the authorisation request.
        client_url: The page on which the user registers a client.
        client_hint: How to register one, a sentence or two.
        needs_secret: The token endpoint wants the client's secret too, although it is none in a desktop program.

    Raises:
        ValueError: An endpoint would be talked to in plain text over a network.
    """

    key: str
    name: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    needed_scope: str
    redirect_host: str = "127.0.0.1"
    extra: tuple[tuple[str, str], ...] = ()
    client_url: str = ""
    client_hint: str = ""
    needs_secret: bool = False

    def __post_init__(self) -> None:
        for url in (self.authorize_url, self.token_url):
            parts = urlsplit(url)
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
                raise ValueError(f"{url} is not secure.")


GOOGLE = OAuthProvider(
    key="google",
    name="Google",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106  an address
    scopes=("https://mail.google.com/",),
    needed_scope="https://mail.google.com/",
    # Google gives a lasting token only on request, and again only if it may ask the user again.
    extra=(("access_type", "offline"), ("prompt", "consent")),
    client_url="https://console.cloud.google.com/apis/credentials",
    client_hint="Create an OAuth client of the type “Desktop app” in the Google Cloud console. As long as its "
    "publishing status is “Testing”, Google asks you to sign in again every 7 days.",
    needs_secret=True,
)
MICROSOFT = OAuthProvider(
    key="microsoft",
    name="Microsoft",
    authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106  an address
    scopes=(
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
    ),
    needed_scope="https://outlook.office.com/SMTP.Send",
    redirect_host="localhost",
    client_url="https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
    client_hint="Register an application in Microsoft Entra with the platform “Mobile and desktop applications” and "
    "the redirect address http://localhost. It needs no secret.",
)
_PROVIDERS = (GOOGLE, MICROSOFT)


def oauth_providers() -> tuple[OAuthProvider, ...]:
    """Those one can sign in to."""
    return _PROVIDERS


def oauth_provider(key: str) -> OAuthProvider:
    """The provider of that key.

    Raises:
        KeyError: There is none.
    """
    return {each.key: each for each in _PROVIDERS}[key]
