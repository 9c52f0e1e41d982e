"""RFC 8291, byte for byte, and as others read it."""

import base64
import os

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from notifier.webpush.encrypt import MAX_PLAINTEXT, Receiver, TooLong, encrypt, prepare, seal
from notifier.webpush.keys import BadKey


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# RFC 8291, Appendix A ("Intermediate Values for Encryption") and Section 5.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
AS_PRIVATE = decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
AS_PUBLIC = decoded("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")
UA_PRIVATE = decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
UA_PUBLIC = decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
AUTH = decoded("BTBZMqHH6r4Tts7J_aSIgg")
SALT = decoded("DGv6ra1nlYgDCS1FRnbzlw")
CEK, NONCE = decoded("oIhVW04MRdy2XN9CiKLxTg"), decoded("4h_95klXJ5E_qnoN")
BODY = decoded(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

BROWSER = ec.derive_private_key(int.from_bytes(UA_PRIVATE, "big"), ec.SECP256R1())


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    """RFC 8291 Appendix A: same keys, same salt, same body."""
    sender = ec.derive_private_key(int.from_bytes(AS_PRIVATE, "big"), ec.SECP256R1())
    agreement = prepare(Receiver.of_raw(UA_PUBLIC, AUTH), SALT, sender)
    assert agreement == CEK + NONCE + BODY[:86]
    assert seal(agreement, PLAINTEXT) == BODY


@given(payload=st.binary(max_size=MAX_PLAINTEXT))
def test_another_implementation_reads_what_we_write(payload: bytes) -> None:
    """http_ece, which is not ours, decrypts every payload to itself."""
    body = encrypt(Receiver.of_raw(UA_PUBLIC, AUTH), payload)
    assert http_ece.decrypt(body, private_key=BROWSER, auth_secret=AUTH, version="aes128gcm") == payload


def test_the_longest_payload_makes_a_body_that_no_push_service_may_refuse() -> None:
    """4,096 bytes exactly (RFC 8030 §7.2); one byte more is refused here, not split into two records."""
    receiver = Receiver.of_raw(UA_PUBLIC, AUTH)
    assert MAX_PLAINTEXT == 3993
    assert len(encrypt(receiver, b"x" * 3993)) == 4096
    with pytest.raises(TooLong, match="3994 bytes"):
        encrypt(receiver, b"x" * 3994)


def test_no_two_messages_share_a_key_or_a_salt() -> None:
    """The same words to the same device twice are two different bodies."""
    receiver = Receiver.of_raw(UA_PUBLIC, AUTH)
    one, two = encrypt(receiver, PLAINTEXT), encrypt(receiver, PLAINTEXT)
    assert one[:16] != two[:16]
    assert one[21:86] != two[21:86]


OFF_CURVE = UA_PUBLIC[:-1] + bytes([UA_PUBLIC[-1] ^ 1])
COMPRESSED = BROWSER.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


@pytest.mark.parametrize(
    ("p256dh", "auth", "why"),
    [
        (OFF_CURVE, AUTH, "no point on P-256"),
        (b"\x04" + bytes(64), AUTH, "no point on P-256"),
        (COMPRESSED, AUTH, "no uncompressed point"),
        (UA_PUBLIC + b"\0", AUTH, "no uncompressed point"),
        (b"\x06" + UA_PUBLIC[1:], AUTH, "no uncompressed point"),
        (b"", AUTH, "no uncompressed point"),
        (UA_PUBLIC, AUTH[:15], "auth has 15 bytes"),
        (UA_PUBLIC, b"", "auth has 0 bytes"),
    ],
    ids=["off curve", "zero", "compressed", "too long", "hybrid", "empty", "short auth", "no auth"],
)
def test_keys_that_no_browser_makes_are_refused(p256dh: bytes, auth: bytes, why: str) -> None:
    """RFC 8291 §7: a point off the curve could draw our key out of us."""
    with pytest.raises(BadKey, match=why):
        Receiver.of_raw(p256dh, auth)


def test_keys_are_read_from_a_browsers_texts() -> None:
    """Strict base64url: a wrong character is an error, not silently skipped."""
    text = base64.urlsafe_b64encode(UA_PUBLIC).decode()
    assert Receiver.of(text.rstrip("="), base64.urlsafe_b64encode(AUTH).decode()).p256dh == UA_PUBLIC
    with pytest.raises(BadKey, match="not base64url"):
        Receiver.of("*" + text[1:], base64.urlsafe_b64encode(os.urandom(16)).decode())
