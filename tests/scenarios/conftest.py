"""Scenarios start where the people and the processes are in place already: made once for all, copied for each."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from engine import demo
from engine.assembly import make_runtime, publish_bundled
from engine.clock import VirtualClock
from engine.model import Base
from engine.runtime import Runtime
from tests.conftest import NOON, database, image_of, once, restored, settings, template
from tests.restoring import compare_every_step

LONG_AGO = date(2020, 1, 1)


def _prepare(url: str) -> Runtime:
    made = make_runtime(settings(url), clock=VirtualClock(NOON.replace(year=2026)))
    Base.metadata.create_all(made.store.engine)
    with made.transaction() as session:
        demo.install(session, made.partnership, now=made.now(), since=LONG_AGO)
    publish_bundled(made)
    return made


@pytest.fixture(scope="session")
def prepared_image(common: Path) -> bytes:
    def make() -> bytes:
        made = _prepare("sqlite://")
        image = image_of(made)
        made.store.close()
        return image

    return once(common, "prepared-image", make)


@pytest.fixture(scope="session")
def prepared_template(postgresql: str, common: Path) -> str:
    return template(postgresql, common, "prepared", _prepare)


@pytest.fixture
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """Along every scenario on SQLite, what is stored gives back what was there."""
    clock = VirtualClock(NOON)
    if request.param == "sqlite":
        compare_every_step(monkeypatch)
        made = restored(request.getfixturevalue("prepared_image"), clock)
        yield made
        made.store.close()
        return
    template = request.getfixturevalue("prepared_template")
    with database(request.getfixturevalue("postgresql"), template) as url:
        made = make_runtime(settings(url), clock=clock)
        yield made
        made.store.close()
