from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.model import RegisterEntry
from engine.operations.context import Context, OperationRefused, as_list


def enter_register(
    context: Context,
    *,
    register: str,
    key: str = "",
    data: Mapping[str, Any] | None = None,
    with_reference: bool = False,
) -> dict[str, Any]:
    """Write, or add to, this case's row of a register; what it said before under other names stays.

    Several registers may be named, separated by spaces: each gets the same row. `with_reference` adds the case's
    reference, for papers that may say no more than that.
    """
    if data is not None and not isinstance(data, Mapping):
        raise OperationRefused(f"The data for the register “{register}” must be a context.")
    said = {**({"reference": context.instance.reference} if with_reference else {}), **(data or {})}
    written: dict[str, Any] = {}
    for name in as_list(register):
        row = context.session.scalars(
            select(RegisterEntry).where(
                RegisterEntry.register == name,
                RegisterEntry.case_id == context.instance.case_id,
                RegisterEntry.key == key,
            )
        ).one_or_none()
        if row is None:
            row = RegisterEntry(register=name, case_id=context.instance.case_id, key=key, data={}, at=context.now)
            context.session.add(row)
        row.data = written = {**row.data, **said}
        row.updated_at = context.now
    context.session.flush()  # a condition in the same run may read the register
    return written
