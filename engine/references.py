"""Readable references, counted by prefix and year: SOL-2027-004, INP-2027-012."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.directory import london_date
from engine.model import ReferenceCounter
from engine.store import add_once


def counter(session: Session, prefix: str, *, now: datetime) -> ReferenceCounter:
    """This year's, under lock: whoever draws a number waits for whoever drew the last."""
    year = london_date(now).year
    this_year = (
        select(ReferenceCounter)
        .where(ReferenceCounter.prefix == prefix, ReferenceCounter.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(this_year).one_or_none()
    made = ReferenceCounter(prefix=prefix, year=year, last=0)
    return found or add_once(session, made, lambda: session.scalars(this_year).one())


def draw(session: Session, prefix: str, *, now: datetime) -> str:
    found = counter(session, prefix, now=now)
    found.last += 1
    session.flush()  # the next to ask for it in this transaction reads it again
    return f"{found.prefix}-{found.year}-{found.last:03d}"
