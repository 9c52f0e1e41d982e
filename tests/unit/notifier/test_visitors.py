"""Whose request it is: no stranger can pass for another by a header."""

import pytest

from notifier.subscriptions.visitors import Proxies

OURS = Proxies.of(("10.0.0.0/8", "192.0.2.7"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not our proxy: its header is worth nothing
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the stranger wrote the first one
        ("10.1.2.3", "1.2.3.4, 198.51.100.1, 192.0.2.7", "198.51.100.1"),  # two proxies of ours
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "nonsense", "nonsense"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),  # a household is one visitor
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
def test_the_visitor_is_the_last_address_before_our_proxies(peer: str, forwarded: str, visitor: str) -> None:
    """X-Forwarded-For is read from its end, as far as our own proxies go."""
    assert OURS.visitor(peer, forwarded) == visitor


def test_without_a_proxy_nobody_is_believed() -> None:
    """The default."""
    assert Proxies().visitor("127.0.0.1", "198.51.100.1") == "127.0.0.1"
