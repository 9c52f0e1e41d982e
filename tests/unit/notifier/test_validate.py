"""The door: what a browser sends comes in, and every kind of wrong input gets its own code and sentence."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.subscriptions.endpoint import Hosts, Refused, check_endpoint
from notifier.subscriptions.validate import Door, validate
from schemas import reference

# The receiver's keys of the example in RFC 8291, appendix A.
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
FCM = "https://fcm.googleapis.com/fcm/send/abc:def?token=1"
HOSTS = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
DOOR = Door(Hosts(HOSTS), reference.areas_of, reference.municipality_of)
LOCAL = Hosts(HOSTS, local=True)


def _request(**more: Any) -> dict[str, Any]:
    keys = {"p256dh": P256DH, "auth": AUTH}
    subscription = {"endpoint": FCM, "expirationTime": None, "keys": keys}
    return {"subscription": subscription, "places": ["14205"], "lang": "ja", "drills": False} | more


def _subscription(**more: Any) -> dict[str, Any]:
    subscription: dict[str, Any] = _request()["subscription"]
    return _request(subscription=subscription | more)


def _keys(**more: Any) -> dict[str, Any]:
    return _subscription(keys={"p256dh": P256DH, "auth": AUTH} | more)


def _point(first: int, x: int, y: int) -> str:
    raw = bytes([first]) + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_browsers_subscription_comes_in() -> None:
    """The keys of RFC 8291's example, as a browser spells them, for all of Fujisawa and half of Yokohama."""
    wanted = validate(json.dumps(_request(places=["14205", "1410011", "142051"], drills=True)).encode(), DOOR)
    assert wanted.endpoint == FCM
    assert (len(wanted.p256dh), wanted.p256dh[0], len(wanted.auth)) == (65, 4, 16)
    assert wanted.places == {"14100": ("1410011",), "14205": ()}
    assert (wanted.lang, wanted.drills, wanted.ticket) == ("ja", True, None)


@pytest.mark.parametrize(
    ("places", "areas", "districts"),
    [
        (["14205", "1410011"], {"14205": (), "14100": ("1410011",)}, {}),
        ({"14205": [], "14100": ["1410011"]}, {"14205": (), "14100": ("1410011",)}, {}),
        ({"14205": {"districts": ["鵠沼", "片瀬", "鵠沼"]}}, {"14205": ()}, {"14205": ("片瀬", "鵠沼")}),
        ({"14100": {"areas": ["1410011", "1410012"], "districts": []}}, {"14100": ()}, {}),
    ],
)
def test_places_are_named_in_three_ways(places: Any, areas: dict[str, Any], districts: dict[str, Any]) -> None:
    """A list of codes; areas by municipality; areas and districts by municipality. None means all."""
    wanted = validate(json.dumps(_request(places=places)).encode(), DOOR)
    assert (wanted.places, wanted.districts) == (areas, districts)


def test_all_areas_of_a_city_are_the_city() -> None:
    """Both halves of Yokohama are Yokohama; the prefecture's code is every town hall."""
    halves = validate(json.dumps(_request(places=["1410011", "1410012"])).encode(), DOOR)
    assert halves.places == {"14100": ()}
    every = validate(json.dumps(_request(places=["140000"])).encode(), DOOR)
    assert len(every.places) == 33
    assert set(every.places.values()) == {()}


BAD: list[tuple[str, Any]] = [
    ("not_json", b"{"),
    ("not_json", b"\xff\xfe"),
    ("not_json", b"[" * 100_000),
    ("not_object", []),
    ("subscription_missing", {}),
    ("subscription_missing", _request(subscription="x")),
    ("keys_missing", _subscription(keys=None)),
    ("endpoint_missing", _subscription(endpoint=None)),
    ("endpoint_missing", _subscription(endpoint="")),
    ("endpoint_too_long", _subscription(endpoint="https://fcm.googleapis.com/" + "a" * 2048)),
    ("p256dh_encoding", _keys(p256dh=None)),
    ("p256dh_encoding", _keys(p256dh=P256DH[:-1] + "+")),
    ("p256dh_encoding", _keys(p256dh=P256DH + "=")),
    ("p256dh_form", _keys(p256dh=P256DH + "A")),
    ("p256dh_form", _keys(p256dh="")),
    ("p256dh_form", _keys(p256dh=_point(3, 1, 1))),
    ("p256dh_form", _keys(p256dh=_point(6, 1, 1))),
    ("p256dh_off_curve", _keys(p256dh=_point(4, 1, 1))),
    ("p256dh_off_curve", _keys(p256dh=_point(4, 0, 0))),
    ("p256dh_off_curve", _keys(p256dh=_point(4, 2**256 - 1, 2**256 - 1))),
    ("auth_encoding", _keys(auth=7)),
    ("auth_length", _keys(auth="BTBZMqHH6r4Tts7J_aSI")),
    ("auth_length", _keys(auth="A" * 24)),
    ("auth_encoding", _keys(auth=AUTH[:-1] + "h")),
    ("lang_unknown", _request(lang="tlh")),
    ("lang_unknown", _request(lang=None)),
    ("drills_form", _request(drills="yes")),
    ("ticket_form", _request(ticket="t" * 1025)),
    ("ticket_form", _request(ticket=1)),
    ("places_missing", _request(places=[])),
    ("places_missing", _request(places="14205")),
    ("places_too_many", _request(places=["14205"] * 41)),
    ("places_form", _request(places={"14205": "1420500"})),
    ("place_unknown", _request(places={"14205": ["x"]})),
    ("place_unknown", _request(places={"x": {"districts": ["鵠沼"]}})),
    ("district_form", _request(places={"14205": {"districts": ["a\nb"]}})),
    ("district_form", _request(places={"14205": {"districts": ["鵠" * 61]}})),
    ("districts_too_many", _request(places={"14205": {"districts": [str(n) for n in range(41)]}})),
    ("replaces_form", _request(replaces={"subscriber": "a"})),
    ("replaces_form", _request(replaces="a")),
    ("place_unknown", _request(places=["13101"])),
    ("place_unknown", _request(places=[14205])),
    ("place_unknown", _request(places=["14205\n"])),
]


@pytest.mark.parametrize(("code", "request_"), BAD, ids=[f"{n}-{code}" for n, (code, _) in enumerate(BAD)])
def test_each_wrong_input_has_its_answer(code: str, request_: Any) -> None:
    """A stable code for programs, and a sentence for the person."""
    body = request_ if isinstance(request_, bytes) else json.dumps(request_).encode()
    with pytest.raises(Refused) as refused:
        validate(body, DOOR)
    assert refused.value.code == code
    assert refused.value.text.endswith(".")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:443/x",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QOX",
        "https://api.sandbox.push.apple.com/x",
        "https://wns2-pn1p.notify.windows.com/w/?token=BQYA%2b%3d",
    ],
)
def test_push_services_are_let_in(endpoint: str) -> None:
    """The whole endpoint is kept, with its query (WNS has its token there)."""
    assert check_endpoint(endpoint, Hosts(HOSTS)) == endpoint


@pytest.mark.parametrize(
    ("code", "endpoint"),
    [
        ("endpoint_scheme", "http://fcm.googleapis.com/x"),
        ("endpoint_scheme", "ftp://fcm.googleapis.com/x"),
        ("endpoint_scheme", "file:///etc/passwd"),
        ("endpoint_scheme", "//fcm.googleapis.com/x"),
        ("endpoint_userinfo", "https://a:b@fcm.googleapis.com/x"),
        ("endpoint_userinfo", "https://fcm.googleapis.com@evil.example/x"),
        ("endpoint_malformed", "https://fcm.googleapis.com\\@evil.example/x"),
        ("endpoint_malformed", "https://fcm.googleapis.com/x#y"),
        ("endpoint_malformed", "https://fcm.googleapis.com./x"),
        ("endpoint_malformed", "https://FCM.googleapis.com/x"),
        ("endpoint_malformed", "https://fcm.google\tapis.com/x"),
        ("endpoint_malformed", "https://fcm.googleapis.com/x\r\nHost: evil"),
        ("endpoint_malformed", "https://fcm.googleapis。com/x"),
        ("endpoint_malformed", "https://[::1/x"),
        ("endpoint_malformed", "https://fcm.googleapis.com:99999/x"),
        ("endpoint_malformed", "https:fcm.googleapis.com/x"),
        ("endpoint_address", "https://127.0.0.1/x"),
        ("endpoint_address", "https://[::1]/x"),
        ("endpoint_address", "https://169.254.169.254/latest/meta-data"),
        ("endpoint_host", "https://2130706433/x"),
        ("endpoint_host", "https://0x7f.0.0.1/x"),
        ("endpoint_host", "https://localhost/x"),
        ("endpoint_host", "https://evil.example/fcm.googleapis.com"),
        ("endpoint_host", "https://fcm.googleapis.com.evil.example/x"),
        ("endpoint_host", "https://evilpush.apple.com/x"),
        ("endpoint_host", "https://push.apple.com/x"),
        ("endpoint_host", "https://.push.apple.com/x"),
        ("endpoint_port", "https://fcm.googleapis.com:8443/x"),
    ],
)
def test_no_request_of_ours_goes_elsewhere(code: str, endpoint: str) -> None:
    """A stranger cannot choose an address in our network, another port, or a host that only looks like one of ours."""
    with pytest.raises(Refused) as refused:
        check_endpoint(endpoint, Hosts(HOSTS))
    assert refused.value.code == code


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000/p/1", "http://localhost:9000/p", "https://[::1]:9/p"])
def test_loopback_is_for_local_set_ups_only(endpoint: str) -> None:
    """A virtual push service on this machine is let in only where SONAE_LOCAL is set."""
    assert check_endpoint(endpoint, LOCAL) == endpoint
    with pytest.raises(Refused):
        check_endpoint(endpoint, Hosts(HOSTS))


def test_local_opens_nothing_else() -> None:
    """SONAE_LOCAL lets loopback in, not the network around it, nor plain http."""
    for endpoint in ("http://192.168.0.1/x", "http://fcm.googleapis.com/x", "https://10.0.0.1/x", "http://0.0.0.0/x"):
        with pytest.raises(Refused):
            check_endpoint(endpoint, LOCAL)


@given(st.text(max_size=300))
def test_any_text_as_endpoint_is_let_in_only_on_the_list(text: str) -> None:
    """Whatever comes: an address on the list, or Refused; never another exception."""
    try:
        endpoint = check_endpoint(f"https://{text}", Hosts(HOSTS))
    except Refused:
        return
    host = endpoint.removeprefix("https://").split("/")[0].split("?")[0].removesuffix(":443")
    assert Hosts(HOSTS).rule_of(host) is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["subscription", "places", "lang", "drills", "ticket", "replaces"]), json_values),
    st.dictionaries(st.sampled_from(["endpoint", "keys"]), json_values),
)
def test_any_json_is_answered(top: dict[str, Any], subscription: dict[str, Any]) -> None:
    """No JSON brings the door down."""
    with contextlib.suppress(Refused):
        validate(json.dumps({"subscription": subscription} | top).encode(), DOOR)
