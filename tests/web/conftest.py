"""A browser without a browser: signs in by role, and looks at every page it gets."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import demo, directory
from engine.assembly import make_runtime, publish_bundled
from engine.clock import VirtualClock
from engine.model import Base
from engine.runtime import Runtime
from tests.conftest import NOON, image_of, once, restored, settings
from web.app import create_app

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Outline(HTMLParser):
    """Counts what every page must have, and sees that its elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if "style" in given or any(name.startswith("on") for name in given):
            self.wrong.append(f"<{tag}> has a style or a handler of its own")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


def look_at(response: TestResponse) -> None:
    """What holds of every page: headers, title, one h1, ids once, elements closed, nothing inline."""
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    outline = Outline()
    outline.feed(response.get_data(as_text=True))
    assert outline.count.get("h1") == 1
    assert outline.count.get("title", 0) >= 1
    assert outline.wrong == []
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids)), sorted(i for i in outline.ids if outline.ids.count(i) > 1)


class Visitor:
    def __init__(self, app: Flask, runtime: Runtime) -> None:
        self.client: FlaskClient = app.test_client()
        self.runtime = runtime

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, (path, response.status_code, response.headers.get("Location"))
        if response.mimetype == "text/html" and status != 303:
            look_at(response)
        return response.get_data(as_text=True)

    def post(
        self, path: str, data: dict[str, Any] | None = None, status: int = 303, page: str = "/cookies"
    ) -> TestResponse:
        """Send a form, with the token of a page that has one."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(page).get_data(as_text=True))
        sent = {"csrf_token": token[1] if token else "", **(data or {})}
        response = self.client.post(path, data=sent)
        assert response.status_code == status, (path, response.status_code, response.get_data(as_text=True)[:2000])
        return response

    def sign_in(self, role: str, body: str | None = None) -> UUID:
        with self.runtime.transaction() as session:
            people = directory.holders(session, role, now=self.runtime.now(), body=body)
        person = people[0].person_id
        assert person is not None
        self.post("/sign-in", {"person": str(person)}, page="/sign-in")
        return person


@pytest.fixture(scope="session")
def opened_image(common: Path) -> bytes:
    """The demonstration's people and every process that ships, without a case."""

    def make() -> bytes:
        made = make_runtime(settings(), clock=VirtualClock(NOON))
        Base.metadata.create_all(made.store.engine)
        with made.transaction() as session:
            demo.install(session, made.partnership, now=made.now())
        publish_bundled(made)
        image = image_of(made)
        made.store.close()
        return image

    return once(common, "opened-image", make)


@pytest.fixture
def web_runtime(opened_image: bytes, clock: VirtualClock) -> Iterator[Runtime]:
    made = restored(opened_image, clock, demo=True)
    yield made
    made.store.close()


@pytest.fixture
def app(web_runtime: Runtime) -> Flask:
    return create_app(web_runtime)


@pytest.fixture
def visitor(app: Flask, web_runtime: Runtime) -> Callable[..., Visitor]:
    def come(role: str | None = None, body: str | None = None) -> Visitor:
        one = Visitor(app, web_runtime)
        if role is not None:
            one.sign_in(role, body)
        return one

    return come
