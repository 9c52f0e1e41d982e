"""One parcel: headers, the last word before it leaves, and what comes of each answer."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import THROTTLED, Answer, Fault, NetworkFault
from notifier.webpush.keys import VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.pace import FAULTS_TO_OPEN, Lanes
from notifier.webpush.send import Address, Ended, Later, Parcel, Sender, headers_of, topic_of
from schemas.records.delivered import End

NOW = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
TOKENS = VapidTokens(VapidKey.of(new_vapid_key()), "mailto:desk@city.example.jp")
POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
ADDRESS = Address("https://push.example/send/1", POINT, os.urandom(16), TOKENS.key.key_id)
PARCEL = Parcel(b"{}", topic_of("order"), urgent=True, until=NOW + timedelta(hours=1))


@dataclass
class StubTransport:
    """A push service that answers as told, one answer after the other; the contract is Transport's."""

    answers: list[Answer | NetworkFault]
    sent: list[dict[str, str]] = field(default_factory=list)

    async def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer | NetworkFault:
        self.sent.append(headers | {"endpoint": endpoint, "bytes": str(len(body))})
        return self.answers.pop(0)

    async def close(self) -> None:
        pass


def sender_of(
    transport: StubTransport, lanes: Lanes | None = None, now: Callable[[], datetime] = lambda: NOW
) -> Sender:
    steady = lanes or Lanes(lambda: 0.0)
    return Sender(transport, {TOKENS.key.key_id: TOKENS}, steady, now, lambda: 0.5)


async def nothing_against_it() -> Ended | None:
    return None


async def send(answer: Answer | NetworkFault, attempt: int = 1, parcel: Parcel = PARCEL) -> Ended | Later:
    return await sender_of(StubTransport([answer])).send(ADDRESS, parcel, attempt, nothing_against_it)


async def test_a_push_carries_the_headers_of_the_rfcs() -> None:
    """RFC 8030: TTL, Urgency, Topic; RFC 8188: the encoding; RFC 8292: who we are."""
    transport = StubTransport([Answer(201, {})])
    result = await sender_of(transport).send(ADDRESS, PARCEL, 1, nothing_against_it)
    assert isinstance(result, Ended)
    assert (result.end, result.status) == (End.ACCEPTED, 201)
    headers = transport.sent[0]
    assert (headers["TTL"], headers["Urgency"], headers["Content-Encoding"]) == ("3600", "high", "aes128gcm")
    assert headers["Topic"] == PARCEL.topic
    assert headers["Authorization"].startswith("vapid t=")
    assert headers["endpoint"] == ADDRESS.endpoint


@given(left_s=st.floats(0.001, 1e8))
def test_ttl_is_what_is_left_and_never_zero(left_s: float) -> None:
    """Zero would mean: drop it if the phone is not on at this moment."""
    parcel = Parcel(b"", "t", urgent=True, until=NOW + timedelta(seconds=left_s))
    ttl = int(headers_of(parcel, "", NOW)["TTL"])
    assert 1 <= ttl <= 28 * 86_400
    assert ttl <= max(1, left_s)


def test_a_drill_is_not_urgent() -> None:
    """It may wait until the phone wakes by itself."""
    assert headers_of(Parcel(b"", "t", urgent=False, until=NOW), "", NOW)["Urgency"] == "normal"


@given(one=st.text(), two=st.text())
def test_one_order_has_one_topic_and_two_have_two(one: str, two: str) -> None:
    """At most 32 characters of base64url (RFC 8030 §5.4)."""
    assert len(topic_of(one)) == 32
    assert set(topic_of(one)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert (topic_of(one) == topic_of(two)) == (one == two)


@pytest.mark.parametrize(
    ("status", "end"), [(410, End.GONE), (413, End.REFUSED), (403, End.FAILED), (302, End.REFUSED)]
)
async def test_what_is_final_is_not_tried_again(status: int, end: End) -> None:
    """Gone, refused, or our fault."""
    result = await send(Answer(status, {}, "because"))
    assert isinstance(result, Ended)
    assert (result.end, result.status) == (end, status)


async def test_throttled_is_later_as_the_service_says() -> None:
    """Retry-After, and a little spread."""
    result = await send(Answer(429, {"retry-after": "60"}))
    assert result == Later(NOW + timedelta(seconds=60.5), 429, "throttled")


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (Answer(429, {"retry-after": "3600"}), End.EXPIRED),
        (Answer(503, {"retry-after": "3600"}), End.EXPIRED),
        (NetworkFault(Fault.UNREACHABLE, "refused"), End.FAILED),
    ],
)
async def test_when_no_time_is_left_for_another_try_it_ends(answer: Answer | NetworkFault, end: End) -> None:
    """Expired if the service kept us waiting, failed if we never reached it."""
    soon = Parcel(b"{}", "t", urgent=True, until=NOW + timedelta(seconds=1.2))
    result = await send(answer, attempt=9, parcel=soon)
    assert isinstance(result, Ended)
    assert result.end is end


async def test_the_last_word_is_asked_for_when_the_push_is_about_to_leave() -> None:
    """A newer revision may have come while this parcel waited for its place."""
    transport = StubTransport([])

    async def superseded() -> Ended | None:
        return Ended(End.SUPERSEDED)

    result = await sender_of(transport).send(ADDRESS, PARCEL, 1, superseded)
    assert result == Ended(End.SUPERSEDED)
    assert transport.sent == []


async def test_a_service_that_rests_is_not_asked() -> None:
    """Its recipients go on to a retry; nobody waits in line for a wall."""
    lanes = Lanes(lambda: 100.0)
    transport = StubTransport([NetworkFault(Fault.TIMEOUT, "hangs")] * FAULTS_TO_OPEN)
    sender = sender_of(transport, lanes)
    for _ in range(FAULTS_TO_OPEN + 5):
        assert isinstance(await sender.send(ADDRESS, PARCEL, 1, nothing_against_it), Later)
    assert len(transport.sent) == FAULTS_TO_OPEN
    lane = lanes.of("https://push.example")
    lane.heard(THROTTLED)  # an answer: it is back
    transport.answers.append(Answer(201, {}))
    assert isinstance(await sender.send(ADDRESS, PARCEL, 1, nothing_against_it), Ended)


async def test_a_subscription_under_a_key_that_we_lost_is_our_fault() -> None:
    """It fails loudly and is not deleted: the key may be restored."""
    lost = Address(ADDRESS.endpoint, ADDRESS.p256dh, ADDRESS.auth, "another key")
    result = await sender_of(StubTransport([])).send(lost, PARCEL, 1, nothing_against_it)
    assert isinstance(result, Ended)
    assert (result.end, result.alarm) == (End.FAILED, True)


async def test_keys_that_no_browser_made_are_refused_without_harm_to_others() -> None:
    """One bad subscription is one refusal."""
    bad = Address(ADDRESS.endpoint, b"\x04" + bytes(64), ADDRESS.auth, ADDRESS.vapid_key_id)
    result = await sender_of(StubTransport([])).send(bad, PARCEL, 1, nothing_against_it)
    assert isinstance(result, Ended)
    assert result.end is End.REFUSED
