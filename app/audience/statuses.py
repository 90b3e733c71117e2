"""What other programs write into a status column, and what it means here.

An export from a newsletter service carries people who must not be mailed. Their status has to come along, or moving
house would undo every unsubscription.
"""

import re
from enum import IntEnum

from app.audience.suppression import HARDNESS
from app.audience.values import BadValue
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


_WORDS = {
    Standing.MAY_BE_MAILED: """
        yes, y, true, 1, x, on, ja, j, oui, si, sí, active, aktiv, actif, enabled, subscribed, subscriber, confirmed,
        opted in, opt in, optin, can be mailed, angemeldet, abonniert, eingetragen, bestätigt, abonné, inscrit,
        ingeschreven
    """,
    Standing.NO_PERMISSION: """
        nonsubscribed, non subscribed, not subscribed, never subscribed, transactional, pending, unconfirmed, unknown,
        not confirmed, no permission recorded, unbestätigt, nicht bestätigt, ausstehend, unbekannt, en attente, none,
        inactive, inaktiv
    """,
    Standing.MANUAL: """
        blocked, blacklisted, blocklisted, suppressed, do not email, do not mail, do not contact, disabled,
        blocked by hand, gesperrt, blockiert, nicht anschreiben, nicht kontaktieren, bloqué, archived, archiviert
    """,
    Standing.HARD_BOUNCE: """
        cleaned, bounced, bounce, hard bounce, hard bounced, hardbounce, invalid, undeliverable, unzustellbar,
        ungültig, invalide
    """,
    Standing.UNSUBSCRIBED: """
        unsubscribed, unsubscribe, unsub, opted out, opt out, optout, withdrawn, revoked, cancelled, canceled, removed,
        no, n, false, 0, off, nein, non, nee, abgemeldet, ausgetragen, widerrufen, abbestellt, gekündigt, désabonné,
        désinscrit, uitgeschreven
    """,
    Standing.COMPLAINT: "complained, complaint, complainer, spam, spam complaint, marked as spam, abuse, beschwerde",
}
_STANDING_OF = {" ".join(word.split()): standing for standing, words in _WORDS.items() for word in words.split(",")}


def standing_of(status: str) -> Standing:
    """What *status*, in the words of whatever program wrote it, says about a person; nothing said is nothing against.

    Raises:
        BadValue: the word is unknown.
    """
    word = " ".join(re.sub(r"[-_]", " ", status).casefold().split())
    if not word:
        return Standing.MAY_BE_MAILED
    standing = _STANDING_OF.get(word)
    if standing is None:
        raise BadValue(f"“{status[:40]}” is no status known here, so no permission was recorded.")
    return standing
