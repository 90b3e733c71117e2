"""What the agent does when the disk takes nothing more, or may not be written at all."""

import asyncio
import contextlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.backup import check
from app.models.keys import WorkspaceKey
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import SUFFIX, Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending.exit_codes import ExitCode
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import an_agent, eventually, until_rest
from tests.engine.processes import agent_process, on_linux
from tests.sending.smtp_server import SmtpServer, Step, late

pytestmark = on_linux

SENT, IN_DOUBT, QUEUED = DeliveryState.SENT, DeliveryState.IN_DOUBT, DeliveryState.QUEUED


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a file system takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def protect(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def sent_is_what_arrived(workspace: Workspace, dispatch_id: int, server: SmtpServer) -> bool:
    """Whether each message that arrived has a row that says so, or says that nobody knows."""
    ids = delivery_ids(workspace, dispatch_id, states=[SENT, IN_DOUBT, DeliveryState.SENDING])
    return set(server.recipients) <= {row.address for row in delivery_page(workspace, ids)}


async def test_a_full_disk_ends_the_agent_with_a_sentence_and_nothing_goes_out_unrecorded(
    small_disk: Path, key: WorkspaceKey, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    workspace = Workspace.create(small_disk / f"small{SUFFIX}", key, organisation="Blumen Berger")
    add_contacts(workspace, people(400))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as agent:
        await eventually(lambda: len(smtp_server.mails) >= 10)
        filler = small_disk / "holiday.mp4"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        ended = await agent.ended()
    assert ended.code == ExitCode.FAILED
    assert ended.stderr.splitlines()[-1] == (
        "The disk is full. Free some space; nothing that was saved before is lost."
    )
    assert "Traceback" not in ended.stderr
    assert len(smtp_server.mails) < 400
    filler.unlink()
    assert sent_is_what_arrived(workspace, dispatch_id, smtp_server)
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts[SENT] + report.counts[IN_DOUBT] == 400
    assert report.counts[IN_DOUBT] <= 9
    assert max(Counter(smtp_server.recipients).values()) == 1
    assert sent_is_what_arrived(workspace, dispatch_id, smtp_server)
    assert check(workspace).is_sound
    workspace.close()


async def test_answers_are_held_until_a_full_disk_has_room_again(
    small_disk: Path, tmp_path: Path, key: WorkspaceKey, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    workspace = Workspace.create(small_disk / f"small{SUFFIX}", key, organisation="Blumen Berger")
    add_contacts(workspace, people(400))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace, home=tmp_path) as agent:
        await eventually(lambda: len(smtp_server.mails) >= 10)
        filler = small_disk / "holiday.mp4"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        await asyncio.sleep(3)
        filler.unlink()
        ended = await agent.ended()
    assert ended.code == ExitCode.FAILED
    assert dispatch_report(workspace, dispatch_id).counts.by_state == {
        SENT: len(smtp_server.mails),
        QUEUED: 400 - len(smtp_server.mails),
    }
    workspace.close()


async def test_a_disk_that_refuses_to_write_ends_the_agent_with_a_sentence(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    import resource

    smtp_server.always[Step.DOT] = late(0.01)
    add_contacts(workspace, people(400))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as agent:
        await eventually(lambda: len(smtp_server.mails) >= 10)
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        ended = await agent.ended()
    assert ended.code == ExitCode.FAILED
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("The disk does not answer.")
    assert sent_is_what_arrived(workspace, dispatch_id, smtp_server)
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts[SENT] + report.counts[IN_DOUBT] == 400
    assert max(Counter(smtp_server.recipients).values()) == 1
    assert check(workspace).is_sound


async def test_a_write_protected_disk_ends_the_agent_with_a_sentence_and_sends_nothing(
    small_disk: Path, tmp_path: Path, key: WorkspaceKey, smtp_server: SmtpServer
) -> None:
    workspace = Workspace.create(small_disk / f"small{SUFFIX}", key, organisation="Blumen Berger")
    add_contacts(workspace, people(3))
    launched(workspace, an_account(workspace, smtp_server.port))
    workspace.close()
    protect(small_disk)
    async with agent_process(workspace, home=tmp_path) as agent:
        ended = await agent.ended()
    assert ended.code == ExitCode.FAILED
    assert ended.sentence in {
        "The workspace file is write-protected. Remove the protection, or move it to a folder of your own.",
        "The workspace file cannot be opened. Check that its folder exists and you may write there.",
    }
    assert smtp_server.sessions == 0
