import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.audience import contacts, lists
from app.audience.import_plan import ImportPlan
from app.audience.import_process import ImportDied, ImportFailed, ImportProcess
from app.audience.importer import run_import
from app.errors import Cancelled, UserFacingError
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan, everything
from tests.postgres import PASSWORD


@pytest.fixture
def plan(workspace: Workspace, tmp_path: Path) -> ImportPlan:
    """40,000 rows, which take about a second, and of which one person is there already."""
    a_contact(workspace, "p1@x.org", first_name="Old")
    path = a_csv(tmp_path / "a.csv", ["E-mail", "First name"], [[f"p{n}@x.org", "New"] for n in range(40_000)])
    return a_plan(workspace, path, new_list_name="News")


@pytest.mark.any_workspace
async def test_another_process_imports_the_file_and_tells_how_far_it_is(workspace: Workspace, plan: ImportPlan) -> None:
    seen: list[tuple[int, int | None]] = []
    importing = ImportProcess.start(workspace, plan, on_progress=lambda done, total: seen.append((done, total)))
    report = await importing.result()
    assert (report.new, report.updated) == (39_999, 1)
    assert lists.all_lists(workspace)[0].size == 40_000
    assert seen[-1] == (40_000, 40_000)
    assert importing.pid not in {None, os.getpid()}


async def test_the_event_loop_stays_free_meanwhile(workspace: Workspace, plan: ImportPlan) -> None:
    importing = ImportProcess.start(workspace, plan)
    result = asyncio.create_task(importing.result())
    longest, before = 0.0, time.perf_counter()
    while not result.done():
        await asyncio.sleep(0.005)
        longest, before = max(longest, time.perf_counter() - before), time.perf_counter()
    assert result.result().new == 39_999
    assert longest < 0.5


async def test_a_dry_run_in_another_process_changes_nothing(workspace: Workspace, plan: ImportPlan) -> None:
    before = everything(workspace)
    importing = ImportProcess.start(workspace, plan, asks_first=True)
    report = await importing.forecast()
    assert everything(workspace) == before
    assert (report.new, report.updated, report.effects[0].changed) == (39_999, 1, 1)
    importing.cancel()
    with pytest.raises(Cancelled):
        await importing.result()
    assert everything(workspace) == before


@pytest.mark.any_workspace
async def test_what_was_forecast_is_stored_without_the_file(workspace: Workspace, plan: ImportPlan) -> None:
    importing = ImportProcess.start(workspace, plan, asks_first=True)
    forecast = await importing.forecast()
    plan.path.unlink()
    # Others are not kept waiting while the user thinks; what they did meanwhile is seen.
    a_contact(workspace, "p2@x.org")
    importing.commit()
    report = await importing.result()
    assert (report.new, report.updated) == (forecast.new - 1, forecast.updated + 1)


async def test_a_forecast_that_cannot_be_made_says_why(workspace: Workspace, plan: ImportPlan) -> None:
    plan.path.unlink()
    importing = ImportProcess.start(workspace, plan, asks_first=True)
    with pytest.raises(UserFacingError, match="no longer there"):
        await importing.forecast()
    with pytest.raises(UserFacingError, match="no longer there"):
        await importing.result()


@pytest.mark.any_workspace
async def test_cancelling_leaves_nothing(workspace: Workspace, plan: ImportPlan) -> None:
    before = everything(workspace)
    importing = ImportProcess.start(workspace, plan, on_progress=lambda _done, _total: importing.cancel())
    with pytest.raises(Cancelled):
        await importing.result()
    assert everything(workspace) == before


async def test_cancelling_the_waiting_task_ends_the_process(workspace: Workspace, plan: ImportPlan) -> None:
    before = everything(workspace)
    started = asyncio.Event()
    importing = ImportProcess.start(workspace, plan, on_progress=lambda _done, _total: started.set())
    waiting = asyncio.create_task(importing.result())
    await started.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert importing.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(importing.pid, 0)
    assert everything(workspace) == before


@pytest.mark.any_workspace
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("while_storing", [False, True])
async def test_a_killed_process_leaves_the_workspace_as_it_was(
    workspace: Workspace, plan: ImportPlan, while_storing: bool
) -> None:
    before = everything(workspace)

    def kill(done: int, total: int | None) -> None:
        if importing.pid and (done == total) == while_storing:
            os.kill(importing.pid, signal.SIGKILL)

    importing = ImportProcess.start(workspace, plan, on_progress=kill)
    with pytest.raises(ImportDied, match="nothing was changed"):
        await importing.result()
    assert everything(workspace) == before
    assert run_import(workspace, plan).accepted == 40_000


async def test_what_the_user_can_mend_comes_back_as_a_sentence(workspace: Workspace, plan: ImportPlan) -> None:
    plan.path.unlink()
    with pytest.raises(UserFacingError, match="no longer there") as caught:
        await ImportProcess.start(workspace, plan).result()
    assert caught.value.hint


async def test_a_fault_of_the_program_comes_back_with_its_traceback(workspace: Workspace, plan: ImportPlan) -> None:
    broken = ImportPlan(plan.path, plan.columns, tags=(3,))  # type: ignore[arg-type]
    with pytest.raises(ImportFailed, match="Traceback"):
        await ImportProcess.start(workspace, broken).result()
    assert contacts.count(workspace).total == 1


@pytest.mark.any_workspace
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
async def test_the_key_is_in_no_command_line_and_no_environment(workspace: Workspace, plan: ImportPlan) -> None:
    secrets = [
        workspace.key.recovery_text().encode(),
        bytes(range(32)),
        bytes(range(32)).hex().encode(),
        PASSWORD.encode(),
    ]
    seen: list[bytes] = []

    def look(_done: int, _total: int | None) -> None:
        seen.extend(Path(f"/proc/{importing.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))

    importing = ImportProcess.start(workspace, plan, on_progress=look)
    await importing.result()
    assert any(seen)
    assert not any(secret in text for secret in secrets for text in seen)


async def test_the_import_ends_with_the_app_that_started_it(workspace: Workspace, plan: ImportPlan) -> None:
    before = everything(workspace)
    script = (
        "import asyncio, os, pathlib, pickle, sys\n"
        "from app.audience.import_process import ImportProcess\n"
        "from app.models.workspace import Workspace\n"
        "async def main():\n"
        "    path, key, plan = pickle.load(sys.stdin.buffer)\n"
        "    workspace = Workspace.open(path, key)\n"
        "    importing = ImportProcess.start(workspace, plan, on_progress=lambda *_: die(importing))\n"
        "    await importing.result()\n"
        "def die(importing):\n"
        "    print(importing.pid, flush=True)\n"
        "    os._exit(1)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    main = workspace.path.parent / "app_that_dies.py"
    main.write_text(script)
    finished = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(main)],
        input=pickle.dumps((workspace.path, workspace.key, plan)),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    child = int(finished.stdout)
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the import went on alone")
    assert everything(workspace) == before
