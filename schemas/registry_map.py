"""The file that says which derived id each of a registry's ids stands for. Written at deploy, read at start."""

import json
from pathlib import Path


class BadMap(ValueError):
    """The file is not a map of schema ids; the sentence says what to do."""


def load_map(file: Path | None) -> dict[int, int]:
    """Registry ids to derived ids; empty without a file name. Raises BadMap."""
    if file is None:
        return {}
    try:
        plain = json.loads(file.read_text(encoding="utf8"))
        return {int(own): int(derived) for own, derived in plain.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadMap(f"{file} cannot be read ({error}); write it anew with `python -m schemas sync`") from error


def save_map(file: Path, registry_ids: dict[int, int]) -> None:
    """Replace the file as a whole: a program that starts meanwhile reads the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(json.dumps({str(own): derived for own, derived in sorted(registry_ids.items())}, indent=2) + "\n")
    beside.replace(file)
