"""Whom a push service may write to about us: the `sub` of a VAPID token (RFC 8292 §2.1). Pure."""

import re
from urllib.parse import urlsplit

_MAIL = re.compile(r"mailto:[^\s<>@]+@[^\s<>@]+\.[^\s<>@.]+")


class BadSubject(ValueError):
    """It is no contact; the message says what is expected."""


def checked_subject(subject: str) -> str:
    """The VAPID `sub`: Apple answers 403 to anything but a plain mailto: or https: address."""
    parts = urlsplit(subject)
    host = parts.hostname or ""
    if _MAIL.fullmatch(subject) or (parts.scheme == "https" and "." in host and not host.endswith("localhost")):
        return subject
    raise BadSubject(
        f"{subject!r} is no contact: use mailto:name@example.jp or https://example.jp/contact, no < > or spaces"
    )
