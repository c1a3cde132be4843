"""What each kind of node becomes."""

from engine.feel.closures import building, calculating, calling, looping, reading, testing
from engine.feel.closures.compiler import Code, Compiler, Locals

__all__ = [
    "Code",
    "Compiler",
    "Locals",
    "building",
    "calculating",
    "calling",
    "looping",
    "reading",
    "testing",
]
