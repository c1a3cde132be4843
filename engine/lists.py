"""Lists of options that a process keeps up to date, such as the priorities of the Business Plan in force."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import RegisterEntry
from engine.runtime import runtime_of
from engine.working_time import london_day

NONE = "none"  # the option that stays whatever is kept


def current(session: Session, name: str, *, now: datetime) -> Sequence[Mapping[str, str]]:
    """The options that hold today: of the newest row that keeps the list, else the partnership's own."""
    partnership = runtime_of(session).partnership
    own, register = partnership.listed(name), partnership.kept_lists.get(name)
    if register is None:
        return own
    today = london_day(now).isoformat()
    rows = session.scalars(
        select(RegisterEntry).where(RegisterEntry.register == register).order_by(RegisterEntry.updated_at.desc())
    )
    for row in rows:
        if kept := [_option(one) for one in row.data.get(name) or () if _holds(one, today)]:
            return [*kept, *(option for option in own if option["value"] == NONE)]
    return own


def _option(row: Mapping[str, Any]) -> Mapping[str, str]:
    return {"value": str(row["value"]), "title": str(row["title"])}


def _holds(row: Mapping[str, Any], today: str) -> bool:
    """Without a day it holds from ever, or for ever."""
    return str(row.get("from_on") or "") <= today and today <= str(row.get("to_on") or "9999")
