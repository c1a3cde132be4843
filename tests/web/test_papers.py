"""Papers of a case over HTTP: numbered versions, one content in every format, for the access list of the case."""

from collections.abc import Iterator
from datetime import UTC
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from engine import audit
from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.library import packages
from engine.model import AuditEvent, Base, IssuedPaper, RegisterEntry
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario
from tests.conftest import ROOT, image_of, restored, settings
from tests.papers.accessible import problems, text_of
from tests.web.conftest import Visitor
from web.app import create_app

UPHELD = next((ROOT / "workflows" / "scenarios").glob("s06-*.yaml"))  # a scrutineer who disagrees
PUBLISHED = next((ROOT / "workflows" / "scenarios").glob("s02-*.yaml"))
CASE, PACK = "/cases/SOL-2027-001", "/cases/SOL-2027-001/papers/panel-submission-pack"


def after(scenario: Path) -> tuple[VirtualClock, bytes]:
    whole = read_scenario(scenario.read_text("utf-8"), name=scenario.name)
    clock = VirtualClock(whole.now.astimezone(UTC))
    made = make_runtime(settings(), clock=clock)
    Base.metadata.create_all(made.store.engine)
    report = run_scenario(whole, made, list(packages()))
    assert report.passed, report.failures
    image = image_of(made)
    made.store.close()
    return clock, image


@pytest.fixture(scope="module")
def sent() -> tuple[VirtualClock, bytes]:
    """The rapid review was sent to the National Panel."""
    return after(UPHELD)


@pytest.fixture
def here(sent: tuple[VirtualClock, bytes]) -> Iterator[Runtime]:
    made = restored(sent[1], VirtualClock(sent[0]()), demo=True)
    yield made
    made.store.close()


def come(here: Runtime, role: str) -> Visitor:
    one = Visitor(create_app(here), here)
    one.sign_in(role)
    return one


def events(here: Runtime, *actions: str) -> list[AuditEvent]:
    with here.transaction() as session:
        assert audit.verify(session) is None
        rows = select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.seq)
        return list(session.scalars(rows))


def change(here: Runtime) -> None:
    """An agency's return is not there after all."""
    with here.transaction() as session:
        row = session.scalars(select(RegisterEntry).where(RegisterEntry.register == "agency-returns")).one()
        row.data = {**row.data, "state": "no-return"}


def test_the_page_of_the_case_leads_to_the_pack_and_says_which_version_was_last(here: Runtime) -> None:
    one = come(here, "business-manager")
    assert "None yet" in one.get(f"{CASE}?part=papers")
    one.get(PACK)
    page = one.get(f"{CASE}?part=papers")
    assert "None yet" not in page
    assert all(f'href="{PACK}{suffix}"' in page for suffix in ("", ".pdf", ".docx"))
    history = one.get(f"{CASE}?part=history")
    assert "Paper made: National Panel submission pack, version 1" in history
    assert "Opened a paper: National Panel submission pack, version 1" in history


def test_the_pack_holds_the_review_the_decision_the_scrutiny_and_who_did_not_return(here: Runtime) -> None:
    page = come(here, "business-manager").get(PACK)
    for words in (
        "Rapid review",
        "A.B., aged 4, was admitted",  # confidential, and for the Panel
        "Decision of the partners",
        "A local child safeguarding practice review",
        "No partner recorded a dissent.",
        "Independent scrutiny",
        "I disagree",
        "Every agency that was asked returned.",
    ):
        assert words in page
    assert "The scrutiny is pending" not in page
    assert "vote_question" not in page


def test_one_content_has_one_version_and_one_hash_in_every_format(here: Runtime) -> None:
    one = come(here, "business-manager")
    page = one.get(PACK)
    with here.transaction() as session:
        digest = session.scalars(select(IssuedPaper.digest)).one()
    assert digest in page
    printed = one.client.get(f"{PACK}.pdf")
    assert (printed.mimetype, printed.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert printed.headers["Content-Disposition"] == "attachment; filename=SOL-2027-001-panel-submission-pack-v1.pdf"
    assert problems(printed.data, title="National Panel submission pack: SOL-2027-001") == []
    assert digest in "".join(text_of(printed.data).split())
    with ZipFile(BytesIO(one.client.get(f"{PACK}.docx").data)) as parts:
        assert digest in parts.read("word/document.xml").decode()
    assert [e.details["version"] for e in events(here, "paper-issued")] == [1]
    assert [(e.details["format"], e.details["version"]) for e in events(here, "paper-read")] == [
        ("html", 1),
        ("pdf", 1),
        ("docx", 1),
    ]


def test_what_changed_has_a_new_version_and_the_old_one_can_still_be_read(here: Runtime) -> None:
    one = come(here, "business-manager")
    before = one.get(PACK)
    change(here)
    after = one.get(PACK)
    assert "Agencies that did not return" in after
    assert "Every agency that was asked returned." not in after
    assert f'href="{PACK}?version=1"' in after
    kept = one.get(f"{PACK}?version=1")
    assert "Every agency that was asked returned." in kept
    assert "This is an earlier version." in kept
    assert f'href="{PACK}.pdf?version=1"' in kept
    assert "This is an earlier version." not in before + after
    first, second = (one.client.get(f"{PACK}.pdf?version={n}").data for n in (1, 2))
    assert "version 1 of" in text_of(first)
    assert one.client.get(f"{PACK}.pdf").data == second
    assert [e.details["digest"] for e in events(here, "paper-issued")] == _digests(here)


def _digests(here: Runtime) -> list[str]:
    with here.transaction() as session:
        return list(session.scalars(select(IssuedPaper.digest).order_by(IssuedPaper.version)))


def test_what_is_kept_of_it_can_not_be_read_in_the_database(here: Runtime) -> None:
    come(here, "business-manager").get(PACK)
    with here.transaction() as session:
        assert b"admitted" not in (session.scalars(select(IssuedPaper.sealed)).one() or b"admitted")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"{CASE}/papers/nothing", "There is no paper of this name."),
        (f"{CASE}/papers/agenda", "This case has no paper called “Agenda”."),
        (f"{PACK}.odt", "There is no paper of this name."),
        (f"{PACK}?version=9", "Version 9 of this paper was never made"),
        (f"{PACK}?version=nine", "There is no such version of this paper."),
        (f"{PACK}.pdf?version=-1", "There is no such version of this paper."),
        (f"{PACK}.pdf?version=99999999999999999999", "There is no such version of this paper."),
    ],
)
def test_what_is_not_there_is_told_in_words(here: Runtime, address: str, words: str) -> None:
    assert words in come(here, "business-manager").get(address, 404)
    assert events(here, "paper-issued", "paper-read") == []


@pytest.mark.parametrize("role", ["lead-member", "process-owner", "schools-representative"])
def test_who_is_not_on_the_access_list_learns_nothing_of_it(here: Runtime, role: str) -> None:
    one = come(here, role)
    for address in (PACK, f"{PACK}.pdf", f"{PACK}.docx", f"{PACK}?version=1", f"{CASE}/papers/nothing"):
        assert "There is nothing here that you may see." in one.get(address, 404)
    assert len(events(here, "refused")) >= 5
    assert events(here, "paper-issued", "paper-read") == []


def test_the_publication_pack_holds_what_was_checked_decided_and_sent_ahead() -> None:
    clock, image = after(PUBLISHED)
    made = restored(image, clock, demo=True)
    page = come(made, "business-manager").get(f"{CASE}/papers/publication-pack")
    headings = [part.split("</h2>")[0] for part in page.split('<h2 class="govuk-heading-m">')[1:]]
    assert headings == [
        "Redaction, and what identifies",
        "Law and data protection",
        "Police, CPS and coroner",
        "Last look of the agencies at the facts",
        "The family and the child",
        "Decision on publication",
        "The file to be published",
        "The day of publication",
        "Sent to the National Panel and the Secretary of State",
        "Publication",
        "After publication",
    ]
    assert "22 July 2027" in page
    come(made, "lead-member").get(f"{CASE}/papers/publication-pack", 404)
    made.store.close()
