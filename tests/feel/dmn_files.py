"""DMN files written short."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from engine.bpmn.dmn import read_decisions
from engine.feel import DecisionModel, Environment, Mode, Value, compile_model

from .language import environment

NAMESPACE = "https://www.omg.org/spec/DMN/20211108/MODEL/"


def definitions(content: str, *, namespace: str = "urn:m", name: str = "m") -> bytes:
    head = f'<definitions xmlns="{NAMESPACE}" namespace="{namespace}" name="{name}" id="defs">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{content}</definitions>'.encode()


def model(content: str, **options: object) -> DecisionModel:
    imported = options.pop("imported", None)
    return read_decisions(definitions(content, **options), name="m.dmn", imported=imported)  # type: ignore[arg-type]


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def inputs(**types: str) -> str:
    return "".join(
        f'<inputData id="i_{name}" name="{name}"><variable name="{name}" typeRef="{of}"/></inputData>'
        for name, of in types.items()
    )


def needs(*ids: str) -> str:
    kinds = {"i": "requiredInput", "d": "requiredDecision"}
    return "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{one}"/></knowledgeRequirement>'
        if one[0] in "bs"
        else f'<informationRequirement><{kinds[one[0]]} href="#{one}"/></informationRequirement>'
        for one in ids
    )


def decision(name: str, logic: str, *needed: str, type_: str = "") -> str:
    typed = f' typeRef="{type_}"' if type_ else ""
    variable = f"<variable name={quoteattr(name)}{typed}/>"
    return (
        f'<decision id="d_{name.replace(" ", "_")}" name={quoteattr(name)}>{variable}{needs(*needed)}{logic}</decision>'
    )


def table(
    columns: Mapping[str, str],
    rows: list[str],
    *,
    policy: str = "UNIQUE",
    outputs: str = "<output/>",
    aggregation: str = "",
) -> str:
    """Rows are written `cell | cell -> output | output`."""
    heads = "".join(
        f"<input><inputExpression typeRef={quoteattr(of)}><text>{escape(name)}</text></inputExpression></input>"
        for name, of in columns.items()
    )
    lines = []
    for row in rows:
        cells, _, out = row.partition(" -> ")
        lines.append(
            "<rule>"
            + "".join(f"<inputEntry><text>{escape(c.strip())}</text></inputEntry>" for c in cells.split("|"))
            + "".join(f"<outputEntry><text>{escape(c.strip())}</text></outputEntry>" for c in out.split("|"))
            + "</rule>"
        )
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{policy}"{extra}>{heads}{outputs}{"".join(lines)}</decisionTable>'


def decide(
    source: DecisionModel, name: str, mode: Mode = Mode.STRICT, env: Environment | None = None, **given: object
) -> Value:
    return compile_model(source, mode=mode).evaluate(name, given, env=env or environment())
