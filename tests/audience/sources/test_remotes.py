"""Reading contacts from HubSpot and Salesforce, against servers that answer as their documentation says."""

from collections.abc import Iterator

import pytest

from app.audience.sources.api import Api, Bearer, NotSignedIn, RemoteTrouble
from app.audience.sources.hubspot import HubSpot
from app.audience.sources.remote import Remote, RemoteContact
from app.audience.sources.salesforce import Salesforce, address_of
from app.audience.statuses import Standing
from tests.audience.sources.hubspot_server import TOKEN, HubSpotServer
from tests.audience.sources.json_server import Answer, json_server
from tests.audience.sources.salesforce_server import CLIENT_ID, CLIENT_SECRET, SalesforceServer

MAY_BE_MAILED, HARD_BOUNCE, UNSUBSCRIBED = Standing.MAY_BE_MAILED, Standing.HARD_BOUNCE, Standing.UNSUBSCRIBED
NAMES = ["firstname", "city"]


@pytest.fixture
def hubspot() -> HubSpotServer:
    return HubSpotServer()


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited, in seconds, without waiting."""
    return []


@pytest.fixture
def at_hubspot(hubspot: HubSpotServer, waits: list[float]) -> Iterator[HubSpot]:
    with json_server(hubspot.answer) as url, Api(url, "HubSpot", sleep=waits.append) as api:
        yield HubSpot(api, TOKEN)


@pytest.fixture
def salesforce() -> SalesforceServer:
    return SalesforceServer()


@pytest.fixture
def at_salesforce(salesforce: SalesforceServer, waits: list[float]) -> Iterator[Salesforce]:
    with json_server(salesforce.answer) as url, Api(url, "Salesforce", sleep=waits.append) as api:
        yield Salesforce(api, CLIENT_ID, CLIENT_SECRET)


def read(remote: Remote, cursor: str = "", names: list[str] | None = None) -> tuple[list[RemoteContact], str]:
    contacts: list[RemoteContact] = []
    for page in remote.changes(cursor, names or []):
        contacts += page.contacts
        cursor = page.cursor or cursor
    return contacts, cursor


def minute(number: int) -> str:
    return f"2026-03-01T{number // 60:02}:{number % 60:02}:00.000Z"


def test_hubspot_gives_all_the_first_time_and_then_what_changed(hubspot: HubSpotServer, at_hubspot: HubSpot) -> None:
    for number in range(250):
        hubspot.put(str(number), f"p{number}@example.org", minute(number), firstname=f"P{number}", city="")
    everybody, cursor = read(at_hubspot, names=NAMES)
    assert [one.external_id for one in everybody] == [str(number) for number in range(250)]
    assert everybody[7] == RemoteContact(
        "7", "p7@example.org", {"email": "p7@example.org", "firstname": "P7", "lastmodifieddate": minute(7)}
    )
    hubspot.put("7", "p7@new.example", "2027-01-01T00:00:00.000Z", firstname="P7")
    hubspot.archived.append("8")
    changed, later = read(at_hubspot, cursor, NAMES)
    assert [(one.external_id, one.address, one.is_gone) for one in changed] == [
        ("7", "p7@new.example", False),
        ("8", "", True),
    ]
    assert later == "2027-01-01T00:00:00.000Z"


@pytest.fixture
def small_searches(hubspot: HubSpotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 results a search, instead of 10,000."""
    hubspot.most_results = 400
    monkeypatch.setattr("app.audience.sources.hubspot._MOST_RESULTS", 400)


@pytest.mark.usefixtures("small_searches")
def test_hubspot_gives_more_than_a_search_may_have(hubspot: HubSpotServer, at_hubspot: HubSpot) -> None:
    for number in range(1100):
        hubspot.put(str(number), f"p{number}@example.org", minute(number))
    changed, _ = read(at_hubspot, minute(0))
    assert {one.external_id for one in changed} == {str(number) for number in range(1100)}


@pytest.mark.usefixtures("small_searches")
def test_hubspot_lists_all_if_too_many_changed_in_one_moment(hubspot: HubSpotServer, at_hubspot: HubSpot) -> None:
    for number in range(450):
        hubspot.put(str(number), f"p{number}@example.org", minute(10))
    changed, _ = read(at_hubspot, minute(10))
    assert {one.external_id for one in changed} == {str(number) for number in range(450)}


def test_hubspots_refusals_come_along(hubspot: HubSpotServer, at_hubspot: HubSpot) -> None:
    hubspot.put("1", "a@example.org", minute(1), hs_email_optout="true")
    hubspot.put("2", "b@example.org", minute(2), hs_email_hard_bounce_reason_enum="UNKNOWN_USER")
    hubspot.put("3", "c@example.org", minute(3), hs_email_optout="false")
    assert [one.standing for one in read(at_hubspot)[0]] == [UNSUBSCRIBED, HARD_BOUNCE, MAY_BE_MAILED]


def test_hubspot_says_whose_it_is_and_which_fields_there_are(at_hubspot: HubSpot) -> None:
    assert at_hubspot.whose() == "HubSpot 4711"
    assert [(one.name, one.label) for one in at_hubspot.fields()] == [("city", "City"), ("firstname", "First Name")]


def test_a_busy_server_is_waited_for_as_long_as_it_says(
    hubspot: HubSpotServer, at_hubspot: HubSpot, waits: list[float]
) -> None:
    hubspot.busy = 2
    assert at_hubspot.whose() == "HubSpot 4711"
    assert waits == [3.0, 3.0]


def test_a_server_that_stays_busy_is_given_up(hubspot: HubSpotServer, at_hubspot: HubSpot) -> None:
    hubspot.busy = 99
    with pytest.raises(RemoteTrouble, match="too busy"):
        at_hubspot.whose()


def test_a_wrong_key_is_said_and_shown_nowhere(hubspot: HubSpotServer) -> None:
    with json_server(hubspot.answer) as url, Api(url, "HubSpot") as api, pytest.raises(NotSignedIn) as caught:
        HubSpot(api, "pat-secret").whose()
    assert "pat-secret" not in f"{caught.value} {caught.value.detail} {Bearer('pat-secret')!r}"


def test_no_server_is_a_sentence(waits: list[float]) -> None:
    with Api("http://127.0.0.1:9", "HubSpot", sleep=waits.append) as api, pytest.raises(RemoteTrouble, match="reached"):
        HubSpot(api, TOKEN).whose()
    assert waits == [2.0, 4.0, 8.0, 16.0]


def test_a_key_goes_to_no_server_without_tls() -> None:
    with pytest.raises(RemoteTrouble, match="https"):
        Api("http://api.example.org", "HubSpot")


def test_an_answer_that_is_no_json_is_a_sentence() -> None:
    page = Answer(b"<html>")
    with json_server(lambda _: page) as url, Api(url, "HubSpot") as api, pytest.raises(RemoteTrouble, match="no JSON"):
        HubSpot(api, TOKEN).whose()


def test_salesforce_gives_all_and_then_what_changed(salesforce: SalesforceServer, at_salesforce: Salesforce) -> None:
    for number in range(8):
        changed = f"2026-03-01T10:{number:02}:00.000+0000"
        salesforce.put(f"003{number}", f"p{number}@example.org", changed, FirstName=f"P{number}", Newsletter__c=True)
    everybody, cursor = read(at_salesforce, names=["FirstName", "Newsletter__c", "Gone__c"])
    assert [one.external_id for one in everybody] == [f"003{number}" for number in range(8)]
    assert (everybody[3].cells["FirstName"], everybody[3].cells["Newsletter__c"]) == ("P3", "yes")
    assert cursor == "2026-03-01T10:07:00.000Z"
    salesforce.put("0031", "p1@example.org", "2026-03-01T11:00:00.000+0000", IsDeleted=True)
    after, _ = read(at_salesforce, cursor)
    assert [(one.external_id, one.is_gone) for one in after] == [("0037", False), ("0031", True)]


def test_salesforces_refusals_come_along(salesforce: SalesforceServer, at_salesforce: Salesforce) -> None:
    salesforce.put("1", "a@example.org", "2026-03-01T10:00:00.000+0000", HasOptedOutOfEmail=True)
    salesforce.put(
        "2", "b@example.org", "2026-03-01T10:01:00.000+0000", EmailBouncedDate="2026-01-01T00:00:00.000+0000"
    )
    salesforce.put("3", None, "2026-03-01T10:02:00.000+0000")
    read_ones = read(at_salesforce)[0]
    assert [one.standing for one in read_ones] == [UNSUBSCRIBED, HARD_BOUNCE, MAY_BE_MAILED]
    assert read_ones[2].address == ""


def test_salesforce_is_signed_in_to_again_when_the_time_is_over(
    salesforce: SalesforceServer, at_salesforce: Salesforce
) -> None:
    assert at_salesforce.whose() == "Salesforce of Blumen Berger"
    salesforce.expired.add("00D!1")
    assert [one.label for one in at_salesforce.fields()] == ["First Name", "Newsletter"]
    assert salesforce.tokens == 2


def test_a_used_up_limit_is_said(salesforce: SalesforceServer, at_salesforce: Salesforce) -> None:
    salesforce.is_exhausted = True
    with pytest.raises(RemoteTrouble, match="today"):
        at_salesforce.whose()


def test_a_wrong_secret_is_said(salesforce: SalesforceServer) -> None:
    with json_server(salesforce.answer) as url, Api(url, "Salesforce") as api, pytest.raises(NotSignedIn):
        Salesforce(api, CLIENT_ID, "wrong").whose()


@pytest.mark.parametrize(
    "typed",
    ["Flowers", "flowers.my.salesforce.com", "https://flowers.my.salesforce.com/home", "flowers.lightning.force.com"],
)
def test_the_address_of_a_salesforce_is_found_in_what_people_type(typed: str) -> None:
    assert address_of(typed) == "https://flowers.my.salesforce.com"


@pytest.mark.parametrize("typed", ["", "evil.example.org", "flowers.my.salesforce.com.evil.example", "a b"])
def test_another_address_gets_no_secret(typed: str) -> None:
    with pytest.raises(RemoteTrouble):
        address_of(typed)
