"""A real browser on a real server of this test's own, in virtual time."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from ssl import SSLContext
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from engine import demo
from engine.assembly import make_runtime, publish_bundled
from engine.clock import VirtualClock
from engine.demonstration import set_up_demonstration
from engine.dispatch import Outgoing
from engine.migrations import upgrade
from engine.runtime import Runtime
from engine.scenario import runner
from engine.scenario.runner import Stage
from engine.types import LONDON
from tests.conftest import settings
from web.app import create_app
from web.quiet import QuietHandler

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parents[2] / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no Chromium on this machine: the browser tests were not run")
    for item in items:
        if "browser" in {m.name for m in item.iter_markers()} and CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(missing)


OPEN: list[Browser] = []  # of this process: the journeys use the same, since there can be no second


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if OPEN:
        yield OPEN[0]
        return
    expect.set_options(timeout=15_000)  # two cores, and tests beside this one
    with sync_playwright() as playwright:
        OPEN.append(playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET))
        yield OPEN[0]
        OPEN.pop().close()


@dataclass
class Site:
    """The product on a loopback port; the clock stands still until it is told to move, and jobs fire when told."""

    runtime: Runtime
    clock: VirtualClock
    base: str
    browser: Browser
    posted: list[Outgoing] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, width: int = 1280, *, javascript: bool = True) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            base_url=self.base,
            ignore_https_errors=self.base.startswith("https:"),  # its certificate is a test's own
        )
        self.contexts.append(context)
        return context.new_page()

    def sign_in(self, page: Page, name: str) -> None:
        """Choose a person of the demonstration by the name shown."""
        page.goto("/sign-in")
        details = page.locator("details.govuk-details summary")
        button = page.locator("tr", has=page.get_by_text(name, exact=True)).first.locator("button")
        if not button.is_visible():
            details.first.click()
        button.click()
        page.wait_for_url("**/tasks*")

    def drain(self, until: datetime | None = None) -> None:
        """Fire what is due, in order, each at its own moment."""
        runner._drain(Stage(self.runtime, self.clock, self.posted), until)

    def move_to(self, moment: str) -> None:
        """London time, `2027-01-12T09:00`."""
        at = datetime.fromisoformat(moment).replace(tzinfo=LONDON)
        self.drain(at)
        self.clock.move_to(at)


@contextmanager
def serve(
    browser: Browser,
    folder: Path,
    prepare: Callable[[Runtime], object] = lambda _: None,
    *,
    passwords: bool = False,
    certificate: SSLContext | None = None,
) -> Iterator[Site]:
    """Every process that ships and the demonstration's people, and what `prepare` adds."""
    clock = VirtualClock(datetime(2027, 1, 11, 10, 20, tzinfo=LONDON))
    scheme = "http" if certificate is None else "https"
    given = settings(f"sqlite:///{folder / 'site.sqlite'}", demo=not passwords, base_url=f"{scheme}://127.0.0.1")
    made = make_runtime(given, clock=clock)
    upgrade(made.store)
    with made.transaction() as session:
        demo.install(session, made.partnership, now=clock())
    publish_bundled(made)
    prepare(made)
    app = create_app(made)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"{scheme}://127.0.0.1:{server.server_port}"
    one = Site(replace(made, settings=replace(made.settings, base_url=base)), clock, base, browser)
    yield one
    for context in one.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    made.store.close()


@pytest.fixture
def site(browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """Without a case."""
    with serve(browser, tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def demonstration(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration as `make run` opens it."""
    with serve(browser, tmp_path_factory.mktemp("demonstration"), set_up_demonstration) as one:
        yield one


def problems(page: Page) -> list[str]:
    """What axe finds on the page, and whether it is wider than the screen."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text("utf-8"))
    result: dict[str, Any] = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    found = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"the page is {wide} px too wide"] if wide > 0 else [])]
