"""An enveloped XML signature (W3C XML-DSig) on an alert or a feed, as CAP 1.2 §3.3.4.1 asks for."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner


class BadSigner(ValueError):
    """The key or the certificate cannot be used; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An RSA key and the certificate that readers pin. RSA: the same words always get the same signature."""

    key: rsa.RSAPrivateKey
    certificate: str

    @classmethod
    def load(cls, key: Path, certificate: Path) -> "Signer":
        """From two PEM files; raises BadSigner."""
        try:
            private = load_pem_private_key(key.read_bytes(), None)
            pem = certificate.read_text(encoding="ascii")
            public = x509.load_pem_x509_certificate(pem.encode()).public_key()
        except (OSError, ValueError, TypeError) as error:
            raise BadSigner(f"{key}, {certificate}: {error}: two PEM files, the key without a password") from error
        if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < 2048:
            raise BadSigner(f"{key} is no RSA key of 2048 bits or more")
        if public != private.public_key():
            raise BadSigner(f"{certificate} is not the certificate of {key}")
        return cls(private, pem)

    def signed(self, root: etree._Element) -> etree._Element:
        """The element with its signature as the last child (RSA, SHA-256)."""
        signer = XMLSigner(signature_algorithm=SignatureMethod.RSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256)
        return signer.sign(root, key=self.key, cert=self.certificate)


def written(root: etree._Element, signer: Signer | None) -> bytes:
    """The document's bytes. Not indented: white space is signed, too, and some readers drop it."""
    return etree.tostring(signer.signed(root) if signer else root, xml_declaration=True, encoding="UTF-8")
