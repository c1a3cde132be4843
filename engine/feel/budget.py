"""How much work one expression may be, and one evaluation may do."""

from dataclasses import dataclass
from time import perf_counter

from engine.feel.errors import BudgetExceeded

# What a text may be at most. A condition is about 50 characters and 10 nodes; the largest expression of the
# DMN conformance kit is below 2,000 characters.
MAX_TEXT = 20_000
MAX_NODES = 5_000
MAX_DEPTH = 100

# Nothing that people write nests this deep; Python's own stack (1,000 frames) is never reached in comparing it.
MAX_VALUE_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one evaluation. The defaults end a hostile expression well within a second."""

    steps: int = 200_000
    seconds: float = 0.8
    depth: int = 64
    list_items: int = 50_000
    text_length: int = 200_000


DEFAULT_BUDGET = Budget()

_CHECK_EVERY = 500


class Meter:
    """Counts the work of one evaluation down; shared by all functions it calls."""

    __slots__ = ("_deadline", "_next_look", "budget", "depth", "steps")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.steps = budget.steps
        self._next_look = budget.steps  # the first spending looks at the clock, so that `seconds` starts there
        self._deadline = 0.0
        self.depth = 0

    def spend(self, steps: int = 1) -> None:
        self.steps -= steps
        if self.steps < self._next_look:
            self._look()

    def _look(self) -> None:
        if self.steps < 0:
            raise BudgetExceeded(
                f"This expression takes more than {self.budget.steps} steps. A loop in it is too long."
            )
        now = perf_counter()
        if not self._deadline:
            self._deadline = now + self.budget.seconds
        elif now > self._deadline:
            raise BudgetExceeded(f"This expression takes longer than {self.budget.seconds} seconds.")
        self._next_look = self.steps - _CHECK_EVERY

    def check_list(self, size: int) -> None:
        if size > self.budget.list_items:
            raise BudgetExceeded(f"A list here would have {size} items. At most {self.budget.list_items} are allowed.")
        self.spend(1 + size // 8)

    def check_text(self, size: int) -> None:
        if size > self.budget.text_length:
            raise BudgetExceeded(
                f"A text here would be {size} characters long. At most {self.budget.text_length} are allowed."
            )
        self.spend(1 + size // 256)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.budget.depth:
            raise BudgetExceeded(
                f"Functions here call each other more than {self.budget.depth} levels deep. "
                "Does a function call itself without end?"
            )
        self.spend()

    def leave(self) -> None:
        self.depth -= 1
