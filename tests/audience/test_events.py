from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from app.audience import contacts, undo
from app.audience.events import NewEvent, record
from app.audience.events_rebuild import rebuild
from app.errors import Cancelled
from app.models.base import to_ms
from app.models.states import DeliveryState, EventKind
from app.models.tables import Activity, CampaignHour, Engagement, Event, Link, LinkClick
from app.models.workspace import Workspace
from tests.audience.histories import NOON, a_sent_campaign, an_account, sums
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace

HOUR = timedelta(hours=1)


@pytest.fixture
def spring(workspace: Workspace) -> int:
    """Two campaigns, 1 and 2, that went to the contacts 1, 2 and 3; their deliveries are 1 to 3 and 4 to 6."""
    people = dict.fromkeys((a_contact(workspace, f"{name}@x.org") for name in "abc"), DeliveryState.SENT)
    account = an_account(workspace)
    first = a_sent_campaign(workspace, "Spring", people, account_id=account)
    a_sent_campaign(workspace, "Summer", people, account_id=account)
    return first


def recorded(workspace: Workspace, *events: NewEvent) -> int:
    with workspace.write() as session:
        return record(session, events)


def an_open(delivery_id: int, hours: float = 0, token: str = "") -> NewEvent:
    return NewEvent(EventKind.OPEN, NOON + hours * HOUR, delivery_id=delivery_id, token_sha256=token)


def a_click(delivery_id: int, url: str, hours: float = 0) -> NewEvent:
    return NewEvent(EventKind.CLICK, NOON + hours * HOUR, delivery_id=delivery_id, url=url)


def activity(workspace: Workspace, campaign_id: int = 1, contact_id: int = 1) -> Activity:
    with workspace.read() as session:
        return session.get_one(Activity, (campaign_id, contact_id))


def test_an_event_knows_its_contact_and_campaign_by_its_delivery(workspace: Workspace, spring: int) -> None:
    assert recorded(workspace, an_open(4)) == 1
    with workspace.read() as session:
        event = session.scalars(select(Event)).one()
        assert (event.contact_id, event.campaign_id, event.at) == (1, 2, NOON)
    assert activity(workspace, campaign_id=2).opens == 1


def test_the_first_and_the_last_time_are_right_whatever_comes_first(workspace: Workspace, spring: int) -> None:
    for hours in (2, 5, 1):
        recorded(workspace, an_open(1, hours))
    seen = activity(workspace)
    assert (seen.opens, seen.first_open_at, seen.last_open_at) == (3, NOON + HOUR, NOON + 5 * HOUR)
    with workspace.read() as session:
        ever = session.get_one(Engagement, 1)
        assert (ever.opens, ever.last_open_at, ever.last_click_at) == (3, NOON + 5 * HOUR, None)


def test_the_same_event_counts_once_however_often_it_is_heard_of(workspace: Workspace, spring: int) -> None:
    assert recorded(workspace, an_open(1, token="aa"), an_open(1, token="aa"), an_open(2, token="bb")) == 2
    assert recorded(workspace, an_open(1, token="aa"), an_open(1, token="cc")) == 1
    loose = NewEvent(EventKind.REPLY, NOON, contact_id=3, campaign_id=1, token_sha256="dd")
    assert [recorded(workspace, loose), recorded(workspace, loose)] == [1, 0]
    assert activity(workspace).opens == 2


def test_events_without_a_name_of_their_own_all_count(workspace: Workspace, spring: int) -> None:
    assert recorded(workspace, an_open(1), an_open(1)) == 2


def test_what_is_about_nobody_who_is_there_is_left_out(workspace: Workspace, spring: int) -> None:
    gone = NewEvent(EventKind.OPEN, NOON, contact_id=99, campaign_id=1)
    assert recorded(workspace, an_open(99), gone, an_open(1)) == 1
    with pytest.raises(ValueError, match="must name"):
        recorded(workspace, NewEvent(EventKind.OPEN, NOON, campaign_id=1))


def test_clicks_are_counted_by_link_and_campaign(workspace: Workspace, spring: int) -> None:
    offers, home = "https://x.org/offers", "https://x.org/"
    recorded(workspace, a_click(1, offers), a_click(1, offers, 3), a_click(2, offers), a_click(4, offers))
    recorded(workspace, a_click(1, home, 1), a_click(1, offers, -1), NewEvent(EventKind.CLICK, NOON, delivery_id=3))
    with workspace.read() as session:
        rows = session.execute(
            select(Link.campaign_id, Link.url, LinkClick.contact_id, LinkClick.clicks, LinkClick.last_at).join(
                LinkClick, LinkClick.link_id == Link.id
            )
        )
        assert {tuple(row) for row in rows} == {
            (1, offers, 1, 3, NOON + 3 * HOUR),
            (1, offers, 2, 1, NOON),
            (2, offers, 1, 1, NOON),
            (1, home, 1, 1, NOON + HOUR),
        }
    assert activity(workspace, contact_id=3).clicks == 1


def test_an_hour_counts_the_people_who_did_it_for_the_first_time(workspace: Workspace, spring: int) -> None:
    recorded(workspace, an_open(1, 2), an_open(1, 2.5), an_open(2, 3), an_open(1, 3))
    hour = to_ms(NOON) // 3_600_000

    def hours() -> dict[int, tuple[int, int]]:
        with workspace.read() as session:
            rows = session.execute(select(CampaignHour.hour, CampaignHour.events, CampaignHour.contacts))
            return {row[0] - hour: (row[1], row[2]) for row in rows if row[1]}

    assert hours() == {2: (2, 1), 3: (2, 1)}
    recorded(workspace, an_open(1, 0))
    assert hours() == {0: (1, 1), 2: (2, 0), 3: (2, 1)}


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (EventKind.BOUNCE, "bounced_at"),
        (EventKind.COMPLAINT, "complained_at"),
        (EventKind.UNSUBSCRIBE, "unsubscribed_at"),
        (EventKind.REPLY, "replied_at"),
    ],
)
def test_what_happens_once_is_kept_with_its_time(
    workspace: Workspace, spring: int, kind: EventKind, column: str
) -> None:
    recorded(workspace, NewEvent(kind, NOON + HOUR, delivery_id=1), NewEvent(kind, NOON, delivery_id=1))
    assert getattr(activity(workspace), column) == NOON


def test_a_deleted_contact_comes_back_with_all_it_did(workspace: Workspace, spring: int) -> None:
    recorded(workspace, an_open(1), a_click(1, "https://x.org/"), an_open(2))
    before = sums(workspace)
    contacts.delete(workspace, [1])
    assert [row[1] for row in sums(workspace)["activity"]] == [2]
    undo.undo(workspace)
    assert sums(workspace) == before
    undo.redo(workspace)
    undo.undo(workspace)
    assert sums(workspace) == before


def test_rebuilding_can_be_broken_off_and_changes_nothing_then(workspace: Workspace, spring: int) -> None:
    recorded(workspace, an_open(1))
    before, shares = sums(workspace), []
    with pytest.raises(Cancelled):
        rebuild(workspace, is_cancelled=lambda: True)
    assert sums(workspace) == before
    rebuild(workspace, shares.append)
    assert shares[-1] == 1.0


EVENTS = st.builds(
    NewEvent,
    kind=st.sampled_from(EventKind),
    at=st.integers(0, 300).map(lambda tenths: NOON + tenths * HOUR / 10),
    delivery_id=st.sampled_from((1, 2, 3, 4, 5, 6)),
    url=st.sampled_from(("", "https://x.org/", "https://x.org/a?b=1&c=%20ü")),
    token_sha256=st.sampled_from(("", "", "1", "2", "3")),
)
LOOSE = st.builds(
    NewEvent,
    kind=st.sampled_from(EventKind),
    at=st.just(NOON),
    contact_id=st.sampled_from((1, 2, 3)),
    campaign_id=st.sampled_from((None, 1, 2)),
)


@given(st.lists(st.lists(EVENTS | LOOSE, max_size=8), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_kept_in_step_are_those_made_anew(
    workspace: Workspace, spring: int, batches: list[list[NewEvent]]
) -> None:
    with workspace.write() as session:
        for table in (Event, LinkClick, Link, Activity, Engagement, CampaignHour):
            session.execute(delete(table))
    for batch in batches:
        recorded(workspace, *batch)
    in_step = sums(workspace)
    rebuild(workspace)
    assert sums(workspace) == in_step
    with workspace.read() as session:
        assert sum(row[3] for row in in_step["campaign_hour"]) == session.scalar(
            select(func.count()).select_from(Event).where(Event.campaign_id.is_not(None))
        )
