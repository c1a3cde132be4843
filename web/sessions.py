"""Sessions kept on the server: the cookie holds a key, the database its hash."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, update
from werkzeug.datastructures import CallbackDict

from engine.model import SignIn
from engine.runtime import Runtime

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(minutes=1)  # how exactly idleness is measured


class ServerSession(CallbackDict[str, Any], SessionMixin):
    def __init__(self, initial: dict[str, Any] | None = None, key: str | None = None) -> None:
        def changed(_self: Any) -> None:
            self.modified = True

        super().__init__(initial or {}, changed)
        self.key = key
        self.modified = False
        self.renew = False

    @property
    def person_id(self) -> UUID | None:
        known = self.get("person")
        return UUID(known) if known else None

    def sign_in(self, person_id: UUID) -> None:
        """A new key at every sign-in, and nothing of the session before it."""
        self.clear()
        self["person"] = str(person_id)
        self.renew = True

    def sign_out(self) -> None:
        self.clear()
        self.renew = True


class ServerSessions(SessionInterface):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        secure = runtime.settings.base_url.startswith("https:")
        self.cookie = "__Host-lscp" if secure else "lscp"
        self._secure = secure

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        key = request.cookies.get(self.cookie)
        if not key:
            return ServerSession()
        now = self._runtime.now()
        with self._runtime.transaction() as db:
            row = db.get(SignIn, _digest(key))
            if row is None:
                return ServerSession()
            if now - row.seen_at > IDLE or now - row.started_at > ABSOLUTE:
                db.delete(row)
                return ServerSession()
            if now - row.seen_at > TOUCH:
                row.seen_at = now
            return ServerSession(dict(row.data), key)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, ServerSession)
        if not session.modified and not session.renew:
            return
        now = self._runtime.now()
        key = session.key
        with self._runtime.transaction() as db:
            if session.renew and key is not None:
                db.execute(delete(SignIn).where(SignIn.digest == _digest(key)))
                key = None
            if not session:
                response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True)
                return
            kept = {"data": dict(session), "person_id": session.person_id}
            if key is None:
                key = secrets.token_urlsafe(32)
                db.execute(delete(SignIn).where(SignIn.seen_at < now - ABSOLUTE))
                db.add(SignIn(digest=_digest(key), started_at=now, seen_at=now, **kept))
            elif not db.execute(
                update(SignIn).where(SignIn.digest == _digest(key)).values(**kept).returning(SignIn.digest)
            ).first():
                return  # ended while this request was under way: nothing of it comes back
        response.set_cookie(
            self.cookie, key, path="/", secure=self._secure, httponly=True, samesite="Lax", max_age=None
        )


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
