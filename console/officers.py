"""Officers' accounts from a read-only TOML file: who they are, which town halls they serve, what they may do.

Passwords are argon2id hashes; `python -m console hash` makes one from standard input.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password, but the check must take as long")


class Role(StrEnum):
    """What an account may do. Most officers of a small town hall are both author and approver, never for one order."""

    AUTHOR = "author"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Officer:
    """One account. The id is what decisions are signed with; the name is what colleagues read."""

    id: str
    name: str
    municipalities: tuple[str, ...]
    roles: frozenset[Role]
    password_hash: str

    @property
    def fingerprint(self) -> str:
        """Changes with the password, so that a session ends when it does."""
        return hashlib.sha256(self.password_hash.encode()).hexdigest()[:16]

    def has(self, role: Role) -> bool:
        """Whether the account carries the role."""
        return role in self.roles


class BadOfficers(ValueError):
    """The accounts file cannot be used; the message says which line of thought to fix."""


class Officers:
    """All accounts, looked up by id and by town hall."""

    def __init__(self, accounts: tuple[Officer, ...]) -> None:
        self.by_id = {officer.id: officer for officer in accounts}
        if len(self.by_id) != len(accounts):
            raise BadOfficers("two officers share one id: every account needs its own")

    def of(self, municipality: str, role: Role | None = None) -> tuple[Officer, ...]:
        """Everyone of a town hall (with a role), by name."""
        there = [o for o in self.by_id.values() if municipality in o.municipalities and (role is None or o.has(role))]
        return tuple(sorted(there, key=lambda officer: officer.name))

    def name(self, officer_id: str | None) -> str:
        """How colleagues call them; an id that left the file still reads as itself."""
        if officer_id is None:
            return "—"
        found = self.by_id.get(officer_id)
        return found.name if found else officer_id

    def check(self, officer_id: str, password: str) -> Officer | None:
        """The officer if the password is theirs. As slow for an unknown id. Slow on purpose: call it in a thread."""
        found = self.by_id.get(officer_id)
        try:
            _HASHER.verify(found.password_hash if found else _NOBODY, password)
        except (Argon2Error, InvalidHashError):
            return None
        return found


@dataclass(frozen=True, slots=True)
class _File:
    officer: tuple[Officer, ...]


def load_officers(path: Path) -> Officers:
    """The accounts of a file; raises BadOfficers naming what is wrong."""
    try:
        rows = msgspec.convert(tomllib.loads(path.read_text(encoding="utf8")), _File).officer
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadOfficers(f"{path}: {error}") from error
    for row in rows:
        if not row.password_hash.startswith("$argon2"):
            raise BadOfficers(f"{path}: officer {row.id}: no argon2 password_hash (make one: python -m console hash)")
    return Officers(rows)


def hash_password(password: str) -> str:
    """An argon2id hash for the accounts file."""
    return _HASHER.hash(password)
