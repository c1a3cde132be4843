from typing import Any

from engine.operations.context import Context, as_list


def representation(context: Context, *, bodies: Any) -> dict[str, Any]:
    """Who is represented by these bodies: partners, relevant agencies, and distinct agencies (merged ones once)."""
    agencies = [context.partnership.agencies[b] for b in as_list(bodies) if b in context.partnership.agencies]
    return {
        "partners": sorted({a.partner for a in agencies if a.partner is not None}),
        "all_partners": {a.partner for a in agencies if a.partner} >= set(context.partnership.partners),
        "relevant_agencies": len({a.quorum_identity for a in agencies if a.relevant_agency}),
        "distinct_agencies": len({a.quorum_identity for a in agencies}),
    }
