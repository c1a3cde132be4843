"""Which papers there are, and who may read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PaperKind(StrEnum):
    """Its value is part of its address."""

    AGENDA = "agenda"
    MINUTES = "minutes"
    HIGHLIGHT_REPORT = "highlight-report"
    PROGRESS_REPORT = "progress-report"
    ACTION_PLANS = "action-plans"
    PANEL_SUBMISSION = "panel-submission-pack"
    PUBLICATION = "publication-pack"


@dataclass(frozen=True)
class Kind:
    """`confidential`: for the access list of its case, and made of what only they may read; else of open data only."""

    title: str
    about: str
    confidential: bool = False


KINDS: Mapping[PaperKind, Kind] = {
    PaperKind.AGENDA: Kind("Agenda", "What the meeting is to deal with"),
    PaperKind.MINUTES: Kind("Minutes", "Who attended, whether the meeting was quorate, and what it decided"),
    PaperKind.HIGHLIGHT_REPORT: Kind("Highlight report", "From the Assurance and Review Group to the partnership"),
    PaperKind.PROGRESS_REPORT: Kind("Progress report", "From the Response and Delivery Group to the partnership"),
    PaperKind.ACTION_PLANS: Kind("Action-plan overview", "Every plan that is not closed, with its actions"),
    PaperKind.PANEL_SUBMISSION: Kind(
        "National Panel submission pack",
        "The rapid review, the decision with any dissent, the scrutiny, and who did not return",
        confidential=True,
    ),
    PaperKind.PUBLICATION: Kind(
        "Publication pack",
        "The checks before publication, the decision on its form, and what is sent ahead of it",
        confidential=True,
    ),
}
