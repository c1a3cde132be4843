"""Files that people send: what they are is told by their content, a scanner may refuse them, and they only come back down."""

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine.commands import keep_attachment as keeping
from engine.commands.keep_attachment import AttachmentRefused, keep_attachment
from engine.model import Attachment
from engine.runtime import Runtime
from engine.settings import Settings, SettingsError
from tests.conftest import settings
from tests.engine.test_scenarios_and_settings import GOOD
from tests.factories import holder
from tests.web.conftest import Visitor
from web import scanning
from web.app import create_app
from web.scanning import Verdict, scan

START = "/start/serious-incident-notification"
PDF = b"%PDF-1.7 a report"
SCANNER = (
    sys.executable,
    "-c",
    "import sys, time; c = sys.stdin.buffer.read(); time.sleep(9 if b'SLOW' in c else 0);"
    "sys.exit(1 if b'EICAR' in c else 2 if b'ODD' in c else 0)",
)


# The scanner


@pytest.mark.parametrize(
    ("command", "content", "verdict"),
    [
        (SCANNER, PDF, Verdict.CLEAN),
        (SCANNER, b"%PDF EICAR", Verdict.INFECTED),
        (SCANNER, b"%PDF ODD", Verdict.UNKNOWN),
        (SCANNER, b"%PDF SLOW", Verdict.UNKNOWN),
        (("/no/such/scanner",), PDF, Verdict.UNKNOWN),
        (("true",), b"x" * 1_000_000, Verdict.CLEAN),  # one that does not read to the end
    ],
)
def test_only_exit_0_is_clean(command: tuple[str, ...], content: bytes, verdict: Verdict) -> None:
    stream = BytesIO(content)
    assert scan(command, stream, seconds=1.5, most=1_000_000) is verdict
    assert stream.read() == content  # still to be kept


def test_when_the_time_of_a_request_is_up_nothing_more_is_scanned() -> None:
    assert scan(SCANNER, BytesIO(PDF), seconds=0, most=99) is Verdict.UNKNOWN


def test_the_setting_is_a_command_line_without_a_shell() -> None:
    read = Settings.from_environment({**GOOD, "LSCP_FILE_SCAN": "cat --show-all '-x; rm' -"})
    assert read.file_scan == ("cat", "--show-all", "-x; rm", "-")
    assert Settings.from_environment(GOOD).file_scan == ()
    for wrong, words in (("clamd 'x", "quotation mark"), ("no-such-scanner -", "can not be run")):
        with pytest.raises(SettingsError, match=words):
            Settings.from_environment({**GOOD, "LSCP_FILE_SCAN": wrong})


# In a form


@pytest.fixture
def scanned(web_runtime: Runtime) -> Runtime:
    return replace(web_runtime, settings=settings(demo=True, file_scan=SCANNER))


def send(app: Flask, runtime: Runtime, content: bytes, name: str = "a.pdf") -> TestResponse:
    visitor = Visitor(app, runtime)
    visitor.sign_in("la-notifier")
    return visitor.post(START, {"attachments": (BytesIO(content), name)}, status=422)


def kept(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        return len(session.scalars(select(Attachment)).all())


@pytest.mark.parametrize(
    ("content", "words"),
    [(PDF, None), (b"%PDF EICAR", Verdict.INFECTED), (b"%PDF ODD", Verdict.UNKNOWN)],
)
def test_a_file_that_is_not_clean_is_not_kept_and_the_form_says_why(
    scanned: Runtime, content: bytes, words: str | None
) -> None:
    page = send(create_app(scanned), scanned, content).get_data(as_text=True)
    assert [w for w in (Verdict.INFECTED, Verdict.UNKNOWN) if w in page] == ([words] if words else [])
    assert kept(scanned) == (0 if words else 1)


def test_a_file_that_is_too_large_leaves_everything_else_on_the_page(web_runtime: Runtime) -> None:
    runtime = replace(web_runtime, settings=settings(demo=True, attachment_limit=1024 * 1024))
    visitor = Visitor(create_app(runtime), runtime)
    visitor.sign_in("la-notifier")
    typed = {
        "outline": "Typed before the file was chosen.",
        "attachments": (BytesIO(PDF + b"x" * 3 * 1024 * 1024), "a.pdf"),
    }
    again = visitor.post(START, typed, status=422)
    page = again.get_data(as_text=True)
    assert "Typed before the file was chosen." in page
    assert "smaller than 1 MB" in page
    typed["attachments"] = (BytesIO(PDF + b"x" * 7 * 1024 * 1024), "a.pdf")
    refused = visitor.post(START, typed, status=413)
    assert "at most 5 MB together" in refused.get_data(as_text=True)
    for response in (again, refused):
        response.request.environ["wsgi.input"].close()  # the test client's own


def test_no_transaction_is_open_while_a_file_is_scanned(scanned: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    open_now, seen = [0], []

    def opened(_connection: Any) -> None:
        open_now[0] += 1

    def closed(_connection: Any) -> None:
        open_now[0] -= 1

    engine = scanned.store.engine
    for name, hook in (("begin", opened), ("commit", closed), ("rollback", closed)):
        event.listen(engine, name, hook)

    def looking(*args: Any, **more: Any) -> Verdict:
        seen.append(open_now[0])
        return scan(*args, **more)

    monkeypatch.setattr(scanning, "scan", looking)
    send(create_app(scanned), scanned, PDF)
    assert seen == [0]


def test_a_file_that_nobody_scanned_is_not_taken(scanned: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.app.scan_uploads", lambda: None)
    assert Verdict.UNKNOWN in send(create_app(scanned), scanned, PDF).get_data(as_text=True)
    assert kept(scanned) == 0


def test_pages_say_that_files_are_checked_only_where_they_are(
    app: Flask, web_runtime: Runtime, scanned: Runtime
) -> None:
    for at, runtime, said in ((app, web_runtime, False), (create_app(scanned), scanned, True)):
        visitor = Visitor(at, runtime)
        visitor.sign_in("la-notifier")
        assert ("checked for viruses" in visitor.get(START)) is said


def test_without_a_scanner_files_are_taken(app: Flask, web_runtime: Runtime) -> None:
    send(app, web_runtime, PDF)
    assert kept(web_runtime) == 1


# What a file is


@pytest.fixture
def session(web_runtime: Runtime) -> Any:
    with web_runtime.transaction() as opened:
        yield opened


def take(session: Session, content: bytes, name: str = "a.pdf", case_id: UUID | None = None) -> Attachment:
    by = holder(session, "la-notifier")
    now = session.info["runtime"].now()
    made = keep_attachment(session, name, content, case_id=case_id, by=by, now=now)
    session.flush()
    return made


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("run.exe", PDF, "application/pdf"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.html", b"PK\x03\x04....", "application/zip"),
        ("a.pdf", "Zoë’s statement".encode(), "text/plain"),
        ("a.html", b"<script>alert(1)</script>", "text/plain"),
    ],
)
def test_the_type_is_told_by_the_content(session: Session, name: str, content: bytes, kind: str) -> None:
    assert take(session, content, name).media_type == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "must be a PDF"),
        (b"\x7fELF\x02\x01\x01\x00", "must be a PDF"),
        (b"text\x00more", "must be a PDF"),
        ("Grüße".encode("latin-1"), "must be a PDF"),
        (b"%PDF-" + b"x" * 20 * 1024 * 1024, "smaller than 20 MB"),
    ],
)
def test_what_is_no_document_is_refused_whatever_its_name(session: Session, content: bytes, words: str) -> None:
    with pytest.raises(AttachmentRefused, match=words):
        take(session, content)


def test_a_case_and_a_day_have_room_for_so_much(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_LOOSE", 2 * len(PDF))
    take(session, PDF)
    take(session, PDF)
    with pytest.raises(AttachmentRefused, match="too many files today"):
        take(session, PDF)


def test_name_and_content_are_sealed_and_a_path_is_no_name(session: Session) -> None:
    for given, name in (("../../etc/passwd", "passwd"), ("C:\\Users\\ann\\Kai.pdf", "Kai.pdf"), ("x" * 300, "x" * 200)):
        row = take(session, PDF, given)
        assert name.encode() not in row.name
        assert row.sealed is not None
        assert PDF not in row.sealed
        assert session.info["runtime"].sealer.unseal(row.name, place=f"name/{row.id}") == name


@pytest.mark.parametrize("name", ["a.html", 'a".html', "a\r\nSet-Cookie: x=y.html", "Zoë’s.svg"])
def test_a_file_comes_back_as_a_download_and_never_as_a_page(
    visitor: Callable[..., Visitor], web_runtime: Runtime, name: str
) -> None:
    one = visitor("la-notifier")
    with web_runtime.transaction() as session:
        made = take(session, b"<script>alert(1)</script>", name).id
    response = one.client.get(f"/attachments/{made}")
    assert response.status_code == 200
    assert response.data == b"<script>alert(1)</script>"
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    visitor("dcs").get(f"/attachments/{made}", 404)
