"""Many small writes, few commits, and none that takes another with it."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import file_database as databases
from app.models.database import WorkspaceBusy, WorkspaceContended
from app.models.file_database import FileDatabase
from app.models.group_writer import GroupWriter
from app.models.keys import WorkspaceKey
from app.models.tables import Tag
from app.models.workspace import Workspace


@pytest.fixture
async def writer(workspace: Workspace) -> AsyncIterator[GroupWriter]:
    made = GroupWriter(workspace.database)
    yield made
    await made.close()


class Gate:
    """A write that takes until it is opened, so that others gather behind it."""

    def __init__(self) -> None:
        self.is_entered, self._opened = threading.Event(), threading.Event()

    def wait(self, _session: Session) -> None:
        self.is_entered.set()
        self._opened.wait(10)

    def open(self) -> None:
        self._opened.set()


def adding(name: str) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        session.add(Tag(name=name))
        session.flush()
        return name

    return work


def stored(workspace: Workspace) -> set[str]:
    """The names a second connection sees."""
    other = FileDatabase(workspace.path, workspace.key)
    try:
        with other.read() as session:
            return set(session.scalars(select(Tag.name)))
    finally:
        other.close()


async def gathered(writer: GroupWriter, *works: Callable[[Session], object]) -> list[object]:
    """The results of *works*, written while an earlier write keeps the thread busy: they share a transaction."""
    gate = Gate()
    first = asyncio.create_task(writer.write(gate.wait))
    await asyncio.to_thread(gate.is_entered.wait, 10)
    others = [asyncio.create_task(writer.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open()
    await first
    return await asyncio.gather(*others, return_exceptions=True)


async def test_what_waits_is_committed_together(workspace: Workspace, writer: GroupWriter) -> None:
    commits: list[object] = []
    event.listen(workspace.database._engine, "commit", commits.append)
    results = await gathered(writer, *(adding(f"tag {number}") for number in range(100)))
    assert results == [f"tag {number}" for number in range(100)]
    assert len(commits) == 1
    assert len(stored(workspace)) == 100


async def test_a_write_that_fails_takes_none_of_its_neighbours_with_it(
    workspace: Workspace, writer: GroupWriter
) -> None:
    def fails(session: Session) -> None:
        session.add(Tag(name="half"))
        session.flush()
        raise LookupError("no such thing")

    before, failed, twice, after = await gathered(writer, adding("a"), fails, adding("a"), adding("b"))
    assert (before, after) == ("a", "b")
    assert isinstance(failed, LookupError)
    assert isinstance(twice, IntegrityError)
    assert stored(workspace) == {"a", "b"}


async def test_a_write_that_others_stand_in_the_way_of_is_tried_again_and_takes_no_neighbour_with_it(
    workspace: Workspace, writer: GroupWriter
) -> None:
    tries = Counter[str]()

    def contended(name: str, times: int) -> Callable[[Session], str]:
        def work(session: Session) -> str:
            tries[name] += 1
            if tries[name] <= times:
                raise WorkspaceContended("Somebody else was writing.", "Repeat it.")
            return name

        return work

    results = await asyncio.gather(
        writer.write(adding("before")),
        writer.write(contended("a little", 3)),
        writer.write(contended("for ever", 100)),
        writer.write(adding("behind")),
        return_exceptions=True,
    )
    assert results[:2] == ["before", "a little"]
    assert isinstance(results[2], WorkspaceContended)
    assert results[3] == "behind"
    assert stored(workspace) == {"before", "behind"}


@pytest.mark.parametrize("raised", [StopIteration, GeneratorExit])
async def test_no_exception_leaves_the_caller_waiting_or_ends_the_writer(
    workspace: Workspace, writer: GroupWriter, raised: type[BaseException]
) -> None:
    def fails(_session: Session) -> None:
        raise raised

    with pytest.raises((raised, RuntimeError)):
        await asyncio.wait_for(writer.write(fails), 10)
    assert await asyncio.wait_for(writer.write(adding("still there")), 10) == "still there"


async def test_a_result_comes_only_when_it_is_durable(workspace: Workspace, writer: GroupWriter) -> None:
    for number in range(20):
        assert await writer.write(adding(f"tag {number}")) in stored(workspace)


async def test_a_caller_who_is_cancelled_disturbs_nobody(workspace: Workspace, writer: GroupWriter) -> None:
    gate = Gate()
    first = asyncio.create_task(writer.write(gate.wait))
    await asyncio.to_thread(gate.is_entered.wait, 10)
    impatient, patient = (asyncio.create_task(writer.write(adding(name))) for name in ("a", "b"))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.open()
    await first
    assert await patient == "b"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_closing_commits_what_waits_and_takes_nothing_more(workspace: Workspace) -> None:
    writer = GroupWriter(workspace.database)
    waiting = [asyncio.create_task(writer.write(adding(f"tag {number}"))) for number in range(500)]
    await asyncio.sleep(0)
    await writer.close()
    assert len(stored(workspace)) == 500
    assert len(await asyncio.gather(*waiting)) == 500
    await writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        await writer.write(adding("late"))


async def test_a_group_waits_once_for_a_busy_file_not_once_for_each(
    workspace: Workspace, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_S", 0.2)
    impatient = FileDatabase(workspace.path, key)
    writer = GroupWriter(impatient)
    loop = asyncio.get_running_loop()
    with workspace.write() as session:
        session.execute(text("UPDATE organisation SET name = name"))
        started = loop.time()
        results = await asyncio.gather(
            *(writer.write(adding(f"tag {number}")) for number in range(50)), return_exceptions=True
        )
        took_s = loop.time() - started
    assert {type(result) for result in results} == {WorkspaceBusy}
    assert took_s < 50 * 0.2 / 2
    assert await writer.write(adding("later")) == "later"
    await writer.close()
    impatient.close()


async def test_who_sends_waits_for_others_to_be_done_writing(
    workspace: Workspace, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_S", 0.05)
    patient = FileDatabase(workspace.path, key, durable=True)
    writer = GroupWriter(patient)
    with workspace.write() as session:
        session.execute(text("UPDATE organisation SET name = name"))
        writing = asyncio.create_task(writer.write(adding("after the import")))
        await asyncio.wait({writing}, timeout=0.5)
        assert not writing.done()
    assert await writing == "after the import"
    await writer.close()
    patient.close()
