"""What one case is: a file, what it is about, and what reading it must end in."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.intake.helpers import SALES_HEAD, csv_text, sale
from yaotong.intake import Limits, Reference

SHOPS = (
    "license_no;name;address;lon;lat;crs;uscc;town_code;opening_hours;scope\n"
    "{license_no};示例药店;一路1号;{lon};{lat};wgs84;{uscc};{town};{hours};RX\n"
)
REFERENCE = Reference(
    pharmacies=frozenset(["P1"]),
    drugs=frozenset(["D1"]),
    towns=frozenset(["330482001"]),
    region=(115, 27, 123, 34),
)
_USUAL = Limits()
_NOTHING_KNOWN = Reference()


@dataclass(frozen=True, slots=True)
class Sent:
    """One file. `ends` is the reason it is refused whole for, empty when it is read.

    `rows` are the reasons of its refused rows. The near twin of a file that must be refused for `about` is
    one that must not be; both are about the same reason.
    """

    about: str
    title: str
    name: str
    content: bytes
    ends: str = ""
    rows: tuple[str, ...] = ()
    feed: str | None = "sales"
    limits: Limits = _USUAL
    reference: Reference = _NOTHING_KNOWN

    @property
    def gets_it(self) -> bool:
        """Whether it ends in the reason it is about."""
        return self.about in (self.ends, *self.rows)

    def __str__(self) -> str:
        return f"{self.about}-{self.title}".replace(" ", "-")


def bad(about: str, title: str, name: str, content: bytes | str, **rest: object) -> Sent:
    """A file that is refused whole for what it is about."""
    return Sent(about, title, name, as_bytes(content), ends=about, **rest)  # type: ignore[arg-type]


def good(about: str, title: str, name: str, content: bytes | str, **rest: object) -> Sent:
    """A near twin, which is read; `rows` may still be refused, for other reasons."""
    return Sent(about, title, name, as_bytes(content), **rest)  # type: ignore[arg-type]


def row(about: str, title: str, name: str, content: bytes | str, **rest: object) -> Sent:
    """A file one of whose rows is refused for what it is about."""
    return Sent(about, title, name, as_bytes(content), rows=(about,), **rest)  # type: ignore[arg-type]


def as_bytes(content: bytes | str) -> bytes:
    """Text as UTF-8."""
    return content.encode() if isinstance(content, str) else content


def lines(rng: random.Random, count: int = 3) -> list[dict[str, str]]:
    """Sound sales lines that differ from one seed to the next."""
    first = rng.randrange(1, 10_000)
    return [
        sale(
            first + one, quantity=str(rng.randrange(1, 9)), unit_price=f"{rng.randrange(1, 9_000) / 100:.2f}"
        )
        for one in range(count)
    ]


def text(rng: random.Random, count: int = 3, delimiter: str = ",", **changes: str) -> str:
    """CSV of so many sound lines, the last one with changes."""
    rows = lines(rng, count)
    rows[-1].update(changes)
    names = tuple(dict.fromkeys((*SALES_HEAD, *changes)))
    return csv_text([{name: one.get(name, "") for name in names} for one in rows], names, delimiter)


def shops(*changes: dict[str, str]) -> str:
    """CSV of pharmacies, sound but for the changes."""
    sound = {
        "lon": "121.0",
        "lat": "30.7",
        "uscc": "91330482MA9300014H",
        "town": "330482001",
        "hours": "24/7",
    }
    head, line = SHOPS.splitlines()
    rows = [
        line.format(**{"license_no": f"P{number}", **sound, **one}) for number, one in enumerate(changes, 1)
    ]
    return "\n".join([head, *rows]) + "\n"
