"""Bringing the tables of a workspace to the shape this version of the program expects.

Rules (measured): native `ADD COLUMN`, `DROP COLUMN` and `CREATE INDEX`, never Alembic's batch mode,
which copies the table; the caller's transaction is explicit, so a step that fails leaves the file as it was. Custom
fields' columns `cf_<id>` belong to the user and are no concern of migrations.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the missing steps on *connection*, inside its transaction."""
    command.upgrade(_config(connection), "head")


def is_known(revision: str) -> bool:
    """Whether this version of the program has the step *revision*; if not, a newer one made the file."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def differences(connection: Connection) -> list[object]:
    """What `app.models.tables` declares and the file lacks, or the other way round; empty after `upgrade`."""
    from alembic.autogenerate import compare_metadata

    from app.models.tables import Base

    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))
