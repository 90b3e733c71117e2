"""What a page is given: the open workspace and the few doors that lead out of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.settings import Settings
from app.ui.actions import Actions
from app.ui.operations import Operations

if TYPE_CHECKING:
    # The workspace needs SQLAlchemy, which the first painted window must not wait for.
    from app.models.workspace import Workspace
    from app.sending.supervisor import AgentNews


class ShowPage(Protocol):
    """`MainWindow.show_page`."""

    def __call__(self, key: str, **kwargs: object) -> object: ...


@dataclass(frozen=True)
class SettingsStore:
    """This computer's settings, and how to change them."""

    get: Callable[[], Settings]
    change: Callable[[Settings], None]


@dataclass(frozen=True)
class AppContext:
    """The parts that `app.bootstrap` hands to every page.

    Attributes:
        show_page: Go to another page, with what its `shown` is to be given.
        agent_news: The latest news of the agent.
    """

    workspace: Workspace
    operations: Operations
    actions: Actions
    settings: SettingsStore
    show_page: ShowPage
    agent_news: Callable[[], AgentNews | None] = lambda: None
