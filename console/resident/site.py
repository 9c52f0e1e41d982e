"""The residents' page as files: what `publish` writes beside the orders, and any web server can serve.

Pure but for reading. The page, its worker and its words come from this folder; municipalities' districts and shelters
from two others.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from console.resident.bundle import bundle, without_comments
from console.resident.districts import districts
from console.resident.icons import badge, icon
from console.resident.markup import page
from console.resident.places import outline_rings, place_rows
from console.resident.shelters import shelters
from console.resident.texts import texts, worker_words
from schemas.records.decided import LANGUAGES

FOLDER = Path(__file__).parent
PAGE = FOLDER / "page"
WORKER = (
    "page/store.js",
    "page/patience.js",
    "page/door.js",
    "page/enrol.js",
    "worker/notice.js",
    "worker/receipts.js",
    "worker/worker.js",
)
"""The worker's modules, each after those that it imports."""

ICONS = {"icon-180.png": (180, 0.0), "icon-192.png": (192, 0.0), "icon-512.png": (512, 0.0), "mask-512.png": (512, 0.1)}
RECEIPT_SPREAD_MS = 5_000
"""Receipts of one order spread over this time: a million devices do not answer within one second."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`api_url` is the notifier's API as browsers reach it; the folders hold what municipalities supplied."""

    api_url: str
    districts: Path | None = None
    shelters: Path | None = None
    receipt_spread_ms: int = RECEIPT_SPREAD_MS


def files(wanted: Wanted, say: Callable[[str], None]) -> dict[str, bytes]:
    """Path without a leading slash → content. `say` hears a sentence for each refused file of a municipality."""
    shell = _shell(wanted.api_url)
    found = shelters(wanted.shelters, say)
    lists = {f"shelters/{code}.json": _json(listed) for code, listed in found.items()}
    return {**shell, **_data(wanted, tuple(found), say), **_texts(), **lists, "sw.js": _worker(shell)}


def _shell(api_url: str) -> dict[str, bytes]:
    """What the worker keeps for when there is no network."""
    scripts = {path.name: _script(path).encode() for path in sorted(PAGE.glob("*.js"))}
    policy = _policy(api_url)
    kept = {
        "index.html": page("index", policy, sorted(scripts.keys() - {"offline.js"})),
        "offline.html": page("offline", policy, []),
        "resident.css": (PAGE / "resident.css").read_bytes(),
        "icon.svg": (PAGE / "icon.svg").read_bytes(),
        "icon-192.png": icon(192),
        "badge-96.png": badge(96),
        **scripts,
    }
    return {f"resident/{name}": content for name, content in kept.items()}


def _data(wanted: Wanted, listed: tuple[str, ...], say: Callable[[str], None]) -> dict[str, bytes]:
    """`listed`: municipalities whose list of shelters is there; the page asks for no other."""
    supplied = districts(wanted.districts, say)
    api = wanted.api_url.rstrip("/")
    settings = {"api": api, "receipt_spread_ms": wanted.receipt_spread_ms, "shelters": listed}
    data = {
        "settings.json": _json(settings),
        "places.json": _json(place_rows(supplied)),
        "outlines.json": _json(outline_rings()),
        "districts.json": _json(supplied),
        "manifest.json": _json(_manifest()),
        **{name: icon(size, inset) for name, (size, inset) in ICONS.items()},
    }
    return {f"resident/{name}": content for name, content in data.items()}


def _texts() -> dict[str, bytes]:
    return {f"resident/texts/{lang}.json": _json(texts(lang)) for lang in LANGUAGES}


def _worker(shell: dict[str, bytes]) -> bytes:
    """The service worker; its version is the content of what it keeps, so that a change of either replaces it."""
    sources = {Path(name).stem: _script(FOLDER / name) for name in WORKER}
    body = bundle(sources)
    kept = hashlib.sha256(body.encode() + b"".join(name.encode() + shell[name] for name in sorted(shell)))
    head = {"VERSION": kept.hexdigest()[:16], "FILES": [f"/{name}" for name in sorted(shell)], "WORDS": worker_words()}
    lines = [f"const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in head.items()]
    return "\n".join(['"use strict";', *lines, body, ""]).encode()


def _script(path: Path) -> str:
    return without_comments(path.read_text(encoding="utf8"))


def _policy(api_url: str) -> str:
    """The content policy: scripts and styles of ours only, requests to us and to the notifier's API."""
    parts = urlsplit(api_url)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {parts.scheme}://{parts.netloc}; manifest-src 'self'; worker-src 'self'; "
        f"base-uri 'none'; form-action 'none'"
    )


def _manifest() -> dict[str, object]:
    """What makes the page installable (W3C manifest; Chromium asks for icons of 192 and 512 pixels)."""
    icons = [
        _icon("icon-192.png", 192, "any"),
        _icon("icon-512.png", 512, "any"),
        _icon("mask-512.png", 512, "maskable"),
    ]
    return {
        "id": "/resident/",
        "name": "Sonae 備え 避難のお知らせ",
        "short_name": "Sonae 備え",
        "description": texts("ja")["page.lead"],
        "lang": "ja",
        "start_url": "/resident/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f6f8",
        "theme_color": "#0b3d66",
        "icons": icons,
    }


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": f"/resident/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
