"""A job's recipients by where they go: everyone in exactly one place, and who is not sent to has the reason."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.delivery.errand import NOWHERE
from notifier.delivery.letters import Letters, Links
from notifier.delivery.sorting import Sorted, sort
from notifier.entries import Entry
from notifier.guard import Asked
from notifier.recipients import Broken
from schemas.records.base import Origin, World
from schemas.records.decided import Order
from schemas.records.delivered import End
from tests.deliveries import NOON, a_job, an_entry, an_order

OURS, LOST = "a1" * 8, "b2" * 8
ENDPOINTS = (
    "https://push.example/x/1",
    "https://push.example:443/y",
    "https://web.push.apple.com/z",
    "http://127.0.0.1:1/d",
)


def device(name: str, endpoint: str = ENDPOINTS[0], key: str = OURS, lang: str = "ja", drills: bool = True) -> Entry:
    """One subscriber."""
    return an_entry(name, endpoint, b"", b"", key, lang, drills)


def sorted_by(order: Order, wanted: list[str], entries: dict[str, Entry | Broken]) -> Sorted:
    """Sorted as a worker of the order's world does."""
    job = a_job(order, tuple(wanted))
    letters = Letters(job, Links("https://sonae.example.jp", "https://desk.example.jp"), b"k" * 32)
    return sort(Asked(job, order.world, None, NOON), letters, {OURS}, wanted, entries)


def test_each_goes_where_it_belongs() -> None:
    """By origin and key; Apple's devices get the form that they show without a worker's help."""
    entries = {name: device(name, endpoint) for name, endpoint in zip("abcd", ENDPOINTS, strict=True)}
    found = sorted_by(an_order(), list("abcd"), dict(entries))
    where = {entry.subscriber: site for site, stack in found.stacks.items() for entry in stack}
    assert {name: site.origin for name, site in where.items()} == {
        "a": "https://push.example", "b": "https://push.example", "c": "https://web.push.apple.com",
        "d": "http://127.0.0.1:1",
    }  # fmt: skip
    assert [name for name, site in where.items() if site.declarative] == ["c"]
    assert [entries[name].target for name in "abcd"] == [b"/x/1", b"/y", b"/z", b"/d"]


def test_who_is_not_sent_to_has_the_reason() -> None:
    """Left, broken, under a key that we lost, without consent."""
    entries: dict[str, Entry | Broken] = {
        "broken": Broken("broken", "no entry"),
        "lost": device("lost", key=LOST),
        "unwilling": device("unwilling", drills=False),
        "willing": device("willing"),
    }
    found = sorted_by(an_order(world=World.EXERCISE), ["left", *entries], entries)
    ends = {
        name: (host, ended.end, ended.label, ended.alarm)
        for (host, ended), names in found.ended.items()
        for name in names
    }
    assert ends == {
        "left": (NOWHERE, End.GONE, "unsubscribed", False),
        "broken": (NOWHERE, End.FAILED, "broken_entry", True),
        "lost": ("push.example", End.FAILED, "key_lost", True),
        "unwilling": ("push.example", End.REFUSED, "guard_no_consent", False),
    }
    assert [entry.subscriber for stack in found.stacks.values() for entry in stack] == ["willing"]


DEVICES = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.none()
    | st.builds(Broken, st.just("x"), st.just("no entry"))
    | st.builds(
        device, st.just("?"), st.sampled_from(ENDPOINTS), st.sampled_from([OURS, LOST]),
        st.sampled_from(["ja", "en", "xx"]), st.booleans(),
    ),
)  # fmt: skip


@given(DEVICES, st.sampled_from(World), st.sampled_from(Origin))
def test_everyone_is_in_exactly_one_place(
    devices: dict[str, Entry | Broken | None], world: World, origin: Origin
) -> None:
    """And nobody is sent to whom a drill or a replay must not reach."""
    entries = {
        name: replace(found, subscriber=name) if isinstance(found, Entry) else found
        for name, found in devices.items()
        if found is not None
    }
    found = sorted_by(an_order(world=world, origin=origin), list(devices), entries)
    sent = [(entry, site) for site, stack in found.stacks.items() for entry in stack]
    ended = [name for names in found.ended.values() for name in names]
    assert sorted([*(entry.subscriber for entry, _ in sent), *ended]) == sorted(devices)
    assert all(entry.kind.drills for entry, _ in sent) or world is World.ACTUAL
    assert all(site.host == "127.0.0.1" for _, site in sent) or origin is Origin.LIVE
