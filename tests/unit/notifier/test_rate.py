"""How often one device may knock."""

from notifier.subscriptions.rate import Rate


def test_the_limit_holds_within_a_window_and_ends_with_it() -> None:
    """Three knocks a minute; the fourth waits for the next minute; others are not held up."""
    rate = Rate(limit=3, window_s=60)
    assert [rate.allow("a", now) for now in (0, 1, 2, 3)] == [True, True, True, False]
    assert rate.allow("b", 3)
    assert not rate.allow("a", 59)
    assert rate.allow("a", 60)


def test_it_remembers_only_so_many() -> None:
    """A crowd of made-up devices cannot fill the memory."""
    rate = Rate(limit=1, window_s=60, capacity=2)
    assert [rate.allow(key, 0) for key in ("a", "b", "c")] == [True, True, True]
    assert rate.allow("a", 1)
    assert not rate.allow("c", 1)
