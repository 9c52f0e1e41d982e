"""Who is signed in: signed cookies that slide for 12 hours, form tokens, a limit on wrong passwords."""

import hmac
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from console.officers import Officer, Officers

COOKIE, DOOR_COOKIE = "sonae_desk", "sonae_door"
IDLE = timedelta(hours=12)
IDLE_WHILE_BUSY = timedelta(days=7)
RENEW = timedelta(minutes=10)
TRIES, TRIES_OF_ADDRESS, WINDOW = 5, 20, timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie says. `csrf` goes into every form of this session; times are real UTC."""

    officer: str
    fingerprint: str
    csrf: str
    seen_at: datetime


class Sessions:
    """Makes and reads session cookies. Nothing is stored: a restart signs nobody out."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="sonae-desk-session")
        self._door = URLSafeSerializer(secret, salt="sonae-desk-door")

    def begin(self, officer: Officer, now: datetime, cookie: str | None = None) -> Session:
        """A fresh session after a right password.

        `cookie`: what this browser had. The same officer's forms that stood open while the session ended still count;
        another officer's never do.
        """
        before = self._read(cookie)
        same_hand = before is not None and (before.officer, before.fingerprint) == (officer.id, officer.fingerprint)
        csrf = before.csrf if before is not None and same_hand else secrets.token_urlsafe(24)
        return Session(officer.id, officer.fingerprint, csrf, now)

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        return str(self._serializer.dumps(msgspec.to_builtins(session)))

    def open(self, cookie: str | None, officers: Officers, now: datetime, busy: bool) -> Session | None:
        """The session of a cookie, or None if it is forged, of a changed account, or idle for too long.

        `busy`: the officer's town hall has a proposal open. Then idleness ends nothing (up to a week): nobody is signed
        out in the middle of an order.
        """
        session = self._read(cookie)
        if session is None:
            return None
        officer = officers.by_id.get(session.officer)
        if officer is None or officer.fingerprint != session.fingerprint:
            return None
        return session if now - session.seen_at <= (IDLE_WHILE_BUSY if busy else IDLE) else None

    def officer_of(self, cookie: str | None) -> str | None:
        """Whose cookie this is, if we signed it, whatever its age."""
        session = self._read(cookie)
        return session.officer if session else None

    def new_door(self) -> str:
        """A signed token for the sign-in form, which has no session yet: the same in its cookie and its field."""
        return str(self._door.dumps(secrets.token_urlsafe(16)))

    def is_door(self, cookie: str | None, field: str) -> bool:
        """Whether the sign-in form came from our own page."""
        try:
            self._door.loads(cookie or "")
        except BadSignature:
            return False
        return same(cookie or "", field)

    def _read(self, cookie: str | None) -> Session | None:
        if not cookie:
            return None
        try:
            return msgspec.convert(self._serializer.loads(cookie), Session)
        except (BadSignature, msgspec.ValidationError):
            return None


def same(left: str, right: str) -> bool:
    """Compares secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


class Attempts:
    """Wrong passwords of the last five minutes.

    Counted per officer *and* address, so that nobody locks an officer out from elsewhere; per address, so that nobody
    tries every account.
    """

    def __init__(self) -> None:
        self._wrong: dict[str, deque[datetime]] = {}

    def wait(self, officer_id: str, address: str, now: datetime) -> timedelta | None:
        """How long until the next try is allowed, or None for now."""
        waits = [self._wait(f"{officer_id}@{address}", TRIES, now), self._wait(f"@{address}", TRIES_OF_ADDRESS, now)]
        longest = max(waits)
        return longest if longest > timedelta(0) else None

    def wrong(self, officer_id: str, address: str, now: datetime) -> None:
        """One more wrong password."""
        self._forget(now)
        for name in (f"{officer_id}@{address}", f"@{address}"):
            self._wrong.setdefault(name, deque(maxlen=TRIES_OF_ADDRESS)).append(now)

    def right(self, officer_id: str, address: str) -> None:
        """A right password clears the officer's count at this address."""
        self._wrong.pop(f"{officer_id}@{address}", None)

    def _wait(self, name: str, tries: int, now: datetime) -> timedelta:
        recent = [at for at in self._wrong.get(name, ()) if now - at < WINDOW]
        return WINDOW - (now - recent[-tries]) if len(recent) >= tries else timedelta(0)

    def _forget(self, now: datetime) -> None:
        for name in [name for name, times in self._wrong.items() if now - times[-1] >= WINDOW]:
            del self._wrong[name]
