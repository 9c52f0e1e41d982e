"""Who may push: hashes of tokens by source, from a read-only file. A token itself is nowhere kept and never logged."""

import hashlib
import hmac
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from connectors.rows import BadFeeds

HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
NOTHING = frozenset(hashlib.sha256(text).hexdigest() for text in (b"", b"\n"))
"""What `sha256sum` says where $TOKEN was never set."""
SHORTEST = 20
"""Letters of a token: what is shorter can be guessed, so it never opens anything."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """SHA-256 hashes by source. Two at once let a token be changed without a gap."""

    hashes: dict[str, tuple[str, ...]]

    def opens(self, source: str, header: str) -> bool:
        """Whether this Authorization header may push for this source. Takes the same time whatever is wrong."""
        scheme, _, token = header.partition(" ")
        given = hashlib.sha256(token.strip().encode("utf8", "surrogateescape")).hexdigest()
        known = self.hashes.get(source, ()) or ("0" * 64,)
        fits = [hmac.compare_digest(given, one) for one in known]
        return any(fits) and scheme.lower() == "bearer" and len(token.strip()) >= SHORTEST


def load_tokens(file: Path | None) -> Tokens:
    """Reads `source = ["sha256 of its token", …]`; without a file nobody may push. Raises BadFeeds."""
    if file is None:
        return Tokens({})
    try:
        found = tomllib.loads(file.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise BadFeeds(f'{file}: {type(error).__name__}; it is TOML with lines like city = ["hash"]') from error
    for source, hashes in found.items():
        if not isinstance(hashes, list) or not all(isinstance(one, str) and HASH.fullmatch(one) for one in hashes):
            raise BadFeeds(f"{file}: {source}: write a list of SHA-256 hashes, 64 digits 0-9a-f each; never the token")
        if NOTHING & set(hashes):
            raise BadFeeds(f"{file}: {source}: that is the hash of no token at all; was $TOKEN set when it was made?")
    return Tokens({source: tuple(hashes) for source, hashes in found.items()})
