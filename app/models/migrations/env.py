"""Alembic's entry point: runs the steps on the connection that `app.models.migrations.upgrade` handed over."""

from alembic import context

from app.models.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
