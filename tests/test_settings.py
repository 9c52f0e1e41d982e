"""docs/settings.md lists every setting with its type, default and effect. Run this file to print what it must say."""

from pathlib import Path
from typing import Any, get_args

from connectors.settings import ConnectorSettings
from console.settings import BeatSettings, ConsoleSettings, PublicSettings
from notifier.settings import NotifierSettings
from schemas.process.settings import Settings
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


def page() -> str:
    """The page as the code says it."""
    return HEAD + "".join(_section(name, kind) for name, kind in PROGRAMS)


def _section(name: str, kind: type[Settings]) -> str:
    common = set() if kind is Settings else set(Settings.model_fields)
    rows = [_row(field, info) for field, info in kind.model_fields.items() if field not in common]
    if not rows:
        return f"\n## {name}\n\nNothing of its own.\n"
    return f"\n## {name}\n\n| setting | type | default | effect |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(field: str, info: Any) -> str:
    default = "required" if info.is_required() else f"`{info.get_default(call_default_factory=True)}`"
    default = default.replace(str(PAGE.parent.parent) + "/", "")
    return f"| `SONAE_{field.upper()}` | {_type(info.annotation)} | {default} | {info.description or ''} |"


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


if __name__ == "__main__":
    print(page(), end="")
