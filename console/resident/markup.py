"""The HTML files with their Japanese words filled in: readable before, and without, a script. Pure but for reading."""

import html
import re
from collections.abc import Sequence
from pathlib import Path

from console.resident.texts import names, texts

PAGE = Path(__file__).parent / "page"
_EMPTY = re.compile(r'(<(\w+)\b[^>]*\bdata-t="([\w.]+)"[^>]*>)(?=</\2>)')
_HINT = re.compile(r'data-t-hint="([\w.]+)"')


def page(name: str, policy: str, preloads: Sequence[str]) -> bytes:
    """page/<name>.html, complete. `preloads` are scripts that the browser may fetch at once."""
    blanks = {
        "POLICY": html.escape(policy, quote=True).replace("&#x27;", "'"),
        "TITLE": html.escape(texts("ja")["page.title"]),
        "PRELOADS": "\n".join(f'<link rel="modulepreload" href="/resident/{script}">' for script in preloads),
        "LANGUAGES": "".join(_option(lang, said) for lang, said in names().items()),
        "SHELTERS": (PAGE / "shelters.html").read_text(encoding="utf8"),
    }
    source = (PAGE / f"{name}.html").read_text(encoding="utf8")
    whole = re.sub(r"%([A-Z]+)%", lambda match: blanks[match[1]], source)
    return _worded(whole).encode()


def _worded(source: str) -> str:
    words = texts("ja")
    filled = _EMPTY.sub(lambda match: match[1] + html.escape(words[match[3]]), source)
    return _HINT.sub(lambda match: f'{match[0]} placeholder="{html.escape(words[match[1]])}"', filled)


def _option(lang: str, name: str) -> str:
    return f'<option value="{lang}">{html.escape(name)}</option>'
