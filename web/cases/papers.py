"""A paper of a case: as a page, as Word and as PDF. Whoever opens one opens a numbered version of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.issue_paper import issue_paper
from engine.papers import KINDS, Issued, PaperKind, pdf, word
from engine.papers.document import NAMES
from engine.queries.case_page import find_case
from engine.queries.case_papers import NoSuchPaper, compose, earlier_version, paper_kind, versions
from web.edge import acting, runtime

FORMATS: Mapping[str, tuple[Callable[[Issued], bytes], str]] = {
    "docx": (word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (pdf, "application/pdf"),
}

MOST_DIGITS = 6


def paper_page(reference: str, kind: str) -> ResponseReturnValue:
    issued, wanted, others = _open(reference, kind, "html")
    document, last = issued.document, others[0][0]
    return render_template(
        "cases/paper.html",
        title=document.title,
        paper=issued,
        document=document,
        blocks=[{"kind": NAMES[type(block)], "block": block} for block in document.blocks],
        about=KINDS[wanted].about,
        reference=reference,
        outdated=issued.version < last,
        files={suffix: _address(reference, wanted, issued.version, last, suffix) for suffix in FORMATS},
        others=[
            {"version": number, "at": at, "href": _address(reference, wanted, number, last)}
            for number, at in others
            if number != issued.version
        ],
    )


def file_of_paper(reference: str, kind: str, suffix: str) -> ResponseReturnValue:
    issued, wanted, _ = _open(reference, kind, suffix)
    make, mimetype = FORMATS[suffix]
    made = Response(make(issued), mimetype=mimetype)  # made after the transaction: nothing waits for it
    name = f"{issued.document.reference}-{wanted}-v{issued.version}.{suffix}"
    made.headers.set("Content-Disposition", "attachment", filename=name)
    made.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return made


def _open(reference: str, kind: str, form: str) -> tuple[Issued, PaperKind, tuple[tuple[int, Any], ...]]:
    """First whether the case may be seen, then what there is: nobody learns the one by the other."""
    at, version = runtime(), request.args.get("version", "")
    with at.transaction() as session:
        by, now = acting(session), at.now()
        case = find_case(session, reference, by)
        wanted = paper_kind(kind)
        if version:
            if not version.isdecimal() or len(version) > MOST_DIGITS:
                raise NoSuchPaper("There is no such version of this paper.")
            issued = earlier_version(session, reference, wanted, int(version), by=by, now=now, form=form)
        else:
            document = compose(session, case, wanted)
            issued = issue_paper(session, case.case_id, wanted, document, form=form, by=by, now=now)
        return issued, wanted, versions(session, case.case_id, wanted)


def _address(reference: str, kind: PaperKind, version: int, last: int, suffix: str | None = None) -> str:
    """The last version has the paper's own address, where it is always what holds now."""
    given: dict[str, Any] = {"reference": reference, "kind": kind, "version": None if version == last else version}
    return url_for("cases.paper", **given) if suffix is None else url_for("cases.paper_file", suffix=suffix, **given)
