"""Key agreements made beforehand: RFC 8291's own values, an independent decryptor, and nobody else's keys."""

import base64
import os

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from notifier.entries import Known, pack, unpack, unpack_entry
from notifier.index_seal import Opener, Unopened, bound_to, opener_of
from notifier.pages import IndexIncomplete, Keys, new_generation
from notifier.prekeys import lacking, make, rest_s
from notifier.subscriptions.profile import Profile
from notifier.webpush.encrypt import Agreement, Receiver, prepare, seal
from tests.unit.notifier.webpush.test_encrypt import (
    AS_PRIVATE,
    AUTH,
    BODY,
    PLAINTEXT,
    SALT,
    UA_PUBLIC,
)

KEY = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()
KEYS = Keys("t-", new_generation(1, 1000, opener_of(KEY).current))
SEALS = opener_of(KEY).of(KEYS)
NAME, LIFE = bytes(range(11)), b"a start of Redis"


def _profile(p256dh: bytes, auth: bytes, endpoint: str = "https://fcm.googleapis.com/fcm/send/a:b") -> Profile:
    return Profile(endpoint, p256dh, auth, "0123456789abcdef", "ja", {"14205": ()}, False, None)


def _sealed(profile: Profile, nonce: bytes = b"n" * 12) -> bytes:
    return SEALS.entries.seal(pack(Known(profile, 7)), nonce, NAME)


def _agreement(sealed_entry: bytes, sealed: bytes, life: bytes = LIFE) -> Agreement:
    entry = unpack_entry("x", SEALS.entries.open(sealed_entry, NAME))
    return Agreement(SEALS.agreements.open(sealed, bound_to(life, NAME, entry.auth, entry.p256dh)))


def test_the_rfcs_agreement_survives_its_storage_and_makes_the_rfcs_body() -> None:
    """RFC 8291 Appendix A: stored and read again, the same keys give the same body, byte for byte."""
    sender = ec.derive_private_key(int.from_bytes(AS_PRIVATE, "big"), ec.SECP256R1())
    made = prepare(Receiver.of_raw(UA_PUBLIC, AUTH), SALT, sender)
    sealed = SEALS.agreements.seal(made, os.urandom(12), bound_to(LIFE, NAME, AUTH, UA_PUBLIC))
    assert seal(_agreement(_sealed(_profile(UA_PUBLIC, AUTH)), sealed), PLAINTEXT) == BODY


@given(st.binary(max_size=2000))
def test_another_implementation_reads_a_prekeyed_message(payload: bytes) -> None:
    """http_ece decrypts what was encrypted under a key made beforehand."""
    browser = ec.generate_private_key(ec.SECP256R1())
    point = browser.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    auth = os.urandom(16)
    entry = _sealed(_profile(point, auth))
    (made,) = make(SEALS, LIFE, {NAME: entry}, os.urandom)
    agreement = _agreement(entry, made.sealed)
    body = seal(agreement, payload)
    assert http_ece.decrypt(body, private_key=browser, auth_secret=auth, version="aes128gcm") == payload


def test_each_agreement_is_made_of_a_fresh_pair() -> None:
    """Two for the same device share nothing."""
    entry = _sealed(_profile(UA_PUBLIC, AUTH))
    made = [make(SEALS, LIFE, {NAME: entry}, os.urandom)[0] for _ in range(2)]
    first, second = (_agreement(entry, one.sealed) for one in made)
    assert not {first[:16], first[16:28], first[28:44], first[-65:]} & {
        second[:16], second[16:28], second[28:44], second[-65:],
    }  # fmt: skip
    assert {one.entry_nonce for one in made} == {b"n" * 12}


def test_an_agreement_is_worth_nothing_for_other_keys_or_another_device() -> None:
    """A device that came back with a new secret, or another device, cannot be sent to under it."""
    entry = _sealed(_profile(UA_PUBLIC, AUTH))
    (made,) = make(SEALS, LIFE, {NAME: entry}, os.urandom)
    with pytest.raises(Unopened):
        _agreement(_sealed(_profile(UA_PUBLIC, b"x" * 16)), made.sealed)
    with pytest.raises(Unopened):
        SEALS.agreements.open(made.sealed, bound_to(LIFE, b"o" * 11, AUTH, UA_PUBLIC))
    with pytest.raises(Unopened):
        _agreement(entry, made.sealed, life=b"another start of Redis")


def test_what_cannot_be_agreed_with_is_left_out() -> None:
    """A broken entry, or a key off the curve, stops nobody else's."""
    good = _sealed(_profile(UA_PUBLIC, AUTH))
    off_curve = SEALS.entries.seal(pack(Known(_profile(b"\x04" + b"\x01" * 64, AUTH), 7)), b"m" * 12, b"c" * 11)
    made = make(SEALS, LIFE, {b"b" * 11: b"junk", b"c" * 11: off_curve, NAME: good}, os.urandom)
    assert [one.name for one in made] == [NAME]


def test_an_index_sealed_under_a_key_that_we_lack_is_none() -> None:
    """A program that was not told of the new sealing key waits, rather than call everybody gone."""
    other = opener_of(base64.urlsafe_b64encode(b"o" * 32).rstrip(b"=").decode())
    with pytest.raises(IndexIncomplete, match="SONAE_SEALING_KEYS_OLD"):
        other.of(KEYS)
    both = Opener((b"o" * 32, bytes(range(32))))
    assert both.of(KEYS).entries.open(_sealed(_profile(UA_PUBLIC, AUTH)), NAME)


@given(
    st.sampled_from(
        [
            "https://fcm.googleapis.com/fcm/send/abc:APA91b",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
            "https://web.push.apple.com/QGf",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2b",
            "http://127.0.0.1:9/push/a",
        ]
    ),
    st.dictionaries(
        st.sampled_from(["14205", "14100", "officers:14205"]),
        st.tuples(
            st.lists(st.sampled_from(["1420500", "1410011"]), max_size=2).map(tuple),
            st.lists(st.text(min_size=1, max_size=5), max_size=2).map(tuple),
        ),
    ),
    st.sampled_from(["ja", "ja-easy", "ne", "tlh"]),
    st.booleans(),
    st.sampled_from(["0123456789abcdef", "v", "0123", ""]),
)
def test_an_entry_is_what_was_packed(
    endpoint: str,
    places: dict[str, tuple[tuple[str, ...], tuple[str, ...]]],
    lang: str,
    drills: bool,
    key_id: str,
) -> None:
    """Endpoint, keys, language, places, districts, consent: all of it, as worker and as indexer."""
    areas = {place: wanted for place, (wanted, _) in places.items()}
    districts = {place: named for place, (_, named) in places.items() if named}
    profile = Profile(endpoint, UA_PUBLIC, AUTH, key_id, lang, areas, drills, None, districts, "former")
    packed = pack(Known(profile, 1_700_000_000_000_000))
    assert unpack(packed) == Known(profile, 1_700_000_000_000_000)
    entry = unpack_entry("me", packed)
    assert (entry.endpoint, entry.p256dh, entry.auth) == (endpoint, UA_PUBLIC, AUTH)
    assert (entry.subscriber, *structs.astuple(entry.kind)[1:]) == ("me", key_id, lang, drills)
    assert entry.agreement is None


def test_lacking_is_who_has_an_entry_and_no_agreement() -> None:
    """Nothing is made for who left."""
    assert lacking([b"a", b"b", b"c"], [b"b", b"gone"]) == [b"a", b"c"]


def test_a_quarter_of_a_core_rests_three_times_as_long_as_it_works() -> None:
    """The whole of a core never rests."""
    assert rest_s(0.01, 0.25) == pytest.approx(0.03)
    assert rest_s(0.01, 1) == 0
