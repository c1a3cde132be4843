"""How mail leaves: against a real SMTP server in this process."""

import smtplib
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from engine.dispatch import Outgoing
from engine.settings import SCHEMES
from workers.broker import BROKERS
from workers.mail import TRANSPORTS, compose, make_post

MAIL = Outgoing(
    "<abc@lscp-workflow>",
    "lscp@solihull.example",
    "dcs@solihull.example",
    "Reminder: Notify (SOL-2027-001)",
    "Look: http://x/\n",
)


class Inbox:
    """Keeps what arrives; refuses recipients of `refused.example`."""

    def __init__(self) -> None:
        self.received: list[Message] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        if address.endswith("@later.example"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.received.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(inbox: Inbox) -> Iterator[str]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    yield from _running(controller)


@pytest.fixture
def guarded(inbox: Inbox) -> Iterator[str]:
    """A server that asks for a name and a password."""

    def authenticate(_s: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(b"us er", b"p@ss/word")
        return AuthResult(success=right, handled=False)

    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), authenticator=authenticate, auth_required=True,
                            auth_require_tls=False)  # fmt: skip
    yield from _running(controller)


def _running(controller: Controller) -> Iterator[str]:
    controller.start()
    try:
        yield f"127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def test_a_mail_arrives_with_its_own_headers(server: str, inbox: Inbox) -> None:
    make_post(f"smtp://{server}")(MAIL)
    (mail,) = inbox.received
    assert {name: mail[name] for name in ("Message-ID", "From", "To", "Subject", "Auto-Submitted")} == {
        "Message-ID": MAIL.message_id,
        "From": MAIL.sender,
        "To": MAIL.to,
        "Subject": MAIL.subject,
        "Auto-Submitted": "auto-generated",
    }
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == MAIL.text.splitlines()  # type: ignore[attr-defined]


def test_words_beyond_ascii_arrive_as_they_are(server: str, inbox: Inbox) -> None:
    words = "Überfällig – “Notify” (SOL-2027-001) " + "x" * 200
    make_post(f"smtp://{server}")(Outgoing("<a@b>", MAIL.sender, MAIL.to, words, f"{words}\n.\nafter a dot\n"))
    (mail,) = inbox.received
    assert mail["Subject"] == words
    assert mail.get_content().splitlines() == [words, ".", "after a dot"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "part", ["Subject: x\r\nBcc: somebody@else.example", "x\nBcc: somebody@else.example", "x\rBcc: y"]
)
def test_no_header_can_be_put_in(part: str) -> None:
    for broken in (
        Outgoing("<a@b>", MAIL.sender, MAIL.to, part, "text"),
        Outgoing("<a@b>", MAIL.sender, f"dcs@solihull.example{part}", "Subject", "text"),
        Outgoing(f"<a@b>{part}", MAIL.sender, MAIL.to, "Subject", "text"),
    ):
        with pytest.raises(ValueError, match=r"newline|header|linefeed|carriage"):
            compose(broken)


@pytest.mark.parametrize(
    ("to", "error"),
    [("a@refused.example", smtplib.SMTPRecipientsRefused), ("a@later.example", smtplib.SMTPRecipientsRefused)],
)
def test_a_refused_mail_is_an_error_and_so_tried_again(
    server: str, inbox: Inbox, to: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        make_post(f"smtp://{server}")(Outgoing("<a@b>", MAIL.sender, to, "Subject", "text"))
    assert inbox.received == []


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError):
        make_post(f"smtp://127.0.0.1:{free_port()}")(MAIL)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_name_and_a_password_may_stand_in_the_url(guarded: str, inbox: Inbox) -> None:
    make_post(f"smtp://us%20er:p%40ss%2Fword@{guarded}")(MAIL)
    assert len(inbox.received) == 1
    with pytest.raises(smtplib.SMTPAuthenticationError):
        make_post(f"smtp://us%20er:wrong@{guarded}")(MAIL)


def test_the_log_takes_mail_without_saying_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    make_post("log:")(MAIL)
    said = "".join(capsys.readouterr())
    assert MAIL.message_id in said
    assert MAIL.to not in said
    assert MAIL.subject not in said


def test_settings_know_the_transports_and_brokers_there_are() -> None:
    assert set(SCHEMES["MAIL_URL"]) == set(TRANSPORTS)
    assert set(SCHEMES["BROKER_URL"]) == set(BROKERS)


def test_tls_from_the_beginning_is_spoken_to_servers_of_that_kind(server: str) -> None:
    """A plain server does not understand it, and nothing is sent in the clear."""
    with pytest.raises(OSError):
        make_post(f"smtps://{server}")(MAIL)
