"""What exists around a diagram: the partnership, the operations, and what every other process tells about itself."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from engine.bpmn.document import DocumentRefused, read_xml
from engine.bpmn.validate import Fields, Known, Naming, OperationShape, Survey, survey
from engine.check.files import DIAGRAM, FORM, Folder, files_in
from engine.check.forms import fields_of, read_form
from engine.operations import OPERATIONS
from engine.partnership import Partnership
from workflows import bundled

# What the text of an operation's input names, by the input's name.
NAMINGS: Mapping[str, Naming] = {
    "role": Naming.ROLE,
    "roles": Naming.ROLE,
    "holders_of": Naming.ROLE,
    "to": Naming.ROLE,
    "may_not": Naming.RULE,
    "notice": Naming.NOTICE,
    "id": Naming.DEADLINE,
    "ids": Naming.DEADLINE,
    "meets": Naming.DEADLINE,
    "anchor": Naming.ANCHOR,
    "register": Naming.REGISTER,
}
OWN_REGISTERS = frozenset({"merged-notifications"})  # that operations write by themselves


@lru_cache(maxsize=1)
def _shared_forms() -> Mapping[str, Fields]:
    folder = bundled() / "shared" / "forms"
    files = files_in(folder) if folder.is_dir() else []
    return {one.name.removesuffix(FORM): fields_of(read_form(one.read_bytes())[0]) for one in files}


def _shape(operation: Callable[..., Any]) -> OperationShape:
    _, *inputs = inspect.signature(operation).parameters.values()  # the first is the context
    return OperationShape(
        inputs={one.name: NAMINGS.get(one.name, Naming.NOTHING) for one in inputs},
        required=frozenset(one.name for one in inputs if one.default is one.empty),
    )


@lru_cache(maxsize=1)
def _operations() -> Mapping[str, OperationShape]:
    return {name: _shape(operation) for name, operation in OPERATIONS.items()}


def known_of(partnership: Partnership, forms: Mapping[str, Fields], **more: Any) -> Known:
    return Known(
        roles=frozenset(partnership.roles),
        bodies=frozenset(partnership.agencies),
        separation={rule.id: rule.denies for rule in partnership.separation.values()},
        ladders=frozenset(partnership.ladders.profiles),
        notices=frozenset(partnership.notices),
        lists=frozenset(partnership.lists),
        operations=_operations(),
        forms=forms,
        shared_forms=_shared_forms(),
        registers=OWN_REGISTERS,
        **more,
    )


_surveyed: dict[str, tuple[Survey, ...]] = {}
_MOST_SURVEYED = 1_000


def surveys_of(folders: Iterable[Folder]) -> dict[str, Survey]:
    """What every process tells about itself; of several with the same key the last."""
    found: dict[str, Survey] = {}
    for folder in folders:
        for one in _survey(folder):
            found[one.key] = one
    return found


def _survey(folder: Folder) -> tuple[Survey, ...]:
    """Remembered by content: the processes around are the same from one check to the next."""
    diagrams, forms = folder.named(DIAGRAM), folder.named(FORM)
    digest = sha256()
    for name, data in (*diagrams.items(), *forms.items()):
        digest.update(f"{name} {len(data)} ".encode() + data)
    key = digest.hexdigest()
    if key not in _surveyed:
        if len(_surveyed) >= _MOST_SURVEYED:
            _surveyed.pop(next(iter(_surveyed)), None)
        _surveyed[key] = _survey_afresh(diagrams, forms)
    return _surveyed[key]


def _survey_afresh(diagrams: Mapping[str, bytes], forms: Mapping[str, bytes]) -> tuple[Survey, ...]:
    known = Known(
        operations=_operations(),
        forms={name: fields_of(read_form(data)[0]) for name, data in forms.items()},
        shared_forms=_shared_forms(),
    )
    found: list[Survey] = []
    for name, data in diagrams.items():
        try:
            found += survey(read_xml(data, name=name), known)
        except DocumentRefused:
            continue  # said where that file is checked
    return tuple(found)
