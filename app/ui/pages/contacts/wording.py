"""What the contacts pages call things: the words for the closed sets of the audience."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from app.audience.contacts import ConsentEntry, MailStatus
from app.models.states import ConsentAction, DeliveryState, FieldType, LawfulBasis
from app.ui.theme import Kind
from app.ui.widgets import PillLook

translate = QCoreApplication.translate


def locale() -> QLocale:
    """How numbers and days are written here; the nameless locale "C" of a bare system would not group digits."""
    here = QLocale()
    return here if here.language() != QLocale.Language.C else QLocale(QLocale.Language.English)


def number(value: int) -> str:
    """*value* as people write it here: 18,204."""
    return locale().toString(value)


def people(count: int) -> str:
    """One person, or so many people."""
    if count == 1:
        return translate("Contacts", "1 person")
    return translate("Contacts", "{0} people").format(number(count))


def contacts(count: int) -> str:
    """One contact, or so many contacts."""
    if count == 1:
        return translate("Contacts", "1 contact")
    return translate("Contacts", "{0} contacts").format(number(count))


def rows(count: int) -> str:
    """So many rows of a file, of which the number is an estimate."""
    if count == 1:
        return translate("Contacts", "1 row")
    return translate("Contacts", "about {0} rows").format(number(count))


def columns(count: int) -> str:
    """One column, or so many columns."""
    if count == 1:
        return translate("Contacts", "1 column")
    return translate("Contacts", "{0} columns").format(number(count))


def status_look(status: MailStatus) -> PillLook:
    """The status as word, meaning and icon."""
    match status:
        case MailStatus.MAILABLE:
            return PillLook(translate("Contacts", "Can be mailed"), Kind.GOOD, "mail-check")
        case MailStatus.UNSUBSCRIBED:
            return PillLook(translate("Contacts", "Unsubscribed"), Kind.WARNING, "mail-x")
        case MailStatus.BOUNCED:
            return PillLook(translate("Contacts", "Bounced"), Kind.BAD, "circle-alert")
        case MailStatus.COMPLAINED:
            return PillLook(translate("Contacts", "Marked as spam"), Kind.BAD, "shield-alert")
        case MailStatus.BLOCKED:
            return PillLook(translate("Contacts", "Blocked by hand"), Kind.NEUTRAL, "ban")
        case MailStatus.NO_PERMISSION:
            return PillLook(translate("Contacts", "No permission"), Kind.WARNING, "circle-help")


def status_reason(status: MailStatus) -> str:
    """Why, and what can be done: one or two sentences for the panel."""
    match status:
        case MailStatus.MAILABLE:
            return ""
        case MailStatus.UNSUBSCRIBED:
            return translate(
                "Contacts", "They asked not to get mail any more. Only a new consent of theirs changes that."
            )
        case MailStatus.BOUNCED:
            return translate(
                "Contacts", "Their mail server said that this address does not exist. Correct the address, or ask them."
            )
        case MailStatus.COMPLAINED:
            return translate(
                "Contacts", "They marked a message of yours as spam. Mailing them again would harm your reputation."
            )
        case MailStatus.BLOCKED:
            return translate("Contacts", "Somebody here decided never to mail this address again.")
        case MailStatus.NO_PERMISSION:
            return translate(
                "Contacts", "Nothing says that they agreed to get mail. Record how they did, and they can be mailed."
            )


def field_type(kind: FieldType) -> str:
    match kind:
        case FieldType.TEXT:
            return translate("Contacts", "Text")
        case FieldType.NUMBER:
            return translate("Contacts", "Number")
        case FieldType.DATE:
            return translate("Contacts", "Date")
        case FieldType.YES_NO:
            return translate("Contacts", "Yes or no")
        case FieldType.EMAIL:
            return translate("Contacts", "E-mail address")
        case FieldType.PHONE:
            return translate("Contacts", "Phone number")
        case FieldType.TIME_ZONE:
            return translate("Contacts", "Time zone")
        case FieldType.CHOICE:
            return translate("Contacts", "One of several words")
        case FieldType.CHOICES:
            return translate("Contacts", "Several of several words")
        case FieldType.COUNTRY:
            return translate("Contacts", "Country")
        case FieldType.LANGUAGE:
            return translate("Contacts", "Language")


def basis(ground: LawfulBasis) -> str:
    """A lawful ground in plain words."""
    match ground:
        case LawfulBasis.CONSENT:
            return translate("Contacts", "They said yes")
        case LawfulBasis.EXISTING_CUSTOMER:
            return translate("Contacts", "They are customers")
        case LawfulBasis.LEGITIMATE_INTEREST:
            return translate("Contacts", "They can expect it")


def basis_explained(ground: LawfulBasis) -> str:
    match ground:
        case LawfulBasis.CONSENT:
            return translate(
                "Contacts",
                "They ticked a box, signed a form or asked for your mail. The safest ground, valid everywhere.",
            )
        case LawfulBasis.EXISTING_CUSTOMER:
            return translate(
                "Contacts",
                "They bought from you, gave you the address then, and you write about similar goods. "
                "They must have been able to say no.",
            )
        case LawfulBasis.LEGITIMATE_INTEREST:
            return translate(
                "Contacts",
                "A business relation makes your mail expected: suppliers, partners, members. "
                "Rarely enough for advertising to private persons.",
            )


def consent_entry(entry: ConsentEntry) -> str:
    """One line of the history of permission."""
    match entry.action:
        case ConsentAction.WITHDRAWN:
            return translate("Contacts", "Permission withdrawn")
        case ConsentAction.CONFIRMED:
            return translate("Contacts", "Permission confirmed by mail")
        case ConsentAction.GIVEN:
            return (
                translate("Contacts", "Permission: {0}").format(basis(entry.basis))
                if entry.basis
                else translate("Contacts", "Permission given")
            )


def delivery_look(state: DeliveryState) -> PillLook:
    """What became of a message."""
    match state:
        case DeliveryState.QUEUED:
            return PillLook(translate("Contacts", "Waiting"), Kind.NEUTRAL, "clock")
        case DeliveryState.SENDING:
            return PillLook(translate("Contacts", "On its way"), Kind.INFO, "send")
        case DeliveryState.SENT:
            return PillLook(translate("Contacts", "Sent"), Kind.GOOD, "circle-check")
        case DeliveryState.DEFERRED:
            return PillLook(translate("Contacts", "To be tried again"), Kind.INFO, "clock")
        case DeliveryState.FAILED:
            return PillLook(translate("Contacts", "Refused"), Kind.BAD, "circle-x")
        case DeliveryState.SKIPPED:
            return PillLook(translate("Contacts", "Left out"), Kind.NEUTRAL, "circle-slash")
        case DeliveryState.IN_DOUBT:
            return PillLook(translate("Contacts", "In doubt"), Kind.WARNING, "circle-help")
        case DeliveryState.CANCELLED:
            return PillLook(translate("Contacts", "Cancelled"), Kind.NEUTRAL, "ban")


def day(on: date) -> str:
    """ "11 Mar 2026": the same everywhere, unlike 03/11/26."""
    return locale().toString(QDate(on.year, on.month, on.day), "d MMM yyyy")


def moment(at: datetime) -> str:
    """Day and time on this computer's clock: "11 Mar 2026, 14:20"."""
    local = at.astimezone()
    return f"{day(local)}, {local:%H:%M}"
