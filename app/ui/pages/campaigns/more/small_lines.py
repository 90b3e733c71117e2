"""The options that are one field: where answers go, what the message consists of, when to give up."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QLineEdit

from app.models.states import MessageFormat
from app.sending.campaigns import GIVE_UP_AFTER_H, CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.option_checks import address_fault
from app.ui.pages.campaigns.words import number
from app.ui.widgets import FormField, Segmented, caption

_HOURS = (4, 12, 24, 48, 72, 120)
_DAY_H = 24


class AnswersLine(Line):
    """Reply-To."""

    def __init__(self) -> None:
        super().__init__(self.tr("Answers"), "moreAnswers")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        address = campaign.reply_to.strip() or _usual_address(campaign, around)
        return self.tr("go to {0}").format(address) if address else self.tr("go to the From address")

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return not campaign.reply_to.strip()

    def build(self) -> None:
        self._edit = QLineEdit()
        self._edit.setMaxLength(320)
        self._edit.setObjectName("replyTo")
        self._edit.textEdited.connect(self._on_edited)
        self._field = FormField(
            self.tr("Answers go to"),
            self._edit,
            help_text=self.tr("Who presses “Reply” writes to this address. Empty: to the usual one."),
        )
        self.body.addWidget(self._field)

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        self._edit.setPlaceholderText(_usual_address(campaign, around))
        if self._edit.text().strip() != campaign.reply_to.strip():
            self._edit.setText(campaign.reply_to)
        self._field.set_error(address_fault(campaign.reply_to))

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        self.changed.emit({"reply_to": text.strip()})


class FormatLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Format"), "moreFormat")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        if campaign.format is MessageFormat.TEXT_ONLY:
            return self.tr("plain text only, without the design")
        return self.tr("the design, with a plain text for those who want it")

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return campaign.format is MessageFormat.HTML_AND_TEXT

    def build(self) -> None:
        self._choice = Segmented(
            self.tr("Format"),
            [
                (MessageFormat.HTML_AND_TEXT, self.tr("Design and text")),
                (MessageFormat.TEXT_ONLY, self.tr("Plain text only")),
            ],
        )
        self._choice.chosen.connect(lambda key: self.changed.emit({"format": MessageFormat(key)}))
        self.body.addWidget(self._choice)
        self.body.addWidget(
            caption(
                self.tr("Plain text looks like a letter from a person: no pictures, no colours, links written out.")
            )
        )

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del around
        self._choice.choose(campaign.format)


class GivingUpLine(Line):
    """How long a message that was not taken is tried again."""

    def __init__(self) -> None:
        super().__init__(self.tr("Trying again"), "moreGivingUp")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        return self.tr("for {0}, then it counts as refused").format(self._span(campaign.give_up_after_h))

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return campaign.give_up_after_h == GIVE_UP_AFTER_H

    def build(self) -> None:
        self._combo = QComboBox()
        self._combo.setObjectName("giveUpAfter")
        self._combo.activated.connect(
            lambda index: self.changed.emit({"give_up_after_h": int(self._combo.itemData(index))})
        )
        self.body.addWidget(
            FormField(
                self.tr("Try for"),
                self._combo,
                help_text=self.tr(
                    "A full mailbox or a busy server is not the end: the message is tried again, less and less often."
                ),
            )
        )

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del around
        hours = sorted({*_HOURS, campaign.give_up_after_h})
        if [self._combo.itemData(index) for index in range(self._combo.count())] != hours:
            self._combo.clear()
            for one in hours:
                self._combo.addItem(self._span(one), one)
        self._combo.setCurrentIndex(hours.index(campaign.give_up_after_h))

    def _span(self, hours: int) -> str:
        if hours >= _DAY_H and hours % _DAY_H == 0:
            days = hours // _DAY_H
            return self.tr("a day") if days == 1 else self.tr("{0} days").format(number(days))
        return self.tr("an hour") if hours == 1 else self.tr("{0} hours").format(number(hours))


def _usual_address(campaign: CampaignInfo, around: Surroundings) -> str:
    identity = around.identity(campaign.identity_id)
    return (identity.reply_to or identity.address) if identity is not None else ""
