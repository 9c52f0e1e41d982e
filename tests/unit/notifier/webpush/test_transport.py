"""Where a push may go: the endpoint is a stranger's word."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.webpush.transport import Reach, are_targets, is_loopback, objection, origin_of, target_of, wrong_target


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", "https://fcm.googleapis.com"),
        ("https://fcm.googleapis.com:443/x", "https://fcm.googleapis.com"),
        ("http://127.0.0.1:8123/push/1", "http://127.0.0.1:8123"),
        ("https://wns2-par02p.notify.windows.com/w/?token=BQ%3d", "https://wns2-par02p.notify.windows.com"),
        ("http://[::1]:9000/push", "http://[::1]:9000"),
    ],
)
def test_an_origin_is_what_a_token_is_for(endpoint: str, origin: str) -> None:
    """RFC 6454: without the port where it is the usual one."""
    assert origin_of(endpoint) == origin


@pytest.mark.parametrize(
    "endpoint",
    ["https://web.push.apple.com/QGo", "https://updates.push.services.mozilla.com/wpush/v2/gAAAA", "https://a.jp:443/"],
)
@pytest.mark.parametrize("local", [True, False])
def test_a_push_service_may_be_asked(endpoint: str, local: bool) -> None:
    """https on its usual port."""
    assert objection(endpoint, local) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://updates.push.services.mozilla.com/x",
        "https://a.example:8443/x",
        "https://user:secret@a.example/x",
        "https://10.0.0.1/x",
        "https://[fe80::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://a.example/" + "x" * 2048,
        "https:///x",
        "https://a.example:99999/x",
        "file:///etc/passwd",
        "",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_nothing_else_is(endpoint: str, local: bool) -> None:
    """Not in a local set-up either."""
    assert objection(endpoint, local) is not None


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:8123/push/1", "http://localhost:1/x", "https://[::1]/x", "http://127.8.9.1/x"]
)
def test_this_machine_is_asked_only_in_a_local_set_up(endpoint: str) -> None:
    """In production an endpoint on loopback would be our own API."""
    assert is_loopback(endpoint)
    assert objection(endpoint, local=True) is None
    assert objection(endpoint, local=False) == "it leads to this machine"


@pytest.mark.parametrize("endpoint", ["https://localhost.example.com/", "https://127.0.0.1.nip.io/", "https://a.jp/"])
def test_a_name_that_only_looks_local_is_not(endpoint: str) -> None:
    """A replay must not leave by a name somebody registered."""
    assert not is_loopback(endpoint)


@pytest.mark.parametrize("address", ["142.250.196.10", "2404:6800:4004:80b::200a", "64:ff9b::142.250.196.10"])
@pytest.mark.parametrize("local", [True, False])
def test_public_addresses_may_be_connected_to(address: str, local: bool) -> None:
    """Also through a NAT64 (RFC 6052)."""
    assert Reach(local).admits("fcm.googleapis.com", address)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "ff02::1",
        "::",
        "::ffff:192.168.1.1",
        "64:ff9b::10.0.0.1",
    ],
)
@pytest.mark.parametrize("host", ["fcm.googleapis.com", "localhost"])
def test_private_ones_may_not(host: str, address: str) -> None:
    """In no disguise, and not in a local set-up either."""
    assert not Reach(local=True).admits(host, address)


def test_loopback_is_reached_by_its_name_only_and_in_a_local_set_up_only() -> None:
    """Another name that leads there was meant for somebody else."""
    assert Reach(local=True).admits("localhost", "127.0.0.1")
    assert Reach(local=True).admits("127.0.0.1", "127.0.0.1")
    assert not Reach(local=True).admits("push.example", "127.0.0.1")
    assert not Reach(local=False).admits("localhost", "127.0.0.1")


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", b"/fcm/send/abc:def"),
        ("https://wns2.notify.windows.com/w/?token=BQ%3d/x", b"/w/?token=BQ%3d/x"),
        ("https://a.example", b"/"),
    ],
)
def test_a_target_is_path_and_query_as_they_are(endpoint: str, target: bytes) -> None:
    """The origin is said elsewhere."""
    assert target_of(endpoint) == target
    assert wrong_target(target) is None


PATHS = st.lists(st.sampled_from([b"/", b"/a", b"/send/x:y?z=%20", b"/" + b"l" * 2047]), max_size=5)
ODD = st.lists(st.sampled_from([b"", b"a", b"/a\n/b", b"/\n", b"\n", b"/ b", b"/\xff", b"/" + b"l" * 2048]), max_size=2)


@given(PATHS, ODD, st.randoms())
def test_targets_are_judged_together_as_one_by_one(paths: list[bytes], odd: list[bytes], dice: Random) -> None:
    """Line ends inside of one, too, do not make two good ones of it."""
    targets = [*paths, *odd]
    dice.shuffle(targets)
    assert are_targets(targets) == all(wrong_target(target) is None for target in targets)
