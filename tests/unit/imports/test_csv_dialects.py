"""How a file is written: told from the file where it can be told, asked where not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from console.imports.csv_dialects import describe, detect_dialect
from console.imports.csv_files import Dialect, Record, UnreadableFile, open_csv

TEXT = "sku,name\nA-1,Teetasse gr\xfcn\nA-2,Caf\xe9 \u2013 \u201clungo\u201d\n"


def detect(path: Path, content: bytes, *, encoding: str | None = None, delimiter: str | None = None) -> Dialect:
    path.write_bytes(content)
    wanted = {"sku", "name"}
    return detect_dialect(
        path, score=lambda cells: len(wanted.intersection(cells)), encoding=encoding, delimiter=delimiter
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_told_from_the_file(path: Path, written: str, told: str) -> None:
    found = detect(path, TEXT.encode(written))

    with open_csv(path, found) as file:
        records = list(file.records())
    assert [list(each.cells) for each in records if isinstance(each, Record)][1] == ["A-1", "Teetasse gr\xfcn"]
    assert describe(found) == f"{told}, commas between cells"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "\u0427\u0430\u0448\u043a\u0430 \u0437\u0435\u043b\u0451\u043d\u0430\u044f"),
        ("cp1250", "Kubek \u017c\xf3\u0142ty, \u015bcierka"),
        ("cp1253", "\u039a\u03bf\u03cd\u03c0\u03b1"),
        ("mac_roman", "Teetasse gr\xfcn"),
        ("cp850", "Caf\xe9 gr\xfcn"),
        ("cp932", "\u7dd1\u306e\u8336\u7897"),
        ("gb18030", "\u7eff\u8272\u8336\u676f"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_asked_for(path: Path, encoding: str, name: str) -> None:
    content = f"sku,name\nA-1,{name}\n".encode(encoding)

    with pytest.raises(UnreadableFile, match="its encoding cannot be told: say --encoding"):
        detect(path, content)

    with open_csv(path, detect(path, content, encoding=encoding)) as file:
        assert list(file.records())[1:] == [Record(2, ["A-1", *name.split(",")])]


def test_the_first_accent_may_stand_behind_a_million_lines(path: Path) -> None:
    content = b"sku,name\n" + b"A,Cup\n" * 400_000 + "A,Gr\xfcn\n".encode("cp1252")

    assert detect(path, content).encoding == "cp1252"


def test_a_broken_line_among_lines_of_utf8_is_one_broken_line(path: Path) -> None:
    assert detect(path, "sku,name\nA,Gr\xfcn\nB,Caf\xe9\n".encode() + b"C,Caf\xe9\n").encoding == "utf-8-sig"


def test_an_encoding_that_does_not_exist_is_told(path: Path) -> None:
    for name in ("utf-9", "rot13", "base64"):
        with pytest.raises(UnreadableFile, match=f"there is no encoding '{name}'"):
            detect(path, TEXT.encode(), encoding=name)


def test_utf16_that_is_cut_off_costs_its_last_line(path: Path) -> None:
    found = detect(path, "sku,name\nA,Cup\nB,Pen\n".encode("utf-16")[:-3])

    with open_csv(path, found) as file:
        *records, last = file.records()
    assert [list(each.cells) for each in records if isinstance(each, Record)] == [["sku", "name"], ["A", "Cup"]]
    assert not isinstance(last, Record)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(path: Path, delimiter: str) -> None:
    header = delimiter.join(["sku", '"name, or; what|ever"', "name"])

    assert detect(path, f"\n{header}\n".encode()).delimiter == delimiter


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_first_line_may_name_the_delimiter(path: Path, first: str, end: str) -> None:
    found = detect(path, f"{first}{end}sku;name{end}".encode())

    with open_csv(path, found) as file:
        assert list(file.records()) == [Record(2, ["sku", "name"])]
    assert found == Dialect(delimiter=";", is_said=True)


def test_what_is_said_goes_before_what_is_told(path: Path) -> None:
    found = detect(path, b"sep=;\nsku;name|x\n", encoding="latin-1", delimiter="|")

    assert (found.encoding, found.delimiter) == ("iso8859-1", "|")


def test_a_gzipped_file_is_told_by_what_is_in_it(path: Path) -> None:
    found = detect(path, gzip.compress(TEXT.replace(",", ";").encode("cp1252")))

    assert describe(found) == "Windows-1252, semicolons between cells"


def test_an_empty_file_has_the_usual_dialect(path: Path) -> None:
    assert detect(path, b"") == Dialect()
