"""Several accounts for one campaign: which, and who sends how much."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QMenu, QSpinBox, QVBoxLayout, QWidget

from app.models.states import AccountKind
from app.sending.accounts import IdentityInfo
from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.more.shares import Dot, ShareBar, percents
from app.ui.pages.campaigns.words import percent
from app.ui.theme import Space, icon
from app.ui.widgets import caption, icon_button, label, quiet_button

_USUAL_WEIGHT = 50
_SPIN_WIDTH = 84


class SendersLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Accounts"), "moreSenders")
        self._shown: tuple[object, ...] | None = None
        self._rows: dict[int, _Row] = {}

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        shares = _in_order(campaign)
        if len(shares) < 2:
            one = around.identity(campaign.identity_id)
            return self.tr("everything through {0}").format(one.account_name) if one else self.tr("none chosen yet")
        parts = []
        for (identity_id, weight), share in zip(shares.items(), percents([*shares.values()]), strict=True):
            one = around.identity(identity_id)
            name = one.account_name if one else self.tr("a removed account")
            words = self.tr("{0} {1}") if weight else self.tr("{0} if the others cannot")
            parts.append(words.format(name, percent(share / 100)))
        return ", ".join(parts)

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return len(campaign.routes) < 2

    def build(self) -> None:
        self._bar = ShareBar()
        self._column = QVBoxLayout()
        self._column.setSpacing(Space.S)
        self._add = quiet_button(self.tr("Add an account"), "plus", name="addSender")
        self._menu = QMenu(self._add)
        self._add.setMenu(self._menu)
        self._nothing = caption(self.tr("There is no other account to share with. The practice account sends alone."))
        self.body.addWidget(
            caption(
                self.tr(
                    "Several accounts send faster, and each keeps its own limits. One with share 0 only steps in "
                    "when no other can send."
                )
            )
        )
        self.body.addWidget(self._bar)
        self.body.addLayout(self._column)
        self.body.addWidget(self._nothing)
        row = QHBoxLayout()
        row.addWidget(self._add)
        row.addStretch(1)
        self.body.addLayout(row)

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        shares = _in_order(campaign)
        others = _others(shares, around)
        several = len(shares) > 1
        key = (tuple(shares), tuple(one.id for one in others), around.identities)
        if key != self._shown:
            self._shown = key
            self._build_rows(shares, others, around)
        for row, weight, share in zip(self._rows.values(), shares.values(), percents([*shares.values()]), strict=True):
            row.set_share(weight, share, is_last=weight > 0 and sum(one > 0 for one in shares.values()) == 1)
        self._bar.set_weights([*shares.values()])
        self._bar.setVisible(several)
        self._nothing.setVisible(not others and not several)
        self._add.setVisible(bool(others))

    def _build_rows(self, shares: Mapping[int, int], others: list[IdentityInfo], around: Surroundings) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        if len(shares) > 1:
            for index, identity_id in enumerate(shares):
                row = _Row(around.identity(identity_id), index)
                row.share.valueChanged.connect(partial(self._on_share, identity_id))
                row.remove.clicked.connect(partial(self._on_remove, identity_id))
                self._rows[identity_id] = row
                self._column.addWidget(row)
        else:
            self._rows = {identity_id: _Row(around.identity(identity_id), 0) for identity_id in shares}
            for row in self._rows.values():
                row.setParent(self)
                row.hide()
        self._menu.clear()
        for one in others:
            self._menu.addAction(
                icon("at-sign", "muted"), f"{one.account_name}: {one.address}", partial(self._on_add, one.id)
            )

    @property
    def _shares(self) -> dict[int, int]:
        return dict(_in_order(self._draft[0])) if self._draft else {}

    def _on_add(self, identity_id: int) -> None:
        shares = self._shares
        if len(shares) == 1:
            shares = dict.fromkeys(shares, _USUAL_WEIGHT)
        self.changed.emit({"routes": {**shares, identity_id: _USUAL_WEIGHT}})

    def _on_share(self, identity_id: int, weight: int) -> None:
        shares = {**self._shares, identity_id: weight}
        if any(shares.values()):
            self.changed.emit({"routes": shares})

    def _on_remove(self, identity_id: int) -> None:
        shares = {one: weight for one, weight in self._shares.items() if one != identity_id}
        if not any(shares.values()):
            shares = dict.fromkeys(shares, 1)
        changes: dict[str, object] = {"routes": shares if len(shares) > 1 else {}}
        if self._draft is not None and self._draft[0].identity_id == identity_id:
            changes["identity_id"] = max(shares, key=lambda one: shares[one])
        self.changed.emit(changes)


class _Row(QWidget):
    def __init__(self, identity: IdentityInfo | None, index: int) -> None:
        super().__init__()
        name = identity.account_name if identity else self.tr("a removed account")
        self.share = QSpinBox()
        self.share.setObjectName(f"share{index}")
        self.share.setRange(0, 100)
        self.share.setSingleStep(10)
        self.share.setFixedWidth(_SPIN_WIDTH)
        self.share.lineEdit().setTextMargins(11, 0, 0, 0)
        self.share.setAccessibleName(self.tr("Share of {0}").format(name))
        self._percent = caption(wrap=False)
        self._percent.setFixedWidth(44)
        self.remove = icon_button("x", self.tr("Take out {0}").format(name), name=f"removeSender{index}", small=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(name, wrap=True))
        words.addWidget(caption(identity.address if identity else ""))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(Dot(index))
        row.addLayout(words, 1)
        row.addWidget(self.share)
        row.addWidget(self._percent)
        row.addWidget(self.remove)

    def set_share(self, weight: int, share: int, *, is_last: bool) -> None:
        """*is_last*: no other has a share, so this one cannot give up its own."""
        self.share.blockSignals(True)
        self.share.setMinimum(1 if is_last else 0)
        self.share.setValue(weight)
        self.share.blockSignals(False)
        self._percent.setText(percent(share / 100) if weight else self.tr("spare"))


def _in_order(campaign: CampaignInfo) -> Mapping[int, int]:
    """The shares with the campaign's own From address first."""
    shares = campaign.shares
    first = {one: weight for one, weight in shares.items() if one == campaign.identity_id}
    return {**first, **shares}


def _others(shares: Mapping[int, int], around: Surroundings) -> list[IdentityInfo]:
    """From addresses of accounts that do not share yet; none beside the practice account."""
    used = {one.account_id for identity_id in shares if (one := around.identity(identity_id)) is not None}
    by_id = {one.id: one for one in around.identities}
    if any(by_id[one].account_kind is AccountKind.PRACTICE for one in shares if one in by_id):
        return []
    return [
        one for one in around.identities if one.account_kind is not AccountKind.PRACTICE and one.account_id not in used
    ]
