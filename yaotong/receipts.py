"""Receipts (回执) of contract §4: what became of a file and of each row that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yaotong.codes import FILE_REASONS, ROW_REASONS, Outcome


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row: 1-based data row, column (may be empty), reason of contract §4, sentence."""

    row: int
    column: str
    reason: str
    message: str

    def __post_init__(self) -> None:
        if self.reason not in ROW_REASONS:
            raise ValueError(f"{self.reason!r} is not a row reason of the contract")

    def as_dict(self) -> dict[str, Any]:
        """The form that receipts and reject files carry."""
        return {"row": self.row, "column": self.column, "reason": self.reason, "message": self.message}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file. `rows == accepted + duplicates + len(rejected)` always holds.

    A refused file counts nothing (rows = 0) and says why in `file_reason` and `message`.
    """

    file: str
    feed: str
    sha256: str
    outcome: Outcome
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: tuple[Rejection, ...] = ()
    file_reason: str | None = None
    message: str = ""
    seconds: float = 0.0
    profile: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.rows != self.accepted + self.duplicates + len(self.rejected):
            raise ValueError("a receipt must account for every row")
        if (self.outcome is Outcome.REJECTED_FILE) != (self.file_reason is not None):
            raise ValueError("a refused file has a file_reason, and only a refused file has one")
        if self.file_reason is not None and self.file_reason not in FILE_REASONS:
            raise ValueError(f"{self.file_reason!r} is not a file reason of the contract")

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Receipt:
        """A receipt from its JSON form."""
        rejected = tuple(Rejection(**one) for one in told["rejected"])
        rest = {"outcome": Outcome(told["outcome"]), "rejected": rejected, "notes": tuple(told["notes"])}
        return cls(**{**told, **rest})

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of contract §4."""
        return {
            "file": self.file,
            "feed": self.feed,
            "sha256": self.sha256,
            "outcome": str(self.outcome),
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": [one.as_dict() for one in self.rejected],
            "file_reason": self.file_reason,
            "message": self.message,
            "seconds": round(self.seconds, 3),
            "profile": self.profile,
            "notes": list(self.notes),
        }
