"""Profiles: how another system's file becomes one of our feeds. Each is one module of `yaotong.intake`."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType

import pandas as pd

from yaotong.records import FEEDS, Feed

ANY = "*"
Prepared = tuple[pd.DataFrame, tuple[str, ...]]
Prepare = Callable[[pd.DataFrame, Path], Prepared]


@dataclass(frozen=True, slots=True)
class Profile:
    """One source of data.

    Args:
        id: the module's name.
        feed: the feed its rows become.
        title_zh: what people call the source.
        cadence: how often it comes, in words ("once", "yearly", "daily").
        licence, credit: on what terms the data may be used, and whom to name.
        columns: the column's name after `prepare` → canonical name. Both may be the same.
        synonyms: a column's name → other names that files use for it, the better ones first. Where a file
            has several, the first is read and the receipt names the others.
        values: canonical name → {value in the source: canonical value}; other values pass unchanged.
        constants: canonical name → the value of every row, such as the coordinate system.
        ignored: columns knowingly not read; ("*",) for all that are not mapped.
        relax: required columns that this source may lack or leave empty.
        bounds: canonical name → (lowest, highest) where the feed's own bounds do not fit.
        personal: canonical names that hold personal numbers here (the feed's own are always masked).
        taken: further columns of the file, from which `prepare` takes something; reject files show them.
        needed: columns that `prepare` cannot do without, beside those of the signature.
        signature: source columns by which a file is recognised (before `prepare`).
        file_pattern: glob that the file's name must match to be recognised.
        prepare: reshapes the text frame, given the file's path for companions; answers notes beside it.
            Its index must stay the 0-based row of the file.
        layer: object of a TopoJSON or layer of a GeoPackage to read.
    """

    id: str
    feed: str
    title_zh: str
    cadence: str
    licence: str
    credit: str
    columns: Mapping[str, str]
    signature: tuple[str, ...] = ()
    file_pattern: str = ANY
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    relax: tuple[str, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    prepare: Prepare | None = None
    layer: str | None = None

    def __post_init__(self) -> None:
        wrong = self.faults()
        if wrong:
            raise ValueError(f"profile {self.id!r}: {'; '.join(wrong)}")

    def faults(self) -> list[str]:
        """Sentences that say what is missing or misspelt; empty for a whole profile."""
        if self.feed not in FEEDS:
            return [f"feed {self.feed!r} does not exist: choose one of {', '.join(FEEDS)}"]
        needed = ("id", "title_zh", "cadence", "licence", "credit")
        found = [f"{name} is empty" for name in needed if not getattr(self, name)]
        if not self.signature and self.file_pattern == ANY:
            found.append("neither signature nor file_pattern is given, so no file can be recognised")
        found += [f"{name!r} is no column of {self.feed}" for name in sorted(self._named() - self._allowed())]
        given = set(self.columns.values()) | set(self.constants)
        lacking = [name for name in self.record.required if name not in given and name not in self.relax]
        found += [f"required column {name!r} is neither mapped, constant nor relaxed" for name in lacking]
        twice = sorted({one for one in self.columns.values() if list(self.columns.values()).count(one) > 1})
        found += [f"{name!r} is mapped twice" for name in twice]
        known = {*self.columns, *self.signature, *self.taken}
        found += [f"synonyms of {name!r}, which is not read" for name in self.synonyms if name not in known]
        spellings = Counter(_key(one) for name, others in self.synonyms.items() for one in (name, *others))
        found += [f"{name!r} is spelled twice" for name, times in spellings.items() if times > 1]
        return found

    @property
    def record(self) -> Feed:
        """The feed's columns."""
        return FEEDS[self.feed]

    def ignores(self, name: str) -> bool:
        """Whether an unmapped column is knowingly not read."""
        others = {_key(one) for one in (*self.ignored, *self.taken, *self._spellings())}
        return ANY in self.ignored or _key(name) in others

    def recognises(self, columns: Collection[str], file: str) -> bool:
        """Whether a file of this name with these columns looks like this source."""
        return fnmatch(file, self.file_pattern) and set(self.signature) <= {
            *columns,
            *self.spelled(columns).values(),
        }

    def spelled(self, columns: Collection[str]) -> dict[str, str]:
        """Columns of a file under another name of the profile's → that name; spaces and * do not count."""
        there = {_key(name): name for name in columns}
        found = {}
        for name, others in self.synonyms.items():
            chosen = next((there[_key(one)] for one in (name, *others) if _key(one) in there), None)
            if name not in columns and chosen is not None:
                found[chosen] = name
        return found

    def unread(self, columns: Collection[str]) -> list[str]:
        """Columns of a file that say what another one, which is read, says better."""
        others = {_key(one) for one in self._spellings() - set(self.taken)}
        return [name for name in columns if _key(name) in others and name not in self.spelled(columns)]

    def _spellings(self) -> set[str]:
        return {one for others in self.synonyms.values() for one in others}

    def _allowed(self) -> set[str]:
        return {*self.record.names, *(("crs",) if self.feed == "areas" else ())}

    def _named(self) -> set[str]:
        named = (self.columns.values(), self.values, self.constants, self.relax, self.bounds, self.personal)
        return {name for group in named for name in group}


@lru_cache(4_096)
def _key(name: str) -> str:
    """A header as people mean it: NFKC, lower case, without spaces and the star of a required column."""
    return "".join(unicodedata.normalize("NFKC", name).lower().split()).strip("*")


@cache
def profiles() -> Mapping[str, Profile]:
    """All profiles by id; ValueError names the module that is half-made and what it lacks."""
    import yaotong.intake as drawer  # not at the top: the drawer imports this module

    found = {}
    for info in pkgutil.iter_modules(drawer.__path__):
        if not info.ispkg:
            module = importlib.import_module(f"{drawer.__name__}.{info.name}")
            found[info.name] = profile_of(module)
    return MappingProxyType(found)


def profile_of(module: ModuleType) -> Profile:
    """The profile that a module of the drawer defines; ValueError says what it lacks."""
    name = module.__name__.rpartition(".")[2]
    profile = getattr(module, "PROFILE", None)
    if not isinstance(profile, Profile):
        raise ValueError(
            f"yaotong/intake/{name}.py defines no PROFILE = Profile(...): every module there is a source"
        )
    if profile.id != name:
        raise ValueError(
            f"yaotong/intake/{name}.py calls itself {profile.id!r}: id must be the module's name"
        )
    if not (module.__doc__ or "").strip():
        raise ValueError(f"yaotong/intake/{name}.py does not say what it is: give it a docstring")
    return profile
