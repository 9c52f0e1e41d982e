"""A key and a self-signed certificate, made afresh: what signs the CAP alerts of a local Sonae."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from schemas.process.clock import now_utc

LIFE = timedelta(days=30)


def make_signer(folder: Path) -> dict[str, str]:
    """Both as PEM files in `folder`; the settings that name them."""
    key, now = rsa.generate_private_key(65537, 2048), now_utc()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A local Sonae: trust it nowhere")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - LIFE).not_valid_after(now + LIFE)
    files = {"SONAE_CAP_KEY": folder / "cap-key.pem", "SONAE_CAP_CERTIFICATE": folder / "cap-certificate.pem"}
    files["SONAE_CAP_KEY"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files["SONAE_CAP_CERTIFICATE"].write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return {setting: str(path) for setting, path in files.items()}
