"""What can be asked at the three doors that must be refused, and the answer to each: status, and the stable code."""

import base64
from dataclasses import dataclass, field
from typing import Any

from local.browser import Browser

ENDPOINT = "http://127.0.0.1:9/push/nobody"
OFF_CURVE = base64.urlsafe_b64encode(b"\x04" + b"\x01" * 64).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Request:
    """One request and its answer. `code` is looked for in the answer's text; `signed_in` only matters at the desk."""

    method: str
    path: str
    status: int
    code: str = ""
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    signed_in: bool = True


def _keys(**changed: str) -> dict[str, str]:
    return Browser().keys() | changed


def _subscribe(code: str, status: int = 400, endpoint: str = ENDPOINT, keys: Any = None, **changed: Any) -> Request:
    wish = {"subscription": {"endpoint": endpoint, "keys": keys or _keys()}, "places": ["14205"], "lang": "ja"}
    return Request("POST", "/subscriptions", status, code, json=wish | changed)


API = {
    "a body that is not JSON": Request("POST", "/subscriptions", 400, "not_json", content=b"\xff\x00"),
    "JSON that is no object": Request("POST", "/subscriptions", 400, "not_object", json=[1]),
    "a body of 9 kB": Request("POST", "/subscriptions", 413, "too_large", content=b"{" + b" " * 9000 + b"}"),
    "no subscription": Request("POST", "/subscriptions", 400, "subscription_missing", json={"places": ["14205"]}),
    "a key off the curve": _subscribe("p256dh_off_curve", keys=_keys(p256dh=OFF_CURVE)),
    "a compressed key": _subscribe("p256dh_form", keys=_keys(p256dh="A" * 44)),
    "a secret of 12 bytes": _subscribe("auth_length", keys=_keys(auth="A" * 16)),
    "keys in plain base64": _subscribe("auth_encoding", keys=_keys(auth="++++++++++++++++++++//")),
    "an address of the cloud's inside": _subscribe("endpoint_address", endpoint="https://169.254.169.254/latest"),
    "plain http elsewhere": _subscribe("endpoint_scheme", endpoint="http://updates.push.services.mozilla.com/x"),
    "a host that looks like a push service": _subscribe(
        "endpoint_host", endpoint="https://fcm.googleapis.com.evil.example/x"
    ),
    "a name and password in the address": _subscribe("endpoint_userinfo", endpoint="https://a:b@fcm.googleapis.com/x"),
    "another port": _subscribe("endpoint_port", endpoint="https://fcm.googleapis.com:8443/x"),
    "a place that does not exist": _subscribe("place_unknown", places=["99999"]),
    "no place": _subscribe("places_missing", places=[]),
    "a language that nobody writes": _subscribe("lang_unknown", lang="tlh"),
    "consent that is neither yes nor no": _subscribe("drills_form", drills="yes"),
    "a forged ticket": _subscribe("ticket_wrong", 403, ticket="x.y"),
    "leaving with another's token": Request(
        "DELETE", "/subscriptions/" + "s" * 22, 401, "token_wrong", headers={"Authorization": "Bearer no"}
    ),
    "a receipt that no push brought": Request(
        "POST",
        "/receipts",
        401,
        "receipt_wrong",
        json={"receipt": "x", "id": "o", "rev": 1, "world": "actual", "event": "shown"},
    ),
}

PARTNERS = {
    "no token": Request("GET", "/events", 401, "token_unknown", signed_in=False),
    "a municipality that is not the partner's": Request("GET", "/events?municipality=13101", 403, "not_allowed"),
    "a kind that does not exist": Request("GET", "/events?kind=gossip", 403, "not_allowed"),
    "a position that was never given": Request(
        "GET", "/events", 400, "position_unknown", headers={"Last-Event-ID": "somewhere"}
    ),
}


def _decide(code: str, status: int = 409, **asked: Any) -> Request:
    body = {"world": "actual", "municipality": "14206", "kind": "propose", **asked}
    return Request("POST", "/api/decisions", status, code, json=body)


def _propose(code: str, status: int = 409, **changed: Any) -> Request:
    wish = {"action": "issue", "order_type": "evacuation_order", "deliver_minutes": 30, **changed}
    return _decide(code, status, hazard="landslide", proposal=wish)


def _texts(*langs: str, body: str = "逃げてください。") -> list[dict[str, str]]:
    return [{"lang": lang, "title": "避難指示", "body": body} for lang in langs]


THREE = ("ja", "ja-easy", "en")
DESK = {
    "a wrong password": Request(
        "POST", "/api/session", 401, json={"officer": "odawara-a", "password": "guess"}, signed_in=False
    ),
    "nobody signed in": Request("GET", "/api/cases", 401, signed_in=False),
    "a form of another page": Request(
        "POST", "/api/decisions", 403, json={"world": "actual"}, headers={"X-CSRF-Token": "guess"}
    ),
    "a decision that is not JSON": Request("POST", "/api/decisions", 400, content=b"{"),
    "a field that nobody knows": _decide("", 400, surprise=1),
    "a step that does not exist": _decide("", 400, kind="overthrow"),
    "another town hall": _decide("", 404, municipality="14205"),
    "a text of 5 kB": _propose("text_too_long", texts=_texts(*THREE, body="逃" * 1700)),
    "a text in a language that nobody writes": _propose("unknown_language", texts=_texts(*THREE, "tlh")),
    "no Japanese text": _propose("日本語・やさしい日本語の文がありません", 400, texts=_texts("en")),
    "a tsunami order for a landslide": _propose("この災害では出せない", 400, order_type="tsunami_evacuation"),
    "an area of another town": _propose("小田原市にありません", 400, areas=["1420500"]),
    "a time that has passed": _propose(
        "24時間以内", 400, deliver_minutes=None, deliver_until="2020-01-01T00:00:00+09:00"
    ),
    "to lift what is not in force": _propose("wrong_state", action="lift"),
    "a proposal without a hazard": _decide("", 400, proposal={"action": "issue"}),
    "a proposal of nothing": _decide("", hazard="landslide"),
    "a case that does not exist": _decide("", kind="submit", hazard="landslide", case_id="x", digest="y"),
    "an approval of nothing": _decide("", kind="approve"),
    "a rejection without a reason": _decide("", 400, kind="reject", case_id="x"),
    "a call that does not exist": _decide("", kind="acknowledge", call_id="x"),
    "a policy that is not there": _decide("", kind="sign_policy"),
    "a second signature under nothing": _decide("", kind="approve_policy", policy_id="x", digest="y"),
    "a halt of nothing": _decide("", kind="halt"),
}
