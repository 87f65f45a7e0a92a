"""Workbooks and other archives: what hides in the package, and what is wrong in the sheet."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime

import openpyxl
from openpyxl.cell.cell import Cell

from tests.intake.helpers import SALES_HEAD
from tests.intake.hostile.sent import Sent, bad, good, lines, row, text
from yaotong.intake import Limits

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET = "xl/worksheets/sheet1.xml"
_ENTITY = '<!DOCTYPE w [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
_LINKS = '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'


def book_files(rng: random.Random) -> Iterator[Sent]:
    """Every case of archives."""
    for part in (_smuggled, _entities, _whole, _sheets, _cells, _limits, _gzip):
        yield from part(rng)


def book(rng: random.Random, change: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    """Three sound lines in a workbook, with a change."""
    made = openpyxl.Workbook()
    made.active.append(list(SALES_HEAD))
    for line in lines(rng):
        cells = {
            **line,
            "sold_at": datetime.fromisoformat(line["sold_at"]),
            "quantity": int(line["quantity"]),
        }
        made.active.append([cells[name] for name in SALES_HEAD])
    change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(package: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The package with each entry changed (None: left out) and further entries, named with / for __."""
    source, out = zipfile.ZipFile(io.BytesIO(package)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            body = change(name, source.read(name))
            if body is not None:
                copy.writestr(name, body)
        for name, body in more.items():
            copy.writestr(name, body)
    return out.getvalue()


def _same(_name: str, body: bytes) -> bytes:
    return body


def with_entry(rng: random.Random, name: str, body: bytes = b"x") -> bytes:
    """A sound workbook with one more entry."""
    return packed(book(rng), _same, **{name: body})


def _in_sheet(rng: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    return packed(book(rng), lambda name, body: change(body) if name == SHEET else body)


def _smuggled(rng: random.Random) -> Iterator[Sent]:
    cases = {
        "macro": ("xl/vbaProject.bin", "XL/VBAPROJECT.BIN", "xl/macrosheets/sheet1.xml"),
        "external_link": ("xl/externalLinks/externalLink1.xml", "xl/externalLinks/ddeLink.xml"),
        "path_traversal": ("../x", "xl/../../etc/x", "/etc/passwd", "..\\x", "C:/x", "c:x", "xl\\x"),
        "nested_archive": ("xl/embeddings/a.zip", "xl/embeddings/a.xlsx", "a.7z", "a.rar", "a.docx", "a.gz"),
    }
    sound = {
        "macro": "xl/vbaProject.txt",
        "external_link": "xl/media/externalLinks.png",
        "path_traversal": "xl/media/a..b.png",
        "nested_archive": "xl/media/zip.png",
    }
    for reason, names in cases.items():
        for name in names:
            yield bad(reason, name, "a.xlsx", with_entry(rng, name, _LINKS.encode()))
        yield good(reason, sound[reason], "a.xlsx", with_entry(rng, sound[reason]))
    for title, head in (
        ("zip", book(rng)),
        ("gzip", gzip.compress(b"x")),
        ("rar", b"Rar!\x1a\x07"),
        ("7z", b"7z\xbc\xaf"),
    ):
        yield bad(
            "nested_archive",
            f"{title} under a plain name",
            "a.xlsx",
            with_entry(rng, "xl/embeddings/o.bin", head),
        )
    yield good("nested_archive", "a picture", "a.xlsx", with_entry(rng, "xl/media/1.png", b"\x89PNG\r\n"))


def _entities(rng: random.Random) -> Iterator[Sent]:
    def declared(before: str, code: str = "utf-8") -> bytes:
        head = f'<?xml version="1.0" encoding="{code}"?>{before}'
        return _in_sheet(rng, lambda body: (head + body.decode().partition("?>")[2]).encode(code))

    def bare(before: str) -> bytes:
        return _in_sheet(rng, lambda body: before.encode() + body)

    yield bad("xml_entity", "in the sheet", "a.xlsx", bare(_ENTITY))
    yield bad("xml_entity", "in lower case", "a.xlsx", bare(_ENTITY.lower()))
    yield bad("xml_entity", "from outside", "a.xlsx", bare('<!DOCTYPE w SYSTEM "file:///etc/passwd">'))
    yield bad(
        "xml_entity",
        "in UTF-16",
        "a.xlsx",
        _in_sheet(rng, lambda body: (_ENTITY + body.decode()).encode("utf-16")),
    )
    yield bad("xml_entity", "behind a comment", "a.xlsx", bare(f"<!--{'x' * 5_000}-->{_ENTITY}"))
    yield bad("xml_entity", "far behind a comment", "a.xlsx", bare(f"<!--{'x' * 100_000}-->{_ENTITY}"))
    yield bad("xml_entity", "far behind blanks", "a.xlsx", bare(" " * 100_000 + _ENTITY))
    yield bad(
        "xml_entity",
        "in a part of another name",
        "a.xlsx",
        with_entry(rng, "xl/a.dat", _ENTITY.encode() + b"<a/>"),
    )
    yield bad(
        "xml_entity", "in the relations", "a.xlsx", with_entry(rng, "xl/_rels/a.rels", _ENTITY.encode())
    )
    yield good("xml_entity", "a comment", "a.xlsx", bare(f"<!--{_ENTITY}-->"))
    yield good(
        "xml_entity",
        "in the text of a part",
        "a.xlsx",
        with_entry(rng, "xl/a.xml", f"<a><![CDATA[{_ENTITY}]]></a>".encode()),
    )


def _whole(rng: random.Random) -> Iterator[Sent]:
    sound = book(rng)
    locked = OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    yield bad("encrypted_file", "a password to open", "a.xlsx", locked)
    yield bad("encrypted_file", "an entry with a password", "a.xlsx", _flagged(sound))
    yield good("encrypted_file", "no password", "a.xlsx", sound)
    yield bad("unknown_format", "the old format", "a.xlsx", OLE + b"\0" * 600)
    for share in (0.3, 0.6, 0.95):
        yield bad("truncated_file", f"cut at {share}", "a.xlsx", sound[: int(len(sound) * share)])
    yield good("truncated_file", "whole", "a.xlsx", sound)
    yield bad("ext_mismatch", "a text called xlsx", "a.xlsx", text(rng))
    yield bad("ext_mismatch", "something before the package", "a.xlsx", b"#!/bin/sh\n" + sound)
    yield bad("corrupt_file", "an empty package", "a.xlsx", b"PK\x05\x06" + b"\0" * 18)
    yield bad("corrupt_file", "a package of something else", "a.xlsx", _other_package())
    for name in (SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        title = name.replace("/", " ")
        yield bad(
            "corrupt_file",
            f"without {title}",
            "a.xlsx",
            packed(sound, lambda one, body, lost=name: None if one == lost else body),
        )
    for name in (SHEET, "xl/workbook.xml", "xl/styles.xml"):
        title = name.replace("/", " ")
        yield bad(
            "corrupt_file",
            f"half of {title}",
            "a.xlsx",
            packed(sound, lambda one, body, cut=name: body[: len(body) // 2] if one == cut else body),
        )
    yield bad("corrupt_file", "a page inside that is changed", "a.xlsx", _damaged(sound))
    yield bad("corrupt_file", "two sheets of one name", "a.xlsx", _twice(sound))


def _flagged(package: bytes) -> bytes:
    data = bytearray(package)
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


def _other_package() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<a/>")
    return out.getvalue()


def _damaged(package: bytes) -> bytes:
    data = bytearray(package)
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        entry = source.getinfo(SHEET)
    data[entry.header_offset + 30 + len(SHEET) + entry.compress_size // 2] ^= 0xFF
    return bytes(data)


def _twice(package: bytes) -> bytes:
    """The last entry's name changed to that of the sheet, in both places where it stands."""
    other = "xl/worksheets/sheet2.xml"
    doubled = packed(package, _same, **{other: b"<worksheet/>"})
    assert doubled.count(other.encode()) == 2
    return doubled.replace(other.encode(), SHEET.encode())


def _sheets(rng: random.Random) -> Iterator[Sent]:
    def second(made: openpyxl.Workbook, value: str) -> None:
        made.create_sheet("六月")["A1"] = value

    def cleared(made: openpyxl.Workbook) -> None:
        made.active.delete_rows(1, 9)

    def shifted(made: openpyxl.Workbook) -> None:
        made.active.insert_rows(1, 3)

    yield bad("empty_file", "a sheet of nothing", "a.xlsx", book(rng, cleared))
    yield good(
        "empty_file",
        "a header and nothing else",
        "a.xlsx",
        book(rng, lambda made: made.active.delete_rows(2, 9)),
    )
    yield good("empty_file", "empty rows above the header", "a.xlsx", book(rng, shifted))
    yield bad(
        "no_header", "a nameless column of a sheet", "a.xlsx", book(rng, lambda made: _put(made, C1=" "))
    )
    yield bad("duplicate_header", "a name twice", "a.xlsx", book(rng, lambda made: _put(made, H1="quantity")))
    yield good(
        "duplicate_header", "another name", "a.xlsx", book(rng, lambda made: _put(made, H1="batch_no"))
    )
    yield bad("missing_column", "a name that is no text", "a.xlsx", book(rng, lambda made: _put(made, E1=5)))
    yield row(
        "column_count", "a cell beside the table", "a.xlsx", book(rng, lambda made: _put(made, J3="total"))
    )
    yield good(
        "column_count", "an empty cell beside the table", "a.xlsx", book(rng, lambda made: _put(made, J3=""))
    )
    for title, formula in (
        ("sum", "=SUM(E2:E3)"),
        ("dde", "=cmd|'/c calc'!A0"),
        ("web", '=WEBSERVICE("http://x")'),
    ):
        yield bad("formula_cell", title, "a.xlsx", book(rng, lambda made, said=formula: _put(made, E3=said)))
    yield bad("formula_cell", "in the header", "a.xlsx", book(rng, lambda made: _put(made, A1='="sale_id"')))
    yield good(
        "formula_cell", "on a sheet that is not read", "a.xlsx", book(rng, lambda made: second(made, "=1+1"))
    )
    yield good(
        "formula_cell", "text like one", "a.xlsx", book(rng, lambda made: _put_text(made, "D3", "=1+1"))
    )


def _put(made: openpyxl.Workbook, **cells: object) -> None:
    for place, value in cells.items():
        made.active[place] = value


def _put_text(made: openpyxl.Workbook, place: str, value: str) -> None:
    cell = made.active[place]
    assert isinstance(cell, Cell)
    cell.value, cell.data_type = value, "s"


def _cells(rng: random.Random) -> Iterator[Sent]:
    faults = (
        ("too_long", "D3", "药" * 4_097, "药" * 4_096),
        ("bad_number", "E3", "#N/A", 1.5),
        ("bad_number", "E3", True, 2),
        ("bad_date", "C3", "yesterday", datetime(2026, 6, 1)),
        ("future_time", "C3", datetime(2027, 1, 1), datetime(2026, 6, 30)),
        ("out_of_range", "E3", 100_001, 1e5),
        ("missing_value", "E3", None, 1),
        ("bad_id", "G3", 110101199003070000, "E1234567"),
    )
    for number, (reason, place, wrong, right) in enumerate(faults):
        yield row(
            reason,
            f"cell {number}",
            "a.xlsx",
            book(rng, lambda made, at=place, one=wrong: _put(made, **{at: one})),
        )
        yield good(
            reason,
            f"cell {number} sound",
            "a.xlsx",
            book(rng, lambda made, at=place, one=right: _put(made, **{at: one})),
        )
    lying = _in_sheet(rng, lambda body: body.replace(b'<dimension ref="A1:G4"', b'<dimension ref="A1:A1"'))
    yield good("column_count", "a sheet that says it is smaller", "a.xlsx", lying)


def _limits(rng: random.Random) -> Iterator[Sent]:
    sound = book(rng)
    with zipfile.ZipFile(io.BytesIO(sound)) as package:
        count = len(package.infolist())
        size = sum(one.file_size for one in package.infolist())
    yield bad(
        "decompression_bomb", "an entry more", "a.xlsx", sound, limits=Limits(archive_entries=count - 1)
    )
    yield good(
        "decompression_bomb", "just as many entries", "a.xlsx", sound, limits=Limits(archive_entries=count)
    )
    many = packed(sound, _same, **{f"xl/media/{one}.png": b"" for one in range(1_001 - count)})
    yield bad("decompression_bomb", "1,001 entries", "a.xlsx", many)
    yield bad("decompression_bomb", "a byte more", "a.xlsx", sound, limits=Limits(unpacked_bytes=size - 1))
    yield good("decompression_bomb", "just as large", "a.xlsx", sound, limits=Limits(unpacked_bytes=size))
    yield bad("too_many_rows", "a row more in a sheet", "a.xlsx", sound, limits=Limits(rows=2))
    yield good("too_many_rows", "just as many in a sheet", "a.xlsx", sound, limits=Limits(rows=3))
    yield bad("too_many_columns", "a column more in a sheet", "a.xlsx", sound, limits=Limits(columns=6))
    yield good("too_many_columns", "just as many in a sheet", "a.xlsx", sound, limits=Limits(columns=7))


def _gzip(rng: random.Random) -> Iterator[Sent]:
    plain = text(rng).encode()
    once = gzip.compress(plain, mtime=0)
    size = len(plain)
    yield bad(
        "decompression_bomb", "a byte more in gzip", "a.csv.gz", once, limits=Limits(unpacked_bytes=size - 1)
    )
    yield good(
        "decompression_bomb", "just as large in gzip", "a.csv.gz", once, limits=Limits(unpacked_bytes=size)
    )
    yield bad("nested_archive", "gzip in gzip", "a.csv.gz", gzip.compress(once))
    yield bad("nested_archive", "gzip in gzip by its name", "a.csv.gz.gz", gzip.compress(once))
    yield bad("nested_archive", "a tar", "a.tar.gz", once)
    yield good("nested_archive", "a workbook in gzip", "a.xlsx.gz", gzip.compress(book(rng)))
    yield bad("ext_mismatch", "a workbook in gzip called csv", "a.csv.gz", gzip.compress(book(rng)))
    yield bad("ext_mismatch", "a text called gzip", "a.csv.gz", plain)
    yield bad("empty_file", "nothing in gzip", "a.csv.gz", gzip.compress(b""))
    for cut in (2, 10, len(once) - 9, len(once) - 1):
        yield bad("truncated_file", f"gzip cut at {cut}", "a.csv.gz", once[:cut])
    yield good(
        "truncated_file",
        "gzip in two parts",
        "a.csv.gz",
        gzip.compress(plain[:40]) + gzip.compress(plain[40:]),
    )
    yield good("truncated_file", "gzip and zeros", "a.csv.gz", once + b"\0" * 9)
    yield bad("corrupt_file", "gzip and more", "a.csv.gz", once + b"more")
    yield bad(
        "corrupt_file", "gzip with a wrong sum", "a.csv.gz", once[:-8] + struct.pack("<I", 1) + once[-4:]
    )
    yield bad("corrupt_file", "gzip of an unknown method", "a.csv.gz", once[:2] + b"\x07" + once[3:])
    yield good("corrupt_file", "gzip", "a.csv.gz", once)
