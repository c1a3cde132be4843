"""Small forms made for one test."""

from pathlib import Path
from typing import Any

from engine.forms import Form, Option

ROOT = Path(__file__).parents[2]
LISTS = {"bodies": [Option("csc", "Children Social Care"), Option("wmp", "West Midlands Police")]}


def question(title: str, **more: Any) -> dict[str, Any]:
    hints = {f"x-{key[2:].replace('_', '-')}" if key.startswith("x_") else key: value for key, value in more.items()}
    return {"type": "string", "title": title, "x-sensitivity": "-", **hints}


def choice(title: str, *values: str, **more: Any) -> dict[str, Any]:
    return question(title, oneOf=[{"const": v, "title": v.replace("-", " ").capitalize()} for v in values], **more)


def when(name: str, value: object, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    test = {"enum": value} if isinstance(value, list) else {"const": value}
    then = {"properties": properties, "required": list(required)}
    return {"if": {"properties": {name: test}, "required": [name]}, "then": then}


def a_form(properties: dict[str, Any], *, required: list[str] | None = None, **more: Any) -> Form:
    return Form.load(a_schema(properties, required=required, **more), lists=LISTS)


def a_schema(properties: dict[str, Any], *, required: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "title": "A form",
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        **more,
    }
