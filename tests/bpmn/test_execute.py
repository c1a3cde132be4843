"""Starting, gateways, scripts, services, decisions, calls, errors and budgets."""

import pytest

from engine.bpmn import execute
from engine.bpmn.compile import NotExecutable
from engine.bpmn.execute import StepFailed, TooManySteps
from tests.bpmn.running import Run
from tests.factories import (
    FakeWorld,
    bpmn,
    call,
    compiled,
    each,
    end,
    exclusive,
    inclusive,
    manual,
    parallel,
    repeat,
    rule,
    script,
    service,
    start,
    sub,
    table,
    user,
)

# Start events

THREE_STARTS = bpmn(
    "p",
    start("by-hand", role="dcs"),
    start("by-other-hand", role="chair-arg"),
    start("by-message", message="news"),
    user("a"),
    user("b"),
    user("c"),
    end(),
    flow="by-hand -> a -> done; by-other-hand -> b -> done; by-message -> c -> done",
)


@pytest.mark.parametrize(("event", "task"), [("by-hand", "a"), ("by-other-hand", "b"), ("by-message", "c")])
def test_the_chosen_start_event_begins_the_process(event: str, task: str) -> None:
    run = Run(THREE_STARTS, start_event=event)
    assert run.open == [task]
    assert run.waiting == []
    run.do(task)
    assert run.ended


def test_of_several_start_events_the_first_begins_where_none_is_named() -> None:
    assert Run(THREE_STARTS).open == ["a"]


def test_the_data_of_a_message_is_there_from_the_start() -> None:
    run = Run(bpmn("p", start(message="news"), user("read"), end()), data={"said": {"deep": [1]}})
    assert run.task("read").data == {"said": {"deep": [1]}}


def test_what_ran_is_told_in_order_from_the_start_event_on() -> None:
    run = Run(bpmn("p", start(), script("one", "{a: 1}"), user("ask"), script("two", "{b: 2}"), end()))
    run.do("ask")
    assert run.passed == ["begin", "one", "ask", "two", "done"]


def test_where_the_tokens_stand_is_told_with_the_process_they_stand_in() -> None:
    inner = bpmn("inner", start("i1"), user("ask"), end("i2"))
    run = Run(bpmn("p", start(), call("hand-over", "inner"), end()), inner)
    assert set(run.step.here) == {("p", "hand-over"), ("inner", "ask")}


def test_a_loops_rounds_are_its_tokens() -> None:
    run = Run(bpmn("p", start(), user("ask", loop=each("=[1, 2, 3]", "n")), end()))
    assert run.step.here == (("p", "ask"),) * 3


# Tasks


def test_a_manual_task_waits_for_a_person_too() -> None:
    run = Run(bpmn("p", start(), manual("telephone"), end()))
    assert run.open == ["telephone"]
    run.do("telephone")
    assert run.ended


def test_a_task_without_a_type_waits_for_a_person() -> None:
    run = Run(bpmn("p", start(), manual("look"), end()).replace("manualTask", "task"))
    assert run.open == ["look"]


def test_a_scripts_entries_become_data_and_read_what_was_there() -> None:
    run = Run(
        bpmn("p", start(), script("work", '{total: price * 2, words: "x", both: total + 1}'), user("ask"), end()),
        data={"price": 4},
    )
    assert run.task("ask").data == {"price": 4, "total": 8, "words": "x", "both": 9}


def test_dates_and_moments_in_data_are_text() -> None:
    text = '{day: date("2027-01-29"), at: date and time("2027-01-29T10:00:00@Europe/London")}'
    run = Run(bpmn("p", start(), script("work", text), user("ask"), end()))
    assert run.task("ask").data == {"day": "2027-01-29", "at": "2027-01-29T10:00:00@Europe/London"}


def test_a_service_gets_its_inputs_and_its_outputs_read_the_result() -> None:
    world = FakeWorld()
    world.results["look-up"] = {"found": 3, "rest": "not kept"}
    run = Run(
        bpmn(
            "p",
            start(),
            service("work", "look-up", {"plain": "as it stands", "sum": "=n + 1"}, {"found": "=result.found + n"}),
            user("ask"),
            end(),
        ),
        data={"n": 1},
        world=world,
    )
    assert world.operated == [("look-up", {"plain": "as it stands", "sum": 2})]
    assert run.task("ask").data == {"n": 1, "found": 4}


# Gateways

CHOICE = bpmn(
    "p",
    start(),
    exclusive("which"),
    user("large"),
    user("small"),
    end(),
    flow="begin -> which -[n > 10]-> large -> done; which -> small -> done",
)


@pytest.mark.parametrize(("n", "task"), [(11, "large"), (10, "small"), (None, "small")])
def test_an_exclusive_gateway_takes_the_flow_whose_condition_is_true(n: int | None, task: str) -> None:
    assert Run(CHOICE, data={"n": n}).open == [task]


def test_the_first_of_several_true_conditions_is_taken() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            exclusive("which"),
            user("a"),
            user("b"),
            end(),
            flow="begin -> which -[n > 1]-> a -> done; which -[n > 2]-> b -> done",
        ),
        data={"n": 3},
    )
    assert run.open == ["a"]


def test_a_gateway_where_nothing_is_true_and_no_flow_is_the_default_fails_in_words() -> None:
    undecided = bpmn("p", start(), exclusive("which"), user("a"), user("b"), end(),
                     flow="begin -> which -[n > 1]-> a -> done; which -[n > 2]-> b -> done")  # fmt: skip
    with pytest.raises(StepFailed, match="could not go on"):
        Run(undecided, data={"n": 0})


CONFIDENTIAL = bpmn(
    "p",
    start(),
    exclusive("harmed"),
    user("notify"),
    user("close"),
    end(),
    flow='begin -> harmed -[harm = "serious"]-> notify -> done; harmed -> close -> done',
)


def test_a_gateway_reads_a_confidential_answer_and_keeps_only_the_way_it_took() -> None:
    world = FakeWorld()
    world.secrets["harm"] = "serious"
    run = Run(CONFIDENTIAL, world=world)
    assert run.open == ["notify"]
    assert world.read == ["harm"]
    assert "harm" not in run.task("notify").data
    assert b"serious" not in __import__("zlib").decompress(run.step.state)


def test_data_comes_before_a_confidential_answer_of_the_same_name() -> None:
    world = FakeWorld()
    world.secrets["harm"] = "serious"
    assert Run(CONFIDENTIAL, data={"harm": "none"}, world=world).open == ["close"]
    assert world.read == []


@pytest.mark.parametrize(
    "part",
    [
        script("leak", "{copy: harm}"),
        service("leak", "tell", {"words": "=harm"}),
        user("leak", loop=each("=harm", "one")),
        call("leak", "inner", {"harm": "=harm"}),
    ],
    ids=lambda part: part.tag,
)
def test_nothing_but_gateways_and_decisions_may_read_confidential_answers(part: object) -> None:
    world = FakeWorld()
    world.secrets["harm"] = ["serious"]
    inner = bpmn("inner", start("i1"), end("i2"))
    with pytest.raises(StepFailed, match="harm"):
        Run(bpmn("p", start(), part, end()), inner, world=world)  # type: ignore[arg-type]
    assert world.read == []


# Decisions

SIZES = {"size": table("size", '< 10 | "small"', '>= 10 | "large"', inputs="n")}


@pytest.mark.parametrize(("n", "size"), [(9, "small"), (10, "large")])
def test_a_business_rule_task_keeps_the_outcome_of_its_table(n: int, size: str) -> None:
    run = Run(
        bpmn("p", start(), rule("decide", "size", "how_large"), user("ask"), end()), data={"n": n}, decisions=SIZES
    )
    assert run.task("ask").data == {"n": n, "how_large": size}


def test_a_decision_reads_a_confidential_answer_and_keeps_only_the_outcome() -> None:
    world = FakeWorld()
    world.secrets["n"] = 12
    run = Run(bpmn("p", start(), rule("decide", "size", "size"), user("ask"), end()), world=world, decisions=SIZES)
    assert run.task("ask").data == {"size": "large"}


def test_rows_that_overlap_are_an_error_and_not_the_first_row() -> None:
    """The library's own tables take the first row without complaint."""
    overlapping = {"size": table("size", '< 10 | "small"', '> 5 | "large"', inputs="n")}
    with pytest.raises(StepFailed, match="size"):
        Run(bpmn("p", start(), rule("decide", "size", "size"), end()), data={"n": 7}, decisions=overlapping)


def test_a_decision_that_is_not_there_is_named_with_its_task() -> None:
    with pytest.raises(NotExecutable, match="decide") as refused:
        compiled(bpmn("p", start(), rule("decide", "missing", "x"), end()))
    assert "missing" in refused.value.message


# Calls

INNER = bpmn("inner", start("i1"), script("work", "{n: n + 1, secret: 1}"), user("ask"), end("i2"))


def test_a_call_passes_its_inputs_and_takes_its_outputs_and_nothing_else() -> None:
    outer = bpmn("p", start(), call("hand-over", "inner", {"n": "=amount", "fixed": "x"}, {"got": "=n + 1"}),
                 user("last"), end())  # fmt: skip
    run = Run(outer, INNER, data={"amount": 4, "private": "never"})
    assert run.task("ask").data == {"n": 5, "fixed": "x", "secret": 1}
    run.do("ask", {"answered": True})
    assert run.task("last").data == {"amount": 4, "private": "never", "got": 6}


def test_an_output_that_fails_names_the_call_and_not_what_ran_inside() -> None:
    outer = bpmn("p", start(), call("hand-over", "inner", {"n": "=1"}, {"got": "=never_there"}), end())
    run = Run(outer, INNER)
    with pytest.raises(StepFailed, match=r"“Hand over” \(hand-over\).*never_there"):
        run.do("ask")


def test_a_call_with_outputs_alone_is_given_nothing() -> None:
    nothing = bpmn("inner", start("i1"), user("ask"), end("i2"))
    outer = bpmn("p", start(), call("hand-over", "inner", None, {"said": "=said"}), user("last"), end())
    run = Run(outer, nothing, data={"private": 1})
    assert run.task("ask").data == {}
    run.do("ask", {"said": "x"})
    assert run.task("last").data == {"private": 1, "said": "x"}


def test_a_call_without_any_mapping_hands_everything_over_and_takes_it_back() -> None:
    """As other engines do; the checks of a draft warn of it."""
    nothing = bpmn("inner", start("i1"), user("ask"), end("i2"))
    run = Run(bpmn("p", start(), call("hand-over", "inner"), user("last"), end()), nothing, data={"private": 1})
    assert run.task("ask").data == {"private": 1}
    run.do("ask", {"said": "x"})
    assert run.task("last").data == {"private": 1, "said": "x"}


def test_calls_in_calls_in_loops_keep_apart() -> None:
    deepest = bpmn("deepest", start("d1"), user("ask"), end("d2"))
    inner = bpmn("inner", start("i1"), call("deeper", "deepest", {"who": "=who"}, {"said": "=said"}), end("i2"))
    outer = bpmn(
        "p",
        start(),
        call("each-of-them", "inner", {"who": "=agency"}, {"said": "=said"},
             loop=each("=agencies", "agency", collect="returns", as_="={agency: agency, said: said}")),
        user("last"),
        end(),
    )  # fmt: skip
    run = Run(outer, inner, deepest, data={"agencies": ["a", "b", "c"]})
    for agency in ("c", "a", "b"):
        run.do("ask", {"said": f"{agency}!"}, agency=agency)
    assert run.task("last").data["returns"] == [{"agency": a, "said": f"{a}!"} for a in ("c", "a", "b")]


def test_a_process_that_calls_what_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(NotExecutable, match="missing-process"):
        compiled(bpmn("p", start(), call("hand-over", "missing-process"), end()))


def test_a_subprocess_shares_its_data_with_what_is_around_it() -> None:
    run = Run(bpmn("p", start(), sub("stage", start("s1"), user("ask"), end("s2")), user("last"), end()), data={"a": 1})
    assert run.task("ask").data == {"a": 1}
    run.do("ask", {"b": 2})
    assert run.task("last").data == {"a": 1, "b": 2}


# Errors and budgets


@pytest.mark.parametrize(
    "part",
    [
        script("the-one", "{x: 1 +}"),
        user("the-one", due="=deadline("),
        user("the-one", loop=each("=[", "n")),
        user("the-one", loop=repeat("n <")),
        service("the-one", "tell", {"to": "=("}),
    ],
    ids=["script", "attribute", "collection", "loop condition", "input"],
)
def test_an_error_in_feel_names_its_element_and_line(part: object) -> None:
    with pytest.raises(NotExecutable, match=r"“The one” \(the-one\)") as refused:
        compiled(bpmn("p", start(), part, end()))  # type: ignore[arg-type]
    assert refused.value.details["line"] == 1


def test_an_error_in_a_condition_names_its_gateway() -> None:
    with pytest.raises(NotExecutable, match="which"):
        compiled(bpmn("p", start(), exclusive("which"), end(), end("other"),
                      flow="begin -> which -[n >]-> done; which -> other"))  # fmt: skip


def test_a_name_that_is_not_there_is_an_error_that_says_it() -> None:
    with pytest.raises(StepFailed, match="nobody_knows"):
        Run(bpmn("p", start(), script("work", "{x: nobody_knows + 1}"), end()))


def test_a_failing_step_names_the_element_it_failed_at() -> None:
    with pytest.raises(StepFailed, match="work"):
        Run(bpmn("p", start(), script("work", "{x: nobody_knows + 1}"), end()))


@pytest.mark.parametrize("over", ["=n", '="a"', "=null", "={a: 1}"])
def test_a_collection_that_is_no_list_fails_in_words(over: str) -> None:
    with pytest.raises(StepFailed, match="list"):
        Run(bpmn("p", start(), user("ask", loop=each(over, "one")), end()), data={"n": 3})


def test_an_automatic_circle_is_stopped() -> None:
    """At whichever gateway or task it stands when its budget is spent."""
    circle = bpmn("p", start(), script("work", "{n: 1}"), exclusive("again"), end(),
                  flow="begin -> work -> again -[n = 1]-> work; again -> done")  # fmt: skip
    with pytest.raises(TooManySteps, match="stopped at"):
        Run(circle)


def test_a_circle_behind_a_task_is_stopped_and_the_case_stays_where_it_was() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            user("ask"),
            script("work", "{n: 1}"),
            exclusive("again"),
            end(),
            flow="begin -> ask -> work -> again -[more]-> work; again -> done",
        )
    )
    with pytest.raises(TooManySteps, match="circles"):
        run.do("ask", {"more": True})
    run.do("ask", {"more": False})
    assert run.ended


def test_a_circle_through_subprocesses_is_stopped() -> None:
    inner = sub("stage", start("s1"), script("work", "{n: 1}"), end("s2"))
    circle = bpmn("p", start(), inner, exclusive("again"), end(),
                  flow="begin -> stage -> again -[n = 1]-> stage; again -> done")  # fmt: skip
    with pytest.raises(TooManySteps):
        Run(circle)


def test_a_flood_of_tasks_is_stopped() -> None:
    flood = bpmn("p", start(), user("ask", loop=each("=for i in 1..60000 return i", "n")), end())
    with pytest.raises(StepFailed):
        Run(flood)


def test_a_document_without_the_process_it_should_hold_is_refused() -> None:
    with pytest.raises(NotExecutable):
        compiled(bpmn("p", user("ask"), end()))


def test_the_data_of_a_task_can_be_read_without_moving_the_case() -> None:
    run = Run(bpmn("p", start(), user("ask"), end()), data={"a": 1})
    before = run.step.state
    task_id = run.task("ask").task_id
    assert execute.data_of(run.compiled, before, task_id, run.world) == {"a": 1}
    assert run.look().open_tasks == run.step.open_tasks


def test_an_unknown_function_is_refused_before_anything_runs() -> None:
    with pytest.raises(NotExecutable, match="open the door"):
        compiled(bpmn("p", start(), script("work", "{x: open the door(1)}"), end()))


def test_terminate_ends_everything_at_once() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            parallel("split"),
            user("a"),
            user("b"),
            end("all-over", terminate=""),
            end(),
            flow="begin -> split -> a -> all-over; split -> b -> done",
        )
    )
    run.do("a")
    assert run.ended
    assert run.open == []


def test_terminate_inside_a_subprocess_ends_only_that() -> None:
    stage = sub("stage", start("s1"), parallel("split"), user("a"), user("b"), end("over", terminate=""), end("s2"),
                flow="s1 -> split -> a -> over; split -> b -> s2")  # fmt: skip
    run = Run(bpmn("p", start(), stage, user("last"), end()))
    run.do("a")
    assert run.open == ["last"]


def test_what_one_step_cancels_is_not_run_after_it() -> None:
    """The library makes a list of what is ready and runs all of it, cancelled or not."""
    world = FakeWorld()
    run = Run(
        bpmn("p", start(), parallel("split"), end("all-over", terminate=""), service("work", "tell"), end(),
             flow="begin -> split -> all-over; split -> work -> done"),
        world=world,
    )  # fmt: skip
    assert run.ended
    assert world.operated == []


def test_a_loop_may_lead_back_into_the_gateway_that_splits() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            parallel("split"),
            user("a"),
            user("b"),
            parallel("join"),
            exclusive("again"),
            end(),
            flow="begin -> split -> a -> join; split -> b -> join; join -> again -[more]-> split; again -> done",
        )
    )
    for order in ("ab", "ba", "ab"):
        for element in order:
            assert element in run.open
            run.do(element, {"more": True})
        assert run.open == ["a", "b"]
    run.do("a", {"more": False})
    run.do("b", {"more": False})
    assert run.ended


def test_two_ways_back_into_a_join_are_waited_for_as_those_from_outside_were() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            parallel("fork"),
            user("x"),
            user("y"),
            parallel("both"),
            user("check"),
            exclusive("again"),
            parallel("fork-again"),
            user("p-again"),
            user("q-again"),
            end(),
            flow="begin -> fork -> x -> both; fork -> y -> both; both -> check -> again -[more]-> fork-again -> p-again -> both; "
            "fork-again -> q-again -> both; again -> done",
        )
    )
    for ways in (("x", "y"), ("q-again", "p-again"), ("p-again", "q-again")):
        for element in ways:
            assert "check" not in run.open
            run.do(element)
        assert run.open == ["check"]
        run.do("check", {"more": True})
    assert run.open == ["p-again", "q-again"]


def test_an_inclusive_gateway_where_nothing_is_true_fails_in_words() -> None:
    undecided = bpmn("p", start(), inclusive("which"), user("a"), user("b"), end(),
                     flow="begin -> which -[n > 1]-> a -> done; which -[n > 2]-> b -> done")  # fmt: skip
    with pytest.raises(StepFailed, match="could not go on"):
        Run(undecided, data={"n": 0})


def test_what_expressions_may_ask_of_the_world() -> None:
    world = FakeWorld()
    world.deadlines["D01"] = world.now
    world.registers["r"] = [{"key": "a", "n": 1}]
    world.answered["ask"] = {"said": "x"}
    text = """{
        after: working days after(date("2027-01-11"), 2),
        before: working days before(@"2027-01-11", 2),
        moment: working days after(date and time("2027-01-11T23:30:00Z"), 1),
        words: next working day("2027-01-16T10:00"),
        previous: previous working day(date("2027-01-17")),
        due: deadline("D01"),
        none: deadline("D77"),
        rows: register("r")[n = 1].key,
        said: answers("ask").said,
        nothing: answers("nobody"),
        who: holder of("dcs"),
        partners: count(safeguarding partners()),
        options: listed("bodies")[1].value
    }"""
    run = Run(bpmn("p", start(), script("work", text), user("ask"), end()), world=world)
    assert run.task("ask").data == {
        "after": "2027-01-13",
        "before": "2027-01-07",
        "moment": "2027-01-12",
        "words": "2027-01-18",
        "previous": "2027-01-15",
        "due": "2027-01-11T12:00:00@Europe/London",
        "none": None,
        "rows": ["a"],
        "said": "x",
        "nothing": None,
        "who": "Holder of dcs",
        "partners": 3,
        "options": "bodies",
    }


def test_a_day_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(StepFailed, match="work"):
        Run(bpmn("p", start(), script("work", "{x: next working day(5)}"), end()))
