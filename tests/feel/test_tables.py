"""Decision tables and models at work (clauses 8, 10.2 and 10.4)."""

from decimal import Decimal

import pytest

from engine.feel import Budget, Environment, FeelError, Function, Mode, Value, compile_model, evaluate_decision
from engine.feel.tables import evaluate

from .dmn_files import NAMESPACE, decide, decision, inputs, literal, model, needs, table
from .language import NOW, environment

AGES = {"age": "number"}
OVERLAPPING = ["< 18 -> 'young'", "[16..30] -> 'learner'", "> 60 -> 'old'"]
LISTED = '<output><outputValues><text>"old", "learner", "young"</text></outputValues></output>'


def of_ages(policy: str, rows: list[str] | None = None, **more: str) -> str:
    rows = [row.replace("'", '"') for row in rows or OVERLAPPING]
    return inputs(age="number") + decision("d", table(AGES, rows, policy=policy, **more), "i_age")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "age", "expected"),
    [
        ("UNIQUE", 10, "young"),
        ("UNIQUE", 40, None),
        ("FIRST", 17, "young"),
        ("FIRST", 70, "old"),
        ("PRIORITY", 17, "learner"),
        ("RULE ORDER", 17, ["young", "learner"]),
        ("OUTPUT ORDER", 17, ["learner", "young"]),
        ("COLLECT", 17, ["young", "learner"]),
        ("COLLECT", 40, []),
        ("ANY", 10, "young"),
    ],
)
def test_hit_policies(policy: str, age: int, expected: Value) -> None:
    assert decide(model(of_ages(policy, outputs=LISTED)), "d", age=age) == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("SUM", 30), ("COUNT", 2), ("MIN", 10), ("MAX", 20)])
def test_collected_outputs_are_put_together(aggregation: str, expected: int) -> None:
    rows = ["< 18 -> 10", "[16..30] -> 20"]
    source = model(of_ages("COLLECT", rows, aggregation=aggregation))
    assert decide(source, "d", age=17) == expected
    assert decide(source, "d", age=99) == (0 if aggregation == "COUNT" else None)


def test_two_rows_of_a_unique_table_that_fit_are_an_error_or_null() -> None:
    source = model(of_ages("UNIQUE"))
    with pytest.raises(FeelError, match="Rows 1 and 2 of the table «d» all fit, but only one may"):
        decide(source, "d", age=17)
    assert decide(source, "d", Mode.STANDARD, age=17) is None


def test_rows_that_disagree_under_any_are_an_error() -> None:
    with pytest.raises(FeelError, match="Rows 1 and 2 of the table «d» both fit but give different answers"):
        decide(model(of_ages("ANY")), "d", age=17)
    assert decide(model(of_ages("ANY", ["< 18 -> 1", "< 20 -> 1"])), "d", age=17) == 1


def test_a_default_output_is_given_when_no_row_fits() -> None:
    outputs = '<output><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>'
    assert decide(model(of_ages("UNIQUE", outputs=outputs)), "d", age=40) == "none"


def test_several_outputs_make_a_context() -> None:
    source = model(
        inputs(age="number")
        + decision("d", table(AGES, ['< 18 -> "a" | 1', '- -> "b" | 2'], policy="FIRST",
                              outputs='<output name="x"/><output name="y z"/>'), "i_age")
    )  # fmt: skip
    assert decide(source, "d", age=5) == {"x": "a", "y z": Decimal(1)}


def test_an_input_of_the_wrong_type_is_told() -> None:
    with pytest.raises(FeelError, match=r"«age» should be a number, but is a text."):
        decide(model(of_ages("UNIQUE")), "d", age="ten")
    assert decide(model(of_ages("UNIQUE")), "d", Mode.STANDARD, age="ten") is None


def test_a_value_that_the_table_does_not_list_is_told() -> None:
    listed = table(AGES, ["- -> 1"]).replace("</input>", "<inputValues><text>[0..120]</text></inputValues></input>")
    source = model(inputs(age="number") + decision("d", listed, "i_age"))
    assert decide(source, "d", age=5) == 1
    with pytest.raises(FeelError, match="age has a value that the table does not list"):
        decide(source, "d", age=500)


def test_a_missing_input_is_told_and_is_null_by_the_standard() -> None:
    with pytest.raises(FeelError, match=r"There is no value called «age» here. Did you mean"):
        decide(model(of_ages("UNIQUE")), "d", agee=5)
    assert decide(model(of_ages("UNIQUE")), "d", Mode.STANDARD) is None


def test_names_that_no_requirement_gives_are_read_from_the_inputs_in_our_diagrams_only() -> None:
    source = model(decision("d", table({"harm type": "string"}, ['"died" -> 1', "- -> 2"], policy="FIRST")))
    assert decide(source, "d", **{"harm type": "died"}) == 1
    assert compile_model(source).names == {"harm type"}
    assert decide(source, "d", Mode.STANDARD, **{"harm type": "died"}) == 2


def test_decisions_build_on_decisions_each_worked_out_once() -> None:
    calls = []
    source = model(
        inputs(x="number")
        + decision("base", literal("note(x)"), "i_x")
        + decision("left", literal("base + 1"), "d_base")
        + decision("right", literal("base + 2"), "d_base")
        + decision("top", literal("left * right"), "d_left", "d_right")
    )

    def note(value: object) -> object:
        calls.append(value)
        return value

    compiled = compile_model(source, functions={"note": Function(("x",), note)})
    assert compiled.evaluate("top", {"x": 2}, env=environment()) == 12
    assert compiled.evaluate("d_top", {"x": 2}, env=environment()) == 12
    assert len(calls) == 2


def test_a_decision_that_needs_itself_is_told() -> None:
    source = model(decision("a", literal("b"), "d_b") + decision("b", literal("a"), "d_a"))
    with pytest.raises(FeelError, match="needs itself to be decided"):
        decide(source, "a")


def test_an_unknown_decision_is_told() -> None:
    with pytest.raises(FeelError, match=r"no decision called «dutty» in m. Did you mean"):
        decide(model(decision("duty", literal("1"))), "dutty")


def test_all_problems_of_a_model_are_listed_with_their_lines() -> None:
    rows = ["< -> 1", "- -> 1 +"]
    source = model("\n" + inputs(age="number") + "\n" + decision("d", "\n" + table(AGES, rows), "i_age"))
    problems = compile_model(source).problems
    assert [(p.line, p.column) for p in problems] == [(5, 2), (5, 4)]
    with pytest.raises(FeelError):
        decide(source, "d", age=1)


BKM = (
    '<businessKnowledgeModel id="b_f" name="twice"><variable name="twice"/><encapsulatedLogic>'
    '<formalParameter name="n" typeRef="number"/>{}</encapsulatedLogic></businessKnowledgeModel>'
)


@pytest.mark.parametrize(
    ("call", "mode", "expected"),
    [
        ("twice(4)", Mode.STRICT, 8),
        ("twice(n: 4)", Mode.STRICT, 8),
        ("twice([4])", Mode.STRICT, 8),
        ('twice("x")', Mode.STANDARD, None),
        ("twice(1, 2)", Mode.STANDARD, None),
    ],
)
def test_business_knowledge_is_called_like_a_function(call: str, mode: Mode, expected: Value) -> None:
    source = model(BKM.format(literal("n * 2")) + decision("d", literal(call), "b_f"))
    assert decide(source, "d", mode) == expected


def test_business_knowledge_may_call_itself() -> None:
    source = model(
        BKM.format(literal("if n < 1 then 0 else 2 + twice(n - 1)")) + decision("d", literal("twice(5)"), "b_f")
    )
    assert decide(source, "d") == 10


def boxed(content: str) -> Value:
    return decide(model(inputs(x="number") + decision("d", content, "i_x")), "d", x=5)


def entry(name: str, content: str) -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{content}</contextEntry>"


def test_boxed_contexts() -> None:
    assert boxed(f"<context>{entry('a b', literal('x'))}{entry('c', literal('a b + 1'))}</context>") == {
        "a b": 5,
        "c": 6,
    }
    assert boxed(f"<context>{entry('a', literal('x'))}{entry('', literal('a + 1'))}</context>") == 6


def test_boxed_functions_and_invocations() -> None:
    function = f'<functionDefinition><formalParameter name="n"/>{literal("n + x")}</functionDefinition>'
    binding = f'<binding><parameter name="n"/>{literal("10")}</binding>'
    content = entry("f", function) + entry("", f"<invocation>{literal('f')}{binding}</invocation>")
    assert boxed(f"<context>{content}</context>") == 15


def test_boxed_lists_and_relations() -> None:
    assert boxed(f"<list>{literal('x')}{literal('2')}</list>") == [5, 2]
    columns = '<column name="a"/><column name="b"/>'
    rows = f"<row>{literal('1')}{literal('x')}</row><row>{literal('2')}{literal('3')}</row>"
    assert boxed(f"<relation>{columns}{rows}</relation>") == [{"a": 1, "b": 5}, {"a": 2, "b": 3}]


def test_boxed_conditionals_filters_and_iterators() -> None:
    parts = f"<if>{literal('x > 3')}</if><then>{literal('1')}</then><else>{literal('2')}</else>"
    assert boxed(f"<conditional>{parts}</conditional>") == 1
    items = f"<in>{literal('[1, 5, {b: 9}, x + 1]')}</in>"
    assert boxed(f"<filter>{items}<match>{literal('item instance of number and item > 1')}</match></filter>") == [5, 6]
    rows = f"<in>{literal('[{b: 1}, {b: 7}]')}</in>"
    assert boxed(f"<filter>{rows}<match>{literal('b > x')}</match></filter>") == [{"b": 7}]
    numbers = f"<in>{literal('[1, 2, 3]')}</in>"
    assert boxed(f'<for iteratorVariable="i">{numbers}<return>{literal("i * x")}</return></for>') == [5, 10, 15]
    assert boxed(f'<some iteratorVariable="i">{numbers}<satisfies>{literal("i > 2")}</satisfies></some>') is True
    assert boxed(f'<every iteratorVariable="i">{numbers}<satisfies>{literal("i > 2")}</satisfies></every>') is False


TYPES = """
<itemDefinition name="tKind"><typeRef>string</typeRef>
<allowedValues><text>"a", "b"</text></allowedValues></itemDefinition>
<itemDefinition name="tKinds" isCollection="true"><typeRef>tKind</typeRef></itemDefinition>
<itemDefinition name="tChild"><itemComponent name="first name"><typeRef>string</typeRef></itemComponent>
<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tShort"><typeRef>string</typeRef>
<typeConstraint><text>string length(?) &lt; 3</text></typeConstraint>
</itemDefinition>
"""


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("tKind", "a", "a"),
        ("tKind", "z", None),
        ("tKind", ["a"], "a"),
        ("tKinds", ["a", "b"], ["a", "b"]),
        ("tKinds", "a", ["a"]),
        ("tKinds", ["a", "z"], None),
        ("tChild", {"first name": "Ann", "age": 3}, {"first name": "Ann", "age": 3}),
        ("tChild", {"first name": "Ann"}, {"first name": "Ann"}),
        ("tChild", {"first name": 1, "age": 3}, None),
        ("tShort", "ab", "ab"),
        ("tShort", "abc", None),
        ("number", [5], 5),
        ("number", [5, 6], None),
        ("date and time", "x", None),
        ("feel:number", 5, 5),
    ],
)
def test_values_are_brought_to_their_type_or_become_null(type_: str, given: object, expected: object) -> None:
    source = model(TYPES + inputs(v=type_) + decision("d", literal("v"), "i_v", type_=type_))
    assert decide(source, "d", Mode.STANDARD, v=given) == expected
    if expected is None:
        with pytest.raises(FeelError, match="should be"):
            decide(source, "d", v=given)


def test_a_result_of_another_type_is_null_or_told() -> None:
    source = model(decision("d", literal('"123"'), type_="number"))
    assert decide(source, "d", Mode.STANDARD) is None
    with pytest.raises(FeelError, match=r"The decision «d» should be a number, but is a text."):
        decide(source, "d")


def test_components_with_symbols_are_names_after_a_dot() -> None:
    types = (
        '<itemDefinition name="t"><itemComponent name="a+b"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    )
    source = model(types + inputs(v="t") + decision("d", literal("v.a+b + 1"), "i_v"))
    assert decide(source, "d", v={"a+b": 1}) == 2


SERVICE = """<decisionService id="s_s" name="service"><variable name="service"/>
<outputDecision href="#d_out"/><encapsulatedDecision href="#d_inner"/>
<inputDecision href="#d_given"/><inputData href="#i_x"/>
</decisionService>"""


def service_model() -> str:
    return (
        inputs(x="number")
        + decision("given", literal("100"))
        + decision("inner", literal("given + x"), "d_given", "i_x")
        + decision("out", literal("inner * 2"), "d_inner")
        + SERVICE
    )


def test_a_decision_service_takes_its_inputs_and_input_decisions() -> None:
    source = model(service_model() + decision("d", literal("service(1, 2)"), "s_s"))
    assert decide(source, "d") == 6
    assert decide(source, "out", x=1) == 202
    assert compile_model(source).call("service", {"x": 1, "given": 2}, env=environment()) == 6


def test_a_service_with_several_outputs_gives_a_context() -> None:
    two = service_model().replace(
        '<outputDecision href="#d_out"/>', '<outputDecision href="#d_out"/><outputDecision href="#d_inner"/>'
    )
    source = model(two + decision("d", literal("service(given: 2, x: 1)"), "s_s"))
    assert decide(source, "d") == {"out": 6, "inner": 3}


def test_models_import_models() -> None:
    shared = inputs(x="number") + decision("shared", literal("x + 1"), "i_x")
    library = model(BKM.format(literal("n * 2")) + shared + TYPES,
                    namespace="urn:library")  # fmt: skip
    content = (
        '<import name="lib" namespace="urn:library" importType="https://www.omg.org/spec/DMN/20211108/MODEL/"/>'
        + decision("d", literal('lib.twice(lib.shared) + (if "a" instance of lib.tKind then 1 else 0)'))
    ).replace("</decision>", "", 1)
    content = content.replace(
        "<literalExpression>",
        '<informationRequirement><requiredDecision href="urn:library#d_shared"/></informationRequirement>'
        '<knowledgeRequirement><requiredKnowledge href="urn:library#b_f"/></knowledgeRequirement><literalExpression>',
    )
    source = model(content + "</decision>", imported={"urn:library": library})
    for given in ({"x": 4}, {"lib": {"x": 4}}):
        assert decide(source, "d", **given) == 11


def test_a_budget_covers_the_whole_model() -> None:
    source = model(
        decision("a", literal("count(for i in 1..900 return i)"))
        + decision("b", literal("a + count(for i in 1..900 return i)"), "d_a")
    )
    assert decide(source, "b") == 1800
    with pytest.raises(FeelError, match="steps"):
        decide(source, "b", env=Environment(now=NOW, budget=Budget(steps=1_700)))


def test_functions_in_java_are_refused() -> None:
    source = model(
        BKM.replace("<encapsulatedLogic>", '<encapsulatedLogic kind="Java">').format(literal("1"))
        + decision("d", literal("twice(1)"), "b_f")
    )
    with pytest.raises(FeelError, match="never run here"):
        decide(source, "d")
    assert decide(source, "d", Mode.STANDARD) is None


def test_the_short_ways_to_decide() -> None:
    source = model(decision("d", literal("1 + 1")))
    assert evaluate(source, "d", {}, environment()) == 2
    assert evaluate_decision(source, "d", {}, env=environment()) == 2
    assert compile_model(source) is compile_model(source)


def test_inputs_are_read_only_when_they_are_needed() -> None:
    read = []

    class Lazy(dict):  # type: ignore[type-arg]
        def __missing__(self, name: str) -> object:
            read.append(name)
            return 5

    source = model(inputs(x="number", y="number") + decision("d", literal("if x > 1 then x else y"), "i_x", "i_y"))
    assert compile_model(source).evaluate("d", Lazy(), env=environment()) == 5
    assert read == ["x"]


def test_needs_are_written_as_dmn_writes_them() -> None:
    assert "requiredInput" in needs("i_x")
    assert NAMESPACE.endswith("/MODEL/")
