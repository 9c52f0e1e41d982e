"""Bytes → text in the encodings that a mapping declares. Nothing is detected that it does not name."""

from connectors.mapped.mapping import Mapping, refs
from connectors.source import Park

DEFAULT = ("utf-8-sig",)


def read_text(mapping: Mapping, body: bytes) -> str:
    """The text. Bytes that are none stand in it as lone surrogates: their rows are parked, the others go on.

    Raises Park `empty`, or `bad_encoding` where nothing in it can be what was declared.
    """
    if not body.strip():
        raise Park("empty", "the file is empty")
    declared = refs(mapping.encoding) or DEFAULT
    for name in declared:
        try:
            return _decoded(body, name, "strict")
        except UnicodeError:
            continue
    if len(declared) > 1:
        raise Park("bad_encoding", f"the file is in none of the encodings {', '.join(declared)}")
    text = _decoded(body, declared[0], "surrogateescape")
    first_line = text.split("\n", 1)[0]
    if not is_clean(first_line):
        raise Park("bad_encoding", f'its first line is not {declared[0]}; say encoding = "cp932" for a Shift_JIS file')
    return text


def is_clean(text: str) -> bool:
    """Whether it is text throughout."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _decoded(body: bytes, name: str, errors: str) -> str:
    """UTF-8 with or without a byte order mark is the same to us."""
    codec = "utf-8-sig" if name.lower().replace("_", "-") in ("utf-8", "utf8") else name
    return body.decode(codec, errors)
