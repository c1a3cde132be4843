"""One result of checking a diagram."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    element: str | None
    severity: Severity
    message: str
    line: int | None = None
    code: str = ""
