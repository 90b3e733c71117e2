"""From a leased delivery and a contact's values to the bytes of its message."""

from dataclasses import dataclass

from app.content.compiled import CompiledMessage
from app.content.letter import MessageSource
from app.models.base import utcnow
from app.models.tables import Dispatch, Identity, Organisation
from app.models.workspace import Workspace
from app.sending.accounts import signer
from app.sending.dkim import Signer
from app.sending.plan import unsubscribe_by_mail
from app.sending.supply import Row
from app.sending.transport import Envelope


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message and where it goes."""

    envelope: Envelope
    content: bytes


class Composer:
    """Makes the messages of one dispatch: compiled once, per recipient only what differs, signed with DKIM."""

    def __init__(self, source: MessageSource, signer: Signer | None) -> None:
        self._message = CompiledMessage(source)
        self._signer = signer

    @classmethod
    def of_dispatch(cls, workspace: Workspace, dispatch_id: int, identity_id: int) -> "Composer":
        """The composer of a frozen dispatch, sent from one of its identities.

        Raises:
            TemplateError: the frozen content cannot be compiled.
            UserFacingError: the identity's DKIM key cannot be unsealed.
        """
        with workspace.read() as session:
            dispatch = session.get_one(Dispatch, dispatch_id)
            identity = session.get_one(Identity, identity_id)
            organisation = session.get_one(Organisation, 1)
            source = MessageSource(
                subject=dispatch.subject,
                preheader=dispatch.preheader,
                html=dispatch.html,
                text=dispatch.text,
                organisation=organisation.name,
                postal_address=organisation.postal_address,
                sender_name=identity.name,
                sender_address=identity.address,
                reply_to=identity.reply_to,
                list_id=f"campaign-{dispatch.campaign_id}.{identity.address.rpartition('@')[2]}",
                unsubscribe=unsubscribe_by_mail(identity),
            )
        return cls(source, signer(workspace, identity_id))

    def compose(self, row: Row) -> OutgoingMessage:
        """The message for one recipient.

        Raises:
            TemplateError: a value cannot stand where the template puts it, a line break in a header for example.
            AddressRefused: the address cannot be mailed to.
        """
        delivery = row.delivery
        rendered = self._message.render(row.values, to_address=delivery.address, token=delivery.token, now=utcnow())
        envelope = Envelope(rendered.envelope_sender, rendered.envelope_recipient)
        signature = self._signer.sign(rendered.headers, rendered.body, is_canonical=True) if self._signer else b""
        return OutgoingMessage(envelope, rendered.to_bytes(prefix=signature))
