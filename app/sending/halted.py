"""Single messages that an account's trouble has halted: once the account is mended, they go on by themselves.

A campaign waits for its user to look at it. A receipt has no page of its own on which anybody could let it go on.
"""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models.states import CampaignKind, DispatchState, Wish
from app.models.tables import Campaign, Dispatch, DispatchRoute


def let_single_messages_go(session: Session, account_ids: Collection[int]) -> None:
    """Let the single messages go on that were halted with a problem and leave through one of these accounts."""
    leaving = select(DispatchRoute.dispatch_id).where(DispatchRoute.account_id.in_(account_ids))
    single = select(Campaign.id).where(Campaign.kind == CampaignKind.TRANSACTIONAL)
    session.execute(
        update(Dispatch)
        .where(
            Dispatch.state == DispatchState.SENDING,
            Dispatch.wish == Wish.PAUSE,
            Dispatch.problem != "",
            Dispatch.campaign_id.in_(single),
            Dispatch.id.in_(leaving),
        )
        .values(wish=Wish.RUN, problem=""),
        execution_options={"synchronize_session": False},
    )
