"""One test a trap of ENGINE.md section 2: what SpiffWorkflow 3.2.0 does, and that ours does not depend on it.

A test named `the_library_…` fails when an upgrade changes the library: then read the trap again, and perhaps drop
our answer to it.
"""

import ast
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import python_environment
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import timer as library_timer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskIterator, TaskState

from engine.bpmn import execute
from engine.bpmn.compile import NotExecutable
from engine.bpmn.execute import StepFailed, TaskGone
from engine.bpmn.expression import FeelEngine
from engine.bpmn.flat import FlatWorkflow
from engine.bpmn.state import StateUnreadable, ValueNotPlain, freeze, thaw
from tests.bpmn.running import Run
from tests.factories import (
    FakeWorld,
    boundary,
    bpmn,
    call,
    catch,
    compiled,
    each,
    end,
    exclusive,
    inclusive,
    parallel,
    repeat,
    rule,
    script,
    service,
    start,
    sub,
    table,
    throw,
    user,
)

ENGINE = Path(__file__).parents[2] / "engine"
ASK = bpmn("p", start(), user("ask"), end())
LOOP = bpmn(
    "p", start(), user("ask"), exclusive("again"), end(), flow="begin -> ask -> again -[more]-> ask; again -> done"
)


def stock(diagram: str, key: str = "p") -> Any:
    """The bare library's own workflow of a diagram."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(diagram.encode()))
    return BpmnWorkflow(parser.get_spec(key), parser.get_subprocess_specs(key))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library without what flat.py puts in its place."""
    monkeypatch.setattr("SpiffWorkflow.task.uuid4", uuid4)
    monkeypatch.setattr(Task, "_inherit_data", lambda t: DeepMerge.merge(t.data, t.parent.data))


def live(diagram: str, **data: Any) -> FlatWorkflow:
    made = compiled(diagram)
    workflow = FlatWorkflow(
        made.spec, subprocess_specs=dict(made.subprocess_specs), script_engine=FeelEngine(FakeWorld())
    )
    workflow.task_tree.set_data(**data)
    workflow.do_engine_steps()
    return workflow


# 1. Long loops


def chain(workflow: Any, length: int) -> Task:
    """A branch as deep as a long loop makes one; its last task waits for a person."""
    task = workflow.get_next_task(spec_name="ask")
    task._drop_children(force=True)
    spec = task.task_spec
    for _ in range(length):
        task._set_state(TaskState.COMPLETED)
        task = task._add_child(spec, TaskState.READY)
    return task


@pytest.mark.usefixtures("bare")
def test_the_library_loses_tasks_beyond_depth_1000() -> None:
    workflow = stock(ASK)
    workflow.do_engine_steps()
    chain(workflow, 1100)
    assert list(TaskIterator(workflow.task_tree, state=TaskState.READY)) == []
    assert workflow.is_completed()


def test_a_task_beyond_depth_1000_still_waits() -> None:
    workflow = live(ASK)
    last = chain(workflow, 1100)
    assert [t.id for t in workflow.get_tasks(state=TaskState.READY, manual=True)] == [last.id]
    assert not workflow.is_completed()


def test_a_loop_with_a_user_task_goes_300_rounds() -> None:
    run = Run(LOOP)
    for number in range(300):
        run.do("ask", {"more": True, "number": number})
    assert run.open == ["ask"]
    assert run.task("ask").data["number"] == 299
    run.do("ask", {"more": False})
    assert run.ended


def test_an_automatic_loop_goes_beyond_depth_1000() -> None:
    counting = bpmn(
        "p",
        start(),
        script("count", "{n: n + 1}"),
        exclusive("again"),
        user("ask"),
        end(),
        flow="begin -> count -> again -[n < 520]-> count; again -> ask -> done",
    )
    run = Run(counting, data={"n": 0})
    assert run.passed.count("count") == 520
    assert run.task("ask").data["n"] == 520


ROUNDS_OF_TWO = bpmn(
    "p",
    start(),
    user("ask"),
    parallel("split"),
    user("left"),
    user("right"),
    parallel("join"),
    exclusive("again"),
    end(),
    flow="begin -> ask -> split -> left -> join; split -> right -> join; join -> again -[more]-> ask; again -> done",
)


@pytest.mark.usefixtures("bare")
def test_the_library_opens_a_join_too_early_in_the_second_round() -> None:
    workflow = stock(ROUNDS_OF_TWO)

    def do(name: str) -> None:
        task = next(t for t in workflow.get_tasks(state=TaskState.READY) if t.task_spec.name == name)
        task.data["more"] = True
        task.run()
        workflow.do_engine_steps()

    workflow.do_engine_steps()
    for name in ("ask", "left", "right", "ask", "right"):
        do(name)
    assert sorted(t.task_spec.name for t in workflow.get_tasks(state=TaskState.READY)) == ["ask", "left"]


@pytest.mark.parametrize("second", [("left", "right"), ("right", "left")])
def test_a_join_waits_for_both_branches_in_every_round(second: tuple[str, str]) -> None:
    run = Run(ROUNDS_OF_TWO)
    for order in (("left", "right"), second, ("left", "right")):
        run.do("ask", {"more": True})
        for element in order:
            assert "ask" not in run.open
            run.do(element)
        assert run.open == ["ask"]


def test_a_split_and_join_in_a_loop_goes_beyond_depth_1000() -> None:
    """The library: RecursionError at 200 rounds, after 78 seconds."""
    counting = bpmn(
        "p",
        start(),
        script("count", "{n: n + 1}"),
        parallel("split"),
        script("left", "{a: n}"),
        script("right", "{b: n}"),
        parallel("join"),
        exclusive("again"),
        user("ask"),
        end(),
        flow="begin -> count -> split -> left -> join; split -> right -> join; join -> again -[n < 205]-> count; "
        "again -> ask -> done",
    )
    run = Run(counting, data={"n": 0})
    assert run.task("ask").data == {"n": 205, "a": 205, "b": 205}


# 2. Shared data

BRANCHES = bpmn(
    "p",
    start(),
    parallel("split"),
    user("left"),
    user("right"),
    parallel("join"),
    user("last"),
    end(),
    flow="begin -> split -> left -> join; split -> right -> join; join -> last -> done",
)


@pytest.mark.usefixtures("bare")
def test_the_library_shares_nested_data_between_branches() -> None:
    workflow = stock(BRANCHES)
    workflow.task_tree.data["case"] = {"child": {"name": "first"}}
    workflow.do_engine_steps()
    left, right = workflow.get_tasks(state=TaskState.READY, manual=True)
    assert left.data["case"]["child"] is right.data["case"]["child"]


def test_what_one_branch_answers_is_not_seen_in_the_other() -> None:
    run = Run(BRANCHES, data={"child": {"name": "first", "visits": [1]}})
    run.do("left", {"child": {"name": "second", "visits": [1, 2]}})
    assert run.task("right").data["child"] == {"name": "first", "visits": [1]}


def test_answers_are_copied_so_that_the_caller_may_keep_changing_them() -> None:
    answers = {"child": {"visits": [1]}}
    run = Run(BRANCHES)
    run.do("left", answers)
    answers["child"]["visits"].append(2)
    run.do("right")
    assert run.task("last").data["child"] == {"visits": [1]}


@pytest.mark.usefixtures("bare")
def test_the_library_lets_a_branch_that_changed_nothing_win() -> None:
    workflow = stock(BRANCHES)
    workflow.task_tree.data["n"] = 1
    workflow.do_engine_steps()
    for name in ("left", "right"):
        task = workflow.get_next_task(state=TaskState.READY, spec_name=name)
        if name == "left":
            task.data["n"] = 2
        task.run()
        workflow.do_engine_steps()
    assert workflow.get_next_task(state=TaskState.READY, spec_name="last").data["n"] == 1


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_what_one_branch_answers_holds_after_the_join_whoever_comes_last(order: tuple[str, str]) -> None:
    before = {"n": 1, "list": ["a", "b", "c"], "context": {"x": 1, "y": 2}, "kept": [{"a": 1}]}
    run = Run(BRANCHES, data=before)
    answers = {"left": {"n": 2, "list": ["c"], "context": {"x": 3}, "new": None}, "right": {"other": 1}}
    for element in order:
        run.do(element, answers[element])
    assert run.task("last").data == {**before, **answers["left"], **answers["right"]}


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_of_two_answers_to_the_same_question_the_later_holds(order: tuple[str, str]) -> None:
    run = Run(BRANCHES, data={"n": 1, "context": {"both": 0}})
    for element in order:
        run.do(element, {"n": element, "context": {"both": element, element: True}, "new": [element]})
    last = run.task("last").data
    assert last == {"n": order[1], "context": {"both": order[1], "left": True, "right": True}, "new": [order[1]]}


def test_values_of_an_earlier_round_do_not_come_back_at_a_join() -> None:
    run = Run(ROUNDS_OF_TWO)
    for number in (1, 2, 3):
        run.do("ask", {"more": True, "seen": [number]})
        run.do("left", {"said": [number]})
        run.do("right")
        data = run.task("ask").data
        assert data["seen"] == data["said"] == [number]


def test_three_branches_parted_at_two_places_keep_what_each_changed() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            parallel("split"),
            user("a"),
            user("between"),
            parallel("split-again"),
            user("b"),
            user("c"),
            parallel("join"),
            user("last"),
            end(),
            flow="begin -> split -> a -> join; split -> between -> split-again -> b -> join; split-again -> c -> join; "
            "join -> last -> done",
        ),
        data={"x": 0, "y": 0, "z": 0},
    )
    run.do("a", {"x": 1})
    run.do("between", {"y": 1, "z": 1})
    run.do("b", {"z": 2})
    run.do("c")
    assert run.task("last").data == {"x": 1, "y": 1, "z": 2}


# 3, 10. The only script engine

EVERY_TEXT = bpmn(
    "p",
    start(),
    exclusive("which"),
    script("prepare", "{items: [1, 2], n: 0}"),
    service("operate", "an-operation", {"n": "=n + 1"}, {"found": "=result"}),
    rule("decide", "size", "size"),
    call("hand-over", "other", {"n": "=n"}, {"n": "=n"}),
    sub("rounds", start("r1"), script("count", "{n: n + 1}"), end("r2"), loop=repeat("n < 3", most=9)),
    user("ask", loop=each("=items", "item_now", collect="answers", as_="=item_now", until="=count(answers) = 9")),
    boundary("late", "ask", timer='=if n = 3 then "2027-02-01T10:00" else null', interrupting=False),
    throw("tell", message="told", inputs={"n": "=n"}),
    end(),
    end("late-done"),
    end("never"),
    flow="begin -> which -[n > 0]-> never; which -> prepare -> operate -> decide -> hand-over -> rounds -> ask -> tell "
    "-> done; late -> late-done",
)
OTHER = bpmn("other", start("o1"), script("more", "{n: n + 1}"), end("o2"))


def test_the_library_begins_with_an_engine_that_runs_python() -> None:
    workflow = stock(ASK)
    assert isinstance(workflow.script_engine, PythonScriptEngine)
    assert workflow.script_engine.environment.evaluate("1 + 1", {}) == 2


def test_no_text_of_a_diagram_reaches_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("Python was about to run a diagram's text")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(python_environment, name, never, raising=False)
    for name in ("evaluate", "execute", "call_service", "validate"):
        monkeypatch.setattr(PythonScriptEngine, name, never)
    for name in ("evaluate", "execute"):
        monkeypatch.setattr(python_environment.BasePythonScriptEngineEnvironment, name, never)
        monkeypatch.setattr(python_environment.TaskDataEnvironment, name, never)
    world = FakeWorld()
    world.results["an-operation"] = {"deep": [1]}
    run = Run(EVERY_TEXT, OTHER, data={"n": 0}, world=world, decisions={"size": table("size", '< 9 | "s"', inputs="n")})
    assert run.event("late").due_at == datetime(2027, 2, 1, 10, tzinfo=UTC)
    run.fire("late")
    run.do("ask", item_now=2)
    run.do("ask", item_now=1)
    assert run.ended
    assert run.step.thrown[0].payload == {"n": 3}
    assert world.operated == [("an-operation", {"n": 1})]


def test_a_restored_workflow_has_the_engine_it_was_given() -> None:
    made = compiled(LOOP)
    engine = FeelEngine(FakeWorld())
    state = execute.start(made, {}, FakeWorld()).state
    assert thaw(state, made, engine).script_engine is engine


def test_texts_that_were_not_compiled_are_refused() -> None:
    engine = FeelEngine(FakeWorld())
    workflow = live(ASK)
    task = workflow.get_next_task(spec_name="ask")
    for attempt in (
        lambda: engine.evaluate(task, "1 + 1"),
        lambda: engine.execute(task, "x = 1"),
        lambda: engine.call_service(task, operation_name="x"),
        lambda: engine.validate("1 + 1"),
        lambda: engine.environment.evaluate("1 + 1", {}),
        lambda: engine.environment.execute("x = 1", {}),
        lambda: engine.environment.call_service({}),
    ):
        with pytest.raises(TypeError):
            attempt()


# 4. Running what does not wait


def test_the_library_runs_a_completed_task_again() -> None:
    workflow = stock(ASK)
    workflow.do_engine_steps()
    task = workflow.get_next_task(spec_name="ask")
    task.run()
    assert task.run() is True


@pytest.mark.parametrize("element", ["ask", "done", "begin"])
def test_only_a_ready_task_is_completed(element: str) -> None:
    """`ask` is completed by then, `done` was never more than foreseen, `begin` is the process's own."""
    made = compiled(bpmn("p", start(), user("ask"), user("next"), end()))
    first = execute.start(made, {}, FakeWorld())
    after = execute.complete(made, first.state, first.open_tasks[0].task_id, {}, FakeWorld())
    workflow = thaw(after.state, made, FeelEngine(FakeWorld()))
    task = next(t for t in workflow.tasks.values() if t.task_spec.name == element)
    with pytest.raises(TaskGone):
        execute.complete(made, after.state, task.id, {}, FakeWorld())


def test_a_task_that_does_not_exist_is_gone() -> None:
    run = Run(ASK)
    for move in (
        lambda: execute.complete(run.compiled, run.step.state, "nobody", {}, run.world),
        lambda: execute.trigger(run.compiled, run.step.state, "nobody", {}, run.world),
        lambda: execute.trigger(run.compiled, run.step.state, "event-subprocess:nobody", {}, run.world),
        lambda: execute.trigger(run.compiled, run.step.state, run.task("ask").task_id, {}, run.world),
        lambda: execute.fire(run.compiled, run.step.state, "nobody", "x", run.world),
        lambda: execute.fire(run.compiled, run.step.state, run.task("ask").task_id, "x", run.world),
        lambda: execute.data_of(run.compiled, run.step.state, "nobody", run.world),
    ):
        with pytest.raises(TaskGone):
            move()


# 5. Ids that collide


def test_the_library_breaks_on_ids_of_its_own() -> None:
    """The checks of a draft refuse these ids; here is why."""
    with pytest.raises(NotExecutable):
        compiled(bpmn("p", start(), user("Start"), end()))
    lost = Run(bpmn("p", start(), user("ask"), user("End"), end()))
    lost.do("ask")
    assert lost.ended  # and nobody was ever asked for “End”
    with pytest.raises(StepFailed):
        Run(bpmn("p", start("Start"), user("ask"), end()))
    late = boundary("late", "ask", timer="PT1H")
    split = user("ask.BoundaryEventSplit")
    flow = "begin -> ask -> ask.BoundaryEventSplit -> done; late -> late-done"
    with pytest.raises(RecursionError):
        Run(bpmn("p", start(), user("ask"), split, late, end(), end("late-done"), flow=flow))


# 6. What survives JSON


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.5"),
        date(2027, 1, 11),
        datetime(2027, 1, 11, tzinfo=UTC),
        b"bytes",
        {1: "a number as a name"},
        ("a", "tuple"),
        {"a", "set"},
        uuid4(),
        float("nan"),
        float("inf"),
        2**70,
        "half a character \ud800",
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_would_change_is_refused_in_words(value: object) -> None:
    with pytest.raises(ValueNotPlain, match="Only plain values"):
        Run(ASK, data={"deep": {"list": [value]}})
    run = Run(ASK)
    with pytest.raises(ValueNotPlain, match="Only plain values"):
        run.do("ask", {"value": value})


def test_plain_values_come_back_as_they_were() -> None:
    plain = {"text": "é\n", "number": 1, "half": 0.5, "yes": True, "none": None, "list": [[], {}], "context": {"": ""}}
    run = Run(bpmn("p", start(), user("ask"), user("then"), end()))
    run.do("ask", plain)
    found = run.look().open_tasks[0].data
    assert found == plain
    assert type(found["yes"]) is bool
    assert type(found["number"]) is int


@pytest.mark.usefixtures("bare")
def test_the_library_restores_what_a_person_types_as_a_type() -> None:
    workflow = stock(ASK)
    workflow.do_engine_steps()
    workflow.get_next_task(spec_name="ask").data["answer"] = {"typename": "timedelta", "nonsense": 1}
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    with pytest.raises(TypeError, match="nonsense"):
        serializer.deserialize_json(serializer.serialize_json(workflow))


def test_what_a_person_types_is_never_taken_for_a_type() -> None:
    typed = {"typename": "nonsense", "v": 99, "tasks": [], "__class__": "x"}
    run = Run(bpmn("p", start(), user("ask"), user("then"), end()))
    run.do("ask", {**typed, "nested": typed})
    assert run.look().open_tasks[0].data == {**typed, "nested": typed}


def test_a_state_of_a_version_not_known_is_refused() -> None:
    import zlib

    import orjson

    run = Run(ASK)
    document = orjson.loads(zlib.decompress(run.step.state))
    for version in (document["v"] + 1, 0, None, "1"):
        newer = zlib.compress(orjson.dumps({**document, "v": version}))
        with pytest.raises(StateUnreadable, match="newer version"):
            execute.look(run.compiled, newer, run.world)


# 7. The order of the stored tasks


def test_parents_are_stored_before_their_children() -> None:
    import zlib

    import orjson

    run = Run(LOOP)
    for _ in range(5):
        run.do("ask", {"more": True})
    rows = orjson.loads(zlib.decompress(run.step.state))["tasks"]
    seen: set[str | None] = {None}
    for task_id, parent, *_ in rows:
        assert parent in seen
        seen.add(task_id)


# 8. Errors


def test_the_library_leaves_a_task_in_error_and_the_case_stuck() -> None:
    workflow = stock(bpmn("p", start(), script("fail", "1 / 0"), end()))
    with pytest.raises(Exception, match="ZeroDivisionError"):
        workflow.do_engine_steps()
    assert workflow.get_next_task(spec_name="fail").state == TaskState.ERROR
    workflow.do_engine_steps()
    assert not workflow.is_completed()


def test_a_step_that_fails_leaves_the_case_where_it_was() -> None:
    run = Run(bpmn("p", start(), user("ask"), script("share", "{each_gets: 12 / parts}"), user("then"), end()))
    with pytest.raises(StepFailed):
        run.do("ask", {"parts": "not a number"})
    run.do("ask", {"parts": 4})
    assert run.task("then").data["each_gets"] == 3


# 9. The wall clock

TIMERS = bpmn(
    "p",
    start(),
    parallel("split"),
    catch("after-a-day", timer="P1D"),
    catch("on-a-date", timer="2027-01-20"),
    user("ask"),
    boundary("often", "ask", timer="R2/PT1H", interrupting=False),
    end(),
    end("often-done"),
    flow="begin -> split -> after-a-day -> done; split -> on-a-date -> done; split -> ask -> done; often -> often-done",
)


class NoClock(datetime):
    @classmethod
    def now(cls, *_: Any) -> Any:
        raise AssertionError("the library looked at the clock")

    utcnow = today = now


def test_the_library_reads_the_clock_for_its_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_timer, "datetime", NoClock)
    workflow = stock(TIMERS.replace("P1D", '"P1D"').replace("2027-01-20", '"2027-01-20"').replace("R2", '"R2'))
    with pytest.raises(Exception, match="looked at the clock"):
        workflow.do_engine_steps()


def test_timers_fire_when_a_job_says_so_and_never_look_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_timer, "datetime", NoClock)
    run = Run(TIMERS)
    run.world.now = datetime(2031, 1, 1, tzinfo=UTC)
    assert [w.element.id for w in run.look().waiting] == ["after-a-day", "on-a-date", "often"]
    for element in ("often", "after-a-day", "on-a-date", "often"):
        run.fire(element)
    assert run.waiting == []
    run.do("ask")
    assert run.ended


# 11. What is never loaded


def test_the_librarys_own_serializer_is_never_used() -> None:
    """It evaluates stored text (`migration/version_1_2.py`) and accepts versions that it does not know."""
    for file in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", None) or ""
            assert not any("SpiffWorkflow" in n and "serializer" in n for n in (*names, module)), file
            assert "Transform" not in names, file


# Event sub-processes (ours, of flat.py)

WITH_EVENT = bpmn(
    "p",
    start(),
    user("ask"),
    end(),
    sub("on-news", start("news", message="news", interrupting=False), user("read"), end("was-read"), event=True),
)


def test_the_library_lets_an_event_subprocess_leak_into_the_next_case() -> None:
    first = stock(WITH_EVENT)
    spec = first.spec
    before = [o.name for o in spec.start.outputs]
    spec.start.trigger_wf(first.task_tree, "on-news")
    assert [o.name for o in spec.start.outputs] == [*before, "on-news"]


def test_an_event_subprocess_of_one_case_is_not_begun_in_the_next() -> None:
    made = compiled(WITH_EVENT)
    first = Run(ready=made)
    first.tell("news")
    assert first.open == ["ask", "read"]
    second = Run(ready=made)
    assert second.open == ["ask"]
    second.do("ask")
    assert second.ended


# The inclusive gateway walks the tree too, and only the checks keep it out of loops


def test_an_inclusive_join_waits_for_the_branches_taken() -> None:
    diagram = bpmn(
        "p",
        start(),
        inclusive("split"),
        user("a"),
        user("b"),
        user("c"),
        inclusive("join"),
        user("last"),
        end(),
        flow="begin -> split -[n > 0]-> a -> join; split -[n > 1]-> b -> join; split -> c -> join; "
        "join -> last -> done",
    )
    for number, expected in ((2, ["a", "b"]), (1, ["a"]), (0, ["c"])):
        run = Run(diagram, data={"n": number})
        assert run.open == expected
        for element in expected:
            assert "last" not in run.open
            run.do(element)
        assert run.open == ["last"]


def test_a_frozen_state_is_the_same_bytes_again() -> None:
    run = Run(BRANCHES, data={"child": {"a": 1}})
    again = freeze(thaw(run.step.state, run.compiled, FeelEngine(run.world)))
    assert again == run.step.state
