"""The demonstration's mail viewer, what the law asks a site to say, and whether the service is well."""

from datetime import timedelta

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from engine.migrations import current, head
from engine.queries.health import health
from engine.queries.mails import PAGE, mails
from engine.store import DatabaseAway, SchemaMissing
from web.edge import acting, public, runtime, signed_in
from web.words import rung_words

pages = Blueprint("oversight", __name__)

WORKER_SILENT = timedelta(seconds=60)


@pages.get("/mail")
@signed_in
def mail() -> ResponseReturnValue:
    """Every mail that the demonstration has made: it never leaves this machine unless MAIL_URL says so."""
    if not runtime().settings.demo:
        abort(404)
    with runtime().transaction() as session:
        acting(session)
        page = request.args.get("page", "1")
        found = mails(session, page=int(page) if page.isdecimal() and len(page) < 7 else 1)
    return render_template(
        "oversight/mail.html",
        title="Mail viewer",
        mails=found,
        first=(found.page - 1) * PAGE + 1,
        rung_words=rung_words,
        address=lambda n: f"?page={n}",
    )


@pages.get("/accessibility-statement")
@public
def accessibility() -> ResponseReturnValue:
    return render_template("pages/accessibility.html", title="Accessibility statement")


@pages.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    return render_template("pages/privacy.html", title="Privacy")


@pages.get("/cookies")
@public
def cookies() -> ResponseReturnValue:
    return render_template("pages/cookies.html", title="Cookies")


@pages.get("/.well-known/security.txt")
@public
def security() -> ResponseReturnValue:
    until = (runtime().now() + timedelta(days=180)).date()
    contact = runtime().settings.base_url
    return Response(f"Contact: {contact}/privacy\nExpires: {until}T00:00:00Z\n", mimetype="text/plain")


@pages.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    return jsonify(status="alive")


@pages.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Database, schema of this version, a worker seen lately, and bank holidays known a year ahead."""
    at = runtime()
    try:
        with at.transaction() as session:
            found = health(session, now=at.now())
    except DatabaseAway as away:
        return jsonify(ready=False, parts={"database": isinstance(away, SchemaMissing), "migrations": False}), 503
    parts = {
        "database": True,
        "migrations": current(at.store) == head(),
        "worker": found.worker_seen is not None and at.now() - found.worker_seen < WORKER_SILENT,
        "holidays": found.holidays_reach_a_year,
    }
    made = jsonify(
        ready=all(parts.values()),
        parts=parts,
        worker_seen=found.worker_seen.isoformat() if found.worker_seen else None,
        due_jobs=found.due_jobs,
        incidents=found.incidents,
    )
    made.status_code = 200 if all(parts.values()) else 503
    return made
