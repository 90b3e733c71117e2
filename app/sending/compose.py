"""From a delivery and a contact's values to the bytes of its message.

What it takes is a `Letter`, which can be handed to another process; nothing here knows of the workspace, nor loads what
it takes to open one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.content.attachments import Attachment, EncodedAttachment
from app.content.compiled import CompiledMessage
from app.content.errors import TemplateError
from app.content.letter import MessageSource
from app.sending.deliveries import Row
from app.sending.dkim import SIGNED_HEADERS, Signer, Signers
from app.sending.message_requests import TO_NAME
from app.sending.transport import Envelope


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A DKIM key and where its public half is found."""

    pem: bytes = field(repr=False)
    domain: str
    selector: str


@dataclass(frozen=True, slots=True)
class Letter:
    """All it takes to make the messages of a dispatch from one From address.

    Attributes:
        signed_headers: Those that the account leaves as they are.
        personal_files: By name, files that go only to those whose field *file_field* holds the name.
    """

    source: MessageSource
    keys: tuple[SigningKey, ...] = ()
    signed_headers: tuple[str, ...] = SIGNED_HEADERS
    personal_files: Mapping[str, Attachment] = field(default_factory=dict)
    file_field: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message and where it goes."""

    envelope: Envelope
    content: bytes


class Composer:
    """Makes the messages of one letter: compiled once, per recipient only what differs, signed with DKIM."""

    def __init__(self, letter: Letter) -> None:
        """Compile *letter*.

        Raises:
            TemplateError: it cannot be compiled.
            BadKey: it cannot be signed.
        """
        self._message = CompiledMessage(letter.source)
        self._signers = Signers(
            tuple(
                Signer(key.pem, domain=key.domain, selector=key.selector, headers=letter.signed_headers)
                for key in letter.keys
            )
        )
        self._files = {name.casefold(): EncodedAttachment.of(file) for name, file in letter.personal_files.items()}
        self._file_field = letter.file_field

    def compose(self, row: Row) -> OutgoingMessage:
        """The message for one recipient.

        Raises:
            TemplateError: a value cannot stand where the template puts it, a line break in a header for example; or
                there is no file of the name that the contact's field gives.
            AddressRefused: the address cannot be mailed to.
        """
        delivery = row.delivery
        rendered = self._message.render(
            row.values,
            to_address=delivery.address,
            token=delivery.token,
            now=datetime.now(UTC),
            to_name=str(row.values.get(TO_NAME) or ""),
            files=self._files_for(row) if self._file_field else (),
        )
        envelope = Envelope(
            rendered.envelope_sender, rendered.envelope_recipient, needs_smtputf8=rendered.needs_smtputf8
        )
        signature = (
            self._signers.sign(rendered.headers, rendered.body, is_canonical=True) if self._signers.keys else b""
        )
        return OutgoingMessage(envelope, rendered.to_bytes(prefix=signature))

    def _files_for(self, row: Row) -> tuple[EncodedAttachment, ...]:
        """The recipient's own files; several names are parted by semicolons."""
        wanted = [name.strip() for name in str(row.values.get(self._file_field) or "").split(";")]
        try:
            return tuple(self._files[name.casefold()] for name in wanted if name)
        except KeyError:
            missing = ", ".join(name for name in wanted if name and name.casefold() not in self._files)
            raise TemplateError(
                f"There is no file “{missing}” among the files of this campaign.", "Add it, or correct the contact."
            ) from None
