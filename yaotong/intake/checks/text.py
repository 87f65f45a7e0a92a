"""Text and identifiers: no control characters, no endless fields; identifiers in their plain form."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from yaotong.intake.checks.distinct import Checked, Distinct, Flaw, mask_of

# C0 and C1 controls, line and paragraph separators, marks that turn the direction of text, a stray BOM.
_CONTROL = r"[\x{0000}-\x{001f}\x{007f}-\x{009f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{fffe}\x{ffff}]"


def text_flaws(texts: Distinct, field_chars: int) -> tuple[Flaw, ...]:
    """What no column may hold, whatever its kind."""
    if texts.plain and texts.longest <= field_chars:
        return ()
    values = texts.values
    control = mask_of(pc.match_substring_regex(values, _CONTROL))
    long = mask_of(pc.greater(pc.utf8_length(values), field_chars))
    return (
        Flaw("too_long", long, f"超过 {field_chars:,} 个字符。"),
        Flaw("control_char", control, "含有不可见的控制字符，请删去。"),
    )


def plain_form(values: Any) -> Any:
    """NFKC: full-width digits and letters become the plain ones they stand for."""
    ascii_only = pc.all(pc.string_is_ascii(values)).as_py()
    return (
        values if ascii_only in (True, None) else pc.utf8_trim_whitespace(pc.utf8_normalize(values, "NFKC"))
    )


def read_text(values: Any) -> Checked:
    """Text as it is written."""
    return Checked(values)


def read_services(values: Any) -> Checked:
    """A list such as "delivery|cold_chain" as "|delivery|cold_chain|", in the order given."""
    return Checked(pa.array([barred(split_list(one)) for one in values.to_pylist()], pa.string()))


def split_list(text: str) -> list[str]:
    """The items of a list written with | ; , 、 or their full-width forms."""
    for mark in "；;，,、":
        text = text.replace(mark, "|")
    return [item for item in (one.strip() for one in text.split("|")) if item]


def barred(items: list[str]) -> str | None:
    """Items in the form "|a|b|", each once; None when there are none."""
    return f"|{'|'.join(dict.fromkeys(items))}|" if items else None
