"""Part "segments" of `python -m benchmarks contacts`: how long it takes to count segments that ask about behaviour, in
an encrypted workspace of a million contacts with ten million events, and how fast events are recorded.

"Cold" is a workspace just opened, none of whose pages it has read yet; "warm" the same question again, after somebody
wrote; "again" when nobody did, as while a rule is typed. The counts of both ways of counting must agree. The fields
that are asked have an index, as those have that the grid was sorted by.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.audience import fields, segments
from app.audience.events import NewEvent, record
from app.audience.rules import Behaviour, Condition, Group, Mode, Operator, Rule, Subject
from app.audience.segment_sets import SegmentSets
from app.models.base import now_ms, utcnow
from app.models.keys import WorkspaceKey
from app.models.states import AccountKind, DispatchState, EventKind, FieldType
from app.models.tables import Account, Campaign, Contact, Dispatch, Identity, Link
from app.models.workspace import SUFFIX, Workspace
from benchmarks.figures import Figure
from benchmarks.processes import load_average

ROUNDS = 3
_KEY = WorkspaceKey(bytes(32))
_CAMPAIGNS = 60
_DAY_MS = 86_400_000
_BATCH = 20_000
_LINK = "https://shop.example/offers"

_OPENED = Subject.BEHAVIOUR, Behaviour.OPENED
_CLICKED = Subject.BEHAVIOUR, Behaviour.CLICKED
_IN_GERMANY = Condition(Subject.FIELD, "country", Operator.ONE_OF, ("DE",))
_NO_CLICK = Condition(*_CLICKED, Operator.NOT_IN_LAST_DAYS, ("90",))
_OPENED_ONE = Condition(*_OPENED, Operator.IN_CAMPAIGN, (str(_CAMPAIGNS - 5),))
QUESTIONS: dict[str, Rule] = {
    "opened": _OPENED_ONE,
    "no_click": Group(Mode.ALL, (Condition(Subject.FIELD, "member", Operator.IS_YES), _NO_CLICK)),
    "nested": Group(
        Mode.ALL,
        (
            Group(Mode.ANY, (_IN_GERMANY, Condition(Subject.FIELD, "revenue", Operator.MORE, ("900",)))),
            _OPENED_ONE,
            _NO_CLICK,
        ),
    ),
    "link": Group(
        Mode.ANY,
        (
            Group(Mode.ALL, (_IN_GERMANY, Condition(*_OPENED, Operator.NONE_OF_LAST, ("5",)))),
            Condition(Subject.LINK, "", Operator.ONE_OF, (_LINK,)),
        ),
    ),
    "three_of_ten": Group(
        Mode.ANY,
        (
            Condition(*_OPENED, Operator.AT_LEAST_OF_LAST, ("3", "10")),
            Group(Mode.ALL, (_NO_CLICK, Condition(Subject.LINK, "", Operator.ONE_OF, (_LINK,)))),
        ),
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("--contacts", type=int, default=1_000_000, help="how many contacts (1000000)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Count each segment in each way; a figure is the median over the rounds."""
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder:
        place = Path(folder) / f"segments{SUFFIX}"
        build(place, args.contacts, console)
        figures = [_recording(place, args.rounds, console)]
        for name, rule in QUESTIONS.items():
            times: dict[str, list[float]] = {}
            for number in range(1, args.rounds + 1):
                for way, seconds in _count(place, rule).items():
                    times.setdefault(way, []).append(seconds * 1000)
                told = ", ".join(f"{way} {measured[-1]:.1f} ms" for way, measured in times.items())
                console.print(f"round {number}: {name:12} {told}, load {load_average():.1f}")
            figures += [
                Figure(
                    f"segments.{name}.{way}",
                    statistics.median(measured),
                    "ms",
                    "by the clock",
                    goal=200 if way.startswith("sets") else None,
                    better="lower",
                )
                for way, measured in times.items()
            ]
    return figures


def _count(place: Path, rule: Rule) -> dict[str, float]:
    times: dict[str, float] = {}
    counts = []

    def timed(way: str, work: Callable[[], int]) -> None:
        begun = time.perf_counter()
        counts.append(work())
        times[way] = time.perf_counter() - begun

    with closing(Workspace.open(place, _KEY)) as workspace:
        timed("sql.cold", lambda: segments.count(workspace, rule))
        timed("sql.warm", lambda: segments.count(workspace, rule))
    with closing(Workspace.open(place, _KEY)) as workspace:
        sets = SegmentSets(workspace)
        timed("sets.cold", lambda: sets.count(rule))
        with workspace.write() as session:
            session.execute(update(Contact).where(Contact.id == 1).values(updated_at=utcnow()))
        timed("sets.warm", lambda: sets.count(rule))
        timed("sets.again", lambda: sets.count(rule))
    if len(set(counts)) != 1:
        raise SystemExit(f"The ways of counting differ: {counts}")
    return times


def _recording(place: Path, rounds: int, console: Console) -> Figure:
    rates = []
    with closing(Workspace.open(place, _KEY)) as workspace:
        for number in range(rounds):
            events = [
                NewEvent(
                    EventKind.CLICK if one % 5 == 0 else EventKind.OPEN,
                    utcnow() - timedelta(seconds=one),
                    contact_id=1 + (one * 7919 + number) % 900_000,
                    campaign_id=_CAMPAIGNS - one % 3,
                    url=_LINK if one % 5 == 0 else "",
                    token_sha256=f"{number:032x}{one:032x}",
                )
                for one in range(_BATCH)
            ]
            begun, begun_cpu = time.perf_counter(), time.process_time()
            with workspace.write() as session:
                recorded = record(session, events)
            seconds = time.perf_counter() - begun
            rates.append(recorded / (time.process_time() - begun_cpu))
            told = f"{recorded / seconds:,.0f}/s, {rates[-1]:,.0f} a second of CPU time"
            console.print(f"recorded {recorded:,} events, {told}, load {load_average():.1f}")
    return Figure(
        "segments.record", statistics.median(rates), "events/s", "of CPU time, 20,000 at a time, people at random",
        goal=4_000,
    )  # fmt: skip


def build(place: Path, contacts: int, console: Console) -> None:
    """Make a workspace with *contacts* and ten events for each of them, the sums written as they would have become."""
    begun = time.perf_counter()
    with closing(Workspace.create(place, _KEY, organisation="Shop")) as workspace:
        for label, kind in (
            ("Revenue", FieldType.NUMBER),
            ("Birthday", FieldType.DATE),
            ("Member", FieldType.YES_NO),
            *((f"Note {number}", FieldType.TEXT) for number in range(1, 6)),
        ):
            fields.add_field(workspace, label, kind)
        columns = {field.key: field.column for field in fields.list_fields(workspace)}
        with workspace.database.write_much() as session:
            _add_people(session, contacts, columns)
            _add_campaigns(session)
            for campaign_id in range(1, _CAMPAIGNS + 1):
                _add_behaviour(session, campaign_id)
            _sum_up(session)
            for column in ("country COLLATE NOCASE", columns["revenue"], columns["member"]):
                session.connection().exec_driver_sql(f"CREATE INDEX ix_{column[:7].strip()} ON contact ({column})")
            session.connection().exec_driver_sql("ANALYZE")
            number = session.connection().exec_driver_sql("SELECT count(*) FROM event").scalar_one()
    console.print(f"{contacts:,} contacts, {number:,} events: built in {time.perf_counter() - begun:.0f} s")


def _add_people(session: Session, count: int, columns: dict[str, str]) -> None:
    custom = ", ".join(columns[key] for key in ("revenue", "birthday", "member", *(f"note_{n}" for n in range(1, 6))))
    session.connection().exec_driver_sql(
        f"""
        INSERT INTO contact (id, email, address_hash, first_name, last_name, company, phone, street, postal_code, city,
            country, language, consent, created_at, updated_at, {custom})
        WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?)
        SELECT id, printf('%08x.%d@example-%d.org', (id * 2654435761) % 4294967296, id, id % 97), randomblob(16),
            'First' || id % 500, 'Last' || (id * 7919) % 20000, iif(id % 4, 'Company ' || id % 9000, NULL),
            '+49 221 ' || id, 'Street ' || id % 3000, printf('%05d', (id * 37) % 99999), 'City ' || id % 800,
            substr('DEATCHFRDEITESNL', 1 + 2 * ((id * 31) % 8), 2), 'de', 'given', ?, ?,
            iif(id % 4, (id * 104729) % 1000, NULL), printf('%d-%02d-%02d', 1950 + id % 55, 1 + id % 12, 1 + id % 28),
            iif(id % 4, id % 3 > 0, NULL), iif(id % 4, 'Note of ' || id, NULL), NULL, iif(id % 3, 'x' || id % 10, NULL),
            NULL, iif(id % 2, 'yes, please ' || id % 77, NULL)
        FROM n
        """,
        (count, now_ms(), now_ms()),
    )


def _add_campaigns(session: Session) -> None:
    session.add(Account(id=1, name="Shop", kind=AccountKind.SMTP))
    session.flush()
    session.add(Identity(id=1, account_id=1, name="", address="shop@example.org"))
    session.flush()
    for number in range(1, _CAMPAIGNS + 1):
        sent = utcnow() - timedelta(days=6 * (_CAMPAIGNS + 1 - number))
        session.add(Campaign(id=number, name=f"Campaign {number}"))
        session.flush()
        session.add(
            Dispatch(
                id=number, campaign_id=number, account_id=1, identity_id=1, due_at=sent, started_at=sent,
                state=DispatchState.FINISHED,
            )
        )  # fmt: skip
        session.flush()
    session.execute(
        insert(Link), [{"campaign_id": n, "url": _LINK if n % 7 == 0 else f"{_LINK}/{n}"} for n in range(1, 61)]
    )


def _add_behaviour(session: Session, campaign_id: int) -> None:
    """About one in eight opens a campaign, half of them again; one in six of these clicks. Some are keener."""
    sent = now_ms() - 6 * (_CAMPAIGNS + 1 - campaign_id) * _DAY_MS
    run = session.connection().exec_driver_sql
    run(
        """
        INSERT INTO activity (campaign_id, contact_id, opens, clicks, first_open_at, last_open_at, first_click_at,
            last_click_at)
        SELECT ?1, id, 1 + draw % 2, draw % 6 = 0, ?2 + draw * 1000, ?2 + draw * 1000 + draw % 2 * 60000,
            iif(draw % 6 = 0, ?2 + draw * 1000 + 30000, NULL), iif(draw % 6 = 0, ?2 + draw * 1000 + 30000, NULL)
        FROM (SELECT id, ((id * 2654435761 + ?1 * 40503) / 64) % 100003 AS draw FROM contact)
        WHERE draw < 5000 + (id % 3 = 0) * 20000
        """,
        (campaign_id, sent),
    )


def _sum_up(session: Session) -> None:
    run = session.connection().exec_driver_sql
    run("DROP INDEX ix_event_contact_id_kind_at")
    for kind, number, at in (
        ("open", "opens >= 1", "first_open_at"),
        ("open", "opens >= 2", "last_open_at"),
        ("click", "clicks >= 1", "first_click_at"),
    ):
        run(
            f"""
            INSERT INTO event (kind, at, contact_id, campaign_id, source, detail)
            SELECT '{kind}', {at}, contact_id, campaign_id, '', '{{}}' FROM activity WHERE {number}
            """
        )
    run("CREATE INDEX ix_event_contact_id_kind_at ON event (contact_id, kind, at)")
    run("""
        INSERT INTO engagement (contact_id, opens, clicks, last_open_at, last_click_at)
        SELECT contact_id, sum(opens), sum(clicks), max(last_open_at), max(last_click_at) FROM activity
        GROUP BY contact_id
    """)
    run("""
        INSERT INTO link_click (link_id, contact_id, clicks, last_at)
        SELECT link.id, contact_id, clicks, last_click_at FROM activity JOIN link USING (campaign_id) WHERE clicks > 0
    """)
