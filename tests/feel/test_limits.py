"""Nothing anybody writes can run Python, hang or exhaust the process."""

import ast
import copy
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.feel
from engine.feel import Budget, BudgetExceeded, Environment, FeelError, Mode, compile_expression, compile_unary_tests
from engine.feel.values import FunctionValue

from .hostile import BOMBS, COUNT, hostile
from .language import NOW, environment, strict

DATA: dict[str, object] = {"data": {"inner": {"a": 1}, "text": "x"}, "x": 5}


def run(text: str, mode: Mode, budget: Budget | None = None) -> object:
    env = Environment(now=NOW, budget=budget) if budget else environment()
    try:
        return compile_expression(text, names=DATA, mode=mode).evaluate(DATA, env=env)
    except FeelError as error:
        return error.message


@pytest.mark.timed
def test_a_thousand_hostile_expressions_end_quickly_with_a_value_or_a_feel_error() -> None:
    small = Budget(steps=20_000, seconds=0.2)
    texts = list(hostile())
    assert len(texts) == COUNT
    for number, text in enumerate(texts):
        started = time.process_time()
        value = run(text, Mode.STANDARD if number % 2 else Mode.STRICT, small)
        took = time.process_time() - started
        assert took < 1, f"{text[:100]!r} took {took:.2f} s"
        assert_plain(value, text)


def assert_plain(value: object, text: str, depth: int = 0) -> None:
    module = type(value).__module__
    assert module in ("builtins", "decimal", "datetime", "engine.feel.values") or isinstance(value, FunctionValue), (
        text[:100]
    )
    assert type(value).__name__ not in ("type", "function", "builtin_function_or_method", "method", "module"), text[
        :100
    ]
    if depth < 3:
        for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            assert_plain(part, text, depth + 1)


@pytest.mark.timed
@pytest.mark.parametrize("text", BOMBS)
def test_each_bomb_ends_within_a_second_with_the_usual_budget(text: str) -> None:
    started = time.process_time()
    run(text, Mode.STRICT)
    assert time.process_time() - started < 1.2


@pytest.mark.timed
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("for i in 1..1000000000 return i", "steps"),
        ("{f: function(n) f(n + 1), r: f(1)}.r", "Does a function call itself without end?"),
        ("(" * 200 + "1" + ")" * 200, "nested more than 100 deep"),
        ("-" * 200 + "x", "nested more than 100 levels deep"),
        ("1" * 30_000, "At most 20000 are allowed."),
        ("[" + "1," * 9_000 + "1]", "more than 5000 parts"),
        ('(for i in 1..60 return if i = 1 then "aaaa" else partial[-1] + partial[-1])[60]', "characters long"),
        ("(for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1]))[60]", "list here would"),
        ("for i in 1..300 return if i = 1 then [1] else [partial[-1]]", "nested more than 100 levels deep"),
        ('matches("x", "((((a{1,100}){1,100}){1,100}){1,100})")', "too large"),
        ("10 ** 1000000000", "This exponent is too large."),
    ],
)  # fmt: skip
def test_a_limit_is_told_in_words(text: str, words: str) -> None:
    with pytest.raises(FeelError) as error:
        strict(text)
    assert words in error.value.message


def test_long_chains_are_no_nesting() -> None:
    assert strict(" + ".join(["1"] * 2_000)) == 2_000
    assert strict(" and ".join(["true"] * 2_000)) is True


def test_a_budget_is_shared_by_everything_one_evaluation_does() -> None:
    text = "[for i in 1..900 return i, for i in 1..900 return i]"
    expression = compile_expression(text)
    assert expression.evaluate({}, env=Environment(now=NOW, budget=Budget(steps=5_000)))
    with pytest.raises(BudgetExceeded):
        expression.evaluate({}, env=Environment(now=NOW, budget=Budget(steps=1_500)))


def test_a_budget_begins_anew_with_each_evaluation() -> None:
    expression = compile_expression("for i in 1..900 return i")
    env = Environment(now=NOW, budget=Budget(steps=2_500))
    for _ in range(20):
        assert len(expression.evaluate({}, env=env)) == 900


@pytest.mark.timed
def test_time_is_limited_too() -> None:
    env = Environment(now=NOW, budget=Budget(steps=10**9, seconds=0.05, list_items=10**9))
    started = time.process_time()
    with pytest.raises(BudgetExceeded, match="takes longer than"):
        compile_expression("for i in 1..100000000 return i * i").evaluate({}, env=env)
    assert time.process_time() - started < 0.5


def test_deep_python_stacks_do_not_let_a_recursion_error_escape() -> None:
    expression = compile_expression("1 + (" * 40 + "1" + ")" * 40)

    def down(levels: int) -> object:
        return down(levels - 1) if levels else expression.evaluate({}, env=environment())

    outcomes = [_outcome(lambda levels=levels: down(levels)) for levels in range(700, 990, 10)]
    assert outcomes[0] == 41
    assert not any(isinstance(one, RecursionError) and _raised_in_the_language(one) for one in outcomes)


def _outcome(run: Callable[[], object]) -> object:
    try:
        return run()
    except (FeelError, RecursionError) as error:
        return error


def _raised_in_the_language(error: BaseException) -> bool:
    """Python's own error may only come from the frames above the expression's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and "engine/feel" in trace.tb_frame.f_code.co_filename


def test_cells_have_the_same_limits() -> None:
    with pytest.raises(FeelError, match="nested"):
        compile_unary_tests("not(" * 300 + "1" + ")" * 300)
    with pytest.raises(BudgetExceeded):
        compile_unary_tests("count(for i in 1..1000000000 return i) > ?").matches(1, {}, environment())


def test_a_compiled_expression_is_a_value_to_keep_and_copy() -> None:
    expression = compile_expression("1 + 1")
    assert copy.deepcopy({"of a task": expression})["of a task"] is expression
    assert len({expression, compile_expression("1 + 1")}) == 2


FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "getattr",
    "setattr",
    "globals",
    "locals",
    "vars",
    "open",
    "input",
}


def test_the_interpreter_itself_never_calls_what_could_run_text() -> None:
    allowed = {("nodes.py", "getattr"), ("parser.py", "getattr")}  # of our own dataclasses and of lark's errors
    for path in Path(engine.feel.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN:
                assert (path.name, node.func.id) in allowed, f"{path}:{node.lineno}"


def test_the_language_imports_only_the_standard_library_lark_and_our_errors() -> None:
    import sys

    for path in Path(engine.feel.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                ours = name.startswith("engine.feel") or name in ("engine.errors", "engine")
                assert top in sys.stdlib_module_names or top == "lark" or ours, f"{path.name} imports {name}"
