"""What a campaign can say about its sending, set by clicks and keys; each line says its value in words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from app.audience import contacts
from app.audience.fields import add_field
from app.content.library import add_template
from app.models.states import FieldType, MessageFormat
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.accounts import list_identities
from app.sending.attachments import add_file, list_files
from app.sending.breaker import Breaker
from app.sending.throttle import Limits
from app.sending.windows import SendingWindow
from app.ui.pages.campaigns.composer import Composer
from app.ui.pages.campaigns.more.shares import percents
from app.ui.pages.campaigns.pictures import picture_url
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    PERMISSION,
    a_campaign,
    add_people,
    an_account,
    choose,
    click,
    composing,
    texts,
    type_into,
    until_shows,
)
from tests.ui.waiting import until

WITH_LOGO = """<mjml><mj-body><mj-section><mj-column><mj-image src="cid:logo" alt="Our logo" />
<mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>"""


def value_of(composer: Composer, line: str) -> str:
    label = composer.findChild(QLabel, f"{line}Value")
    assert label is not None
    return label.text()


async def test_a_new_draft_is_all_as_usual_and_folded(app: AppWindow, shop: Workspace) -> None:
    composer = await composing(app, a_campaign(shop))
    assert "all as usual" in texts(composer.more)
    assert value_of(composer, "moreAnswers") == "go to hello@practice.example"
    assert value_of(composer, "moreSenders") == "everything through Practice account"
    assert value_of(composer, "moreFiles") == "none attached"
    assert value_of(composer, "moreHours") == "at any time"
    assert value_of(composer, "moreGivingUp") == "for 2 days, then it counts as refused"
    assert value_of(composer, "moreStop") == "pauses at 5 % dead addresses, 0.3 % complaints or 3 refusals in a row"
    assert composer.findChild(QLineEdit, "replyTo") is None
    assert nameless(composer.more) == []


async def test_the_keyboard_unfolds_a_line_and_one_at_a_time(app: AppWindow, shop: Workspace) -> None:
    composer = await composing(app, a_campaign(shop))
    answers, hours = (app.find(QAbstractButton, name) for name in ("moreAnswersFold", "moreHoursFold"))
    answers.setFocus()
    QTest.keyClick(answers, Qt.Key.Key_Return)
    assert app.find(QLineEdit, "replyTo").isVisible()
    QTest.keyClick(hours, Qt.Key.Key_Space)
    assert not app.find(QLineEdit, "replyTo").isVisible()
    assert composer.more.hours.is_open
    for line in composer.more.lines:
        line.set_open(True)
        assert nameless(line) == []


async def test_answers_go_elsewhere_and_a_wrong_address_is_said_at_once(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreAnswersFold")
    type_into(app, "replyTo", "nobody")
    await until_shows(composer.more, "“nobody” is not an e-mail address.")
    await until(lambda: not composer.send.isEnabled())
    type_into(app, "replyTo", "answers@berger.example")
    await until(lambda: campaigns.get_campaign(shop, campaign_id).reply_to == "answers@berger.example")
    await until(composer.send.isEnabled)
    assert value_of(composer, "moreAnswers") == "go to answers@berger.example"
    assert "one thing changed" in texts(composer.more)
    await app.settled()


async def test_headers_are_checked_while_they_are_typed(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreHeadersFold")
    click(app, "addHeader")
    type_into(app, "headerName0", "Bcc")
    type_into(app, "headerValue0", "{{ first_name }}")
    assert "The header “Bcc” cannot be set." in texts(composer.more)
    await until(lambda: any("Bcc" in text for text in composer.findings.texts))
    assert not composer.send.isEnabled()
    type_into(app, "headerName0", "X-Who")
    assert "cannot be set" not in texts(composer.more)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).headers == (("X-Who", "{{ first_name }}"),))
    click(app, "removeHeader0")
    await until(lambda: campaigns.get_campaign(shop, campaign_id).headers == ())
    await app.settled()


async def test_files_are_dropped_summed_taken_out_and_put_back(app: AppWindow, shop: Workspace, tmp_path: Path) -> None:
    (tmp_path / "Prices.pdf").write_bytes(bytes(1_500_000))
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreFilesFold")
    drop_on(app.find(QWidget, "dropFiles"), tmp_path / "Prices.pdf")
    await until(lambda: value_of(composer, "moreFiles") == "one file, 1.5 MB in all")
    await until_shows(composer.preview, "Attached: Prices.pdf")
    await app.settled()
    assert app.sheet("importSheet") is None
    click(app, "removeFile")
    await until(lambda: value_of(composer, "moreFiles") == "none attached")
    click(app, "toastAction")
    await until(lambda: value_of(composer, "moreFiles") == "one file, 1.5 MB in all")
    await app.settled()


async def test_a_file_that_cannot_be_attached_is_explained(app: AppWindow, shop: Workspace, tmp_path: Path) -> None:
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    composer.more.files.files_chosen.emit([tmp_path / "gone.pdf"])
    sheet = await app.opened("tell")
    assert "“gone.pdf” cannot be read." in texts(sheet)
    sheet.accept()
    await app.settled()
    assert list_files(shop, campaign_id) == ()


async def test_big_files_are_warned_of(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    add_file(shop, campaign_id, "film.mp4", bytes(12_000_000))
    composer = await composing(app, campaign_id)
    await until(lambda: any("12 MB, which is about 16.4 MB in the mail" in text for text in composer.findings.texts))
    assert composer.send.isEnabled()
    await app.settled()


async def test_a_picture_of_the_message_is_asked_for_and_then_shown(
    app: AppWindow, shop: Workspace, tmp_path: Path
) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, template_id=add_template(shop, name="Logo", mjml=WITH_LOGO))
    composer = await composing(app, campaign_id)
    await until(lambda: any("shows a picture “logo”, which is missing" in text for text in composer.findings.texts))
    assert not composer.send.isEnabled()
    picture = QImage(1200, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    picture.save(str(tmp_path / "logo.png"))
    composer.more.files.files_chosen.emit([tmp_path / "logo.png"])
    await until(composer.send.isEnabled)
    shown = composer.preview.shown
    assert shown is not None
    await until(lambda: composer.preview.shown is not None and "data:image/" in composer.preview.shown.html)
    click(app, "moreFilesFold")
    await until_shows(composer.more, "shown in the message")
    assert not composer.preview._files.isVisible()
    await app.settled()


async def test_each_person_sees_their_own_file_in_the_preview(app: AppWindow, shop: Workspace, tmp_path: Path) -> None:
    column = add_field(shop, "Invoice", FieldType.TEXT).key
    for address, name in (("ann@practice.example", "1.pdf"), ("bob@practice.example", "7.pdf")):
        contacts.create(shop, {"email": address, column: name}, permission=PERMISSION)
    (tmp_path / "invoices").mkdir()
    for name in ("1.pdf", "2.pdf"):
        (tmp_path / "invoices" / name).write_bytes(b"%PDF")
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "morePersonalFold")
    assert not app.find(QAbstractButton, "chooseFolder").isEnabled()
    combo = app.find(QComboBox, "fileField")
    combo.setCurrentIndex(combo.findText("Invoice"))
    assert app.find(QAbstractButton, "chooseFolder").isEnabled()
    composer.more.personal.choose_folder(tmp_path / "invoices")
    await until_shows(composer.more, "1 person would get no message: there is no personal file “7.pdf”.")
    await until_shows(composer.more, "Nobody gets the personal file “2.pdf”.")
    assert value_of(composer, "morePersonal") == "named in “Invoice”, for 1 person"
    await until_shows(composer.preview, "Attached: 1.pdf")
    await app.settled()
    click(app, "forgetPersonal")
    await until(lambda: value_of(composer, "morePersonal").startswith("none"))
    assert list_files(shop, campaign_id) == ()
    await app.settled()


async def test_plain_text_only_shows_no_design(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreFormatFold")
    click(app, f"segment-{MessageFormat.TEXT_ONLY}", within=composer.more)
    await until(lambda: app.find(QPlainTextEdit, "previewText").isVisible())
    await until(lambda: campaigns.get_campaign(shop, campaign_id).format is MessageFormat.TEXT_ONLY)
    await app.settled()
    click(app, f"segment-{MessageFormat.HTML_AND_TEXT}", within=composer.more)
    await until(lambda: not app.find(QPlainTextEdit, "previewText").isVisible())
    await app.settled()


async def test_hours_and_a_number_a_day_are_chosen(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreHoursFold")
    click(app, "segment-hours", within=composer.more)
    app.find(QCheckBox, "weekday4").click()
    app.find(QSpinBox, "mostADay").setValue(500)
    zone = shop.organisation().time_zone
    await until(lambda: campaigns.get_campaign(shop, campaign_id).window.per_day == 500)
    window = campaigns.get_campaign(shop, campaign_id).window
    assert (window.weekdays, window.time_zone) == (frozenset(range(4)), zone)
    assert value_of(composer, "moreHours").startswith("Monday to Thursday, 8:00 to 18:00")
    click(app, "segment-always", within=composer.more)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).window.never_closes)
    assert value_of(composer, "moreHours") == "at any time, at most 500 a day"
    app.find(QSpinBox, "mostADay").setValue(0)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).window == SendingWindow.ALWAYS)
    await app.settled()


async def test_the_last_day_cannot_be_taken_away(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, window=SendingWindow(frozenset({2})))
    composer = await composing(app, campaign_id)
    click(app, "moreHoursFold")
    assert not app.find(QCheckBox, "weekday2").isEnabled()
    assert composer.more.hours.is_open


async def test_the_safety_stop_is_set_in_plain_words(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    click(app, "moreStopFold")
    assert "% of the addresses do not exist" in texts(composer.more)
    app.find(QCheckBox, "complaintPercentOn").click()
    app.find(QSpinBox, "refusalsInARow").setValue(10)
    expected = Breaker(complaint_percent=None, policy_in_a_row=10)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).breaker == expected)
    assert value_of(composer, "moreStop") == "pauses at 5 % dead addresses or 10 refusals in a row"
    for name in ("bouncePercentOn", "refusalsInARowOn"):
        app.find(QCheckBox, name).click()
    assert value_of(composer, "moreStop") == "never pauses by itself"
    await app.settled()


async def test_how_long_to_try_is_chosen(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, give_up_after_h=36)
    composer = await composing(app, campaign_id)
    assert value_of(composer, "moreGivingUp") == "for 36 hours, then it counts as refused"
    click(app, "moreGivingUpFold")
    combo = app.find(QComboBox, "giveUpAfter")
    combo.activated.emit(combo.findText("a day"))
    await until(lambda: campaigns.get_campaign(shop, campaign_id).give_up_after_h == 24)
    await app.settled()


async def test_accounts_share_a_campaign_and_one_may_only_step_in(app: AppWindow, shop: Workspace) -> None:
    first, second = an_account(shop, "Office"), an_account(shop, "Cloud")
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, identity_id=first)
    composer = await composing(app, campaign_id)
    click(app, "moreSendersFold")
    choose(app, "addSender", "Cloud")
    await until(lambda: campaigns.get_campaign(shop, campaign_id).routes == {first: 50, second: 50})
    assert value_of(composer, "moreSenders") == "Office 50 %, Cloud 50 %"
    app.find(QSpinBox, "share1").setValue(0)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).routes == {first: 50, second: 0})
    assert value_of(composer, "moreSenders") == "Office 100 %, Cloud if the others cannot"
    assert app.find(QSpinBox, "share0").minimum() == 1
    click(app, "removeSender0")
    await until(lambda: campaigns.get_campaign(shop, campaign_id).routes == {})
    assert campaigns.get_campaign(shop, campaign_id).identity_id == second
    await app.settled()


async def test_another_sender_keeps_the_shares_and_practice_sends_alone(app: AppWindow, shop: Workspace) -> None:
    first, second, third = (an_account(shop, name) for name in ("Office", "Cloud", "Spare"))
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, identity_id=first)
    campaigns.set_routes(shop, campaign_id, {first: 70, second: 30})
    composer = await composing(app, campaign_id)
    choose_sender(app, third)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).routes == {third: 70, second: 30})
    assert value_of(composer, "moreSenders") == "Spare 70 %, Cloud 30 %"
    choose_sender(app, list_identities(shop)[-1].id)
    await until(lambda: campaigns.get_campaign(shop, campaign_id).routes == {})
    assert value_of(composer, "moreSenders") == "everything through Practice account"
    await app.settled()


async def test_the_send_sheet_says_when_the_last_mail_leaves_and_why(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, [f"p{number}@berger.example" for number in range(25)])
    sender = an_account(shop, "Office", limits=Limits(per_day=10))
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, identity_id=sender)
    composer = await composing(app, campaign_id)
    await until(composer.send.isEnabled)
    click(app, "send")
    sheet = await app.opened("sendSheet")
    await until_shows(sheet, "It takes about 2 days because of the limit of 10 a day; the last leaves on ")
    now = app.find(QLabel, "outlook", within=sheet).text()
    click(app, "sendLater", within=sheet)
    app.find(QDateTimeEdit, "sendTime", within=sheet).setDateTime(QDateTime.currentDateTime().addDays(20))
    await until(lambda: app.find(QLabel, "outlook", within=sheet).text() != now)
    await until_shows(sheet, "It takes about 2 days because of the limit of 10 a day; the last leaves on ")
    sheet.reject()
    await app.settled()


def test_shares_in_percent_always_make_a_hundred() -> None:
    assert percents([1, 1, 1]) == [34, 33, 33]
    assert percents([50, 0]) == [100, 0]
    assert percents([0, 0]) == [0, 0]


def test_what_is_no_picture_has_no_place_in_the_page() -> None:
    assert picture_url(b"%PDF") == ""


def choose_sender(app: AppWindow, identity_id: int) -> None:
    combo = app.find(QComboBox, "sender")
    combo.activated.emit(combo.findData(identity_id))


def drop_on(widget: QWidget, path: Path) -> None:
    """Drop a file, as the file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(10, 10), actions, mime, buttons, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(10, 10), actions, mime, buttons, keys))
