"""What SES says of an account, and what follows for its limits and its owner."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.sending.ses import SesAccount, account_status, check_account
from app.sending.ses_status import SesStatus
from app.sending.throttle import Limits
from app.sending.trouble import AccountTrouble
from tests.sending.ses_server import HEALTHY, SILENCE, SesServer, error
from tests.sending.test_ses import KEY, QUICK, SECRET, account_at


@pytest.fixture
def ses() -> Iterator[SesServer]:
    with SesServer({KEY: SECRET}) as server:
        yield server


def status(**changes: Any) -> SesStatus:
    return SesStatus.of({**HEALTHY, **changes})


def quota(most: float, rate: float) -> dict[str, Any]:
    return {"SendQuota": {"Max24HourSend": most, "MaxSendRate": rate, "SentLast24Hours": 0.0}}


async def test_quota_and_rate_are_read_from_the_account(ses: SesServer) -> None:
    found = await account_status(account_at(ses))

    assert found == SesStatus(50_000, 14.0, 127, production_access=True, sending_enabled=True, enforcement="HEALTHY")
    assert ses.asked == ["/v2/email/account"]


@pytest.mark.parametrize(
    ("most", "rate", "limits"),
    [
        (50_000.0, 14.0, Limits(per_second=14, per_day=50_000)),
        (200.0, 1.0, Limits(per_second=1, per_day=200)),
        (200.0, 0.5, Limits(per_second=1, per_day=200)),
        (1_000_000.0, 89.9, Limits(per_second=89, per_day=1_000_000)),
        (-1.0, 200.0, Limits(per_second=200, per_day=None)),
        (0.0, 0.0, Limits(per_second=1, per_day=1)),
    ],
)
def test_the_limits_never_exceed_what_amazon_allows(most: float, rate: float, limits: Limits) -> None:
    assert status(**quota(most, rate)).limits() == limits


def test_a_quota_of_minus_one_is_no_limit() -> None:
    assert status(**quota(-1.0, 14.0)).max_24_hour_send is None


async def test_the_check_says_that_all_is_well_and_sends_nothing(ses: SesServer) -> None:
    result = await check_account(account_at(ses))

    assert (result.works, result.title, result.hint) == (True, "Amazon SES is ready to send your mail.", "")
    assert ses.mails == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"ProductionAccessEnabled": False}, "sandbox"), ({"EnforcementStatus": "PROBATION"}, "reviewing")],
)
async def test_the_check_warns_of_an_account_that_works_but_not_for_long_or_not_for_all(
    ses: SesServer, changes: dict[str, Any], words: str
) -> None:
    ses.account.update(changes)

    result = await check_account(account_at(ses))

    assert result.works
    assert words in result.hint


@pytest.mark.parametrize(
    ("changes", "words"), [({"SendingEnabled": False}, "switched off"), ({"EnforcementStatus": "SHUTDOWN"}, "stopped")]
)
async def test_the_check_says_that_the_account_may_not_send(
    ses: SesServer, changes: dict[str, Any], words: str
) -> None:
    ses.account.update(changes)

    result = await check_account(account_at(ses))

    assert not result.works
    assert words in result.title


async def test_the_check_says_what_a_key_lacks(ses: SesServer) -> None:
    ses.at("GetAccount", error("AccessDeniedException", "User: arn is not authorized to perform: ses:GetAccount", 403))

    result = await check_account(account_at(ses))

    assert not result.works
    assert "ses:GetAccount" in result.hint
    assert "not authorized" in result.detail


async def test_silence_is_trouble_and_no_status(ses: SesServer) -> None:
    ses.at("GetAccount", SILENCE)

    with pytest.raises(AccountTrouble, match="does not answer"):
        await account_status(account_at(ses))


async def test_an_account_that_cannot_be_reached_has_no_status() -> None:
    account = SesAccount("eu-central-1", KEY, SECRET, endpoint_url="http://127.0.0.1:9", timeouts=QUICK)

    with pytest.raises(AccountTrouble, match="cannot be reached"):
        await account_status(account)
