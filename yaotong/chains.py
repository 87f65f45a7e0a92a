"""A chain of pseudonym keys: each rotation adds one, and a pseudonym of today has gone through all of them.

p(n+1) = HMAC(k(n+1), p(n)): what lies under an older key becomes what lies under the newest without anybody's
number, so that everybody stays one person; the other way needs the number itself.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

HEX_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Link:
    """One key of the chain after the first, and what pseudonyms made with it begin with."""

    key_id: str
    key: bytes = field(repr=False)

    def of(self, pseudonym: str, digest: str) -> str:
        """What a pseudonym of the key before becomes under this one."""
        made = hmac.digest(self.key, told(pseudonym), digest)
        return f"{self.key_id}:{made.hex()[:HEX_DIGITS]}"


def told(pseudonym: str) -> bytes:
    """What is hashed of a pseudonym; never what is hashed of a number (`ID|…`)."""
    return f"PS|{pseudonym}".encode()


@dataclass(frozen=True, slots=True)
class Chain:
    """The name of the first key, and the links in force after it, oldest first."""

    root: str
    links: tuple[Link, ...] = ()
    digest: str = "sha256"

    @property
    def current(self) -> str:
        """The name of the key whose pseudonyms are kept now."""
        return self.links[-1].key_id if self.links else self.root

    def now(self, pseudonym: str) -> str | None:
        """The pseudonym of today of one made under any key of the chain; None for another text."""
        key_id, _, digits = pseudonym.partition(":")
        names = [self.root, *(one.key_id for one in self.links)]
        if key_id not in names or not re.fullmatch(rf"[0-9a-f]{{{HEX_DIGITS}}}", digits):
            return None
        for link in self.links[names.index(key_id) :]:
            pseudonym = link.of(pseudonym, self.digest)
        return pseudonym

    def next_name(self, taken: Sequence[str] = ()) -> str:
        """The name of the next key: k2 after k1, a number behind any other name."""
        used = {self.root, *(one.key_id for one in self.links), *taken}
        stem = re.sub(r"\d+$", "", self.root)[:12] or "k"
        number = len(self.links) + 2
        while f"{stem}{number}" in used:
            number += 1
        return f"{stem}{number}"


def pattern(key_id: str) -> re.Pattern[str]:
    """Pseudonyms of a key anywhere in a text."""
    return re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(key_id)}:[0-9a-f]{{{HEX_DIGITS}}}(?![0-9a-f])")
