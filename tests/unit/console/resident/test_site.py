"""The residents' page as files: complete, consistent, small, and safe to serve as they are."""

import json
import re
import struct
from pathlib import Path

import pytest

from console.resident.bundle import Unbundled, bundle, without_comments
from console.resident.icons import badge, icon
from console.resident.places import outline_rings, place_rows
from console.resident.shelters import HAZARDS
from console.resident.site import Wanted, files
from schemas.outlines import outlines
from schemas.records.decided import LANGUAGES
from schemas.reference import municipalities, wards

WANTED = Wanted("https://api.example.test/")


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """The page without anything that a municipality supplied; nothing is refused."""
    refused: list[str] = []
    made = files(WANTED, refused.append)
    assert refused == []
    return made


def test_whatever_a_page_names_is_there(site: dict[str, bytes]) -> None:
    """Scripts, styles, icons, what scripts import, what the worker keeps, what the manifest shows."""
    named = set()
    for name, content in site.items():
        text = content.decode(errors="ignore") if name.endswith((".html", ".js", "manifest.json")) else ""
        named |= set(re.findall(r'"/(resident/[\w./-]+\.(?:js|css|png|svg|json|html))"', text))
        named |= {f"resident/{found}" for found in re.findall(r'from "\./(\w+\.js)"', text) if name != "sw.js"}
    assert named - set(site) == set()
    assert {f"resident/texts/{lang}.json" for lang in LANGUAGES} <= set(site)


def test_the_page_can_be_read_before_its_script_runs(site: dict[str, bytes]) -> None:
    """Every element with a text has the Japanese one, and no blank of the markup is left."""
    page = site["resident/index.html"].decode()
    assert re.findall(r'data-t="[\w.]+"[^>]*></', page) == []
    assert re.findall(r"%[A-Z]+%", page) == []
    assert '<html lang="ja">' in page


def test_only_our_own_scripts_run_and_only_two_addresses_are_asked(site: dict[str, bytes]) -> None:
    """The policy names the API's origin and nobody else; the markup has no script of its own."""
    for name in ("resident/index.html", "resident/offline.html"):
        page = site[name].decode()
        assert "connect-src 'self' https://api.example.test;" in page
        assert "default-src 'none'; script-src 'self';" in page
        assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page) == []


def test_the_worker_changes_with_what_it_keeps(site: dict[str, bytes]) -> None:
    """Another API, another page, another version: a browser takes the new worker and drops the old one's files."""
    assert files(WANTED, print)["sw.js"] == site["sw.js"]
    assert files(Wanted("https://other.example.test"), print)["sw.js"] != site["sw.js"]
    kept = re.search(r"^const FILES = (.+);$", site["sw.js"].decode(), re.MULTILINE)
    assert kept is not None
    assert {name.lstrip("/") for name in json.loads(kept[1])} <= set(site)


def test_phones_do_not_get_our_comments(site: dict[str, bytes]) -> None:
    """The first view has a budget; addresses in strings are no comments."""
    scripts = {name: content.decode() for name, content in site.items() if name.endswith(".js")}
    assert {name for name, text in scripts.items() if re.search(r"^\s*//", text, re.MULTILINE)} == set()
    assert without_comments("// why\nconst a = 'http://x'; // no line of its own\n  // and\n  b();\n") == (
        "const a = 'http://x'; // no line of its own\n  b();\n"
    )


def test_icons_are_what_the_manifest_says(site: dict[str, bytes]) -> None:
    """Sizes as a PNG's own head has them; one of them may be cropped to a circle."""
    manifest = json.loads(site["resident/manifest.json"])
    for row in manifest["icons"]:
        width, height = struct.unpack(">II", site[row["src"].lstrip("/")][16:24])
        assert row["sizes"] == f"{width}x{height}"
    assert {row["purpose"] for row in manifest["icons"]} == {"any", "maskable"}
    assert struct.unpack(">II", site["resident/icon-180.png"][16:24]) == (180, 180)
    assert (manifest["start_url"], manifest["scope"]) == ("/resident/", "/")
    assert icon(192)[:8] == badge(96)[:8] == b"\x89PNG\r\n\x1a\n"


def test_every_place_can_be_chosen() -> None:
    """33 municipalities and 28 wards, each with its reading, its letters, its areas and an outline."""
    rows = place_rows()
    assert {row["code"] for row in rows} == set(municipalities()) | set(wards())
    for row in rows:
        assert re.fullmatch(r"[ぁ-ん]+(?:し|く|まち|むら)", str(row["kana"])), row
        assert re.fullmatch(r"[A-Z][a-z]+ (?:City|Ward|Town|Village)", str(row["en"])), row
        assert row["areas"]
    cities = {ward.municipality for ward in wards().values()}
    assert {str(row["code"]) for row in rows} - cities <= set(outline_rings())
    assert set(outline_rings()) == set(outlines())


def test_modules_become_one_script() -> None:
    """Exports are what other modules take; a form that is not understood is refused by name."""
    one = "export const two = 2;\nexport async function three() {\n  return two + 1;\n}\n"
    other = 'import { two } from "./one.js";\nimport * as one from "./one.js";\none.three(two);\n'
    made = bundle({"one": one, "other": other})
    assert "return { two, three };" in made
    assert "const { two } = module_one;" in made
    assert "const one = module_one;" in made
    with pytest.raises(Unbundled, match=r"other\.js"):
        bundle({"other": "export default 3;\n"})


def test_a_refused_file_is_said_and_the_page_stands(tmp_path: Path) -> None:
    """One municipality's slip takes nothing from the others."""
    (tmp_path / "14205.csv").write_text("code,name\n1,みなと\n", encoding="utf8")
    (tmp_path / "14204.csv").write_text("code,name,kana\n1,みなと,みなと\n", encoding="utf8")
    refused: list[str] = []
    made = files(Wanted("https://api.example.test", districts=tmp_path), refused.append)
    assert list(json.loads(made["resident/districts.json"])) == ["14204"]
    assert [row["code"] for row in json.loads(made["resident/places.json"]) if row["has_districts"]] == ["14204"]
    (only,) = refused
    assert "14205.csv" in only
    assert "kana" in only


def test_the_page_is_told_which_lists_of_shelters_there_are(tmp_path: Path, site: dict[str, bytes]) -> None:
    """It asks for those alone: whoever supplied none is no error in the log of every resident's visit."""
    assert json.loads(site["resident/settings.json"])["shelters"] == []
    head = "名称,所在地_連結表記," + ",".join(HAZARDS)
    (tmp_path / "14205.csv").write_text(f"{head}\nみなと小学校,みなと1-2-3,1{',' * 7}\n", encoding="utf8")
    made = files(Wanted("https://api.example.test", shelters=tmp_path), print)
    assert json.loads(made["resident/settings.json"])["shelters"] == ["14205"]
    assert {name for name in made if name.startswith("shelters/")} == {"shelters/14205.json"}
