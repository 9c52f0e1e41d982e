"""Sessions slide for twelve hours, end with the password, and never in the middle of an order."""

from datetime import timedelta

from console.officers import Officer, Officers, Role
from console.sessions import TRIES, TRIES_OF_ADDRESS, Attempts, Sessions
from tests.unit.console.records import AT, FUJISAWA, minutes

SECRET = "a secret of thirty-two characters or more"


def officers(hashed: str = "$argon2id$one") -> Officers:
    """One officer."""
    return Officers((Officer("sato", "佐藤", (FUJISAWA,), frozenset({Role.AUTHOR}), hashed),))


def cookie() -> str:
    """A session begun at AT."""
    sessions = Sessions(SECRET)
    return sessions.seal(sessions.begin(officers().by_id["sato"], AT))


def test_twelve_hours_after_the_last_look() -> None:
    """A night shift fits; the next evening does not."""
    sessions = Sessions(SECRET)
    assert sessions.open(cookie(), officers(), AT + timedelta(hours=12), busy=False)
    assert sessions.open(cookie(), officers(), AT + timedelta(hours=12, seconds=1), busy=False) is None


def test_nobody_is_signed_out_while_a_proposal_is_open() -> None:
    """Thirteen hours of silence, but a proposal waits: still signed in."""
    assert Sessions(SECRET).open(cookie(), officers(), AT + timedelta(hours=13), busy=True)


def test_a_forged_cookie_is_nobodys() -> None:
    """Another secret, a cut or an empty cookie: nobody."""
    good = cookie()
    for bad in (None, "", good[:-1], "x" + good, Sessions("another secret of 32 characters!!").new_door()):
        assert Sessions(SECRET).open(bad, officers(), AT, busy=False) is None
    assert Sessions("another secret of 32 characters!!").open(good, officers(), AT, busy=False) is None


def test_a_new_password_or_a_removed_account_ends_the_session() -> None:
    """The cookie names the password it was begun with."""
    assert Sessions(SECRET).open(cookie(), officers("$argon2id$two"), AT, busy=False) is None
    assert Sessions(SECRET).open(cookie(), Officers(()), AT, busy=False) is None


def test_forms_left_open_count_for_the_same_officer_alone() -> None:
    """Who signs in again in the same browser goes on where they were; who takes over their chair does not."""
    sessions, sato = Sessions(SECRET), officers().by_id["sato"]
    before = sessions.begin(sato, AT)
    assert sessions.begin(sato, AT + timedelta(days=1), sessions.seal(before)).csrf == before.csrf
    suzuki = Officer("suzuki", "鈴木", (FUJISAWA,), frozenset({Role.AUTHOR}), "$argon2id$one")
    changed = officers("$argon2id$two").by_id["sato"]
    for other, cookie_then in ((suzuki, sessions.seal(before)), (changed, sessions.seal(before)), (sato, "forged")):
        assert sessions.begin(other, AT, cookie_then).csrf != before.csrf
    assert sessions.begin(sato, AT).csrf != before.csrf


def test_the_sign_in_form_must_be_ours() -> None:
    """Cookie and field carry the same signed token."""
    sessions = Sessions(SECRET)
    door = sessions.new_door()
    assert sessions.is_door(door, door)
    assert not sessions.is_door(door, sessions.new_door())
    assert not sessions.is_door(None, "")
    assert not sessions.is_door("made-up", "made-up")


def test_five_wrong_passwords_wait_five_minutes() -> None:
    """From one address, for one officer; a right one clears the count."""
    attempts = Attempts()
    for n in range(TRIES):
        assert attempts.wait("sato", "10.0.0.1", AT + minutes(n / 10)) is None
        attempts.wrong("sato", "10.0.0.1", AT + minutes(n / 10))
    assert attempts.wait("sato", "10.0.0.1", AT + minutes(1)) == minutes(4)
    assert attempts.wait("sato", "10.0.0.1", AT + minutes(6)) is None
    attempts.right("sato", "10.0.0.1")
    assert attempts.wait("sato", "10.0.0.1", AT + minutes(1)) is None


def test_nobody_locks_an_officer_out_from_elsewhere() -> None:
    """A stranger's guesses do not keep the officer from signing in at the town hall."""
    attempts = Attempts()
    for _ in range(TRIES_OF_ADDRESS):
        attempts.wrong("sato", "203.0.113.9", AT)
    assert attempts.wait("sato", "10.0.0.1", AT) is None
    assert attempts.wait("anyone", "203.0.113.9", AT) == minutes(5), "the stranger's address waits for every name"
