"""Which push endpoints we would ever connect to. Pure: rules against server-side request forgery.

A subscription makes us send requests to an address that a stranger chose. So it must be https on port 443 of a push
service that is on our list, as the browser spells it, without user info, address literals or anything hidden.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MAX_URL_BYTES = 2048
_PRINTABLE = re.compile(r"[!-~]+")  # what RFC 3986 can contain and more; urlsplit would silently drop tabs and newlines


class Refused(ValueError):
    """The door stays shut: `code` is stable for programs, `text` says to a person what is wrong."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Hosts:
    """The push services that are let in: names, or `*.name` for any below it. `local` adds this machine's loopback."""

    allowed: tuple[str, ...]
    local: bool = False

    def rule_of(self, host: str) -> str | None:
        """The rule that lets a host in, or None. It names the push service in metrics: never a stranger's words."""
        if self.local and is_loopback(host):
            return "loopback"
        return next((rule for rule in self.allowed if _matches(rule, host)), None)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself: `localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def check_endpoint(endpoint: object, hosts: Hosts) -> str:
    """The endpoint as it came; raises Refused."""
    url = _plain(endpoint)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(
            "endpoint_malformed", "The endpoint is not an address: send what the browser gave you."
        ) from error
    _check_form(url, parts, host)
    if hosts.local and is_loopback(host):
        return url
    _check_remote(parts, host, port)
    if hosts.rule_of(host) is None:
        raise Refused("endpoint_host", "The endpoint's host is none of the push services that we send to.")
    return url


def _plain(endpoint: object) -> str:
    if not isinstance(endpoint, str) or not endpoint:
        raise Refused("endpoint_missing", "There is no endpoint: send the browser's PushSubscription as JSON.")
    if len(endpoint.encode()) > MAX_URL_BYTES:
        raise Refused("endpoint_too_long", f"The endpoint is longer than {MAX_URL_BYTES} bytes.")
    if not _PRINTABLE.fullmatch(endpoint) or "\\" in endpoint:
        raise Refused("endpoint_malformed", "The endpoint holds characters that an address cannot have.")
    return endpoint


def _check_form(url: str, parts: SplitResult, host: str) -> None:
    if parts.scheme not in {"https", "http"}:
        raise Refused("endpoint_scheme", "The endpoint must begin with https://.")
    if "@" in parts.netloc:
        raise Refused("endpoint_userinfo", "The endpoint must not carry a user name or password.")
    if "#" in url:
        raise Refused("endpoint_malformed", "The endpoint must not have a fragment (#).")
    if (
        not host
        or parts.netloc != parts.netloc.lower()
        or host.endswith(".")
        or not url.startswith(f"{parts.scheme}://")
    ):
        raise Refused("endpoint_malformed", "The endpoint's host is not written as browsers write it.")


def _check_remote(parts: SplitResult, host: str, port: int | None) -> None:
    if parts.scheme != "https":
        raise Refused("endpoint_scheme", "The endpoint must begin with https://.")
    if _address(host) is not None:
        raise Refused("endpoint_address", "The endpoint must name a host, not an IP address.")
    if port not in {None, 443}:
        raise Refused("endpoint_port", "The endpoint must be on port 443.")


def _matches(rule: str, host: str) -> bool:
    if rule.startswith("*."):
        return host.endswith(rule[1:]) and len(host) > len(rule) - 1
    return host == rule


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
