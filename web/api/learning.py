"""Learning points as plain JSON."""

from typing import Any

from engine.queries.chain import Chain, Link
from engine.queries.holding import Held
from engine.queries.points import Point, Points


def points_json(found: Points) -> dict[str, Any]:
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "points": [_point(row) for row in found.rows],
    }


def chain_json(found: Chain) -> dict[str, Any]:
    return {
        "reference": found.reference,
        "now": list(found.now),
        "links": [
            {
                **_point(link),
                "data": dict(link.data),
                "came_from": list(link.came_from),
                "led_to": list(link.led_to),
            }
            for link in found.links
        ],
        "beside": [
            {"reference": other.reference, "kind": other.kind, "title": other.title} for other in found.beside.values()
        ],
        "began_in": list(found.began_in),
    }


def _point(row: Point | Link) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "kind": row.kind,
        "title": row.title,
        "status": row.status,
        "stage": row.stage,
        "round": row.loop,
        "made_at": row.made_at.isoformat(),
        "moved_at": row.moved_at.isoformat(),
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "held": None if row.held is None else _held(row.held),
    }


def _held(held: Held) -> dict[str, Any]:
    return {
        "role": held.role,
        "body": held.body,
        "person": held.person,
        "since": held.since.isoformat(),
        "task": held.task,
        "due_at": held.due_at.isoformat() if held.due_at else None,
    }
