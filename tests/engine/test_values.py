"""Confidential answers: sealed beside the submission, read at the moment, and nowhere else in the database."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session

from engine import audit, values
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.keep_attachment import keep_attachment
from engine.commands.save_draft import save_draft
from engine.dispatch import carry_out, lease
from engine.model import Base, ProcessInstance, SealedValue, Submission
from engine.queries.case_page import Part, case_page
from engine.queries.task_page import task_page
from engine.refusals import AnswersInvalid
from engine.runtime import Runtime
from engine.sealing import CannotUnseal, Sealer
from engine.types import Sensitivity
from tests.factories import (
    NOON,
    bpmn,
    case,
    doer,
    end,
    exclusive,
    form,
    holder,
    item,
    items,
    package,
    publish,
    rule,
    script,
    service,
    start,
    table,
    text,
    throw,
    user,
)

INITIALS, BORN, OUTLINE, DRAFTED, REASON, FILE = (
    "Qz.Xv.", "2019-08-07", "Unmistakable outline", "Half a thought", "My own niece", "what-happened-to-Qz.txt",
)  # fmt: skip
NEEDLES = (INITIALS, BORN, OUTLINE, DRAFTED, REASON, FILE, "grievous")
CHILD = {"initials": INITIALS, "date_of_birth": BORN}
BEGIN = form(
    {
        "children": {
            "type": "array",
            "title": "Children",
            "items": {
                "type": "object",
                "properties": {
                    "initials": text(mark="C"),
                    "date_of_birth": {**text(mark="C"), "format": "date"},
                },
                "required": ["initials", "date_of_birth"],
            },
        },
        "outline": text(mark="SC"),
        "harm": {**text(mark="SC"), "oneOf": [{"const": "grievous", "title": "G"}, {"const": "slight", "title": "S"}]},
        "source": text(mark="-"),
        "told_by": text(mark="P"),
    }
)
MORE = form({"outline": text(mark="SC"), "note": text()})
DIAGRAM = bpmn(
    "incident", start(role="la-notifier"), rule("decide", "duty", "duty"), exclusive("how-bad"),
    user("notify", role="dcs", due="+1wd", shows="begin"), user("close", role="dcs"),
    script("work", "{said_by: told_by}"), service("enter", "enter-register", {"register": "incidents", "data": "={source: source}"}),
    service("tell-all", "tell", {"notice": "notification-shared", "to": "partners"}),
    throw("pass-on", message="more-to-do", inputs={"source": "=source"}), user("last", role="dcs"), end(),
    flow='begin -> decide -> how-bad -[harm = "grievous"]-> notify -> work -> enter -> tell-all -> pass-on -> last -> done; '
    "how-bad -> close -> done",
)  # fmt: skip
DUTY = table("duty", '"grievous" | "notify"', '"slight" | "consider"', inputs="harm")
ANSWERS = {"children": [CHILD], "outline": OUTLINE, "harm": "grievous", "source": "school", "told_by": "A. Teacher"}


def incident(session: Session) -> ProcessInstance:
    publish(session, package(DIAGRAM, forms={"begin": BEGIN, "notify": MORE}, duty=DUTY))
    return case(session, "incident", ANSWERS, role="la-notifier")


def test_open_answers_enter_the_data_and_confidential_ones_are_sealed(session: Session) -> None:
    made = incident(session)
    submission = session.scalars(select(Submission)).one()
    assert submission.answers == {"source": "school", "told_by": "A. Teacher"}
    sealed = {row.name: row for row in session.scalars(select(SealedValue))}
    assert {n: r.sensitivity for n, r in sealed.items()} == {
        "children": Sensitivity.CHILD,
        "outline": Sensitivity.SPECIAL,
        "harm": Sensitivity.SPECIAL,
    }
    assert values.unseal(session, sealed["children"]) == [CHILD]
    assert values.whole(session, submission) == ANSWERS
    assert values.confidential(session, made.id, "outline") == (True, OUTLINE)


def test_a_gateway_and_a_table_read_them_and_only_the_outcome_stays(session: Session) -> None:
    made = incident(session)
    assert [i.element for i in items(session)] == ["notify"]
    state = json.loads(zlib.decompress(made.state))
    assert '"duty":"notify"' in json.dumps(state, separators=(",", ":"))


def test_the_newest_answer_of_a_name_is_the_one_that_counts(session: Session) -> None:
    made = incident(session)
    complete_work_item(
        session, item(session, "notify").id, {"outline": "Another", "note": "x"}, by=holder(session, "dcs"), now=NOON
    )
    assert values.confidential(session, made.id, "outline") == (True, "Another")


def test_a_name_never_asked_is_not_found_and_one_never_answered_is_null(session: Session) -> None:
    made = incident(session)
    assert values.confidential(session, made.id, "nothing") == (False, None)


# Nowhere else


def whole_life(runtime: Runtime) -> None:
    """A case with everything that writes: drafts, a refused form, mails, a conflict, a file, pages looked at."""
    with runtime.transaction() as session:
        made = incident(session)
        work = item(session, "notify")
        by = holder(session, "dcs")
        save_draft(session, work.id, {"outline": DRAFTED}, by=by, now=NOON)
        keep_attachment(session, FILE, OUTLINE.encode(), case_id=made.id, by=by, now=NOON)
        declare_conflict(session, made.id, holder(session, "chair-arg").person_id, reason=REASON, by=by, now=NOON)
    with pytest.raises(AnswersInvalid), runtime.transaction() as session:
        complete_work_item(
            session, item(session, "notify").id, {"outline": OUTLINE}, by=holder(session, "dcs"), now=NOON
        )
    with runtime.transaction() as session:
        page = task_page(session, item(session, "notify").id, by=holder(session, "dcs"), now=NOON)
        assert page.draft == {"outline": DRAFTED}
        assert page.papers[0].answers["children"] == [CHILD]
        assert (
            case_page(session, made.reference, by=holder(session, "dcs"), now=NOON, part=Part.PAPERS).papers[0].answers
            == ANSWERS
        )
    with runtime.transaction() as session:
        answers = {"outline": OUTLINE, "note": "open"}
        complete_work_item(session, item(session, "notify").id, answers, by=holder(session, "dcs"), now=NOON)
    for _ in range(3):
        for job_id in lease(runtime, 50):
            carry_out(runtime, job_id, lambda _: None)


def seen(value: Any) -> bytes:
    """What of a value somebody with the database in hand could read."""
    if isinstance(value, bytes):
        try:
            return value + zlib.decompress(value)
        except zlib.error:
            return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).encode()
    return str(value).encode()


def places(runtime: Runtime, needles: tuple[str, ...]) -> Iterator[str]:
    with runtime.transaction() as session:
        for table_ in Base.metadata.sorted_tables:
            for row in session.execute(select(table_)).mappings():
                for column, value in row.items():
                    for needle in needles:
                        if needle.lower().encode() in seen(value).lower():
                            yield f"{table_.name}.{column}: {needle}"


def test_no_column_of_any_table_holds_a_confidential_answer(any_staffed: Runtime) -> None:
    whole_life(any_staffed)
    # the diagram names the options of a question; nobody's answer is told by that
    found = {
        place for place in places(any_staffed, NEEDLES) if not place.startswith("process_definition.files: grievous")
    }
    assert found == set()


def test_the_search_would_find_them(staffed: Runtime) -> None:
    """Open answers are found where they belong, in the compressed state too."""
    whole_life(staffed)
    found = {place.partition(":")[0] for place in places(staffed, ("A. Teacher",))}
    assert {"submission.answers", "process_instance.state"} <= found


def test_only_sealed_columns_are_binary() -> None:
    binary = {
        f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns if isinstance(c.type, LargeBinary)
    }
    assert binary == {
        "attachment.name", "attachment.sealed", "draft.answers", "exclusion.reason", "issued_paper.sealed", "process_instance.state",
        "sealed_value.sealed",
    }  # fmt: skip


# Seals


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    sealer = Sealer(b"k" * 32)
    assert sealer.seal("x", place="p") != sealer.seal("x", place="p")
    assert sealer.digest("x") == sealer.digest("x")


@pytest.mark.parametrize("value", [None, True, 1, 0.5, "é", [1, {"a": None}], {"b": []}])
def test_what_was_sealed_comes_back(value: object) -> None:
    sealer = Sealer(b"k" * 32)
    assert sealer.unseal(sealer.seal(value, place="p"), place="p") == value


def test_another_key_another_place_or_a_changed_byte_is_refused() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("x", place="p")
    for attempt in (
        lambda: Sealer(b"l" * 32).unseal(sealed, place="p"),
        lambda: sealer.unseal(sealed, place="q"),
        lambda: sealer.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), place="p"),
        lambda: sealer.unseal(sealed[:20], place="p"),
        lambda: sealer.unseal(b"", place="p"),
    ):
        with pytest.raises(CannotUnseal):
            attempt()


def test_a_hash_without_the_key_can_not_be_tried() -> None:
    assert Sealer(b"k" * 32).digest("x") != Sealer(b"l" * 32).digest("x")


def test_a_value_moved_to_another_row_is_refused(session: Session) -> None:
    incident(session)
    outline, harm = session.scalars(
        select(SealedValue).where(SealedValue.name.in_(["harm", "outline"])).order_by(SealedValue.name.desc())
    ).all()
    harm.sealed = outline.sealed
    with pytest.raises(CannotUnseal):
        values.unseal(session, harm)


def test_an_erased_value_is_gone_and_the_history_still_holds(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        made = incident(session)
    with staffed.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.name == "outline")).one()
        before = row.digest
        row.sealed, row.erased_at = None, NOON
    with staffed.transaction() as session:
        assert values.confidential(session, made.id, "outline") == (False, None)
        row = session.scalars(select(SealedValue).where(SealedValue.name == "outline")).one()
        assert values.unseal(session, row) is None
        assert row.digest == before == staffed.sealer.digest(OUTLINE)
        assert audit.verify(session) is None
        assert doer(session, item(session, "notify")).holds("dcs")


def test_of_two_answers_at_the_same_moment_the_later_is_the_newest(staffed: Runtime) -> None:
    """As on a clock that stands still, or two in one transaction."""
    with staffed.transaction() as session:
        made = incident(session)
        complete_work_item(
            session,
            item(session, "notify").id,
            {"outline": "Another", "note": "x"},
            by=holder(session, "dcs"),
            now=NOON,
        )
    with staffed.transaction() as session:
        assert values.confidential(session, made.id, "outline") == (True, "Another")
        newest = values.newest(session, made.id, "notify")
        assert newest is not None
        assert newest.at > NOON
