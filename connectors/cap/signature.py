"""XML-DSig on an alert: only what a named certificate signed is read on, and only the part that it signed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.jma.markup import Node
from connectors.rows import BadFeeds
from connectors.source import Park

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def load_certificates(folder: str) -> tuple[x509.Certificate, ...]:
    """The signers that a row trusts, each pinned by its own certificate (*.pem). Raises BadFeeds; "" is nobody."""
    if not folder:
        return ()
    files = sorted(Path(folder).glob("*.pem"))
    if not files:
        raise BadFeeds(f"certificates: there is no *.pem in {folder}; put each signer's certificate there")
    try:
        return tuple(one for file in files for one in x509.load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise BadFeeds(f"certificates: {folder}: {error}") from error


def checked(root: Node, trusted: Sequence[x509.Certificate], at: datetime) -> Node:
    """The alert as it was signed, or as it is where no signature is asked for.

    Raises Park `unsigned`, `signature_unverified`, `signature_wrong`: what cannot be checked is never acted on.
    """
    signatures = list(root.element.iter(SIGNATURE))
    if not signatures and not trusted:
        return root
    if not signatures:
        raise Park("unsigned", "it bears no signature, and its row names certificates: it may be anybody's")
    if not trusted:
        raise Park("signature_unverified", "it is signed, but its row names no `certificates` to check that with")
    return Node(_signed(root.element, trusted, at))


def _signed(root: etree._Element, trusted: Sequence[x509.Certificate], at: datetime) -> etree._Element:
    told = "no certificate"
    one_enveloped = SignatureConfiguration(location="./", expect_references=1, verification_time=at)
    for certificate in trusted:
        try:
            found = XMLVerifier().verify(root, x509_cert=certificate, expect_config=one_enveloped)
        except (SignXMLException, ValueError, TypeError, etree.LxmlError) as error:
            told = f"{type(error).__name__}: {str(error)[:200]}"
            continue
        signed = (found[0] if isinstance(found, list) else found).signed_xml
        if signed is not None and signed.tag == root.tag:
            return signed
        told = "the signature is not on the alert as a whole"
    raise Park("signature_wrong", f"its signature is not one of a certificate that the row trusts ({told})")
