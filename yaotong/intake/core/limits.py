"""How much of the world one file may bring in, contract §4."""

from __future__ import annotations

from dataclasses import dataclass, fields

_NONE = 2**62


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file; a file beyond one of them is refused whole, a field beyond its own by row.

    Sizes are in bytes, `field_chars` in characters, `json_depth` in nested brackets; `read_seconds` and
    `read_memory_bytes` bound the process that reads the file.
    """

    file_bytes: int = 50_000_000
    rows: int = 1_000_000
    columns: int = 200
    field_chars: int = 4_096
    unpacked_bytes: int = 200_000_000
    archive_entries: int = 1_000
    json_depth: int = 32
    read_seconds: float = 30.0
    read_memory_bytes: int = 512 << 20

    def __post_init__(self) -> None:
        for one in fields(self):
            if getattr(self, one.name) < 1:
                raise ValueError(f"limit {one.name} must be at least 1")

    @classmethod
    def off(cls) -> Limits:
        """No limits but the depth of JSON: for a server's own big files."""
        return cls(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, 64, 1e9, _NONE)
