"""Fact files with new pseudonyms in the place of old ones, beside the old files; nobody names them yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yaotong.durable import settle_folder
from yaotong.errors import StoreError
from yaotong.intake.core.lanes import Fingerprints, Lanes
from yaotong.intake.core.lines import said_columns
from yaotong.records import FEEDS
from yaotong.store.renaming import Rename
from yaotong.store.staging import reading, settled, stored_schema, writer, writing

_PARTS = ("line_key", "line_sha")


@dataclass
class Rewritten:
    """What became of a feed's files: old path → new path and SHA-256; hashes of some wordings, old → new."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    wordings: dict[str, str] = field(default_factory=dict)
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Rewrites files of facts: `rename` answers a text with its pseudonyms replaced, `old` and `new` are the
    names of the keys, `prints` makes fingerprints of lines."""

    facts_dir: Path
    old: str
    new: str
    rename: Rename
    prints: Fingerprints

    def rewrite(self, feed: str, path: str, ended: frozenset[str], done: Rewritten) -> None:
        """Write one file anew where any pseudonym is in it; `ended` are the wordings that are asked for.

        StoreError when the file cannot be read, the disk refuses, or fingerprints do not follow from lines:
        then nothing may be made of them.
        """
        source = self.facts_dir / path
        with reading(source):
            file = pq.ParquetFile(source, page_checksum_verification=True)
        if not any(self._holds(file, number) for number in range(file.num_row_groups)):
            return
        name = self.named(path)
        target = self.facts_dir / name
        half = target.with_suffix(".half")
        with writing(), writer(half, stored_schema(feed), stored_schema(feed)) as out:
            for number in range(file.num_row_groups):
                with reading(source):
                    lines = file.read_row_group(number)
                out.write_table(self._renamed(feed, path, lines, ended, done))
        with writing():
            digest = settled(half)
            half.replace(target)
            settle_folder(target.parent)
        done.files[path] = (name, digest)

    def named(self, path: str) -> str:
        """Where the new file stands: beside the old one, by the name of the key."""
        plain = PurePosixPath(path)
        parts = [one for one in plain.name.split(".") if one != self.old]
        return (plain.parent / ".".join([*parts[:-1], self.new, parts[-1]])).as_posix()

    def _holds(self, file: pq.ParquetFile, number: int) -> bool:
        texts = [one.name for one in file.schema_arrow if pa.types.is_string(one.type)]
        group = file.read_row_group(number, columns=texts)
        return any(self._marked(group[name]) for name in texts)

    def _marked(self, column: pa.ChunkedArray) -> bool:
        return bool(pc.any(pc.match_substring(column.unique(), f"{self.old}:")).as_py())

    def _renamed(
        self, feed: str, path: str, lines: pa.Table, ended: frozenset[str], done: Rewritten
    ) -> pa.Table:
        table = _typed(feed, lines)
        if not self._made(feed, table).equals(table.select(_PARTS)):
            raise StoreError(f"事实文件 {path} 的指纹与内容对不上，不能轮换。请先用 yaotong doctor 检查。")
        for number, one in enumerate(table.schema):
            if pa.types.is_string(one.type) and self._marked(table[one.name]):
                table = table.set_column(number, one, self._column(table[one.name]))
        made = self._made(feed, table)
        before, after = (one["line_sha"].to_pylist() for one in (lines, made))
        for old, new in zip(before, after, strict=True):
            if old != new:
                done.lines += 1
                if old.hex() in ended:
                    done.wordings[old.hex()] = new.hex()
        for name in _PARTS:
            table = table.set_column(table.schema.get_field_index(name), name, made[name])
        return table.cast(stored_schema(feed))

    def _column(self, column: pa.ChunkedArray) -> pa.Array:
        coded = pc.dictionary_encode(column.combine_chunks())
        names = pa.array([self.rename(one) for one in coded.dictionary.to_pylist()], pa.string())
        return pa.DictionaryArray.from_arrays(coded.indices, names).dictionary_decode()

    def _made(self, feed: str, table: pa.Table) -> pa.Table:
        own, said = FEEDS[feed].stored_key, said_columns(feed)
        key = self.prints.of(_columns(table), own, Lanes.zeros(table.num_rows))
        content = self.prints.of(_columns(table), said, key)
        return pa.table({"line_key": key.binary(), "line_sha": content.binary()})


def _columns(table: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    return {name: table[name] for name in table.column_names}


def _typed(feed: str, lines: pa.Table) -> pa.Table:
    """Lines in the types of the facts: a file keeps moments finer, and an older one may lack a column."""
    schema = stored_schema(feed)
    columns = [
        lines[one.name].combine_chunks().cast(one.type)
        if one.name in lines.column_names
        else pa.nulls(lines.num_rows, one.type)
        for one in schema
    ]
    return pa.table(columns, schema=schema)
