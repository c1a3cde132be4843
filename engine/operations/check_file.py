from collections.abc import Sequence
from typing import Any
from uuid import UUID

from engine import audit, values
from engine.hidden import hidden_in
from engine.model import Attachment
from engine.operations.context import Context, OperationRefused, as_list
from engine.runtime import runtime_of

GONE = "There is no file"
ANOTHER = "It is not the file that was checked before"


def check_file(
    context: Context,
    *,
    file: str | None = None,
    answer: str | None = None,
    title: str | None = None,
    descriptions_read: bool | None = None,
    same_as: str | None = None,
    differs_from: Any = None,
) -> dict[str, Any]:
    """What a file of the case holds that its readers do not see: `clean`, and the `findings` in words.

    The file: an open answer by its value, or the newest confidential `answer` of that name. Its properties may hold the
    public `title` and nothing else. `descriptions_read`: somebody has read what it says aloud of pictures and links.
    `same_as`: the confidential answer whose file this must be, to the last byte; `differs_from`: those whose files it
    may not be. Nothing of what the file says is repeated.
    """
    if (file is None) == (answer is None):
        raise OperationRefused("A file is checked by its value or by the name of its answer: give one of them.")
    found = _attachment(context, file) if answer is None else _answered(context, answer)
    if found is None or found.sealed is None:
        return {"clean": False, "findings": [GONE]}
    content = runtime_of(context.session).sealer.unseal_bytes(found.sealed, place=f"file/{found.id}")
    findings = [
        *_compared(context, found, same_as, as_list(differs_from)),
        *hidden_in(content, title=title, descriptions_read=descriptions_read is True),
    ]
    audit.record(
        context.session,
        "file-checked",
        by=context.by,
        at=context.now,
        case_id=context.instance.case_id,
        instance_id=context.instance.id,
        digest=found.digest,
        findings=findings,
    )
    return {"clean": not findings, "findings": findings}


def _compared(context: Context, found: Attachment, same_as: str | None, others: Sequence[str]) -> Sequence[str]:
    said = []
    if same_as is not None:
        wanted = _answered(context, same_as)
        if wanted is None or wanted.digest != found.digest:
            said.append(ANOTHER)
    for name in others:
        other = _answered(context, name)
        if other is not None and other.digest == found.digest:
            said.append("It is the version that must not be published")
    return said


def _answered(context: Context, name: str) -> Attachment | None:
    known, value = values.confidential(context.session, context.instance.case_id, name)
    return _attachment(context, value) if known else None


def _attachment(context: Context, value: Any) -> Attachment | None:
    try:
        found = context.session.get(Attachment, UUID(str(value)))
    except ValueError:
        return None
    return found if found is not None and found.case_id == context.instance.case_id else None
