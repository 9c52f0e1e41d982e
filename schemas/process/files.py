"""Files that others read while we write them: a whole new one takes the place of the old one, or nothing does."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> bool:
    """Make `path` hold `content`; False if it did already. Whoever reads meanwhile gets the old or the new, whole."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return True
