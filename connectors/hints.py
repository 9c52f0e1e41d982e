"""For people: what to try where `parse` says that a file is nothing for us."""

from connectors.cap.show import looks_like_cap

OWN = "; a format of your own? `python -m connectors try MAPPING FILE` reads it by a mapping (connectors/README.md)"
EVERYWHERE = "; --everywhere reads it for the areas that it names itself"
CAP_ANYWHERE = (
    "; --everywhere does not change that: it goes by JMA's codes, and CAP goes by geocodes and shapes of ours"
)
LEFT_ON_PURPOSE = "not_read"

Line = dict[str, object]


def hinted(lines: list[Line], body: bytes, all_of_japan: bool) -> list[Line]:
    """The lines, with what to do about them where there is something."""
    own = OWN if is_unusable(lines) and _is_no_markup(body) else ""
    outside = _outside(body, all_of_japan)
    return [_with(line, outside if line.get("kind") == "outside" else own) for line in lines]


def _with(line: Line, hint: str) -> Line:
    return line | {"text": f"{line.get('text', '')}{hint}"} if hint else line


def _outside(body: bytes, all_of_japan: bool) -> str:
    if looks_like_cap(body):
        return CAP_ANYWHERE
    return "" if all_of_japan or _is_no_markup(body) else EVERYWHERE


def is_unusable(lines: list[Line]) -> bool:
    """Whether nothing of the file was understood. What is left on purpose was."""
    return all(line.get("parked", LEFT_ON_PURPOSE) != LEFT_ON_PURPOSE for line in lines)


def _is_no_markup(body: bytes) -> bool:
    content = body.removeprefix(b"\xef\xbb\xbf").strip()
    return bool(content) and not content.startswith(b"<")
