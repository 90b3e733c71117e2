"""`send --to`: one message to one person, from a script."""

import json
from pathlib import Path

import pytest

from app.content.library import add_template
from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.sending.exit_codes import ExitCode
from app.sending.practice_inbox import list_practice
from tests.cli.conftest import Cli, in_a_process

SENDER = "hello@practice.example"
RECEIPT = """
<mjml><mj-body><mj-section><mj-column>
  <mj-text>Order {{ order }} of {{ shop | default("ours") }}</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
SEND = ("send", "--template", "Receipt", "--from", SENDER, "--to", "anna@example.com")


@pytest.fixture
def shop(cli: Cli, opened: Workspace) -> Cli:
    add_template(opened, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }} [/bold]")
    return cli


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "x.json"
    path.write_text('{"order": 2071, "shop": "A"}', encoding="utf-8-sig")
    return path


def test_it_is_queued_without_a_question_and_goes_out_with_the_next_agent(
    shop: Cli, data: Path, opened: Workspace
) -> None:
    run = shop.run(*SEND, "--data", data)
    assert run.code == ExitCode.OK
    assert "Message 1: waiting" in run.out
    assert "as soon as the app or an agent is running" in run.out
    assert list_practice(opened) == ()


def test_waiting_sends_it_and_tells_what_became_of_it(shop: Cli, data: Path, opened: Workspace) -> None:
    run = shop.run(*SEND, "--data", data, "--set", "shop=B = C", "--wait", "--json")
    told = run.json
    assert run.code == ExitCode.OK
    assert (told["state"], told["explanation"], told["attempts"], told["is_new"]) == ("sent", "sent", 1, True)
    (mail,) = list_practice(opened)
    assert (mail.subject, mail.recipient) == ("Your order 2071 [/bold]", "anna@example.com")


def test_a_refused_one_ends_with_1_and_says_why(shop: Cli, data: Path) -> None:
    run = shop.run(*SEND[:-1], "bounce@example.com", "--data", data, "--wait", "--json")
    assert run.code == ExitCode.FAILED
    assert (run.json["state"], run.json["reply"][:3]) == ("failed", "550")
    assert run.json["explanation"].startswith("refused: ")


def test_a_key_that_was_used_sends_nothing_again(shop: Cli, data: Path, opened: Workspace) -> None:
    runs = [shop.run(*SEND, "--data", data, "--key", "order-2071", "--wait", "--json") for _ in range(2)]
    assert [run.code for run in runs] == [ExitCode.OK] * 2
    assert [run.json["is_new"] for run in runs] == [True, False]
    assert runs[0].json["id"] == runs[1].json["id"]
    assert len(list_practice(opened)) == 1
    other = shop.run(*SEND, "--set", "order=1", "--key", "order-2071", "--json")
    assert other.code == ExitCode.FAILED
    assert other.json["error"]["title"] == "Another message was queued under this idempotency key."


def test_the_data_may_come_from_standard_input(shop: Cli, key: WorkspaceKey, tmp_path: Path) -> None:
    arguments = (*SEND, "--data", "-", "--workspace", shop.path, "--key-file", shop.key_file, "--json")
    run = in_a_process(tmp_path / "home", *arguments, input='{"order": 7}')
    assert (run.code, run.json["state"]) == (ExitCode.OK, "queued"), run.err
    assert key.recovery_text() not in run.out + run.err


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        ((*SEND, "--set", "shop=A"), "The template shows “order”, and the data does not say what that is."),
        ((*SEND, "--set", "order"), "“order” is no value."),
        ((*SEND, "--data", "nowhere.json"), "The file “nowhere.json” cannot be read."),
        ((*SEND, "--data", Path(__file__)), "“test_transactional.py” is not JSON."),
        ((*SEND[:-1], "anna"), "“to” is no e-mail address: There is no @ sign."),
        ((*SEND, "--list", "People"), "--list does not fit here."),
        ((*SEND, "--campaign", "1"), "--campaign does not fit here."),
        (("send", "--to", "anna@example.com"), "What shall be sent is not clear."),
        (("send", "--template", "Receipt", "--to", "a@example.com"), "From which address is not clear."),
        (("send", "--template", "Receipt", "--list", "People", "--set", "a=b"), "--set does not fit here."),
        (("send", "--template", "Receipt", "--key", "k"), "--key does not fit here."),
        (
            ("send", "--template", "Reciept", "--from", SENDER, "--to", "a@example.com"),
            "There is no template “Reciept”.",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(shop: Cli, arguments: tuple[str, ...], title: str) -> None:
    run = shop.run(*arguments, "--json")
    assert run.code == ExitCode.FAILED
    assert run.json["error"]["title"] == title
    assert run.sentence.startswith(title)


@pytest.mark.parametrize("content", ["[1]", '"text"', '{"order": NaN}', "[" * 100_000])
def test_data_that_is_no_json_object_is_told(shop: Cli, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    run = shop.run(*SEND, "--data", path, "--json")
    assert run.code == ExitCode.FAILED
    assert "“bad.json” is not" in run.json["error"]["title"]


def test_single_messages_are_no_campaigns_in_reports(shop: Cli, data: Path) -> None:
    shop.run(*SEND, "--data", data)
    assert json.loads(shop.run("report", "--json").out) == {"campaigns": []}
