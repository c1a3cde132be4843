"""What an evaluation may cost."""

import time
from collections.abc import Callable

import pytest

from engine.feel import compile_expression

from .language import environment

pytestmark = pytest.mark.timed


def best(run: Callable[[], object], rounds: int = 7, times: int = 2_000) -> float:
    """Seconds for one call, the best of several rounds: the machine is shared."""
    results = []
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(times):
            run()
        results.append((time.process_time() - started) / times)
    return min(results)


def test_a_simple_condition_costs_less_than_ten_microseconds() -> None:
    expression = compile_expression(
        'abuse_or_neglect = "known" and count(children) > 2', names=["abuse_or_neglect", "children"]
    )
    scope = {"abuse_or_neglect": "known", "children": [{"name": "A", "age": 3}, {"name": "B"}, {"name": "C"}]}
    env = environment()
    assert expression.evaluate(scope, env=env) is True
    assert best(lambda: expression.evaluate(scope, env=env)) < 10e-6


def test_compiling_a_condition_is_a_matter_of_a_millisecond_or_two() -> None:
    text = 'abuse_or_neglect = "known" and count(children) > 2'
    compile_expression(text)
    assert best(lambda: compile_expression(text), rounds=3, times=20) < 5e-3
