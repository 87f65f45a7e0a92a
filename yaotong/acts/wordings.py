"""Which wording of a line holds, when several were sent: content decides, not the order of arrival.

The wording that was recorded last holds. Only where two were recorded at the same moment, or neither says
when, nothing in them tells which is the later: then the one that arrives later holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of a line: both fingerprints in hexadecimal digits, seconds since 1970 when recorded.

    `line_id` is empty where it was not looked up; all wordings of one `line_key` share it. `file` is where
    the wording is kept: a name in the manifest, or of a staged file.
    """

    line_key: str
    line_sha: str
    recorded: int
    line_id: str = ""
    file: str = ""


def outdated(stored: Iterable[Wording], new: Iterable[Wording]) -> list[Wording]:
    """The wordings that no longer hold once the new ones are kept; each with its line_id.

    `stored` are wordings in force, at most one of each line; `new` differ from them and from one another.
    """
    holding: dict[str, Wording] = {one.line_key: one for one in stored}
    names: dict[str, str] = {}
    ended = []
    for one in new:
        names[one.line_key] = one.line_id
        other = holding.get(one.line_key)
        if other is None or other.recorded <= one.recorded:
            holding[one.line_key] = one
            ended += [other] if other is not None else []
        else:
            ended.append(one)
    return [replace(one, line_id=names[one.line_key]) for one in ended]
