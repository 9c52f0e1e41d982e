"""For people: what a file of JMA's website becomes."""

from connectors.jma.website import read_rivers, read_warnings
from connectors.jma.website_bulletins import Page, of_rivers, of_warnings
from connectors.places import Places
from connectors.source import Park, Payload


def looks_like_site(body: bytes) -> bool:
    """A JSON list whose entries name areas of class20 or a river."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[" and (b'"class20Items"' in body or b'"riverCode"' in body)


def describe_site(payload: Payload, places: Places) -> list[dict[str, object]]:
    """A line per bulletin, or why there is none. The office is taken from the file's name."""
    page = Page(payload, places, payload.fetched_at)
    try:
        if b'"riverCode"' in payload.body:
            made = of_rivers(page, read_rivers(payload.body))
        else:
            made = of_warnings(page, payload.key.removesuffix(".json"), read_warnings(payload.body))
    except Park as park:
        return [{"parked": park.reason, "text": park.text}]
    found: list[dict[str, object]] = [{"kind": "bulletin", "record": record} for record in made]
    return found or [{"kind": "outside", "text": "a good file of the website about no area of ours"}]
