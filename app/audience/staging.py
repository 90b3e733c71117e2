"""The people of a file, one row per address, in a temporary table of one connection.

It lies in memory and takes no lock, so sending goes on while a file is read; only then are all of them put into the
table `contact`, in a few statements.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, column, select, table

from app.audience.consent import WITHDRAWING
from app.audience.import_plan import DuplicateRule, RefusedRow
from app.audience.row_parser import ParsedRow
from app.audience.statuses import Standing
from app.models.base import now_ms
from app.models.contacts import Contact
from app.models.states import ConsentState
from app.models.workspace import Workspace

_WITHDRAWN = (
    "EXISTS (SELECT 1 FROM suppression WHERE suppression.address_hash = incoming.address_hash "  # noqa: S608  our words
    f"AND reason IN ({', '.join(repr(reason.value) for reason in sorted(WITHDRAWING))}))"
)
_INCOMING = table("incoming", column("email"), column("standing"), schema="temp")


@dataclass(frozen=True)
class UpsertCounts:
    """How many contacts were made, changed, and already just so."""

    new: int
    updated: int
    unchanged: int


class Staging:
    """The temporary table `incoming`, whose columns `c0`, `c1`, … are filled in the order of the parser's targets."""

    def __init__(self, connection: Connection, *, width: int, rule: DuplicateRule) -> None:
        self._connection = connection
        self._rule = rule
        self._cells = [f"c{number}" for number in range(width)]
        names = ("email", "address_hash", "number", "standing", *self._cells)
        merged = [f"{name} = {_merged(rule, name, f'excluded.{name}')}" for name in self._cells]
        self._insert = (
            f"INSERT INTO temp.incoming ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "  # noqa: S608
            f"ON CONFLICT (email) DO UPDATE SET {', '.join(['standing = max(standing, excluded.standing)', *merged])}"
        )
        connection.exec_driver_sql("DROP TABLE IF EXISTS temp.incoming")
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE incoming ({', '.join(['email TEXT NOT NULL UNIQUE', 'address_hash BLOB', *names[2:]])})"
        )

    def add(self, workspace: Workspace, rows: Iterable[ParsedRow]) -> None:
        """Put in *rows*; one whose address is there already is merged into that."""
        hashed = workspace.address_hash
        stored = [(row.email, hashed(row.email), row.number, int(row.standing), *row.cells) for row in rows]
        if stored:
            self._connection.exec_driver_sql(self._insert, stored)

    def count(self) -> int:
        """How many different people are in."""
        return self._scalar("SELECT count(*) FROM temp.incoming")

    def refuse_forgotten(self) -> list[RefusedRow]:
        """Take out who asked to be forgotten."""
        found = self._connection.exec_driver_sql(
            "DELETE FROM temp.incoming WHERE address_hash IN "
            "(SELECT address_hash FROM suppression WHERE reason = 'erased') RETURNING number, email"
        ).all()
        return [RefusedRow(number, email, "This person asked to be forgotten.") for number, email in found]

    def upsert(self, columns: Sequence[str], *, consent: ConsentState) -> UpsertCounts:
        """Make contacts of them, or bring those that are there in step by the rule.

        Args:
            columns: The columns of `contact` for `c0`, `c1`, …
            consent: Of the new ones, unless their own status says otherwise, or they unsubscribed before.
        """
        known = self._scalar("SELECT count(*) FROM temp.incoming CROSS JOIN contact USING (email)")
        total = self.count()
        names = ", ".join(["email", "address_hash", "consent", "created_at", "updated_at", *map(_quoted, columns)])
        values = ", ".join(
            [
                "email",
                "address_hash",
                f"CASE WHEN standing = 0 AND NOT {_WITHDRAWN} THEN ? ELSE ? END",
                "?",
                "?",
                *self._cells,
            ]
        )
        now = now_ms()
        changed = self._connection.exec_driver_sql(
            # "WHERE true" parts the SELECT from ON CONFLICT for the parser (sqlite.org/lang_upsert.html).
            f"INSERT INTO contact ({names}) SELECT {values} FROM temp.incoming WHERE true ORDER BY incoming.rowid "  # noqa: S608
            f"ON CONFLICT (email) {self._on_conflict(columns)}",
            (consent.value, ConsentState.UNKNOWN.value, now, now),
        ).rowcount
        new = total - known
        return UpsertCounts(new, changed - new, known - (changed - new))

    def contact_ids(self, *, standing: Standing | None = None) -> Select[int]:
        """The ids of all these people, or of those with *standing*, once they are contacts."""
        ids = select(Contact.id).join(_INCOMING, _INCOMING.c.email == Contact.email)
        return ids if standing is None else ids.where(_INCOMING.c.standing == int(standing))

    def addresses(self, standing: Standing) -> list[str]:
        """The addresses of those with *standing*."""
        return list(self._connection.scalars(select(_INCOMING.c.email).where(_INCOMING.c.standing == int(standing))))

    def count_suppressed(self) -> int:
        """How many of them must not be mailed."""
        return self._scalar("SELECT count(*) FROM temp.incoming JOIN suppression USING (address_hash)")

    def drop(self) -> None:
        """Free the memory."""
        self._connection.exec_driver_sql("DROP TABLE temp.incoming")

    def _on_conflict(self, columns: Sequence[str]) -> str:
        if self._rule is DuplicateRule.KEEP or not columns:
            return "DO NOTHING"
        merged = {name: _merged(self._rule, f"contact.{name}", f"excluded.{name}") for name in map(_quoted, columns)}
        sets = ", ".join(f"{name} = {value}" for name, value in merged.items())
        differs = " OR ".join(f"contact.{name} IS NOT {value}" for name, value in merged.items())
        return f"DO UPDATE SET {sets}, updated_at = excluded.updated_at WHERE {differs}"

    def _scalar(self, statement: str) -> int:
        return int(self._connection.exec_driver_sql(statement).scalar_one())


def _merged(rule: DuplicateRule, old: str, new: str) -> str:
    """The expression for a cell that has one value already and gets another."""
    match rule:
        case DuplicateRule.UPDATE:
            return f"coalesce({new}, {old})"
        case DuplicateRule.FILL:
            return f"coalesce({old}, {new})"
        case DuplicateRule.KEEP:
            return old


def _quoted(name: str) -> str:
    return f'"{name}"'
