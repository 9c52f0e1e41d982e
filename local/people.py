"""The people of a local Sonae: officers and a partner, with secrets made afresh, written where programs read them."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher

from schemas.reference import municipalities

STAFFED = {"14205": "fujisawa", "14206": "odawara", "14382": "hakone", "14383": "manazuru", "14384": "yugawara"}
_QUICK = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
"""Enough for a random password of one machine: dozens of officers sign in within a second."""
NAMES = {"a": ("佐藤", "当直（起案）"), "b": ("鈴木", "当直（承認）")}


@dataclass(frozen=True, slots=True)
class Officer:
    """One account of the desk."""

    id: str
    name: str
    municipality: str


@dataclass(frozen=True, slots=True)
class People:
    """All officers (one password), one partner with its token, and the secret of its webhook if it has one."""

    officers: tuple[Officer, ...]
    password: str
    partner_token: str
    webhook_secret: str
    officers_file: Path
    partners_file: Path


def make_people(folder: Path, towns: Mapping[str, str] = STAFFED, webhook: str = "") -> People:
    """Two officers for each town (code → short name) and one partner, with fresh secrets, as TOML in `folder`.

    `webhook` is the partner's own address, if it has one.
    """
    officers = tuple(
        Officer(f"{short}-{letter}", f"{municipalities()[code].name} {name} {post}", code)
        for code, short in towns.items()
        for letter, (name, post) in NAMES.items()
    )
    people = People(
        officers=officers,
        password=secrets.token_urlsafe(9),
        partner_token=secrets.token_urlsafe(24),
        webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        officers_file=folder / "officers.toml",
        partners_file=folder / "partners.toml",
    )
    people.officers_file.write_text(_officers_toml(people), encoding="utf8")
    people.partners_file.write_text(_partners_toml(people, towns, webhook), encoding="utf8")
    return people


def _officers_toml(people: People) -> str:
    password_hash = _QUICK.hash(people.password)
    return "".join(
        f'[[officer]]\nid = "{o.id}"\nname = "{o.name}"\nmunicipalities = ["{o.municipality}"]\n'
        f'roles = ["author", "approver"]\npassword_hash = "{password_hash}"\n\n'
        for o in people.officers
    )


def _partners_toml(people: People, towns: Mapping[str, str], webhook: str) -> str:
    token = hashlib.sha256(people.partner_token.encode()).hexdigest()
    codes = ", ".join(f'"{code}"' for code in towns)
    return (
        f'[[partner]]\nid = "neighbour"\nname = "Neighbouring municipality"\ntoken_sha256 = "{token}"\n'
        f'municipalities = [{codes}]\nworlds = ["actual", "exercise"]\n'
    ) + (f'[partner.webhook]\nurl = "{webhook}"\nsecrets = ["{people.webhook_secret}"]\n' if webhook else "")
