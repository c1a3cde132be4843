"""One form, read from its JSON Schema into questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from jsonschema.protocols import Validator

from engine.errors import EngineError
from engine.feel import Function
from engine.forms import formats
from engine.forms.conditions import Json, Schema
from engine.forms.patterns import VALIDATOR
from engine.forms.questions import Field, Lists, Rule, Section
from engine.forms.reader import Reader
from engine.forms.shape import shape_problems


class FormError(EngineError):
    """This form cannot be used as it is written."""

    code = "form-error"
    advice = "Ask the owner of the process to correct the form."


@dataclass(frozen=True)
class Form:
    title: str
    intro: str | None
    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    check_answers: bool
    again: bool  # when it is asked once more for the same matter, what was answered before is filled in
    submit: str | None
    examples: tuple[Mapping[str, Json], ...]
    schema: Schema

    @classmethod
    def load(cls, source: Schema, *, lists: Lists, functions: Mapping[str, Function] | None = None) -> "Form":
        """Raises FormError when any part of it cannot be understood."""
        if problems := shape_problems(source):
            raise FormError(" ".join(problems))
        form, problems = cls.attempt(source, lists=lists, functions=functions)
        if problems:
            raise FormError(" ".join(problems))
        return form

    @classmethod
    def attempt(
        cls, source: Schema, *, lists: Lists | None, functions: Mapping[str, Function] | None
    ) -> tuple["Form", list[str]]:
        """As much of it as can be understood, and what cannot. Its shape must be good."""
        reader = Reader(lists, functions or {}, source)
        form = cls(
            title=str(source.get("title", "")),
            intro=source.get("description"),
            fields=reader.fields,
            sections=reader.sections(),
            rules=reader.rules(),
            check_answers=bool(source.get("x-check-answers", False)),
            again=bool(source.get("x-again", False)),
            submit=source.get("x-submit"),
            examples=tuple(source.get("examples", [])),
            schema=source,
        )
        return form, reader.problems

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self._by_name)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of case data that its expressions read."""
        read = {name for rule in self.rules for name in rule.that.names}
        for field in self.fields:
            read |= {name for e in field.expressions for name in e.names}
            inner = {name for part in field.fields for e in part.expressions for name in e.names}
            inner |= {name for rule in field.rules for name in rule.that.names}
            read |= inner - {part.name for part in field.fields}
        return frozenset(read - self.names)

    @cached_property
    def validator(self) -> Validator:
        return VALIDATOR(lean(self.schema), format_checker=formats.CHECKER)


def lean(schema: Json) -> Json:
    """The same constraints without words; lists of options as an enum, which is checked at once."""
    if isinstance(schema, list):
        return [lean(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {
        key: _lean_part(key, value)
        for key, value in schema.items()
        if not key.startswith("x-") and key not in {"title", "description", "examples", "default", "$schema", "$id"}
    }
    if "oneOf" in kept and all(isinstance(o, Mapping) and "const" in o for o in kept["oneOf"]):
        kept["enum"] = [option["const"] for option in kept.pop("oneOf")]
    return kept


SCHEMAS_BY_NAME = frozenset({"properties", "dependentSchemas", "$defs"})
SCHEMAS = frozenset(
    {"items", "contains", "not", "if", "then", "else", "additionalProperties", "propertyNames"}
    | {"unevaluatedProperties", "unevaluatedItems", "allOf", "anyOf", "oneOf", "prefixItems"}
)


def _lean_part(key: str, value: Json) -> Json:
    if key in SCHEMAS_BY_NAME:
        return {name: lean(part) for name, part in value.items()}
    return lean(value) if key in SCHEMAS else value
