"""Alembic, shipped in the wheel: `upgrade` brings any earlier database to this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.store import Store


def _config(store: Store) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = store.engine
    return config


def upgrade(store: Store, to: str = "head") -> None:
    with store.answering():
        command.upgrade(_config(store), to)


def current(store: Store) -> str | None:
    with store.answering(), store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    found = ScriptDirectory.from_config(config).get_current_head()
    if found is None:
        raise RuntimeError("The product was built without its migrations.")
    return found
