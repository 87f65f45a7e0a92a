"""What can be told of the chain of pseudonym keys: names and days, never a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yaotong.keyfiles import read_links
from yaotong.store import links
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A key that a rotation brought into force; `swept` once nothing is left under the one before."""

    key_id: str
    made_at: datetime
    made_by: str
    swept: bool


@dataclass(frozen=True, slots=True)
class KeysView:
    """The first key's name, those after it, and one that was made and is not in force."""

    root: str
    links: tuple[LinkRow, ...]
    waiting: str

    @property
    def unfinished(self) -> bool:
        """Whether a rotation was cut short."""
        return bool(self.waiting) or not all(one.swept for one in self.links)


def keys_view(workspace: Workspace) -> KeysView:
    """The chain; ConfigError where the file of its keys cannot be read."""
    with workspace.store.read() as connection:
        rows = links.every(connection)
    told = tuple(LinkRow(one.key_id, one.made_at, one.made_by, one.swept_at is not None) for one in rows)
    known = [one.key_id for one in read_links(workspace.settings.home / "keys")]
    waiting = [one for one in known if one not in {row.key_id for row in rows}]
    return KeysView(workspace.settings.pseudonym_key_id, told, waiting[-1] if waiting else "")
