"""docs/settings.md lists every setting with its type, default and effect. Run this file to print what it must say."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from connectors.settings import ConnectorSettings
from console.settings import BeatSettings, ConsoleSettings, PublicSettings
from notifier.__main__ import ROLES
from notifier.settings import MissingSetting, NotifierSettings
from schemas.keys import fresh
from schemas.process.settings import Settings, complaint
from schemas.settings import SchemasSettings
from streams.settings import StreamsSettings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
PROGRAMS: tuple[tuple[str, type[Settings]], ...] = (
    ("Every program", Settings),
    ("connectors", ConnectorSettings),
    ("streams", StreamsSettings),
    ("notifier (all roles)", NotifierSettings),
    ("console serve", ConsoleSettings),
    ("console publish and pages", PublicSettings),
    ("console beat", BeatSettings),
    ("python -m schemas", SchemasSettings),
)
HEAD = """# Settings

Environment variables. A wrong one stops the program at its start with one sentence and exit code 2.
Secrets are never logged.
`SONAE_DATA` (tests and `local` only) says where recorded data lies; its default is `../shared/data`.
"""
NEEDS = """
## What each program needs

Beside Kafka, and Redis for index, refill, plan, deliver, api and webhook (`console pages` needs neither): without one
of these it ends with code 2 and one sentence that says how to make one. [install.md](install.md): who is given which.

| program | does not start without |
|---|---|
"""


def page() -> str:
    """The page as the code says it."""
    return HEAD + "".join(_section(name, kind) for name, kind in PROGRAMS) + NEEDS + "\n".join(_needs()) + "\n"


def _needs() -> list[str]:
    """A row a program: what it does not start without."""
    of_class: dict[str, type[Settings]] = {
        "connectors run": ConnectorSettings,
        "streams watch, decide": StreamsSettings,
        "console serve": ConsoleSettings,
        "console publish, pages": PublicSettings,
        "console beat": BeatSettings,
    }
    rows = {name: [f for f, info in kind.model_fields.items() if info.is_required()] for name, kind in of_class.items()}
    rows |= {f"notifier {name}": list(role.needs) for name, role in ROLES.items()}
    return [f"| `{name}` | {', '.join(f'`SONAE_{f.upper()}`' for f in needs) or '–'} |" for name, needs in rows.items()]


def _section(name: str, kind: type[Settings]) -> str:
    common = set() if kind is Settings else set(Settings.model_fields)
    rows = [_row(field, info) for field, info in kind.model_fields.items() if field not in common]
    if not rows:
        return f"\n## {name}\n\nNothing of its own.\n"
    return f"\n## {name}\n\n| setting | type | default | effect |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(field: str, info: Any) -> str:
    default = "required" if info.is_required() else f"`{info.get_default(call_default_factory=True)}`"
    default = default.replace(str(PAGE.parent.parent) + "/", "")
    effect = f"{info.description or ''}{f'. Make one: {how}' if (how := _made(info)) else ''}"
    return f"| `SONAE_{field.upper()}` | {_type(info.annotation)} | {default} | {effect} |"


def _made(info: Any) -> str:
    return str((info.json_schema_extra or {}).get("make", ""))


def _type(annotation: Any) -> str:
    if get_args(annotation):
        return " or ".join(_type(part) for part in get_args(annotation))
    return {"NoneType": "nothing"}.get(name := getattr(annotation, "__name__", repr(annotation)), name)


def test_the_page_of_settings_is_true() -> None:
    """Every setting stands on the page with what the code says of it."""
    assert PAGE.read_text(encoding="utf8") == page()


def test_every_setting_says_what_it_does() -> None:
    """No setting without its effect."""
    silent = [f"{k.__name__}.{f}" for _, k in PROGRAMS for f, info in k.model_fields.items() if not info.description]
    assert silent == []


NEEDED = [(kind, field) for _, kind in PROGRAMS for field, info in kind.model_fields.items() if info.is_required()]
NEEDED += [(NotifierSettings, field) for role in ROLES.values() for field in role.needs]


@pytest.mark.parametrize(("kind", "field"), sorted(set(NEEDED), key=str))
def test_a_setting_that_is_missing_is_one_sentence(kind: type[Settings], field: str) -> None:
    """Which, what it is, and how one is made: also of what only some roles of a program need."""
    said = _complaint(kind, field)
    assert said.startswith(f"SONAE_{field.upper()} is not set: {kind.model_fields[field].description}")
    assert said.count("\n") == 0
    if field.endswith(("key", "secret")):
        word = re.search(r"Make one: `python -m schemas keys (\w+)`", said)
        assert word
        assert f"SONAE_{field.upper()}" in fresh([word[1]])


def _complaint(kind: type[Settings], field: str) -> str:
    """What is said when everything is there but this."""
    given = {name: value for name, value in _given(kind).items() if name != field}
    try:
        made = kind(**given)
    except ValidationError as error:
        return complaint(kind, error)
    assert isinstance(made, NotifierSettings)
    with pytest.raises(MissingSetting) as missing:
        made.required(field)
    return str(missing.value)


def _given(kind: type[Settings]) -> dict[str, Any]:
    """Whatever these settings need."""
    values = fresh() | {"SONAE_OFFICERS": str(PAGE), "SONAE_API_URL": "http://127.0.0.1:1", "SONAE_PUBLIC_DIR": "."}
    values |= {"SONAE_BEAT_MUNICIPALITY": "14201", "SONAE_VAPID_SUBJECT": "mailto:a@b.jp"}
    named = {name.removeprefix("SONAE_").lower(): value for name, value in values.items()}
    return {name: value for name, value in named.items() if name in kind.model_fields}


SECRETS = [(kind, name) for _, kind in PROGRAMS for name in kind.model_fields if name.endswith(("_key", "_secret"))]


@pytest.mark.parametrize(("kind", "field"), [pair for pair in SECRETS if pair[1] != "cap_key"])
def test_a_secret_that_is_wrong_is_not_repeated(kind: type[Settings], field: str) -> None:
    """The sentence goes to a log. (SONAE_CAP_KEY names a file.)"""
    with pytest.raises(ValidationError) as wrong:
        kind(**_given(kind) | {field: "hunter2!"})
    said = complaint(kind, wrong.value)
    assert said.startswith(f"SONAE_{field.upper()}: ")
    assert "hunter2" not in said


if __name__ == "__main__":
    print(page(), end="")
