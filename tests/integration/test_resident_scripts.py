"""The scripts' pure parts in Node: choosing places, finding a position, making a notification. Skipped without Node."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from console.resident.places import outline_rings, place_rows
from console.resident.site import FOLDER
from console.resident.texts import worker_words
from schemas.outlines import areas_at
from schemas.reference import areas_of

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no Node here: install nodejs to run the scripts' pure parts")
POINTS = [(35.339, 139.490), (35.256, 139.155), (35.444, 139.638), (35.5308, 139.703), (35.1, 139.0), (35.325, 139.556)]
"""Town halls of Fujisawa, Odawara, Yokohama, Kawasaki; the sea; and by the border of Kamakura and Fujisawa."""


def run(module: str, script: str, **given: Any) -> Any:
    """What a script makes of `given`, with the module's exports as `it`."""
    source = f"import * as it from {json.dumps((FOLDER / module).as_uri())};\n"
    source += f"const given = {json.dumps(given)};\nconsole.log(JSON.stringify({script}));"
    assert NODE is not None
    argv = [NODE, "--input-type=module", "--no-warnings", "--eval", source]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_places_are_found_however_they_are_written() -> None:
    """Kanji, kana of both kinds and widths, letters with and without long vowels; wards by their city, too."""
    typed = [
        "藤沢",
        "ふじさわ",
        "フジサワ",
        "ﾌｼﾞｻﾜ",
        "fujisawa",
        "Ｆｕｊｉ",
        "ōiso",
        "ooiso",
        "oiso",
        "こうほく",
        "kouhoku",
        "相模原",
    ]
    names = run(
        "page/places.js", "given.typed.map(words => it.found(given.all, words)[0]?.name)", all=place_rows(), typed=typed
    )
    assert names == [*["藤沢市"] * 6, *["大磯町"] * 3, "港北区", "港北区", "相模原市"]
    assert run("page/places.js", "it.found(given.all, '緑区').map(one => one.city)", all=place_rows()) == [
        "横浜市",
        "相模原市",
    ]
    assert run("page/places.js", "it.found(given.all, '札幌')", all=place_rows()) == []


def test_a_position_is_matched_as_the_server_would() -> None:
    """The same outlines, the same 300 m: schemas.outlines is the other reading of the rule."""
    script = (
        "given.points.map(([latitude, longitude]) => it.codesAt({ latitude, longitude, accuracy: 0 }, given.rings))"
    )
    found = run("page/position.js", script, points=POINTS, rings=outline_rings())
    for (lat, lon), codes in zip(POINTS, found, strict=True):
        areas = {area for code in codes["inside"] + codes["close"] for area in areas_of(code)}
        assert tuple(sorted(areas)) == areas_at(lat, lon)
    assert found[0]["inside"] == ["14205"]
    assert found[4] == {"inside": [], "close": []}


MEANT: tuple[tuple[list[str], list[str], str, list[str], bool], ...] = (
    ([], [], "14205", [], True),
    ([], ["みなと"], "14205", [], True),
    ([], ["みなと"], "14205", ["やまべ"], False),
    ([], ["みなと"], "14205", ["やまべ", "みなと"], True),
    (["1410011"], [], "14101", [], True),
    (["1410012"], [], "14101", [], False),
    ([], [], "14204", [], False),
)
"""An order's areas and districts, the place and districts that were chosen, and whether it is for them."""


def test_whom_an_order_concerns() -> None:
    """By municipality, area and district, none of which means all of it."""
    rows = {row["code"]: row for row in place_rows()}
    cases = [
        {
            "order": {
                "municipality": "14100" if areas else "14205",
                "areas": [{"code": area} for area in areas],
                "districts": districts,
            },
            "place": rows[code] | {"districts": wanted},
        }
        for areas, districts, code, wanted, _ in MEANT
    ]
    found = run("page/places.js", "given.cases.map(one => it.concerns(one.order, [one.place]))", cases=cases)
    assert found == [meant for *_, meant in MEANT]


def test_a_city_stands_for_its_wards() -> None:
    """Choosing it takes their place; a ward of a chosen city adds nothing."""
    rows = {str(row["code"]): row for row in place_rows()}
    given = {"city": rows["14100"], "ward": rows["14101"]}
    both = run("page/places.js", "it.added(it.added([], given.ward), given.city).map(one => one.code)", **given)
    assert both == ["14100"]
    assert run("page/places.js", "it.added(it.added([], given.city), given.ward).length", **given) == 1


STAYS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({}, True),
    ({"level": 5}, True),
    ({"level": 3}, False),
    ({"level": None, "hazard": "tsunami", "title": "避難指示"}, True),
    ({"world": "exercise"}, False),
    ({"world": "test"}, False),
    ({"action": "lift"}, False),
    ({"urgent": False}, False),
    ({"kind": "call", "level": 3}, True),
    ({"kind": "selftest", "world": "test", "level": None}, False),
)


def test_what_stays_on_the_screen() -> None:
    """Levels 4 and 5 and tsunami, of the real world, in force; and an officer's call."""
    script = "given.messages.map(one => it.noticeOf(one, given.words).options.requireInteraction)"
    given = {"messages": [_message(changed) for changed, _ in STAYS], "words": worker_words()["ja"]}
    assert run("worker/notice.js", script, **given) == [stays for _, stays in STAYS]


def test_a_tsunami_order_without_the_word_gets_it() -> None:
    """No level number stands for it: the word must, in every language."""
    message = _message({"level": None, "hazard": "tsunami", "title": "!", "body": "15:03"})
    script = "given.words.map(words => it.noticeOf(given.message, words).options.body.split('\\n')[0])"
    words = list(worker_words().values())
    assert run("worker/notice.js", script, message=message, words=words) == [one["tsunami"] for one in words]


def test_what_is_shown_again_is_silent() -> None:
    """It is there so that the browser sees a notification, not for the reader."""
    again = run("worker/notice.js", "it.noticeOf(given.message, given.words, { before: given.message, again: true })",
                message=_message({}), words=worker_words()["ja"])  # fmt: skip
    assert (again["options"]["silent"], again["options"]["renotify"]) == (True, False)


def _message(changed: dict[str, Any]) -> dict[str, Any]:
    message = {"kind": "order", "id": "o", "rev": 1, "tag": "o", "world": "actual", "level": 4, "urgent": True}
    return message | {"title": "警戒レベル4", "body": "藤沢市 15:03", "at": "2026-09-21T06:03:00+00:00"} | changed


def test_the_servers_clock_counts() -> None:
    """RFC 9110 §5.6.7 has the date and its form, RFC 9111 §5.1 the seconds that a cache kept the answer."""
    script = "given.headers.map(one => it.serverTime(new Headers(one)))"
    dated = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    found = run("page/orders.js", script, headers=[dated, dated | {"Age": "60"}])
    at = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC).timestamp()
    assert found == [at * 1000, (at + 60) * 1000]


def test_nobody_waits_for_ever() -> None:
    """What comes in time is what came; what does not is a TimeoutError that says what was waited for."""
    script = (
        "await Promise.all([it.inTime(Promise.resolve(1), 1000, 'one'), "
        "it.inTime(new Promise(() => 0), 1, 'never').catch(problem => [problem.name, problem.message])])"
    )
    assert run("page/patience.js", script) == [1, ["TimeoutError", "never: no answer within 0.001 s"]]
