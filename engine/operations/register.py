from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.model import RegisterEntry
from engine.operations.context import Context, OperationRefused


def enter_register(
    context: Context, *, register: str, key: str = "", data: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write, or add to, this case's row of a register; what it said before under other names stays."""
    if data is not None and not isinstance(data, Mapping):
        raise OperationRefused(f"The data for the register “{register}” must be a context.")
    row = context.session.scalars(
        select(RegisterEntry).where(
            RegisterEntry.register == register,
            RegisterEntry.case_id == context.instance.case_id,
            RegisterEntry.key == key,
        )
    ).one_or_none()
    if row is None:
        row = RegisterEntry(register=register, case_id=context.instance.case_id, key=key, data={}, at=context.now)
        context.session.add(row)
    row.data = {**row.data, **(data or {})}
    row.updated_at = context.now
    context.session.flush()  # a condition in the same run may read the register
    return row.data
