"""Columns of feeds: how a column's text is read, what it may hold and under which name it is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a column's text is read."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    CHOICE = "choice"
    CATEGORIES = "categories"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed.

    `low` and `high` are inclusive bounds of numbers; `personal` columns are pseudonymised
    in intake and never stored, logged or returned in the clear. `held_as` is the column's name in
    the stores where the file's is not theirs; money (yuan in files) is held in `..._fen`.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    personal: bool = False
    held_as: str = ""

    @property
    def stored(self) -> str:
        """The column's name in the stores; "<stem>_key" for a personal one."""
        return f"{self.stem}_key" if self.personal else self.held_as or self.name

    @property
    def stem(self) -> str:
        """What a personal number is the number of: "buyer" for buyer_id_no."""
        return re.sub(r"(_id)?(_no)?$", "", self.name, count=1)

    @property
    def identity(self) -> bool:
        """Whether it holds people's identity numbers, which have check digits."""
        return self.personal and self.name.endswith("_id_no")


@dataclass(frozen=True, slots=True)
class Feed:
    """A kind of input file: its key and its columns, by their names in the file.

    `moment` is the column that tells when a line happened, of a feed whose lines are facts.
    """

    name: str
    title_zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    moment: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a file is refused."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def stored_key(self) -> tuple[str, ...]:
        """The key under the names of the stores."""
        return tuple(self.column(name).stored for name in self.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the feed has none."""
        return next(column for column in self.columns if column.name == name)


def text(name: str, required: bool = False, personal: bool = False) -> Column:
    """Free text."""
    return Column(name, Kind.TEXT, required, personal=personal)


def ident(name: str, required: bool = False, personal: bool = False) -> Column:
    """An identifier, kept as it is written apart from its width."""
    return Column(name, Kind.IDENTIFIER, required, personal=personal)


def date(name: str, required: bool = False) -> Column:
    """A day."""
    return Column(name, Kind.DATE, required)


def moment(name: str, required: bool = False, held_as: str = "") -> Column:
    """A moment; Beijing time where no offset is written."""
    return Column(name, Kind.MOMENT, required, held_as=held_as)


def number(name: str, low: float, high: float, required: bool = False, held_as: str = "") -> Column:
    """A number within inclusive bounds."""
    return Column(name, Kind.NUMBER, required, low=low, high=high, held_as=held_as)


def flag(name: str) -> Column:
    """Yes or no."""
    return Column(name, Kind.FLAG)


def choice(name: str, *choices: str, required: bool = False) -> Column:
    """One of a few words."""
    return Column(name, Kind.CHOICE, required, choices)
