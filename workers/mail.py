"""How mail leaves: one transport a scheme."""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from engine.dispatch import Outgoing, Post

log = structlog.get_logger()
TIMEOUT = 20  # seconds for one mail: well below a job's lease


def compose(outgoing: Outgoing) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = outgoing.message_id
    message["From"] = outgoing.sender
    message["To"] = outgoing.to
    message["Subject"] = outgoing.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(outgoing.text)
    return message


def log_post(_url: SplitResult) -> Post:
    """No mail leaves: the log says that one would have; the demo's viewer shows it."""

    def post(outgoing: Outgoing) -> None:
        compose(outgoing)
        log.info("mail", message_id=outgoing.message_id)

    return post


def smtp_post(url: SplitResult) -> Post:
    """`smtp://user:password@host:port` (STARTTLS when offered), `smtps://` for TLS from the beginning."""
    host, tls = url.hostname or "", url.scheme == "smtps"
    port = url.port or (465 if tls else 25)

    def post(outgoing: Outgoing) -> None:
        context = ssl.create_default_context()
        made = (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
            if tls
            else smtplib.SMTP(host, port, timeout=TIMEOUT)
        )
        with made as server:
            if not tls:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=context)
                    server.ehlo()
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(compose(outgoing))

    return post


TRANSPORTS: Mapping[str, Callable[[SplitResult], Post]] = {
    "log": log_post,
    "smtp": smtp_post,
    "smtps": smtp_post,
}


def make_post(mail_url: str) -> Post:
    url = urlsplit(mail_url)
    return TRANSPORTS[url.scheme](url)
