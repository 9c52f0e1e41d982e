"""axe in a page: what stands in the way of a reader with a screen reader, a keyboard or tired eyes (WCAG 2.2 AA)."""

from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]  # it ships a script, and no annotations

from tests.e2e.chromium import Page

SCRIPT = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
JUDGED = f"""axe.run(document, {{ runOnly: {TAGS} }}).then(found => found.violations.map(
  one => [one.id, one.nodes.map(node => node.html.slice(0, 160))]))"""


async def obstacles(page: Page) -> list[list[str]]:
    """Rule and places of everything that axe finds; nothing is what a page should have."""
    await page.eval(f"{SCRIPT}; true")
    found: list[list[str]] = await page.eval(JUDGED)
    return found
