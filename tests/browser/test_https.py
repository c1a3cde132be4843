"""Over TLS a browser is stricter: what it sends of cookies, Origin and Referer must be what the service asks for."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from engine import directory
from engine.commands.sign_in import hash_password
from engine.model import Person
from engine.runtime import Runtime
from tests.browser.conftest import serve

pytestmark = pytest.mark.browser


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """Signed by itself, for 127.0.0.1 and a day."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def give_password(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        found = directory.holders(session, "la-notifier", now=runtime.now())[0]
        row = session.scalars(select(Person).where(Person.id == found.person_id)).one()
        row.email, row.password_hash = "ann@test.example", hash_password("right and long")


def test_one_signs_in_and_sends_a_form(browser: Browser, tmp_path: Path, certificate: ssl.SSLContext) -> None:
    with serve(browser, tmp_path, give_password, passwords=True, certificate=certificate) as site:
        page = site.page()
        page.goto("/sign-in")
        page.get_by_label("Email").fill("ann@test.example")
        page.get_by_label("Password").fill("right and long")
        page.locator("main button").click()
        page.wait_for_url("**/tasks")
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert cookies["__Host-lscp"]["secure"]
        page.goto("/start/serious-incident-notification")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("There is a problem")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
