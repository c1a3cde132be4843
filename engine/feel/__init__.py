"""FEEL, the expression language of DMN: compiled once, evaluated with a budget, never able to reach Python."""

from engine.feel.analysis import TableFinding, TableProblem, check_table
from engine.feel.budget import Budget
from engine.feel.errors import BudgetExceeded, FeelError, Mode
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.model import DecisionModel
from engine.feel.plain import from_plain, to_plain
from engine.feel.runtime import Environment
from engine.feel.tables import CompiledModel, compile_model, evaluate_decision
from engine.feel.values import DaysTimeDuration, Function, Range, Value, YearsMonthsDuration

__all__ = [
    "Budget",
    "BudgetExceeded",
    "CompiledModel",
    "DaysTimeDuration",
    "DecisionModel",
    "Environment",
    "Expression",
    "FeelError",
    "Function",
    "Mode",
    "Range",
    "TableFinding",
    "TableProblem",
    "UnaryTests",
    "Value",
    "YearsMonthsDuration",
    "check_table",
    "compile_expression",
    "compile_model",
    "compile_unary_tests",
    "evaluate_decision",
    "from_plain",
    "to_plain",
]
