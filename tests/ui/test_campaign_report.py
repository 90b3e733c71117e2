"""The report: live, calm, and plain about what went wrong."""

from __future__ import annotations

import sys
from array import array
from datetime import UTC, datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from app.models.states import DeliveryState, SkipReason
from app.models.tables import Dispatch
from app.models.workspace import Workspace
from app.ui import things
from app.ui.pages.campaigns.charts import SendingCharts, _filled, _round_values, step_for
from app.ui.pages.campaigns.running_job import RunningJobFeed
from app.ui.pages.campaigns.words import left_out_words, reason_words, without_tags
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_dispatch,
    campaigns_page,
    click,
    reporting,
    settle,
    texts,
    type_into,
    until_shows,
)
from tests.ui.waiting import until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def test_the_figures_follow_the_agent(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 10)
    report = await reporting(app, campaign_id)
    assert not report.figures["in_doubt"].isVisible()
    await until_shows(report.figures["waiting"], "10")
    settle(shop, dispatch_id, 4, DeliveryState.SENT, "accepted")
    settle(shop, dispatch_id, 1, DeliveryState.FAILED, "mailbox_full", "552 5.2.2 Mailbox full")
    app.operations.announce(things.SENDING)
    await until_shows(report.figures["sent"], "4")
    await until_shows(report.figures["failed"], "20 % of those tried")
    assert nameless(report) == []


async def test_doubt_is_explained_and_shown(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 3)
    settle(shop, dispatch_id, 2, DeliveryState.IN_DOUBT, "connection_lost")
    report = await reporting(app, campaign_id)
    assert "2 messages are in doubt" in texts(report)
    assert "may or may not have arrived" in texts(report)
    click(app, "showInDoubt")
    await app.settled()
    assert report.messages.model.rowCount() == 2
    assert "It may or may not have arrived." in report.messages.model.index(0, 2).data()


async def test_the_selection_stays_while_the_table_is_refreshed(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 30)
    settle(shop, dispatch_id, 5, DeliveryState.SENT, "accepted")
    report = await reporting(app, campaign_id)
    report.messages.show_only("sent")
    await app.settled()
    report.messages.table.selectRow(3)
    chosen = report.messages.model.ids[3]
    settle(shop, dispatch_id, 10, DeliveryState.SENT, "accepted")
    app.operations.announce(things.SENDING)
    await until(lambda: report.messages.model.rowCount() == 15)
    selected = [report.messages.model.ids[row] for row in report.messages.table.selected_rows()]
    assert selected == [chosen]


async def test_rows_change_where_they_stand(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 3)
    report = await reporting(app, campaign_id)
    model = report.messages.model
    await until(lambda: model.index(0, 1).data() == "Waiting")
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    settle(shop, dispatch_id, 1, DeliveryState.SENT, "accepted")
    app.operations.announce(things.SENDING)
    await until(lambda: model.index(0, 1).data() == "Sent")
    assert resets == []


async def test_an_address_is_found(app: AppWindow, shop: Workspace) -> None:
    campaign_id, _ = a_dispatch(shop, 30)
    report = await reporting(app, campaign_id)
    type_into(app, "searchMessages", "person017")
    await until(lambda: report.messages.model.rowCount() == 1)
    assert "person017@practice.example" in report.messages.model.index(0, 0).data()


async def test_the_sidebar_shows_the_running_one_and_pauses_it(app: AppWindow, shop: Workspace) -> None:
    _, dispatch_id = a_dispatch(shop, 10)
    card = app.window.sidebar.progress_card
    RunningJobFeed(app.context, card)
    await app.settled()
    assert card.isVisible()
    settle(shop, dispatch_id, 4, DeliveryState.SENT, "accepted")
    app.operations.announce(things.SENDING)
    await until_shows(card, "4 of 10")
    click(app, "pauseJob")
    await until_shows(card, "Paused")
    click(app, "pauseJob")
    await until_shows(card, "Sending now")
    card.opened.emit()
    await until(lambda: campaigns_page(app).current is campaigns_page(app).report)
    await app.settled()
    with shop.write() as session:
        session.delete(session.get_one(Dispatch, dispatch_id))
    app.operations.announce(things.SENDING)
    await until(lambda: not card.isVisible())
    await app.settled()


async def test_thousands_of_messages_are_fetched_page_by_page(app: AppWindow, shop: Workspace) -> None:
    campaign_id, _ = a_dispatch(shop, 700)
    report = await reporting(app, campaign_id)
    model = report.messages.model
    assert model.rowCount() == 700
    assert len(model._pages) < 4
    row = model.row(650)
    if row is None:
        await until(lambda: model.row(650) is not None)
    assert not model.set_ids(array("q", model.ids))


def test_a_reason_is_a_sentence() -> None:
    assert reason_words(DeliveryState.FAILED, "mailbox_unknown") == "The server says this mailbox does not exist."
    assert reason_words(DeliveryState.SKIPPED, SkipReason.SUPPRESSED).startswith("They unsubscribed")
    assert reason_words(DeliveryState.SENT, "accepted") == ""
    assert reason_words(DeliveryState.IN_DOUBT, "timeout").endswith("It may or may not have arrived.")
    assert reason_words(DeliveryState.FAILED, "something_new") == "something_new"


def test_who_is_left_out_is_said_in_one_line() -> None:
    both = {SkipReason.SUPPRESSED: 12, SkipReason.NO_PERMISSION: 7}
    assert left_out_words(both) == "19 left out: 12 unsubscribed or blocked, 7 without permission"
    assert left_out_words({SkipReason.NO_PERMISSION: 7}) == "7 left out: without permission"
    assert left_out_words({}) == ""


def test_nobody_has_to_read_merge_tags() -> None:
    assert without_tags('{{ first_name|default("You") }}: 20% off') == "[first name]: 20% off"


def test_the_curve_has_a_point_for_every_step() -> None:
    steps = [(NOW, 5), (NOW + timedelta(seconds=3), 2)]
    assert [count for _, count in _filled(steps, 1)] == [5, 0, 0, 2]
    assert step_for(timedelta(seconds=50)) == 1
    assert step_for(timedelta(hours=2)) == 60
    assert step_for(timedelta(days=2)) == 3600


@pytest.mark.parametrize(("highest", "values"), [(1, [0, 1]), (4, [0, 1, 2, 3, 4]), (230, [0, 100, 200])])
def test_the_axis_has_few_round_numbers(highest: float, values: list[int]) -> None:
    assert _round_values(highest) == values


def test_the_chart_says_its_numbers_and_survives_a_change_of_theme(qtbot: QtBot, qapp: object) -> None:
    from app.settings import ThemeChoice
    from app.ui.application import App

    charts = SendingCharts()
    qtbot.addWidget(charts)
    charts.resize(800, 200)
    charts.show()
    charts.set_steps([], 1, intended=10)
    charts.set_steps([(NOW, 5), (NOW + timedelta(seconds=1), 3)], 1, intended=10)
    assert charts._total.accessibleDescription() == "8 of 10"
    assert isinstance(qapp, App)
    light = charts.grab().toImage().pixelColor(400, 100)
    qapp.theme.set_mode(ThemeChoice.DARK)
    assert charts.grab().toImage().pixelColor(400, 100) != light


def test_the_plotting_library_waits_for_the_first_curve() -> None:
    import subprocess

    code = "import app.ui.pages.campaigns.page, sys; sys.exit('pyqtgraph' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
