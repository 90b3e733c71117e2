"""What went wrong with a sign-in through the browser, in words for the person who tried it."""

import re

from app.sending.outcomes import Outcome, OutcomeKind, Reason, interrupted
from app.sending.trouble import AccountTrouble

_MAX_DETAIL_CHARS = 400
_AGAIN = "Sign in again under Accounts."

# Microsoft's own numbers stand in the words, whatever the error is called:
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_NEEDS_ADMINISTRATOR = re.compile(r"AADSTS(65001|90094|90093|650052|650056)\b")
_BLOCKED_BY_RULES = re.compile(r"AADSTS(53000|53001|53003|530003|50105)\b")
_SECOND_FACTOR = re.compile(r"AADSTS(50076|50079|50158|50173|700082|700084)\b")
_BAD_REDIRECT = re.compile(r"AADSTS(50011|500113)\b")
_UNKNOWN_CLIENT = re.compile(r"AADSTS(700016|7000215|7000218|90002)\b")

_SIGN_IN_ENDED = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_TEMPORARY = frozenset({"temporarily_unavailable", "server_error"})
_CLIENT_ERRORS = frozenset(
    {
        "invalid_client",
        "unauthorized_client",
        "deleted_client",
        "disabled_client",
        "org_internal",
        "redirect_uri_mismatch",
    }
)


def refusal(error: str, description: str, *, provider: str) -> AccountTrouble:
    """What *error* of RFC 6749 §4.1.2.1 or §5.2, with the provider's words, means to the user."""
    detail = _printable(f"{error}: {description}" if description else error)
    if error in _TEMPORARY:
        return unreachable(provider, detail)
    title, hint = _words(error, description, provider)
    return AccountTrouble(
        title, hint, detail=detail, outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, Reason.AUTHENTICATION, words=title)
    )


def unreachable(provider: str, detail: str) -> AccountTrouble:
    """The provider does not answer, or not just now: time may heal it."""
    return AccountTrouble(
        f"{provider} does not answer the sign-in.",
        "Check that you are online. It will be tried again.",
        detail=detail,
        outcome=interrupted(Reason.UNREACHABLE, content_left=False),
    )


def answer_useless(provider: str, detail: str) -> AccountTrouble:
    """The provider answered with something that nobody can sign in with."""
    return AccountTrouble(
        f"{provider} gave no lasting permission to send.",
        _AGAIN,
        detail=detail,
        outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, Reason.AUTHENTICATION),
    )


def not_signed_in() -> AccountTrouble:
    """Nobody has signed in to the account, or the sign-in was removed."""
    return AccountTrouble(
        "Nobody is signed in to this account.",
        _AGAIN,
        outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, Reason.AUTHENTICATION),
    )


def _words(error: str, description: str, provider: str) -> tuple[str, str]:
    if _NEEDS_ADMINISTRATOR.search(description):
        return (
            f"{provider} wants your administrator to allow this program first.",
            "Ask the administrator of your organisation to approve it for everybody, then sign in again.",
        )
    if _BLOCKED_BY_RULES.search(description):
        return (
            "The rules of your organisation do not let this program sign in.",
            "Ask its administrator to allow it, or use another account.",
        )
    if _UNKNOWN_CLIENT.search(description) or error in _CLIENT_ERRORS:
        return (
            f"{provider} does not know the client ID, or its secret is wrong.",
            f"Compare both with the page where you registered the client at {provider}.",
        )
    if _BAD_REDIRECT.search(description):
        return (
            f"The client at {provider} does not allow programs on a desktop.",
            "Register http://localhost as its redirect address, under “Mobile and desktop applications”.",
        )
    if error == "access_denied":
        return f"You did not allow this program to send through {provider}.", "Sign in again and choose “Allow”."
    if error == "consent_declined":
        return (
            f"{provider} does not let this program send mail for you.",
            "Sign in again, and leave the box about mail ticked.",
        )
    if error in _SIGN_IN_ENDED or _SECOND_FACTOR.search(description):
        return f"{provider} has ended the sign-in of this account.", _AGAIN
    return f"{provider} refused the sign-in.", _AGAIN


def _printable(text: str) -> str:
    """A stranger's words in one line."""
    return "".join(char if char.isprintable() else " " for char in text)[:_MAX_DETAIL_CHARS]
