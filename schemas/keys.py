"""Fresh keys and secrets: `python -m schemas keys [KIND …]`. docs/install.md says where each is kept."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schemas.signing import new_key_pair


@dataclass(frozen=True, slots=True)
class Kind:
    """`make` returns names and values; `whose` says who reads them."""

    make: Callable[[], dict[str, str]]
    whose: str


def _signing() -> dict[str, str]:
    private, public = new_key_pair()
    return {"SONAE_SIGNING_KEY": private, "SONAE_VERIFY_KEY": public}


def _webhook() -> dict[str, str]:
    return {"secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}


def _token() -> dict[str, str]:
    token = secrets.token_urlsafe(32)
    return {"token": token, "token_sha256": hashlib.sha256(token.encode()).hexdigest()}


KINDS = {
    "signing": Kind(_signing, "private: console serve, beat; public: streams watch, decide, notifier api, plan"),
    "session": Kind(lambda: {"SONAE_CONSOLE_SECRET": secrets.token_urlsafe(32)}, "console serve, beat"),
    "sealing": Kind(lambda: {"SONAE_SEALING_KEY": secrets.token_urlsafe(32)}, "notifier api, index, refill, deliver"),
    "vapid": Kind(lambda: {"SONAE_VAPID_KEY": secrets.token_urlsafe(32)}, "notifier api, deliver"),
    "webhook": Kind(_webhook, "a partner's [partner.webhook] secrets, and the partner"),
    "token": Kind(_token, "the token: the partner alone; its digest: the partners' file"),
}
"""By the word that the command takes."""
SETTINGS = ("signing", "session", "sealing", "vapid")
"""Those that a Sonae needs once; the others are each partner's."""


def fresh(kinds: Iterable[str] = SETTINGS) -> dict[str, str]:
    """Fresh values of these kinds by their names; KeyError for a word that is none."""
    return {name: value for kind in kinds for name, value in KINDS[kind].make().items()}


def lines(kinds: Iterable[str]) -> list[str]:
    """Fresh values as lines of an environment file, each kind below who reads it."""
    return [
        line
        for kind in kinds
        for line in (f"# {KINDS[kind].whose}", *(f"{name}={value}" for name, value in KINDS[kind].make().items()))
    ]
