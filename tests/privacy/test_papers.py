"""No paper for a group tells of a child, in any format: a whole case with a seeded child, and the meetings after it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from itertools import takewhile
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from engine import values
from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.library import packages
from engine.model import Base, ProcessInstance, SealedValue
from engine.papers import KINDS, PaperKind
from engine.queries.case_papers import case_papers, compose
from engine.runtime import Runtime
from engine.scenario import read_scenario, runner
from engine.scenario.runner import Stage
from tests.conftest import ROOT, settings
from tests.papers.accessible import problems, text_of
from tests.privacy.run import seeded
from tests.privacy.seeds import BORN, INITIALS, MARK, NEEDLES
from tests.web.conftest import Visitor
from web.app import create_app

pytestmark = pytest.mark.slow

CASE = next((ROOT / "workflows" / "scenarios").glob("s31-*.yaml"))  # a rapid review with immediate learning
MEETINGS = """
scenario: And then the groups meet
source: S31, S12
now: 2027-01-11T10:20
calendar: true
steps:
  - {at: 2027-02-11T10:00, in: INP-2027-001, as: business-unit-officer, complete: triage-input}
  - {as: chair-arg, complete: decide-extra-item}
  - {at: 2027-02-24T10:00, in: RDG-2027-001, as: business-manager, complete: set-date}
  - {at: 2027-03-03T10:00, as: business-unit-officer, complete: prepare-agenda}
  - {at: 2027-03-10T10:05, as: business-manager, complete: record-attendance}
  - {as: chair-rdg, complete: review-progress}
  - {as: chair-rdg, complete: write-progress-report}
  - {at: 2027-04-06T10:00, in: ARG-2027-002, as: business-manager, complete: set-date}
  - {at: 2027-04-13T10:00, as: business-unit-officer, complete: prepare-agenda}
  - {at: 2027-04-20T10:05, as: business-manager, complete: record-attendance}
  - {as: chair-arg, complete: reflect-on-input, answers: {outcome: recommend}}
  - {as: chair-arg, complete: name-patterns}
  - {as: chair-arg, complete: draft-recommendation, where: {number: 1}}
  - {as: chair-arg, complete: standing-items}
  - {as: chair-arg, complete: write-highlight-report}
  - {at: 2027-04-21T10:00, as: business-unit-officer, complete: draft-minutes}
  - {as: chair-arg, complete: approve-minutes}
  - {at: 2027-06-03T10:00, in: LSCP-2027-002, as: business-manager, complete: set-date}
  - {at: 2027-06-10T10:00, as: business-manager, complete: prepare-agenda}
  - {at: 2027-06-17T10:05, as: business-manager, complete: record-attendance}
  - at: 2027-06-17T10:40
    as: business-manager
    complete: decide-recommendation
    answers: {decision: take-forward}
  - {as: business-manager, complete: oversee-and-ratify}
  - {at: 2027-06-18T10:00, as: business-unit-officer, complete: draft-minutes}
  - {as: independent-scrutineer, complete: approve-minutes}
"""
BEFORE_THEY_MEET = takewhile(
    lambda step: step.get("in") != "LSCP-2027-001", read_scenario(CASE.read_text("utf-8"), name="papers").steps
)
STEPS = [  # without what is refused or expected: the scenarios themselves see to that
    {name: value for name, value in step.items() if name != "expect"}
    for step in (*BEFORE_THEY_MEET, *read_scenario(MEETINGS, name="papers").steps)
    if "refused" not in step
]


@dataclass(frozen=True)
class Papers:
    runtime: Runtime
    rows: tuple[tuple[str, PaperKind], ...]  # reference of the case, kind


@pytest.fixture(scope="module")
def papers() -> Iterator[Papers]:
    whole = read_scenario(MEETINGS, name="papers")
    clock = VirtualClock(whole.now.astimezone(UTC))
    made = make_runtime(settings(demo=True), clock=clock)
    Base.metadata.create_all(made.store.engine)
    stage, merged = Stage(made, clock), runner.merge_example

    def with_the_child(form: Any, *given: Any) -> Mapping[str, Any]:
        return seeded(form.fields, merged(form, *given))

    with patch("engine.scenario.runner.merge_example", with_the_child):
        runner._set_the_stage(stage, whole, list(packages()))
        for step in STEPS:
            runner._take(stage, step)
    with made.transaction() as session:
        cases = session.scalars(select(ProcessInstance).where(ProcessInstance.parent_id.is_(None)))
        rows = [(case.reference, row.kind) for case in cases for row in case_papers(session, case.id)]
    yield Papers(made, tuple(rows))
    made.store.close()


def group_papers(papers: Papers) -> list[tuple[str, PaperKind]]:
    return [(reference, kind) for reference, kind in papers.rows if not KINDS[kind].confidential]


def addresses(papers: Papers) -> list[str]:
    return [f"/cases/{reference}/papers/{kind}" for reference, kind in group_papers(papers)]


def words_of(content: bytes) -> str:
    with ZipFile(BytesIO(content)) as parts:
        return "\n".join(f"{name} {parts.read(name).decode('utf-8', 'replace')}" for name in parts.namelist())


def told(text: str) -> list[str]:
    return [needle for needle in (*NEEDLES, "SOL-2027") if needle.lower() in text.lower()]


def test_the_case_holds_the_seeded_child_and_the_pack_for_the_panel_tells_of_it(papers: Papers) -> None:
    with papers.runtime.transaction() as session:
        sealed = [values.unseal(session, row) for row in session.scalars(select(SealedValue))]
    assert sum(MARK in str(value) for value in sealed) > 10
    assert any(INITIALS in str(value) and BORN.isoformat() in str(value) for value in sealed)
    one = Visitor(create_app(papers.runtime), papers.runtime)
    one.sign_in("business-manager")
    assert MARK in one.get("/cases/SOL-2027-001/papers/panel-submission-pack")
    assert MARK in text_of(one.client.get("/cases/SOL-2027-001/papers/panel-submission-pack.pdf").data)
    assert MARK in words_of(one.client.get("/cases/SOL-2027-001/papers/panel-submission-pack.docx").data)


def test_the_groups_have_their_papers(papers: Papers) -> None:
    assert {kind for _, kind in group_papers(papers)} == {
        PaperKind.AGENDA,
        PaperKind.MINUTES,
        PaperKind.HIGHLIGHT_REPORT,
        PaperKind.PROGRESS_REPORT,
        PaperKind.ACTION_PLANS,
    }


def test_no_paper_for_a_group_tells_of_the_child_in_any_format(papers: Papers) -> None:
    one = Visitor(create_app(papers.runtime), papers.runtime)
    one.sign_in("lead-member")  # sees the meetings, and not the case
    for address in addresses(papers):
        page = one.get(address)
        printed, written = (one.client.get(f"{address}.{suffix}").data for suffix in ("pdf", "docx"))
        assert told(page) == [], address
        assert told(text_of(printed)) == [], address
        assert told(printed.decode("latin-1")) == [], address
        assert told(words_of(written)) == [], address
        title = page.split("<title>")[1].split(" – ")[0]
        assert problems(printed, title=f"{title}: {address.split('/')[2]}") == [], address


def test_for_them_nothing_sealed_is_opened(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: Any, **__: Any) -> None:
        raise AssertionError("a confidential answer was opened")

    for name in ("engine.values.unseal", "engine.values.whole", "engine.sealing.Sealer.unseal"):
        monkeypatch.setattr(name, opened)
    with papers.runtime.transaction() as session:
        for reference, kind in group_papers(papers):
            case = session.scalars(select(ProcessInstance).where(ProcessInstance.reference == reference)).one()
            assert compose(session, case, kind).blocks
