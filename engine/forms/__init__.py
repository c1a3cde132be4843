"""Forms: the questions of a task, and what makes an answer good."""

from engine.forms.answers import (
    Context,
    FieldError,
    Review,
    defaults,
    merge_example,
    options_of,
    review,
    settle,
    split,
    validate,
)
from engine.forms.checks import check_form
from engine.forms.form import Form, FormError
from engine.forms.questions import Field, Kind, Option, Section, Widget

__all__ = [
    "Context",
    "Field",
    "FieldError",
    "Form",
    "FormError",
    "Kind",
    "Option",
    "Review",
    "Section",
    "Widget",
    "check_form",
    "defaults",
    "merge_example",
    "options_of",
    "review",
    "settle",
    "split",
    "validate",
]
