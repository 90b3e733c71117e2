"""The declarative base, and the two column types every table uses."""

import time
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of all tables of a workspace."""

    metadata = MetaData(naming_convention=NAMING)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC, the form in which every moment is stored.

    Raises:
        ValueError: *moment* has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return round(moment.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    """The aware UTC moment that `to_ms` stored."""
    return datetime.fromtimestamp(value / 1000, UTC)


def now_ms() -> int:
    """The present moment as it is stored."""
    return time.time_ns() // 1_000_000


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as whole milliseconds since 1970 in UTC.

    An integer compares and sorts alike in SQLite, PostgreSQL and hand-written SQL.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_ms(value)


class Word(TypeDecorator[StrEnum]):
    """A member of the closed set *words*, stored as its word."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.words(value)


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
