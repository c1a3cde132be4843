"""What no request may hold: characters that no database keeps, and nesting that nobody writes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import abort, request
from werkzeug.exceptions import BadRequest

MOST_DEPTH = 50  # of a JSON body: answers of a group are the fourth level

UNKEEPABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL refuses NUL; half of a surrogate pair is not text

WORDS = "What was sent has a character in it that can not be kept, such as NUL. Nothing was changed."
TOO_DEEP = f"The body is nested more than {MOST_DEPTH} levels deep."


def check_request() -> None:
    """Of every address and every form of a page; the bodies of the API are read by `json_body`."""
    if UNKEEPABLE.search(request.path):
        abort(404)
    if request.method == "POST" and not request.path.startswith("/api/"):
        check_texts(part for pair in request.form.items(multi=True) for part in pair)


def json_body() -> dict[str, Any]:
    if b"\0" in request.data:
        raise BadRequest(WORDS)
    try:
        body = request.get_json(silent=True) if request.data else {}
    except RecursionError:
        raise BadRequest(TOO_DEEP) from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    level: list[Any] = [body]
    for _ in range(MOST_DEPTH):
        check_texts(one for one in level if isinstance(one, str))
        level = [part for one in level for part in _parts(one)]
        if not level:
            return body
    raise BadRequest(TOO_DEEP)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return value if isinstance(value, list) else ()


def check_texts(texts: Iterable[str]) -> None:
    if any(UNKEEPABLE.search(text) for text in texts):
        raise BadRequest(WORDS)
