"""What other programs write into a status column, and what it means here.

An export from a newsletter service carries people who must not be mailed. Their status has to come along, or moving
house would undo every unsubscription.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from app.audience.suppression import HARDNESS
from app.audience.synonyms import fold
from app.audience.values import NO_WORDS, YES_WORDS, BadValue
from app.models.states import SuppressionReason

STATUS = "consent_status"
"""The target of a column that says whether a person may be mailed."""


class Standing(IntEnum):
    """What a status says about a person, from the best to the worst, so that of two rows the worse counts."""

    MAY_BE_MAILED = 0
    NO_PERMISSION = 1
    MANUAL = 2
    HARD_BOUNCE = 3
    UNSUBSCRIBED = 4
    COMPLAINT = 5

    @property
    def suppression(self) -> SuppressionReason | None:
        """Why the address must not be mailed again; None if it may be."""
        return None if self <= Standing.NO_PERMISSION else HARDNESS[self - Standing.MANUAL]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a bare yes or no below a heading means, and any other text that is no known word (None: nothing)."""

    yes: Standing
    no: Standing
    other: Standing | None = None

    @classmethod
    def to_refusal(cls, standing: Standing) -> "Answers":
        """Below a heading that names a refusal, whatever is not a no refuses: a yes, the day, the reason."""
        return cls(yes=standing, no=Standing.MAY_BE_MAILED, other=standing)


PERMISSION = Answers(yes=Standing.MAY_BE_MAILED, no=Standing.UNSUBSCRIBED)
CONFIRMATION = Answers(yes=Standing.MAY_BE_MAILED, no=Standing.NO_PERMISSION)
"""Below a heading such as "confirmed", a no is no refusal yet."""


_WORDS = {
    Standing.MAY_BE_MAILED: """
        yes, y, true, 1, x, on, ja, j, oui, si, sí, active, aktiv, actif, enabled, subscribed, subscriber,
        confirmed, opted in, opt in, optin, single opt in, double opt in, confirmed opt in, can be mailed,
        given, granted, accepted, express, explicit, implied, erteilt, angemeldet, abonniert, eingetragen,
        bestätigt, abonné, inscrit, ingeschreven
    """,
    Standing.NO_PERMISSION: """
        nonsubscribed, non subscribed, not subscribed, never subscribed, transactional, pending, unconfirmed,
        unknown, not confirmed, no permission recorded, no permission set, not opted in, pending confirmation,
        awaiting confirmation, unbestätigt, nicht bestätigt, ausstehend, unbekannt, en attente, none, inactive,
        inaktiv
    """,
    Standing.MANUAL: """
        blocked, blacklisted, blocklisted, suppressed, do not email, do not mail, do not contact, disabled,
        blocked by hand, gesperrt, blockiert, nicht anschreiben, nicht kontaktieren, bloqué, archived,
        archiviert
    """,
    Standing.HARD_BOUNCE: """
        cleaned, bounced, bounce, hard bounce, hard bounced, hardbounce, invalid, undeliverable, unzustellbar,
        ungültig, invalide
    """,
    Standing.UNSUBSCRIBED: """
        unsubscribed, unsubscribe, unsub, opted out, opt out, optout, denied, declined, refused, abgelehnt,
        withdrawn, revoked, cancelled, canceled, removed, no, n, false, 0, off, nein, non, nee, abgemeldet,
        ausgetragen, widerrufen, abbestellt, gekündigt, désabonné, désinscrit, uitgeschreven
    """,
    Standing.COMPLAINT: "complained, complaint, complainer, spam, spam complaint, marked as spam, abuse, beschwerde",
}
_REFUSALS = {
    Standing.MANUAL: """
        do not email, do not e-mail, do not mail, do not contact, blacklisted, blocklisted, blocked, suppressed,
        gesperrt, nicht anschreiben, nicht kontaktieren, werbesperre, keine werbung, ne pas contacter, no
        contactar, non contattare, niet mailen
    """,
    Standing.HARD_BOUNCE: """
        bounced, bounced at, hard bounced, hard bounce, email bounced, email bounced date, unzustellbar
    """,
    Standing.UNSUBSCRIBED: """
        unsubscribed, unsubscribe, is unsubscribed, unsubscribed at, unsubscribed on, unsubscribe date,
        unsubscribe time, unsub time, unsubscribed from all email, opt out, optout, opted out, opt out date, opt
        out time, email opt out, email optout, opted out of email, has opted out of email, abgemeldet,
        abgemeldet am, abmeldung, abmeldedatum, ausgetragen, ausgetragen am, widerrufen, widerrufen am,
        widerruf, désabonné, désabonné le, désinscrit, désinscrit le, dado de baja, disiscritto, uitgeschreven,
        uitgeschreven op, afgemeld, afgemeld op
    """,
    Standing.COMPLAINT: "complained, complained at, complaint, spam complaint, marked as spam",
}
_REFUSED_BY = {fold(header): standing for standing, headers in _REFUSALS.items() for header in headers.split(",")}
# Of the words for yes and no, those that say it of any question.
_BARE_YES = YES_WORDS - {"subscribed", "angemeldet"}
_BARE_NO = NO_WORDS - {"unsubscribed", "abgemeldet"}
# How MySQL and Outlook write a day that is none.
_NO_DAY = re.compile(r"0{1,4}[-/]0{1,2}[-/]0{1,4}( 00:00:00)?")
_STANDING_OF = {" ".join(word.split()): standing for standing, words in _WORDS.items() for word in words.split(",")}


def refusal_in(header: str) -> Standing | None:
    """What a yes below *header* says against a person: "Opt-out" or "Abgemeldet am"; None of any other header."""
    return _REFUSED_BY.get(fold(header))


def standing_of(status: str, header: str = "", answers: Answers | None = None) -> Standing:
    """What *status* below *header*, in the words of whatever program wrote it, says about a person.

    Nothing said is nothing against. Below a header that names a refusal, whatever is not a no refuses: a yes, the day
    it was said, the reason that was given. *answers*, where it is known, is what the header asks.

    Raises:
        BadValue: the word is unknown.
    """
    word = " ".join(re.sub(r"(?<=\w)[-_]", " ", status).casefold().split())
    if answers is None:
        refusal = refusal_in(header)
        answers = PERMISSION if refusal is None else Answers.to_refusal(refusal)
    if not word.strip("-–—") or (answers.other is not None and _NO_DAY.fullmatch(status.strip())):
        return Standing.MAY_BE_MAILED
    if word in _BARE_NO:
        return answers.no
    if word in _BARE_YES:
        return answers.yes
    standing = _STANDING_OF.get(word, answers.other)
    if standing is None:
        raise BadValue(f"“{status[:40]}” is no status known here, so no permission was recorded.")
    return standing
