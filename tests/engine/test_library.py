"""Published processes: versions, pinned bundles, parsed once, wrong ones refused in words."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import library
from engine.assembly import publish_bundled
from engine.bpmn.compile import NotExecutable
from engine.bpmn.document import DocumentRefused
from engine.errors import EngineError
from engine.library import UnknownProcess
from engine.model import AuditEvent, Bundle, ProcessDefinition
from engine.runtime import Runtime
from tests.factories import (
    bpmn,
    call,
    case,
    end,
    form,
    items,
    package,
    publish,
    rule,
    script,
    service,
    start,
    table,
    text,
    user,
)

INNER = bpmn("inner", start(), user("ask", role="dcs"), end())
OUTER = bpmn("outer", start(role="dcs"), call("hand-over", "inner", {"given": "=1"}), end())


def test_the_same_content_is_not_published_twice(any_staffed: Runtime) -> None:
    with any_staffed.transaction() as session:
        first = publish(session, INNER)
    with any_staffed.transaction() as session:
        again = publish(session, INNER)
        assert (again.id, again.version) == (first.id, 1)
        assert session.scalar(select(func.count()).where(AuditEvent.action == "process-published")) == 1


def test_other_content_is_the_next_version_and_the_old_one_stays(session: Session) -> None:
    publish(session, INNER)
    second = publish(session, INNER.replace("Ask", "Ask nicely"))
    third = publish(session, INNER)
    assert (second.version, third.version) == (2, 3)
    assert library.latest(session, "inner").version == 3
    assert "Ask nicely" in library.definition_of(session, "inner", 2).files["inner.bpmn"]


def test_a_form_alone_makes_a_new_version(session: Session) -> None:
    publish(session, package(INNER))
    assert publish(session, package(INNER, forms={"ask": form({"said": text()})})).version == 2


def test_running_cases_stay_on_the_versions_of_everything_they_call(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, INNER, OUTER)
        first = case(session, "outer", role="dcs")
        publish(session, INNER.replace("Ask", "Ask nicely"))
        second = case(session, "outer", role="dcs")
        assert first.version == second.version == 1
        assert first.bundle_digest != second.bundle_digest
        titles = {i.case_id: i.title for i in items(session, "ask")}
        assert titles == {first.id: "Ask", second.id: "Ask nicely"}
        versions = {b.digest: b.versions for b in session.scalars(select(Bundle))}
        assert versions[first.bundle_digest] == {"outer": 1, "inner": 1}
        assert versions[second.bundle_digest] == {"outer": 1, "inner": 2}
    library.forget()
    with staffed.transaction() as session:
        compiled, processes = library.open_bundle(session, first.bundle_digest)
        assert processes["inner"].elements["ask"].name == "Ask"
        assert library.open_bundle(session, first.bundle_digest)[0] is compiled


def test_a_process_that_calls_one_not_published_is_refused_when_it_is_started(session: Session) -> None:
    publish(session, OUTER)
    with pytest.raises(UnknownProcess, match="inner"):
        case(session, "outer", role="dcs")


def test_the_files_of_a_process_are_kept_word_for_word(session: Session) -> None:
    made = package(INNER, forms={"ask": form({"said": text("Ünïcode “said”")})}, size=table("size", "1", inputs=""))
    assert publish(session, made).files == dict(made.files)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"broken.bpmn": "<not xml"}, "broken.bpmn"),
        ({"broken.bpmn": bpmn("another", start(), end())}, "no process with the id “broken”"),
        ({"broken.bpmn": "<!DOCTYPE x><x/>"}, "document type"),
        ({"broken.bpmn": bpmn("broken", start(), end()), "x.dmn": "<x/>"}, "x.dmn"),
        ({"broken.bpmn": bpmn("broken", start(), end()), "x.form.json": "{"}, "x.form.json is not JSON"),
        ({"broken.bpmn": bpmn("broken", start(), end()), "x.form.json": "[1]"}, "x.form.json is not a form"),
        ({}, "broken.bpmn"),
    ],
    ids=["not xml", "another id", "doctype", "not dmn", "not json", "no form", "no diagram"],
)
def test_files_that_can_not_be_read_are_refused_by_name(session: Session, files: dict[str, str], words: str) -> None:
    with pytest.raises(EngineError, match=words):
        publish(session, library.Package("broken", "tests", files))


def test_the_names_of_data_are_those_that_forms_loops_decisions_and_mappings_give(session: Session) -> None:
    made = package(
        bpmn("names", start(role="dcs"), rule("decide", "how-large", ""), service("work", "x", {"given": "1"}, {"taken": "=1"}),
             end()),
        forms={"begin": form({"asked": text()}, allOf=[{"if": {}, "then": {"properties": {"only-then": text()}}}])},
        how__large=table("how-large", "1", inputs=""),
    )  # fmt: skip
    assert library.parse(made).names == {"asked", "only-then", "how_large", "given", "taken"}


def test_a_form_is_the_processs_own_or_one_shared_by_all(session: Session, staffed: Runtime) -> None:
    made = library.parse(package(INNER, forms={"ask": form({"said": text()})}))
    own = library.form_of({"inner": made}, "inner", "ask", staffed.partnership)
    assert set(own.names) == {"said"}
    assert library.form_of({"inner": made}, "inner", "telephone", staffed.partnership).title
    with pytest.raises(EngineError, match="no-such-form"):
        library.form_of({"inner": made}, "inner", "no-such-form", staffed.partnership)


def test_memory_holds_a_bounded_number_of_compiled_processes(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_MOST_COMPILED", 3)
    library.forget()
    for number in range(6):
        publish(session, INNER.replace("Ask", f"Ask {number}"))
        library.open_bundle(session, library.pin(session, "inner").digest)
    assert len(library._compiled) == 3


def test_a_diagram_with_broken_feel_is_refused_with_its_element(session: Session) -> None:
    publish(session, bpmn("broken", start(role="dcs"), script("work", "{x: 1 +}"), end()))
    with pytest.raises(NotExecutable, match=r"“Work” \(work\)"):
        case(session, "broken", role="dcs")


@pytest.mark.slow
def test_what_the_product_ships_is_published_once(any_staffed: Runtime) -> None:
    count = publish_bundled(any_staffed)
    assert count == publish_bundled(any_staffed) == len(list(library.packages())) > 5
    with any_staffed.transaction() as session:
        assert set(session.scalars(select(ProcessDefinition.version))) == {1}
        for key in session.scalars(select(ProcessDefinition.key)):
            compiled, _ = library.open_bundle(session, library.pin(session, key).digest)
            assert compiled.key == key


def test_a_document_is_refused_as_such(session: Session) -> None:
    with pytest.raises(DocumentRefused):
        publish(session, library.Package("broken", "tests", {"broken.bpmn": "<not xml"}))
