"""Wall time in Europe/London, where every rule of this product is written; stored times are aware UTC."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def at_london(day: date, wall: time) -> datetime:
    """The moment, in UTC, when London's clocks show `wall` on `day`.

    A time that clocks skip in March is read an hour later; one that comes twice in October is the first.
    """
    return datetime.combine(day, wall, tzinfo=LONDON).astimezone(UTC)


def london_day(moment: datetime) -> date:
    """The date in London at an aware `moment` (ValueError if naive): 23:30 UTC in June is the next day."""
    return london_clock(moment).date()


def london_clock(moment: datetime) -> datetime:
    """An aware `moment` as London's clocks show it (ValueError if it is naive)."""
    if moment.tzinfo is None:
        raise ValueError("a moment must be aware")
    return moment.astimezone(LONDON)
