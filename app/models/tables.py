"""All tables of a workspace, gathered so that `Base.metadata` is complete wherever this module is imported."""

from app.models.accounts import Account, AccountUsage, Identity, Mailbox, Secret
from app.models.base import Base
from app.models.campaigns import Attempt, Campaign, Delivery, Dispatch, Event, Schedule, Variant
from app.models.contacts import (
    Consent,
    Contact,
    ContactList,
    ContactTag,
    Field,
    Membership,
    Segment,
    Subscription,
    Suppression,
    Tag,
    Topic,
)
from app.models.content import Asset, Block, Template
from app.models.housekeeping import AgentLease, Organisation, PracticeMessage, UndoAction

__all__ = [
    "Account",
    "AccountUsage",
    "AgentLease",
    "Asset",
    "Attempt",
    "Base",
    "Block",
    "Campaign",
    "Consent",
    "Contact",
    "ContactList",
    "ContactTag",
    "Delivery",
    "Dispatch",
    "Event",
    "Field",
    "Identity",
    "Mailbox",
    "Membership",
    "Organisation",
    "PracticeMessage",
    "Schedule",
    "Secret",
    "Segment",
    "Subscription",
    "Suppression",
    "Tag",
    "Template",
    "Topic",
    "UndoAction",
    "Variant",
]
