"""From JSON Schema and hints to questions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.feel import Expression, FeelError, Function, compile_expression, nodes
from engine.forms import formats
from engine.forms.conditions import Condition, Schema
from engine.forms.questions import (
    FITTING,
    LONG_TEXT,
    MANY_OPTIONS,
    YES_NO,
    Field,
    Kind,
    Lists,
    Option,
    Rule,
    Section,
    Widget,
)
from engine.forms.wording import subject_of
from engine.types import Sensitivity


@dataclass
class _Found:
    """A property on its way to become a question."""

    schema: Schema
    required: bool
    conditions: tuple[Condition, ...] = ()
    required_when: tuple[Condition, ...] = ()


class Reader:
    """Reads one form and gathers what is wrong with it."""

    def __init__(self, lists: Lists | None, functions: Mapping[str, Function], source: Schema) -> None:
        self.lists = lists
        self.functions = functions
        self.source = source
        self.problems: list[str] = []
        self._names = _all_names(source)
        self.fields = self._level(source, names=self._names, where="")

    def rules(self) -> tuple[Rule, ...]:
        return self._rules(self.source, "", self._names)

    def _rules(self, schema: Schema, at: str, names: frozenset[str]) -> tuple[Rule, ...]:
        return tuple(
            Rule(expression, str(rule["message"]), rule.get("field"))
            for number, rule in enumerate(schema.get("x-rules", []), 1)
            if (expression := self._feel(rule["that"], f"{at}rule {number}", names))
        )

    def _level(self, schema: Schema, *, names: frozenset[str], where: str) -> tuple[Field, ...]:
        """The questions of the form, or of one item of a group, in the order of the page."""
        found = {
            name: _Found(part, name in schema.get("required", []))
            for name, part in schema.get("properties", {}).items()
        }
        self._clauses(schema, None, frozenset(found), found, where)
        order = _order(schema.get("x-order", []), found)
        return tuple(field for name in order if (field := self._field(name, found[name], names=names, where=where)))

    def _clauses(
        self,
        schema: Schema,
        outer: Condition | None,
        base: frozenset[str],
        found: dict[str, _Found],
        where: str,
    ) -> None:
        for clause in schema.get("allOf", []):
            if not isinstance(clause, Mapping) or not isinstance(clause.get("if"), Mapping):
                self.problems.append(f"{where}An entry of allOf needs an if: conditional questions stand in its then.")
                continue
            for key in ("then", "else"):
                if isinstance(branch := clause.get(key), Mapping):
                    condition = Condition(clause["if"], negated=key == "else", outer=outer)
                    self._branch(branch, condition, base, found)
                    self._clauses(branch, condition, base, found, where)

    @staticmethod
    def _branch(branch: Schema, condition: Condition, base: frozenset[str], found: dict[str, _Found]) -> None:
        required = branch.get("required", [])
        for name, part in branch.get("properties", {}).items():
            if name in base:
                continue  # a constraint on a question that is asked anyway
            before = found.get(name) or _Found(part, False)
            found[name] = replace(
                before,
                conditions=(*before.conditions, condition),
                required=before.required or name in required,
            )
        for name in required:
            if name in base:
                found[name] = replace(found[name], required_when=(*found[name].required_when, condition))

    def _field(self, name: str, found: _Found, *, names: frozenset[str], where: str) -> Field | None:
        schema = found.schema
        at = f"{where}{name}: "
        if not isinstance(schema, Mapping) or (kind := kind_of(schema)) is None:
            self.problems.append(f"{at}this is not a kind of question that a form can ask.")
            return None
        if kind is Kind.GROUP and where:
            self.problems.append(f"{at}a group cannot stand inside another group.")
            return None
        items = schema.get("items", {}) if kind in (Kind.GROUP, Kind.CHOICES, Kind.FILES, Kind.LINES) else {}
        names = names | _all_names(items) if kind is Kind.GROUP else names
        title = str(schema.get("title", ""))
        feel: Callable[[str], Expression | None] = lambda hint: self._feel(  # noqa: E731
            schema.get(hint, items.get(hint)), f"{at}{hint}", names
        )
        options = self._options(schema, items, kind, at, names)
        sensitivity = self._sensitivity(schema, items, at)
        return Field(
            name=name,
            title=title,
            kind=kind,
            widget=self._widget(schema, kind, len(options), at),
            schema=schema,
            subject=subject_of(title, schema.get("x-subject")),
            hint=schema.get("x-hint"),
            sensitivity=None if kind is Kind.GROUP else sensitivity,
            required=found.required,
            required_when=found.required_when,
            conditions=found.conditions,
            options=options,
            options_from=feel("x-options"),
            shown_if=feel("x-shown-if"),
            required_if=feel("x-required-if"),
            default=feel("x-default"),
            auto=feel("x-auto"),
            fields=self._level(items, names=names, where=f"{name}.") if kind is Kind.GROUP else (),
            item_title=str(items.get("title", title)) if kind is Kind.GROUP else "",
            named_by=tuple(items.get("x-named-by", ())) if kind is Kind.GROUP else (),
            rules=self._rules(items, at, names) if kind is Kind.GROUP else (),
        )

    def _options(self, schema: Schema, items: Schema, kind: Kind, at: str, names: frozenset[str]) -> tuple[Option, ...]:
        if kind not in (Kind.CHOICE, Kind.CHOICES, Kind.YES_NO):
            return ()
        source = items if kind is Kind.CHOICES else schema
        if "oneOf" in source:
            return tuple(
                Option(
                    one["const"],
                    str(one.get("title", _words(one["const"]))),
                    one.get("x-hint"),
                    self._feel(one.get("x-offered-if"), f"{at}x-offered-if of {one['const']}", names),
                )
                for one in source["oneOf"]
            )
        if "enum" in source:
            return tuple(Option(value, _words(value)) for value in source["enum"])
        if list_name := schema.get("x-list", items.get("x-list")):
            if self.lists is None:
                return ()
            if list_name not in self.lists:
                self.problems.append(f"{at}there is no list “{list_name}”.")
            return tuple(self.lists.get(list_name, ()))
        return YES_NO if kind is Kind.YES_NO else ()

    def _widget(self, schema: Schema, kind: Kind, options: int, at: str) -> Widget:
        wanted = schema.get("x-widget")
        if wanted is None:
            if kind is Kind.TEXT and int(schema.get("maxLength", 0)) >= LONG_TEXT:
                return Widget.TEXTAREA
            if kind is Kind.CHOICE and options >= MANY_OPTIONS:
                return Widget.SELECT
        elif wanted not in tuple(FITTING[kind]):
            fitting = ", ".join(FITTING[kind])
            self.problems.append(f"{at}x-widget “{wanted}” does not fit; {fitting} would.")
        else:
            return Widget(wanted)
        return FITTING[kind][0]

    def _sensitivity(self, schema: Schema, items: Schema, at: str) -> Sensitivity | None:
        mark = schema.get("x-sensitivity", items.get("x-sensitivity"))
        if mark is None:
            return None  # check_form asks for it; a preview of a draft need not
        try:
            return Sensitivity(mark)
        except ValueError:
            self.problems.append(f"{at}x-sensitivity must be one of -, P, C, SC; it is “{mark}”.")
            return None

    def sections(self) -> tuple[Section, ...]:
        """Every question stands in one section; what none names follows the question before it."""
        wanted: Sequence[Schema] = self.source.get("x-sections", [])
        by_name = {field.name: field for field in self.fields}
        home: dict[str, int] = {}
        for number, section in enumerate(wanted):
            for name in section.get("fields", []):
                if name not in by_name:
                    self.problems.append(f"Section “{section.get('title')}” names {name}, which is no question.")
                elif name in home:
                    self.problems.append(f"{name} stands in two sections.")
                home[name] = number
        members: dict[int, list[Field]] = {}
        current = -1
        for name, field in by_name.items():
            current = home.get(name, current)
            members.setdefault(current, []).append(field)
        return tuple(
            Section(str(wanted[number]["title"]) if number >= 0 else None, tuple(members[number]))
            for number in sorted(members)
        )

    def _feel(self, text: object, at: str, names: frozenset[str]) -> Expression | None:
        if text is None:
            return None
        try:
            expression = compile_expression(str(text).removeprefix("="), names=names, functions=self.functions)
        except FeelError as error:
            self.problems.append(f"{at}: {error}")
            return None
        for name in _uncalled(expression):
            self.problems.append(
                f"{at}: {name} is a function of FEEL. The case's data needs another name to be read here."
            )
        return expression


def _uncalled(expression: Expression) -> Iterator[str]:
    """Functions that stand as values: what was meant is a name of the case's data, which a form does not know."""
    waiting: list[nodes.Node] = [expression.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.Name) and node.name in expression.functions_used:
            yield node.name
        called = node.function if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) else None
        waiting.extend(child for child in node.children() if child is not called)


def kind_of(schema: Schema) -> Kind | None:
    given = schema.get("type")
    offers = "oneOf" in schema or "enum" in schema or "x-options" in schema or "x-list" in schema
    if given == "array":
        return _kind_of_several(schema.get("items", {}), offers=offers)
    if given == "boolean":
        return Kind.YES_NO
    if given in {"string", "integer", "number", None} and offers:
        return Kind.CHOICE
    if given == "string":
        by_format = {
            formats.DATE: Kind.DATE,
            formats.DATETIME: Kind.DATETIME,
            formats.MONTH: Kind.MONTH,
            formats.FILE: Kind.FILE,
        }
        return by_format.get(schema.get("format", ""), Kind.TEXT)
    return Kind.NUMBER if given in {"integer", "number"} else None


def _kind_of_several(items: Any, *, offers: bool) -> Kind | None:
    if not isinstance(items, Mapping):
        return None
    if items.get("type") == "object":
        return Kind.GROUP
    if offers:
        return Kind.CHOICES
    one = kind_of(items)
    return {Kind.CHOICE: Kind.CHOICES, Kind.FILE: Kind.FILES, Kind.TEXT: Kind.LINES}.get(one) if one else None


def _all_names(schema: Schema) -> frozenset[str]:
    names = set(schema.get("properties", {}))
    for clause in schema.get("allOf", []):
        for key in ("then", "else"):
            if isinstance(clause, Mapping) and isinstance(clause.get(key), Mapping):
                names |= _all_names(clause[key])
    return frozenset(names)


def _order(wanted: Sequence[str], found: Mapping[str, _Found]) -> list[str]:
    """Conditional questions follow the question they hang on, unless `wanted` says otherwise."""
    heads = [name for name in wanted if name in found]
    heads += [name for name, one in found.items() if not one.conditions and name not in heads]
    followers: dict[str, list[str]] = {}
    for name, one in found.items():
        if name not in heads:
            asked = [question for question in one.conditions[0].names if question in found]
            followers.setdefault(asked[-1] if asked else "", []).append(name)
    order: list[str] = []

    def place(name: str) -> None:
        if name not in order:
            order.append(name)
            for follower in followers.get(name, ()):
                place(follower)

    for name in heads:
        place(name)
    for name in found:  # conditions that name no question
        place(name)
    return order


def _words(value: object) -> str:
    text = str(value).replace("-", " ")
    return text[:1].upper() + text[1:]
