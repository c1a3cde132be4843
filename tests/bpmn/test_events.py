"""Timers, messages, signals, errors, escalations, conditions; boundary events and event sub-processes."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.bpmn import execute
from engine.bpmn.execute import StepFailed, TaskGone
from tests.bpmn.running import Run
from tests.factories import (
    NOON,
    FakeWorld,
    Part,
    boundary,
    bpmn,
    call,
    catch,
    compiled,
    each,
    end,
    event_based,
    exclusive,
    parallel,
    script,
    start,
    sub,
    throw,
    user,
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def waiting_for(timer: str, *, now: datetime = NOON, **data: object) -> Run:
    return Run(bpmn("p", start(), catch("wait", timer=timer), user("ask"), end()), data=data, world=FakeWorld(now))


# When timers are due


@pytest.mark.parametrize(
    ("timer", "due"),
    [
        ("PT90M", "2027-01-11T13:30:00+00:00"),
        ("P3D", "2027-01-14T12:00:00+00:00"),
        ("P1W", "2027-01-18T12:00:00+00:00"),
        ("P1M", "2027-02-11T12:00:00+00:00"),
        ("P1Y", "2028-01-11T12:00:00+00:00"),
        ("2027-07-01T15:00", "2027-07-01T14:00:00+00:00"),
        ("2027-07-01T15:00:00Z", "2027-07-01T15:00:00+00:00"),
        ("2027-07-01", "2027-07-01T08:00:00+00:00"),
        ('=working days after(date("2027-01-11"), 2)', "2027-01-13T09:00:00+00:00"),
        ('="PT1H"', "2027-01-11T13:00:00+00:00"),
        ('=duration("P1D")', "2027-01-12T12:00:00+00:00"),
        ("=when", "2027-01-20T16:30:00+00:00"),
        ("R3/PT1H", "2027-01-11T13:00:00+00:00"),
        ("R/2027-01-20T10:00/P7D", "2027-01-20T10:00:00+00:00"),
    ],
)
def test_a_timer_is_due_when_its_text_says(timer: str, due: str) -> None:
    run = waiting_for(timer, when="2027-01-20T16:30:00")
    assert run.event("wait").due_at == moment(due)


@pytest.mark.parametrize(
    ("armed", "timer", "due"),
    [
        ("2027-03-27T12:00:00+00:00", "P1D", "2027-03-28T11:00:00+00:00"),  # noon again, an hour sooner
        ("2027-03-27T12:00:00+00:00", "PT24H", "2027-03-28T12:00:00+00:00"),  # 24 hours that pass
        ("2027-10-30T11:00:00+00:00", "P1D", "2027-10-31T12:00:00+00:00"),
        ("2028-01-31T12:00:00+00:00", "P1M", "2028-02-29T12:00:00+00:00"),
        ("2027-01-31T12:00:00+00:00", "P1M", "2027-02-28T12:00:00+00:00"),
        ("2028-02-29T12:00:00+00:00", "P1Y", "2029-02-28T12:00:00+00:00"),
    ],
)
def test_days_and_months_are_counted_on_the_wall_and_hours_as_they_pass(armed: str, timer: str, due: str) -> None:
    run = waiting_for(timer, now=moment(armed))
    assert run.event("wait").due_at == moment(due)


@pytest.mark.parametrize("timer", ["P", "PT", "P1X", "R3", "R3/1H", "RX/PT1H", "=n", "tomorrow"])
def test_a_timer_that_says_no_time_fails_in_words(timer: str) -> None:
    with pytest.raises(StepFailed):
        waiting_for(timer, n="soon")


def test_a_timer_that_reads_a_deadline_waits_until_there_is_one_and_moves_with_it() -> None:
    run = waiting_for('=deadline("D04")')
    assert run.event("wait").due_at is None
    run.world.deadlines["D04"] = moment("2027-01-20T17:00:00+00:00")
    assert run.look().waiting[0].due_at == run.world.deadlines["D04"]
    run.world.deadlines["D04"] += timedelta(days=1)
    assert run.look().waiting[0].due_at == moment("2027-01-21T17:00:00+00:00")


def test_a_duration_counts_from_when_it_was_armed_not_from_when_one_looks() -> None:
    run = waiting_for("PT1H")
    run.world.now += timedelta(days=3)
    assert run.look().waiting[0].due_at == NOON + timedelta(hours=1)


def test_a_timer_fires_once() -> None:
    run = waiting_for("PT1H")
    task_id = run.event("wait").task_id
    run.fire("wait")
    assert run.open == ["ask"]
    with pytest.raises(TaskGone):
        execute.fire(run.compiled, run.step.state, task_id, "wait", run.world)


def test_a_timer_in_a_loop_is_armed_anew_in_each_round() -> None:
    run = Run(bpmn("p", start(), catch("wait", timer="PT1H"), exclusive("again"), end(),
                   flow="begin -> wait -> again -[now() < @\"2027-01-11T14:30:00\"]-> wait; again -> done"))  # fmt: skip
    for hour in (13, 14, 15):
        assert run.event("wait").due_at == NOON.replace(hour=hour)
        run.fire("wait")
    assert run.ended


# Boundary timers


def guarded(*events: Part, **more: str) -> str:
    return bpmn(
        "p", start(), user("ask"), user("last"), *events, user("chase"), end(), end("chased"),
        flow="begin -> ask -> last -> done; late -> chase -> chased",
    )  # fmt: skip


def test_an_interrupting_timer_takes_the_task_away() -> None:
    run = Run(guarded(boundary("late", "ask", timer="P1D")))
    assert run.open == ["ask"]
    run.fire("late")
    assert run.open == ["chase"]
    run.do("chase")
    assert run.ended


def test_a_timer_that_does_not_interrupt_leaves_the_task() -> None:
    run = Run(guarded(boundary("late", "ask", timer="P1D", interrupting=False)))
    run.fire("late")
    assert run.open == ["ask", "chase"]
    assert run.waiting == []
    run.do("ask")
    run.do("last")
    assert not run.ended
    run.do("chase")
    assert run.ended


def test_a_boundary_timer_is_gone_with_its_task() -> None:
    run = Run(guarded(boundary("late", "ask", timer="P1D")))
    run.do("ask")
    assert run.waiting == []
    assert run.open == ["last"]


def test_a_cycle_of_three_fires_three_times_each_in_its_turn() -> None:
    run = Run(guarded(boundary("late", "ask", timer="R3/PT1H", interrupting=False)))
    for number in range(3):
        waiting = run.event("late")
        assert (waiting.occurrence, waiting.due_at) == (number, NOON + timedelta(hours=number + 1))
        run.fire("late")
        assert run.open == ["ask", *["chase"] * (number + 1)]
    assert run.waiting == []


def test_a_cycle_without_end_goes_on_until_its_task_is_done() -> None:
    run = Run(guarded(boundary("late", "ask", timer="R/PT1H", interrupting=False)))
    for _ in range(7):
        run.fire("late")
    run.do("ask")
    assert run.waiting == []
    assert run.open == ["chase"] * 7 + ["last"]


def test_the_rounds_of_a_cycle_are_counted_from_its_beginning_not_from_when_they_fire() -> None:
    run = Run(guarded(boundary("late", "ask", timer="R3/PT1H", interrupting=False)))
    run.world.now = NOON + timedelta(hours=5)
    run.fire("late")
    assert run.event("late").due_at == NOON + timedelta(hours=2)


def test_a_cycle_with_a_first_moment_repeats_from_there() -> None:
    run = Run(guarded(boundary("late", "ask", timer="R2/2027-03-27T10:00/P1D", interrupting=False)))
    assert run.event("late").due_at == moment("2027-03-27T10:00:00+00:00")
    run.fire("late")
    assert run.event("late").due_at == moment("2027-03-28T09:00:00+00:00")  # ten in summer time


def test_what_a_timer_began_goes_on_when_the_task_is_done() -> None:
    """The library cancels it, with the timer that goes on watching."""
    run = Run(guarded(boundary("late", "ask", timer="R9/PT1H", interrupting=False)))
    run.fire("late")
    run.fire("late")
    run.do("ask")
    run.do("last")
    assert run.open == ["chase", "chase"]
    run.do("chase")
    run.do("chase")
    assert run.ended


def test_an_event_that_comes_with_the_last_word_does_not_go_on_watching() -> None:
    stage = sub("stage", start("s1"), user("a"), end("s2", escalation="higher"))
    run = Run(bpmn("p", start(), stage, boundary("told", "stage", escalation="higher", interrupting=False),
                   user("boss"), end(), end("x"), flow="begin -> stage -> done; told -> boss -> x"))  # fmt: skip
    run.do("a")
    assert run.open == ["boss"]
    run.do("boss")
    assert run.ended


def test_what_happened_again_and_again_goes_away_with_an_interruption() -> None:
    run = Run(guarded(boundary("late", "ask", message="changed", interrupting=False),
                      boundary("stop", "ask", message="stop"), end("stopped")).replace(
        "</bpmn:process>", '<bpmn:sequenceFlow id="x" sourceRef="stop" targetRef="stopped"/></bpmn:process>'))  # fmt: skip
    for _ in range(3):
        run.tell("late")
    run.tell("stop")
    assert run.open == ["chase"] * 3
    assert run.waiting == []
    for _ in range(3):
        run.do("chase")
    assert run.ended


# Event-based gateways

EITHER = bpmn(
    "p", start(), parallel("split"), event_based("whichever"), catch("reply", message="reply"), catch("stop", signal="stop"),
    catch("too-late", timer="P2D"), user("read"), user("stopped"), user("chase"), user("other"),
    throw("say-stop", signal="stop"), end(),
    flow="begin -> split -> whichever -> reply -> read -> done; whichever -> stop -> stopped -> done; "
    "whichever -> too-late -> chase -> done; split -> other -> say-stop -> done",
)  # fmt: skip


def test_of_several_events_the_first_decides_and_the_others_are_gone() -> None:
    for happen, task in ((lambda r: r.tell("reply", {"said": "yes"}), "read"), (lambda r: r.fire("too-late"), "chase"),
                         (lambda r: r.do("other"), "stopped")):  # fmt: skip
        run = Run(EITHER)
        assert run.waiting == ["reply", "too-late"]
        happen(run)
        assert task in run.open
        assert run.waiting == []


def test_the_message_that_decided_brings_its_data() -> None:
    run = Run(EITHER)
    run.tell("reply", {"said": "yes"})
    assert run.task("read").data == {"said": "yes"}


def test_a_timer_behind_an_event_based_gateway_is_due_by_itself() -> None:
    assert Run(EITHER).event("too-late").due_at == NOON + timedelta(days=2)


# Signals, errors, escalations, conditions


def test_a_signal_reaches_every_branch_that_waits_for_it_and_no_other_instance() -> None:
    shout = bpmn(
        "p", start(), parallel("split"), catch("hear-1", signal="news"), catch("hear-2", signal="news"),
        catch("deaf", signal="other-news"), user("shout"), throw("say", signal="news"), user("a"), user("b"), end(),
        flow="begin -> split -> hear-1 -> a -> done; split -> hear-2 -> b -> done; split -> deaf -> done; "
        "split -> shout -> say -> done",
    )  # fmt: skip
    made = compiled(shout)
    first, second = Run(ready=made), Run(ready=made)
    first.do("shout")
    assert first.open == ["a", "b"]
    assert second.look().open_tasks == second.step.open_tasks
    assert second.open == ["shout"]
    assert first.step.thrown == ()


def test_a_signal_crosses_into_called_processes() -> None:
    inner = bpmn("inner", start("i1"), catch("hear", signal="news"), user("heard"), end("i2"))
    outer = bpmn("p", start(), parallel("split"), call("hand-over", "inner"), user("shout"), end("say", signal="news"), end(),
                 flow="begin -> split -> hand-over -> done; split -> shout -> say")  # fmt: skip
    run = Run(outer, inner)
    run.do("shout")
    assert run.open == ["heard"]


def test_an_interrupting_signal_ends_a_subprocess_with_all_that_waits_in_it() -> None:
    stage = sub("stage", start("s1"), parallel("split"), user("a"), catch("wait", timer="P1D"), end("s2"),
                flow="s1 -> split -> a -> s2; split -> wait -> s2")  # fmt: skip
    run = Run(bpmn("p", start(), parallel("fork"), stage, boundary("stop", "stage", signal="stop"), user("stopper"),
                   throw("say-stop", signal="stop"), user("after"), end(), end("x"), end("y"),
                   flow="begin -> fork -> stage -> done; fork -> stopper -> say-stop -> x; stop -> after -> y"))  # fmt: skip
    assert (run.open, run.waiting) == (["a", "stopper"], ["wait"])
    run.do("stopper")
    assert (run.open, run.waiting) == (["after"], [])
    run.do("after")
    assert run.ended


@pytest.mark.parametrize("inside", ["subprocess", "call"])
@pytest.mark.parametrize("caught", ["error-of-this-code", "any-error"])
def test_an_error_end_is_caught_at_the_boundary(inside: str, caught: str) -> None:
    event = boundary("wrong", "stage", error="refused")
    if caught == "any-error":
        event = Part(event.tag, event.id, event.attributes, "<bpmn:errorEventDefinition/>", is_boundary=True)
    parts = (start("s1"), user("a"), exclusive("fine"), end("s2"), end("fail", error="refused"))
    flow = "s1 -> a -> fine -[ok]-> s2; fine -> fail"
    stage = sub("stage", *parts, flow=flow) if inside == "subprocess" else call("stage", "inner")
    outer = bpmn("p", start(), stage, event, user("mend"), user("last"), end(), end("x"),
                 flow="begin -> stage -> last -> done; wrong -> mend -> x")  # fmt: skip
    others = [bpmn("inner", *parts, flow=flow)] if inside == "call" else []
    good, bad = Run(outer, *others), Run(outer, *others)
    good.do("a", {"ok": True})
    assert good.open == ["last"]
    bad.do("a", {"ok": False})
    assert bad.open == ["mend"]


def test_an_escalation_that_does_not_interrupt_tells_and_goes_on() -> None:
    stage = sub("stage", start("s1"), user("a"), throw("tell", escalation="higher"), user("b"), end("s2"))
    run = Run(bpmn("p", start(), stage, boundary("told", "stage", escalation="higher", interrupting=False),
                   user("boss"), user("last"), end(), end("x"),
                   flow="begin -> stage -> last -> done; told -> boss -> x"))  # fmt: skip
    run.do("a")
    assert run.open == ["b", "boss"]


def test_an_escalation_that_interrupts_ends_what_it_left() -> None:
    stage = sub("stage", start("s1"), user("a"), throw("tell", escalation="higher"), user("b"), end("s2"))
    run = Run(bpmn("p", start(), stage, boundary("told", "stage", escalation="higher"), user("boss"), end(), end("x"),
                   flow="begin -> stage -> done; told -> boss -> x"))  # fmt: skip
    run.do("a")
    assert run.open == ["boss"]


def test_a_signal_end_event_is_heard() -> None:
    run = Run(bpmn("p", start(), parallel("split"), catch("hear", signal="news"), user("shout"), user("heard"),
                   end("say", signal="news"), end(),
                   flow="begin -> split -> hear -> heard -> done; split -> shout -> say"))  # fmt: skip
    run.do("shout")
    assert run.open == ["heard"]


# Messages


def test_a_message_that_nobody_here_waits_for_is_thrown_outside_with_its_inputs_only() -> None:
    run = Run(bpmn("p", start(), script("work", "{a: 1, private: 2}"),
                   throw("tell", message="news", inputs={"a": "=a", "kind": "plain words"}),
                   end("and-end", message="over", inputs={"b": "=a + 1"})))  # fmt: skip
    assert [(t.name, t.payload) for t in run.step.thrown] == [
        ("news", {"a": 1, "kind": "plain words"}),
        ("over", {"b": 2}),
    ]


def test_a_message_is_thrown_once() -> None:
    run = Run(bpmn("p", start(), throw("tell", message="news"), user("ask"), end()))
    assert len(run.step.thrown) == 1
    run.do("ask")
    assert run.step.thrown == ()


def test_a_message_on_a_boundary_takes_the_task_away_and_brings_its_data() -> None:
    run = Run(guarded(boundary("late", "ask", message="withdrawn", role="dcs")))
    run.tell("late", {"why": "x"})
    assert run.open == ["chase"]
    assert run.task("chase").data == {"why": "x"}


def test_a_message_that_does_not_interrupt_may_come_again() -> None:
    run = Run(guarded(boundary("late", "ask", message="changed", interrupting=False)))
    for number in (1, 2, 3):
        run.tell("late", {"n": number})
        assert run.open == ["ask", *["chase"] * number]
    assert sorted(t.data["n"] for t in run.step.open_tasks if t.element.id == "chase") == [1, 2, 3]


def test_of_two_tasks_that_wait_for_the_same_message_only_the_one_meant_gets_it() -> None:
    run = Run(bpmn("p", start(), sub("stage", start("s1"), catch("reply", message="reply"), user("read"), end("s2"),
                                     loop=each("=[1, 2]", "n", collect="all_n", as_="=said")), user("last"), end()))  # fmt: skip
    second = next(w for w in run.step.waiting if w.facts == {"n": 2})
    step = execute.trigger(run.compiled, run.step.state, second.task_id, {"said": "b"}, run.world)
    assert [t.facts for t in step.open_tasks] == [{"n": 2}]
    assert [w.facts for w in step.waiting] == [{"n": 1}]


def test_an_event_names_the_data_it_sees() -> None:
    run = Run(bpmn("p", start(), script("work", "{a: 1}"), catch("reply", message="reply"), end()))
    waiting = run.event("reply")
    assert waiting.data == {"a": 1}
    assert execute.data_of(run.compiled, run.step.state, waiting.task_id, run.world) == {"a": 1}


# Event sub-processes

WITH_EVENT = bpmn(
    "p", start(), user("ask"), end(),
    sub("on-news", start("news", message="news", interrupting=False, role="dcs"), user("read"), end("was-read"), event=True),
)  # fmt: skip


def test_an_event_subprocess_waits_as_long_as_the_process_runs_and_may_begin_twice() -> None:
    run = Run(WITH_EVENT, data={"a": 1})
    assert run.waiting == ["news"]
    for number in (1, 2):
        run.tell("news", {"n": number})
        assert run.open == ["ask", *["read"] * number]
        assert run.waiting == ["news"]
    assert sorted(t.data["n"] for t in run.step.open_tasks if t.element.id == "read") == [1, 2]
    run.do("ask")
    assert not run.ended
    run.do("read")
    run.do("read")
    assert run.ended
    assert run.waiting == []


def test_the_process_ends_without_its_event_subprocess() -> None:
    run = Run(WITH_EVENT)
    run.do("ask")
    assert run.ended
    with pytest.raises(TaskGone):
        execute.trigger(run.compiled, run.step.state, "event-subprocess:news", {}, run.world)


def test_the_data_of_an_event_subprocess_is_that_of_the_start() -> None:
    run = Run(WITH_EVENT, data={"a": 1})
    assert execute.data_of(run.compiled, run.step.state, run.event("news").task_id, run.world) == {"a": 1}


def test_a_message_that_the_process_throws_itself_begins_its_event_subprocess() -> None:
    run = Run(
        bpmn("p", start(), user("ask"), throw("say", message="news", inputs={"n": "=5"}), user("last"), end(),
             sub("on-news", start("news", message="news", interrupting=False), user("read"), end("was-read"), event=True))
    )  # fmt: skip
    run.do("ask")
    assert run.open == ["last", "read"]
    assert run.task("read").data["n"] == 5
    assert run.step.thrown == ()


def test_events_wait_again_after_every_restore() -> None:
    run = Run(
        bpmn("p", start(), user("ask"), boundary("a", "ask", message="m", interrupting=False),
             boundary("b", "ask", timer="P1D", interrupting=False), boundary("c", "ask", signal="s", interrupting=False),
             catch("d", message="n"), end(), end("x"), end("y"), end("z"),
             sub("on-news", start("news", message="news", interrupting=False), end("was-read"), event=True),
             flow="begin -> ask -> d -> done; a -> x; b -> y; c -> z")
    )  # fmt: skip
    for _ in range(3):
        assert sorted(w.element.id for w in run.look().waiting) == ["a", "b", "news"]
        run.tell("a")
    run.do("ask")
    assert run.waiting == ["d", "news"]
    run.tell("d")
    assert run.ended


def test_a_moment_without_a_zone_is_london_and_a_day_means_nine_in_the_morning() -> None:
    assert execute.moment_of("2027-07-01") == datetime(2027, 7, 1, 8, tzinfo=UTC)
    assert execute.moment_of("2027-07-01T10:00@Europe/London") == datetime(2027, 7, 1, 9, tzinfo=UTC)
