"""The Flask application, put together."""

import secrets
from datetime import timedelta
from typing import cast

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.runtime import Runtime
from web import api, cases, errors, inbox, jinja, learning, oversight, people, processes
from web.edge import begin_demonstration, from_our_page, public, runtime
from web.reading import check_request
from web.scanning import scan_uploads
from web.sessions import ServerSession, ServerSessions

MOST_FIELDS = 5_000  # of one form: a return with a long chronology has some hundreds


def create_app(at_hand: Runtime) -> Flask:
    app = Flask("web", static_folder="static", template_folder="templates")
    app.extensions["lscp"] = at_hand
    app.config.update(
        SECRET_KEY=at_hand.settings.secret_key,
        # some files over their limit are still read, so that the page can come back with all that was typed
        MAX_CONTENT_LENGTH=at_hand.settings.page_limit + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=MOST_FIELDS,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_CHECK_DEFAULT=False,  # `_ours` does it, when it is known who is signed in
        WTF_CSRF_SSL_STRICT=False,  # `_ours` looks at Origin, which nobody strips as they strip Referer
    )
    app.session_interface = ServerSessions(at_hand)
    if at_hand.settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    jinja.prepare(app.jinja_env)
    app.jinja_env.globals["files_are_scanned"] = bool(at_hand.settings.file_scan)
    CSRFProtect(app)
    errors.install(app)
    for part in (inbox, cases, learning, processes, people, oversight):
        app.register_blueprint(part.pages)
    app.register_blueprint(api.pages)
    app.before_request(_begin)
    app.before_request(_ours)
    app.before_request(check_request)
    app.after_request(_headers)
    app.context_processor(_frame)
    app.add_url_rule("/", "home", public(_home))
    setattr(app.view_functions["static"], "needs", "nothing")  # noqa: B010 - a function of Flask's own
    return app


def _home() -> ResponseReturnValue:
    return redirect(url_for("inbox.tasks"), code=303)


def _ours() -> None:
    """A form comes from a page of ours, and of this sign-in; the API's callers send no cookie."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None or request.path.startswith("/api/"):
        return
    origin = request.headers.get("Origin")  # a browser says from where
    if origin is not None and not from_our_page(origin):
        raise BadRequest("This was sent from a page of another site. Nothing was changed.")
    current_app.extensions["csrf"].protect()
    if g.person_id is not None:
        scan_uploads()


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.person_id = cast(ServerSession, session).person_id
    if request.path.startswith(("/api/", "/static/")):
        return
    needs = getattr(app_function(request.endpoint), "needs", "nothing") if request.endpoint else "nothing"
    if g.person_id is None and needs == "signed in" and request.method == "GET" and runtime().settings.demo:
        begin_demonstration()
    if g.person_id is not None:
        # before the view, since a page is made after its transaction or within it, and never opens a second
        g.frame = people.account(request.path)


def _headers(response: Response) -> Response:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # with "no-referrer" a browser sends forms from Origin "null"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def app_function(endpoint: str) -> object:
    return current_app.view_functions.get(endpoint)


def _frame() -> dict[str, object]:
    """What the frame of every page shows: who you are and where you can go."""
    settings = runtime().settings
    return {
        "demo": settings.demo,
        "partnership": runtime().partnership.name,
        "sign_out_href": url_for("people.sign_out"),
        **g.get("frame", {}),
    }
