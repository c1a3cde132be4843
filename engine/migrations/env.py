"""Alembic runs this file; the engine comes from `engine.migrations`."""

from alembic import context
from sqlalchemy import text

from engine.model import Base

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        # a migration gives way to the code that is running: it waits briefly for a lock, then tries no more
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="engine.model.base.",
    )
    with context.begin_transaction():
        context.run_migrations()
