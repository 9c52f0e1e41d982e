"""What the pages say exists: commands, their options, settings, metrics, files that are linked, and places in them."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.settings import ConnectorSettings
from console.settings import BeatSettings, ConsoleSettings, PublicSettings
from notifier.settings import NotifierSettings
from schemas.settings import SchemasSettings
from streams.settings import StreamsSettings
from tests.sources import PACKAGES, ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *(ROOT / name / "README.md" for name in (*PACKAGES, "tests"))]
)
CLASSES = (
    *(ConnectorSettings, BeatSettings, ConsoleSettings, PublicSettings, NotifierSettings),
    *(SchemasSettings, StreamsSettings),
)
NO_PROGRAMS = {
    "SONAE_DATA": "where tests and local find recorded data",
    "SONAE_TEST_SEED": "plays the same kills again",
    "SONAE_SCREENS": "where tests leave pictures",
    "SONAE_EXAMPLES": "how many examples a property gets",
    "SONAE_RUN": "docs/install.md: what a systemd unit runs",
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def _said(page: Path) -> str:
    return page.read_text(encoding="utf8")


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@functools.cache
def _source(program: str) -> str:
    """Everything that a package, or one module, says."""
    folder = ROOT.joinpath(*program.split("."))
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    return "\n".join(file.read_text(encoding="utf8") for file in files if file.exists())


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_command_of_a_page_exists(page: Path) -> None:
    """Each `make X` is a verb, each `python -m X verb --option` a program that knows verb and option."""
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE))
    asked = re.findall(r"(?:^\s*|`)make ([a-z-]+)\b", _said(page), re.MULTILINE)
    wrong = [f"make {verb}" for verb in asked if verb not in verbs]
    for command in re.findall(
        r"python -m ((?:schemas|connectors|streams|notifier|console|local|bench)[^`\n)#|>]*)", _said(page)
    ):
        wrong += _unknown(command)
    assert wrong == []


def _unknown(command: str) -> Iterator[str]:
    """What of `program verb --option …` there is not. A page may name several verbs: `plan｜deliver`."""
    program, *words = (word.rstrip(".,:;") for word in command.replace("…", " ").split())
    source = _source(program)
    if not source:
        yield f"python -m {program}"
    verb = words[0] if words and re.fullmatch(r"[a-z]+", words[0]) else ""
    if verb and "." not in program and program != "bench" and not re.search(rf"""["']{verb}["']""", source):
        yield f"python -m {program} {verb}"
    for option in (word.strip("[]….,") for word in words if re.match(r"\[?--\w", word)):
        if not re.search(rf"""["']{option.split("=")[0]}["']""", source):
            yield f"python -m {program} … {option}"


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("schemas acls --apply", []),
        ("schemas acl", ["python -m schemas acl"]),
        ("console ledger --ordre ID", ["python -m console … --ordre"]),
        ("bench.fan", ["python -m bench.fan"]),
    ],
)
def test_a_command_that_there_is_not_is_found(command: str, wrong: list[str]) -> None:
    """A rule that cannot fail is none."""
    assert list(_unknown(command)) == wrong


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_setting_of_a_page_exists(page: Path) -> None:
    """A misspelt one is ignored by every program, in silence."""
    known = {f"SONAE_{field.upper()}" for kind in CLASSES for field in kind.model_fields} | NO_PROGRAMS.keys()
    asked = set(re.findall(r"SONAE_[A-Z][A-Z_]*[A-Z]", _said(page)))
    assert asked - known == set()


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """To a file of this checkout, and to a heading in it."""
    links = [link for link in LINK.findall(_said(page)) if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in links if not _leads(page, link)] == []


def _leads(page: Path, link: str) -> bool:
    file, _, place = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not place or place in {_anchor(found) for found in HEADING.findall(_said(target))})


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, without punctuation, blanks as dashes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_table_of_metrics_is_whole() -> None:
    """docs/operations.md calls it a closed list."""
    source = (ROOT / "schemas/process/metrics.py").read_text(encoding="utf8")
    made = set(re.findall(r"""(?:Counter|Gauge|Histogram)\(\s*["'](\w+)["']""", source))
    rows = re.findall(r"^\| `([a-z_]+)` \|", _said(ROOT / "docs/operations.md"), re.MULTILINE)
    assert made
    assert {name.removesuffix("_total") for name in made} == {
        name.removesuffix("_total") for name in rows if "_" in name
    }
