"""The built-in functions of DMN 1.3 to 1.5 (clause 10.3.4), one family a file."""

from engine.feel.functions import contexts, conversion, lists, numbers, ranges, strings, temporal
from engine.feel.functions.registry import BUILT_IN

__all__ = ["BUILT_IN", "contexts", "conversion", "lists", "numbers", "ranges", "strings", "temporal"]
