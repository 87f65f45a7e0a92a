"""CSV as it is broken by programs, by transfers and on purpose, each beside a twin that is sound."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.intake.helpers import SALES_HEAD, person
from tests.intake.hostile.sent import REFERENCE, Sent, bad, good, lines, row, shops, text
from yaotong.intake import Limits

HEAD = ",".join(SALES_HEAD)
BOM = b"\xef\xbb\xbf"
_WRONG_PERSON = person()[:-1] + ("0" if person()[-1] != "0" else "1")
_FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|'/c calc'!A0", '=HYPERLINK(""http://x"")')


def text_files(rng: random.Random) -> Iterator[Sent]:
    """Every case of plain text."""
    for part in (_encodings, _heads, _delimiters, _lines, _quotes, _sizes, _names, _cells, _shops, _resent):
        yield from part(rng)


def _encodings(rng: random.Random) -> Iterator[Sent]:
    plain = text(rng)
    chinese = text(rng, drug_code="药店销售明细")
    for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield bad("bad_encoding", code, "a.csv", plain.encode(code))
    yield bad("bad_encoding", "utf-16 with chinese and no mark", "a.csv", chinese.encode("utf-16-le"))
    yield bad("bad_encoding", "nul in the header", "a.csv", plain.replace("quantity", "quan\0tity"))
    yield bad("bad_encoding", "gb18030 cut within a character", "a.csv", _ending("药", "gb18030")[:-1])
    yield good("bad_encoding", "gb18030 whole", "a.csv", _ending("药", "gb18030"))
    yield good("bad_encoding", "gb18030 of four bytes", "a.csv", _ending("㐀药店", "gb18030"))
    yield good("bad_encoding", "gb18030 with its mark", "a.csv", ("\ufeff" + chinese).encode("gb18030"))
    yield bad("bad_encoding", "utf-8 cut within a character", "a.csv", _ending("药店销售明细", "utf-8")[:-1])
    yield good("bad_encoding", "utf-8 whole", "a.csv", _ending("药店销售明细", "utf-8"))
    yield bad("bad_encoding", "a surrogate in utf-8", "a.csv", BOM + plain.encode() + b"S,\xed\xa0\x80\n")
    yield bad("bad_encoding", "a slash in two bytes", "a.csv", BOM + plain.encode() + b"S,\xc0\xaf\n")
    yield bad("bad_encoding", "a mark and gb18030", "a.csv", BOM + chinese.encode("gb18030"))
    yield good("bad_encoding", "a mark and utf-8", "a.csv", BOM + chinese.encode())
    yield good("bad_encoding", "two marks", "a.csv", BOM * 2 + chinese.encode())


def _ending(last: str, code: str) -> bytes:
    """A file that ends with a text and no line break."""
    one = lines(random.Random(last), 1)[0]
    names = [*SALES_HEAD, "batch_no"]
    return f"{','.join(names)}\n{','.join({**one, 'batch_no': last}[name] for name in names)}".encode(code)


def _heads(rng: random.Random) -> Iterator[Sent]:
    body = text(rng)
    rest = body.split("\n", 1)[1]
    for title, content in (
        ("nothing", b""),
        ("a mark", BOM),
        ("breaks", b"\r\n\r\n"),
        ("blanks", b"  \n \n"),
    ):
        yield bad("empty_file", title, "a.csv", content)
    yield good("empty_file", "a header alone", "a.csv", HEAD)
    yield bad("no_header", "data in its place", "a.csv", rest, feed=None)
    yield bad("no_header", "a nameless column", "a.csv", body.replace("\n", ",\n"))
    yield bad("no_header", "a line for spreadsheets before it", "a.csv", f"sep=,\n{body}")
    yield good("no_header", "blank lines before it", "a.csv", f"\n\r\n\n{body}")
    yield good("no_header", "blanks around names", "a.csv", body.replace(HEAD, " , ".join(SALES_HEAD)))
    yield bad("duplicate_header", "the same twice", "a.csv", f"{HEAD},quantity\n")
    yield bad("duplicate_header", "the same but for blanks", "a.csv", f"{HEAD}, quantity \n")
    yield good("duplicate_header", "each once", "a.csv", f"{HEAD},batch_no\n")
    yield bad("missing_column", "renamed", "a.csv", body.replace("quantity", "qty"))
    yield bad(
        "missing_column",
        "a mark that turns the direction",
        "a.csv",
        body.replace("quantity", "quantity\u202e"),
    )
    yield bad("missing_column", "a page of an error", "a.csv", "<html><body>502 Bad Gateway</body></html>")
    yield good("missing_column", "in another order", "a.csv", f"{','.join(SALES_HEAD[::-1])}\n")
    yield bad("bad_schema", "one column too many", "a.csv", f"{HEAD},colour\n")
    yield bad("bad_schema", "the same in capitals", "a.csv", f"{HEAD},Quantity\n")
    yield bad("bad_schema", "nothing anybody knows", "a.csv", "colour,taste\nred,sweet\n", feed=None)
    yield good("bad_schema", "all optional columns known", "a.csv", f"{HEAD},batch_no,channel\n", feed=None)


def _delimiters(rng: random.Random) -> Iterator[Sent]:
    for mark in "|:^~，；":
        yield bad(
            "bad_delimiter", f"u{ord(mark):04x}", "a.csv", text(rng, delimiter=mark).replace("08:30:00", "")
        )
    for mark in ",;\t":
        yield good("bad_delimiter", f"u{ord(mark):04x}", "a.csv", text(rng, delimiter=mark))


def _lines(rng: random.Random) -> Iterator[Sent]:
    body = text(rng)
    yield row("column_count", "a field more", "a.csv", f"{body.rstrip()},more\n")
    yield row("column_count", "a field less", "a.csv", body.rstrip().rsplit(",", 1)[0])
    yield row("column_count", "one word", "a.csv", f"{body}total\n")
    yield good("column_count", "empty fields", "a.csv", text(rng, buyer_id_no="", unit_price=""))
    yield good("column_count", "blank lines between", "a.csv", body.replace("\n", "\n\n"))
    first, second, third, fourth, _ = body.split("\n")
    yield good("column_count", "mixed line breaks", "a.csv", f"{first}\r\n{second}\r{third}\n{fourth}")
    yield good("column_count", "old line breaks", "a.csv", body.replace("\n", "\r"))
    line = body.rstrip().rsplit("\n", 1)[1]
    quantity = line.split(",")[4]
    changed = line.replace(f",{quantity},", ",99,")
    yield row("conflict", "one number, two contents", "a.csv", f"{body}{changed}\n")
    yield good("conflict", "one line twice", "a.csv", f"{body}{line}\n")
    yield good("conflict", "one number, two shops", "a.csv", f"{body}{changed.replace(',P1,', ',P2,')}\n")


def _quotes(rng: random.Random) -> Iterator[Sent]:
    yield bad("truncated_file", "a quote that is never closed", "a.csv", text(rng) + 'S9,"P1,2026-06-01')
    yield bad("truncated_file", "a lone quote before a field", "a.csv", text(rng, drug_code='"D1'))
    yield bad("truncated_file", "a quote before the header", "a.csv", '"' + text(rng))
    yield good("truncated_file", "a lone quote within a field", "a.csv", text(rng, drug_code='D"1'))
    yield good("truncated_file", "quotes closed", "a.csv", text(rng, drug_code='"D,1"'))
    yield good("truncated_file", "quotes doubled", "a.csv", text(rng, batch_no='"5"" tape"'))
    yield good("truncated_file", "no last line break", "a.csv", text(rng).rstrip())
    for place, formula in enumerate(_FORMULAS):
        yield good(
            "formula_cell", f"text like a formula {place}", "a.csv", text(rng, batch_no=f'"{formula}"')
        )
        yield row(
            "bad_number", f"a formula for a number {place}", "a.csv", text(rng, quantity=f'"{formula}"')
        )


def _sizes(rng: random.Random) -> Iterator[Sent]:
    body = text(rng)
    size = len(body)
    yield bad("too_large", "a byte more", "a.csv", body, limits=Limits(file_bytes=size - 1))
    yield good("too_large", "just as large", "a.csv", body, limits=Limits(file_bytes=size))
    yield bad("too_many_rows", "a row more", "a.csv", body, limits=Limits(rows=2))
    yield good("too_many_rows", "just as many", "a.csv", body, limits=Limits(rows=3))
    yield bad("too_many_rows", "a torn row more", "a.csv", f"{body}torn\n", limits=Limits(rows=3))
    yield bad("too_many_columns", "201 columns", "a.csv", _wide(201))
    yield Sent("too_many_columns", "200 columns", "a.csv", _wide(200).encode(), ends="bad_schema")
    yield bad("too_many_columns", "a column more", "a.csv", body, limits=Limits(columns=6))
    yield good("too_many_columns", "just as many", "a.csv", body, limits=Limits(columns=7))
    yield row("too_long", "4,097 characters", "a.csv", text(rng, batch_no="药" * 4_097))
    yield good("too_long", "4,096 characters", "a.csv", text(rng, batch_no="药" * 4_096))


def _wide(count: int) -> str:
    names = [*SALES_HEAD, *(f"c{one}" for one in range(count - len(SALES_HEAD)))]
    return ",".join(names) + "\n"


def _names(rng: random.Random) -> Iterator[Sent]:
    for mark in "\x07\n\t\x7f\x85\u200b\u202e\u2028\ufeff":
        yield bad("unsafe_filename", f"u{ord(mark):04x}", f"a{mark}b.csv", text(rng))
    for name in ("药店 六月.csv", "-rf.csv", "=cmd.csv", "a..csv", "A.CSV", "a;rm.csv", "%2e%2e.csv"):
        yield good("unsafe_filename", name, name, text(rng))
    for name in ("a", "a.exe", "a.csv.", "a.zip", "a.xls", ".csv"):
        yield bad("unknown_format", name, name, text(rng))
    yield good("unknown_format", "a known one", "a.txt", text(rng))
    for title, head in (
        ("zip", b"PK\x03\x04"),
        ("pdf", b"%PDF-1.7"),
        ("png", b"\x89PNG"),
        ("gzip", b"\x1f\x8b"),
    ):
        yield bad("ext_mismatch", f"{title} called csv", "a.csv", head + b" " * 400)
    yield bad("ext_mismatch", "pdf and text called csv", "a.csv", "%PDF-1.7\n" + text(rng, 20))
    yield good("ext_mismatch", "csv called tsv", "a.tsv", text(rng))


def _cells(rng: random.Random) -> Iterator[Sent]:
    for mark in "\0\x07\x1b\x7f\x85\u202e\u2066\u2028\ufeff":
        yield row("control_char", f"u{ord(mark):04x}", "a.csv", text(rng, drug_code=f"a{mark}b"))
    yield good("control_char", "letters of many scripts", "a.csv", text(rng, drug_code="药é—ßअ가"))
    faults = (
        ("missing_value", "quantity", " ", "0.5"),
        ("bad_id", "buyer_id_no", _WRONG_PERSON, person(2)),
        ("bad_id", "buyer_id_no", person()[:4] + "*" * 14, ""),
        ("bad_id", "trace_code", "8.12346E+19", "81234567890123456789"),
        ("bad_date", "sold_at", "2026-06-31 08:00:00", "2026-06-30 08:00:00"),
        ("future_time", "sold_at", "2026-07-02 08:30:01", "2026-07-02 08:30:00"),
        ("bad_number", "quantity", "1e5x", "1"),
        ("bad_number", "quantity", "9" * 400, "9"),
        ("out_of_range", "quantity", "100001", "100000"),
        ("bad_enum", "channel", "phone", "online"),
        ("unknown_pharmacy", "pharmacy_id", "P9", "P1"),
        ("unknown_drug", "drug_code", "D9", "D1"),
    )
    for place, (reason, column, wrong, right) in enumerate(faults):
        title = f"{column} {place}"
        yield row(reason, title, "a.csv", text(rng, **{column: wrong}), reference=REFERENCE)
        yield good(reason, f"{title} sound", "a.csv", text(rng, **{column: right}), reference=REFERENCE)
    old = {"buyer_id_no": "", "sold_at": "1989-12-31 23:59:59"}
    yield row("too_old", "before 1990", "a.csv", text(rng, **old))
    yield good("too_old", "from 1990", "a.csv", text(rng, **{**old, "sold_at": "1990-01-01 00:00:00"}))


def _shops(rng: random.Random) -> Iterator[Sent]:
    faults = (
        ("bad_uscc", {"uscc": "91330482MA9300014A"}, {"uscc": ""}),
        ("bad_hours", {"hours": "early to late"}, {"hours": "Mo-Fr 08:00-20:00"}),
        ("unknown_town", {"town": "330482999"}, {"town": ""}),
        ("bad_coordinate", {"lon": "0", "lat": "0"}, {"lon": "121.1"}),
        ("bad_coordinate", {"lon": "181"}, {"lon": "122.9"}),
        ("coords_swapped", {"lon": "30.7", "lat": "121.0"}, {"lat": "30.8"}),
        ("coords_out_of_region", {"lon": "114.9"}, {"lon": "115.1"}),
        ("missing_value", {"lat": ""}, {"lat": "30.9"}),
    )
    for place, (reason, wrong, right) in enumerate(faults):
        rest = {"feed": "pharmacies", "reference": REFERENCE}
        yield row(reason, f"shop {place}", "a.csv", shops({}, wrong), **rest)
        yield good(reason, f"shop {place} sound", "a.csv", shops({}, right), **rest)
    one, other = {"license_no": "P7"}, {"license_no": "P7", "lat": "30.8"}
    yield row("licence_conflict", "two places of one licence", "a.csv", shops(one, other), feed="pharmacies")
    yield good("licence_conflict", "one shop twice", "a.csv", shops(one, one), feed="pharmacies")
    yield good("licence_conflict", "two licences", "a.csv", shops(one, {"lat": "30.8"}), feed="pharmacies")


def _resent(rng: random.Random) -> Iterator[Sent]:
    """Reject files that come back: what our mask hides must be filled in, what anybody wrote may stay."""
    head, line = shops({}).splitlines()
    for title, address in (("all of it", "一路1号***"), ("a number in it", f"{person()[:4]}{'*' * 14}旁")):
        mended = f"row;column;reason;message;{head}\n1;lon;bad_number;;{line.replace('一路1号', address)}\n"
        yield row("bad_text", title, "a.csv", mended, feed="pharmacies")
        yield good(
            "bad_text", f"{title} filled in", "a.csv", mended.replace(address, "一路2号"), feed="pharmacies"
        )
    starred = shops({}).replace("一路1号", "一路**号")
    yield good("bad_text", "stars that somebody wrote", "a.csv", starred, feed="pharmacies")
