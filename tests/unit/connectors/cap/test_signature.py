"""Signed CAP: only what a trusted certificate signed is acted on, and only the part that it signed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.signer import XMLSigner

from connectors.cap.parse import Heard, Reader
from connectors.cap.signature import load_certificates
from connectors.rows import BadFeeds
from tests.unit.connectors.cap.messages import alert, heard
from tests.unit.connectors.writing import AT, KANAGAWA

DS = "http://www.w3.org/2000/09/xmldsig#"


class Signer:
    """A key and its certificate, valid around AT."""

    def __init__(self, name: str, ends_at: datetime = AT + timedelta(days=30)) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(self.key.public_key())
        made = made.serial_number(7).not_valid_before(AT - timedelta(days=30)).not_valid_after(ends_at)
        self.certificate = made.sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        """The certificate as a file."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def signed(self, body: bytes) -> bytes:
        """The message with an enveloped signature."""
        root = XMLSigner().sign(etree.fromstring(body), key=self.key, cert=[self.certificate])
        return etree.tostring(root)


@pytest.fixture(scope="module")
def office() -> Signer:
    """The signer that the row trusts."""
    return Signer("office")


@pytest.fixture(scope="module")
def stranger() -> Signer:
    """Somebody with a good certificate of their own."""
    return Signer("stranger")


def read(body: bytes, *trusted: Signer) -> Heard:
    """For a row that trusts these signers."""
    return heard(body, reader=Reader(KANAGAWA, tuple(one.certificate for one in trusted)))


def reason(found: Heard) -> str:
    """Why it was parked; nothing followed from it."""
    assert found.bulletins == ()
    return found.parked[0].reason


def test_a_message_that_a_trusted_signer_signed_is_read(office: Signer, stranger: Signer) -> None:
    """Whichever of several signers it was."""
    (one,) = read(office.signed(alert()), stranger, office).bulletins
    assert one.items == heard(alert()).bulletins[0].items


def test_a_strangers_signature_counts_for_nothing(office: Signer, stranger: Signer) -> None:
    """Though it is a good one."""
    assert reason(read(stranger.signed(alert()), office)) == "signature_wrong"


def test_a_changed_message_is_refused(office: Signer) -> None:
    """One word of it is enough."""
    assert reason(read(office.signed(alert()).replace(b"headline", b"headlime"), office)) == "signature_wrong"


def test_a_signature_on_another_message_inside_is_refused(office: Signer) -> None:
    """Wrapping: what was signed is not what would be read."""
    good = etree.fromstring(office.signed(alert()))
    evil = etree.fromstring(alert("evil"))
    signature = good.find(f"{{{DS}}}Signature")
    assert signature is not None
    holder = etree.SubElement(evil, "holder")
    evil.append(signature)
    holder.append(good)
    assert reason(read(etree.tostring(evil), office)) == "signature_wrong"
    holder.append(signature)
    assert reason(read(etree.tostring(evil), office)) == "signature_wrong"


def test_unsigned_where_a_signature_is_asked_for(office: Signer) -> None:
    """It may be anybody's."""
    assert reason(read(alert(), office)) == "unsigned"


def test_signed_where_nobody_is_trusted_is_told(office: Signer) -> None:
    """What cannot be checked is never acted on."""
    assert reason(read(office.signed(alert()))) == "signature_unverified"


def test_an_expired_certificate_signs_nothing() -> None:
    """From its end on."""
    old = Signer("office", AT - timedelta(minutes=1))
    assert reason(read(old.signed(alert()), old)) == "signature_wrong"


def test_the_recorded_signed_alert_is_refused(recorded: Callable[[str], Path]) -> None:
    """Canada's of 2013: SHA-1 proves nothing any more, and its Id is none; even under its own certificate."""
    body = recorded("cap/canada_signed.cap").read_bytes()
    text = etree.fromstring(body).findtext(f".//{{{DS}}}X509Certificate")
    assert text is not None
    pem = f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n"
    certificate = x509.load_pem_x509_certificate(pem.encode())
    at = datetime(2013, 1, 24, 22, 0, tzinfo=UTC)
    assert certificate.not_valid_before_utc < at < certificate.not_valid_after_utc
    found = heard(body, reader=Reader(KANAGAWA, (certificate,)), at=at)
    assert b"xmldsig#rsa-sha1" in body
    assert reason(found) == "signature_wrong"


def test_certificates_of_a_folder(tmp_path: Path, office: Signer) -> None:
    """A row that names an empty folder would trust nobody: it is refused at load."""
    assert load_certificates("") == ()
    with pytest.raises(BadFeeds, match=r"no \*\.pem"):
        load_certificates(str(tmp_path))
    (tmp_path / "office.pem").write_bytes(office.pem)
    assert load_certificates(str(tmp_path)) == (office.certificate,)
    (tmp_path / "broken.pem").write_bytes(b"broken")
    with pytest.raises(BadFeeds, match="certificates"):
        load_certificates(str(tmp_path))


def test_a_signature_of_sha1_proves_nothing(office: Signer) -> None:
    """Two documents with one digest have been made since 2017."""
    body = office.signed(alert())
    weak = body.replace(
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    )
    assert weak != body
    found = read(weak, office)
    assert reason(found) == "signature_wrong"
    assert "RSA_SHA1 forbidden" in found.parked[0].text
