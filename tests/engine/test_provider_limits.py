"""What a provider itself says of an account's limits is kept to, besides what the user has set."""

import pytest

from app.models.workspace import Workspace
from app.sending import accounts, transports
from app.sending.clock import SystemClock
from app.sending.lanes import Lanes
from app.sending.limits import Limits
from tests.engine.builders import an_account
from tests.sending.ses_server import SesServer
from tests.sending.test_ses import KEY, SECRET, account_at


async def test_opening_the_first_connection_tells_what_amazon_allows() -> None:
    heard: list[Limits] = []
    with SesServer({KEY: SECRET}) as ses:
        transport = transports.transport_of(account_at(ses), on_limits=heard.append)
        for _ in range(2):
            await (await transport.open()).close()
    assert heard == [Limits(per_second=14, per_day=50_000)]


@pytest.mark.parametrize(("by_user", "by_provider"), [(100, 2), (2, 100)])
async def test_the_tighter_of_both_limits_holds(workspace: Workspace, by_user: int, by_provider: int) -> None:
    identity_id = an_account(workspace, 2525, limits=Limits(per_day=by_user))
    account_id = next(one.account_id for one in accounts.list_identities(workspace) if one.id == identity_id)
    lanes = Lanes(workspace, practice_port=lambda: 0, clock=SystemClock())
    lane = lanes.get(account_id)
    assert lane.throttle.reserve() == 0
    lanes._obey(accounts.account_info(workspace, account_id), Limits(per_day=by_provider))
    assert lane.throttle.reserve() == 0
    assert lane.throttle.next_free_in() > 3600
