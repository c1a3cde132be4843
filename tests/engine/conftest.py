"""A partnership with people in it, on SQLite and where it may differ on PostgreSQL too. Made once, copied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.model import Base
from engine.runtime import Runtime
from tests.conftest import database, image_of, restored, settings, template
from tests.factories import NOON, install_people


def _install(url: str) -> Runtime:
    made = make_runtime(settings(url), clock=VirtualClock(NOON))
    Base.metadata.create_all(made.store.engine)
    install_people(made)
    return made


@pytest.fixture(scope="session")
def staffed_image() -> bytes:
    """An SQLite database with the holders of every role."""
    made = _install("sqlite://")
    image = image_of(made)
    made.store.close()
    return image


@pytest.fixture(scope="session")
def staffed_template(postgresql: str, common: Path) -> str:
    """The same on PostgreSQL: the name of a database to be copied."""
    return template(postgresql, common, "staffed", _install)


@pytest.fixture
def staffed(staffed_image: bytes, clock: VirtualClock) -> Iterator[Runtime]:
    """Holders of every role, on SQLite in memory."""
    made = restored(staffed_image, clock)
    yield made
    made.store.close()


@pytest.fixture
def staffed_postgresql(postgresql: str, staffed_template: str, clock: VirtualClock) -> Iterator[Runtime]:
    with database(postgresql, staffed_template) as url:
        made = make_runtime(settings(url), clock=clock)
        yield made
        made.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_staffed(request: pytest.FixtureRequest) -> Runtime:
    found: Runtime = request.getfixturevalue("staffed" if request.param == "sqlite" else "staffed_postgresql")
    return found


@pytest.fixture
def session(staffed: Runtime) -> Iterator[Session]:
    """One transaction, for rules that need no more than one."""
    with staffed.transaction() as opened:
        yield opened
