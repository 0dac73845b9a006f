"""Exported files, read back as spreadsheets and programs read them."""

from __future__ import annotations

import csv
import re
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet


def read_csv(content: bytes, *, delimiter: str = ",") -> list[list[str]]:
    """Read a file as Excel does: by its byte order mark, which is there."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def unmark(text: str) -> str:
    """Take the marks of CSV away, as docs/console.md tells programs to."""
    return re.sub(r"(^|[;\t\n])'", r"\1", text)


def sheet_of(content: bytes) -> Worksheet:
    """Open a workbook of one sheet; its parts hold neither formulas nor ways out."""
    with ZipFile(BytesIO(content)) as parts:
        names = parts.namelist()
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert not [name for name in names if "external" in name.lower() or "/worksheets/_rels" in name]
    assert b"<f>" not in sheet
    assert b"<hyperlink" not in sheet
    (opened,) = load_workbook(BytesIO(content)).worksheets
    return opened


def read_xlsx(content: bytes) -> list[list[Any]]:
    """Read the values of a workbook; `_x000D_` and the like are Excel's way to write what XML cannot."""
    return [[unescape(value) if isinstance(value, str) else value for value in row] for row in sheet_of(content).values]
