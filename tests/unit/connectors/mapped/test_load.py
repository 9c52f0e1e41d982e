"""A mapping that makes no sense is refused with one sentence that says what to change."""

from pathlib import Path

import pytest

from connectors.mapped.load import FOLDER, BadMapping, load_mapping, mapping_file
from tests.unit.connectors.mapped.making import STAGES


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_every_mapping_of_ours_loads(file: Path) -> None:
    """By its name, too."""
    assert load_mapping(mapping_file(file.stem)) == load_mapping(file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('format = "csv"', 'format = "cvs"'), "Invalid enum value 'cvs' (in [format])"),
        (
            ('format = "csv"', 'format = "JSON"'),
            'csv, geojson, json, jsonl, tsv, xlsx, xml; did you mean "json"?',
        ),
        (('format = "csv"', ""), "missing required field `format`"),
        (("station.from", "station.form"), 'there is no field `form` (in [station]); did you mean "from"?'),
        (('unit = "m"', 'unit = "m"\nmising = ["-"]'), '(in [[value]] 1); did you mean "missing"?'),
        (('unit = "m"', 'unit = "m"\n[quality]\nrows.at = "x"'), "write `rows` above the first [table]"),
        (('unit = "m"', 'unit = "m"\n[quality]\nfrom = "q"\nwords = { "a" = "vald" }'), 'did you mean "valid"?'),
        (('area.const = "14205"', 'area.const = "99999"'), "99999 is no municipality"),
        (('format = "csv"', 'format = "csv"\nencoding = "sjiss"'), "say utf-8, cp932"),
        (('format = "csv"', 'format = "xlsx"\nencoding = "utf-8"'), "leave `encoding` out"),
        (('format = "csv"', 'format = "csv"\nrows.at = "x"'), "a line of csv is a row"),
        (('format = "csv"', 'format = "json"\ntable.header = 2'), "say under [rows] where the rows of json are"),
        (('format = "csv"', 'format = "xml"'), "say under [rows] which elements are rows"),
        (('format = "csv"', 'format = "csv"\ntable.columns = ["a"]'), "say header = 0"),
        (('format = "csv"', 'format = "csv"\ntable.delimiter = ";;"'), "one character each"),
        (('time = { from = "time", zone = "Asia/Tokyo" }', ""), "say under [time]"),
        (('zone = "Asia/Tokyo"', 'zone = "JST"'), "zone 'JST' is unknown"),
        (('zone = "Asia/Tokyo"', 'format = "%Y/%m/%d %H:%M"'), "has no offset; say zone"),
        (('zone = "Asia/Tokyo"', 'format = "YYYY/MM/DD"'), "neither iso, unix"),
        (('area.const = "14205"', 'area.const = "fujisawa"'), "no code of five, six or seven digits"),
        (('area.const = "14205"', 'area.by = "point"'), "needs lat and lon"),
        (('area.const = "14205"', 'area = { const = "14205", from = "city" }'), "and not both"),
        (('station.from = "gauge"', ""), "say under [station] where the station stands"),
        (('quantity = "stage"', 'quantity = "Water Level"'), "quantity is a name such as stage"),
        (('unit = "m"', ""), 'say unit = "m", the unit of stage'),
        (('unit = "m"', 'unit = "hPa"'), "no table turns hPa into it"),
        (('quantity = "stage"\nunit = "m"', 'quantity = "temperature"'), "say the unit of temperature"),
        (('unit = "m"', 'unit = "m"\ndecimal = ","\nthousands = ","'), "another one than thousands"),
        (('unit = "m"', 'unit = "m"\nmissing = ["-"]\nwords = { "-" = 0 }'), "both in words and in missing"),
        (('unit = "m"', 'unit = "m"\n[[keep]]\nfrom = "a"'), "one of `is` (words) or `matches`"),
        (('unit = "m"', 'unit = "m"\n[[drop]]\nfrom = "a"\nmatches = "("'), "no regular expression"),
        (('unit = "m"', 'unit = "m"\n[notice]\nsubject = "id"'), "not both"),
        (('unit = "m"', 'unit = "m"\n[[stations]]\ncode = "a"\nareas = []'), "needs areas"),
        (('[[value]]\nfrom = "level"', "[[value]]"), "value 1: say `from`"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    """One sentence, with the file's name before it."""
    assert change[0] in STAGES
    file = tmp_path / "city.toml"
    file.write_text(STAGES.replace(*change), encoding="utf8")
    with pytest.raises(BadMapping) as refused:
        load_mapping(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


NOTICE = """
format = "csv"
area.const = "14205"
[notice]
subject = "id"
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NOTICE.replace('area.const = "14205"', ""), "say under [area] whose it is"),
        (NOTICE + 'hazard.const = "fire"', "hazard must be one of flood"),
        (NOTICE + 'state = "state"', "say which words of `state` mean in force"),
        (NOTICE + 'over = ["解除"]', "say where that stands"),
        ("format = [", "Invalid"),
    ],
)
def test_notices_are_checked_too(tmp_path: Path, text: str, sentence: str) -> None:
    """Whose it is, of which hazard, and what its words mean."""
    file = tmp_path / "roads.toml"
    file.write_text(text, encoding="utf8")
    with pytest.raises(BadMapping) as refused:
        load_mapping(file)
    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(BadMapping, match=r"nowhere\.toml"):
        load_mapping(tmp_path / "nowhere.toml")


def test_a_name_that_is_none_is_answered_with_those_that_there_are() -> None:
    """And with the nearest."""
    with pytest.raises(BadMapping, match=r"neither a file nor in .* stages-xlsx; did you mean \"stages-xlsx\"\?"):
        load_mapping(mapping_file("stages-xls"))
