"""Rotate the pseudonym key: everything kept under the old name of a person comes to be under the new one.

The new key is on the disk first, new fact files stand beside the old ones, and one transaction names the
files, renames every table and brings the key into force. Killed before it, all is as it was and a repeat
begins with the same key; killed after it, all is new, and a repeat removes what is left of the old.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from yaotong.acts.keychain import chain_of
from yaotong.acts.recording import note, record
from yaotong.acts.rewriting import Rewriter, Rewritten
from yaotong.acts.tracing import traces_folder
from yaotong.chains import Chain, Link, pattern
from yaotong.custody import custody_of
from yaotong.errors import UsageError
from yaotong.facts import FACT_MOMENTS
from yaotong.intake import Pseudonymiser
from yaotong.intake.core.lanes import Fingerprints
from yaotong.intake.core.sealer import ELEMENT, NUMBER, about
from yaotong.keyfiles import add_link, read_links
from yaotong.sealing import CannotOpen, seal, unseal
from yaotong.store import Connection, links, renaming
from yaotong.store.engine import compact
from yaotong.store.keyring import open_keyring
from yaotong.store.scratch import to_oneself, turn
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# What follows from fact files and is made anew when it is missed.
_DERIVED = ("prints", "days", "codes", "staging")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation came to: the names of both keys, files and lines of facts, cells, people resealed.

    `lost` are sealed numbers that no key opened any more. `finished` tells that only the removal of what
    an earlier rotation had left was due.
    """

    old: str
    new: str
    files: int = 0
    lines: int = 0
    cells: int = 0
    resealed: int = 0
    lost: int = 0
    finished: bool = False


def rotate(
    workspace: Workspace, *, actor: Viewer, why: str, now: datetime, progress: Progress | None = None
) -> Rotated:
    """Bring a new key into force, or finish a rotation that was cut short.

    UsageError without a reason; StoreError while another process works with the workspace, when the disk
    refuses or a file is damaged: then everything is as it was.
    """
    if not why.strip():
        raise UsageError("请写明为什么轮换（--why）：它进审计。")
    tell = progress or (lambda _what, _done, _all: None)
    with to_oneself(workspace.store), turn(workspace.store, alone=True):
        if _left(workspace):
            chain = chain_of(workspace)
            _sweep(workspace, actor, now)
            return Rotated("", chain.current, finished=True)
        chain = chain_of(workspace)
        link = _next_link(workspace, chain)
        record(workspace, actor, "pseudonyms_begin", f"pseudonyms:{link.key_id}", now=now, why=why)
        made = _rewritten(workspace, chain, link, tell)
        told = _switched(workspace, chain, link, made, actor, why, now)
        _sweep(workspace, actor, now)
    return told


def name_now(workspace: Workspace, pseudonym: str, *, actor: Viewer, why: str, now: datetime) -> str:
    """The pseudonym of today of an older one, as old papers and the audit chain have it; it is recorded."""
    if not why.strip():
        raise UsageError("请写明为什么对照（--why）：它进审计。")
    found = chain_of(workspace).now(pseudonym.strip())
    if found is None:
        raise UsageError("这不是本工作区的化名：应为“密钥编号:32 位十六进制”。")
    record(workspace, actor, "pseudonyms_name", f"buyer:{found}", now=now, why=why)
    return found


def _left(workspace: Workspace) -> bool:
    """Whether a rotation came into force whose remains are still there."""
    with workspace.store.read() as connection:
        return any(row.swept_at is None for row in links.every(connection))


def _next_link(workspace: Workspace, chain: Chain) -> Link:
    """The key that an attempt cut short left behind, or a new one."""
    folder = workspace.settings.home / "keys"
    known = read_links(folder)
    waiting = [one for one in known if one not in chain.links]
    if waiting:
        return waiting[-1]
    return add_link(folder, chain.next_name([one.key_id for one in known]))


def _renamer(chain: Chain, link: Link) -> renaming.Rename:
    return renaming.renamer(pattern(chain.current), lambda old: link.of(old, chain.digest))


def _rewritten(workspace: Workspace, chain: Chain, link: Link, tell: Progress) -> Mapping[str, Rewritten]:
    """Every fact file that names anybody, written anew beside the old one."""
    settings, store = workspace.settings, workspace.store
    keyed = Pseudonymiser(settings.pseudonym_key, settings.pseudonym_key_id, digest=chain.digest)
    rewriter = Rewriter(
        store.facts_dir, chain.current, link.key_id, _renamer(chain, link),
        Fingerprints(keyed.fingerprint_secret()),
    )  # fmt: skip
    with store.read() as connection:
        files = renaming.every_file(connection)
        ended = {feed: renaming.wordings(connection, feed) for feed, _ in files}
    made: dict[str, Rewritten] = {}
    for number, (feed, path) in enumerate(files, start=1):
        rewriter.rewrite(feed, path, ended[feed], made.setdefault(feed, Rewritten()))
        tell("重写明细", number, len(files))
    return made


def _switched(
    workspace: Workspace,
    chain: Chain,
    link: Link,
    made: Mapping[str, Rewritten],
    actor: Viewer,
    why: str,
    now: datetime,
) -> Rotated:
    """All tables and the manifest in one transaction, and with it the key is in force."""
    rename = _renamer(chain, link)
    with workspace.store.write() as connection:
        for feed, done in made.items():
            renaming.rename_files(connection, feed, done.files)
            renaming.rename_wordings(connection, feed, done.wordings)
        cells = renaming.rename_texts(connection, chain.current, rename)
        renaming.renumber_findings(connection, link.key_id)
        resealed, lost = _resealed(workspace, connection, rename)
        links.add(connection, link.key_id, actor.username, now)
        files, lines = (sum(one) for one in ((len(each.files) for each in made.values()),
                                             (each.lines for each in made.values())))  # fmt: skip
        note(
            connection, actor, "pseudonyms_rotate", f"pseudonyms:{link.key_id}", now=now, why=why,
            before=chain.current, files=files, lines=lines, cells=cells, resealed=resealed, lost=lost,
        )  # fmt: skip
    return Rotated(chain.current, link.key_id, files, lines, cells, resealed, lost)


def _resealed(workspace: Workspace, connection: Connection, rename: renaming.Rename) -> tuple[int, int]:
    """Seal every person of the vault under the new name: resealed, and those no key opens any more."""
    rows = list(renaming.sealed_rows(connection))
    if not rows:
        return 0, 0
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    keys = {key_id: ring.get(key_id) for key_id in {row["key_id"] for row in rows}}
    kept = []
    for row in rows:
        key, name = keys[row["key_id"]], rename(row["buyer_key"])
        before, after = (about(one, row["period"]) for one in (row["buyer_key"], name))
        try:
            if key is None:
                continue
            sealed = {
                column: seal(
                    key.key, use, unseal(key.key, use, row[column], before, key.algorithm), after,
                    key.algorithm,
                )
                for column, use in (("number", NUMBER), ("element", ELEMENT))
            }  # fmt: skip
        except CannotOpen:
            continue
        kept.append({**row, "buyer_key": name, **sealed})
    renaming.reseal(connection, kept)
    return len(kept), len(rows) - len(kept)


def _sweep(workspace: Workspace, actor: Viewer, now: datetime) -> None:
    """Remove what lay under older keys: files that nothing names, what was derived, the database's gaps."""
    store = workspace.store
    with store.read() as connection:
        named = {store.facts_dir / path for _, path in renaming.every_file(connection)}
    for feed in FACT_MOMENTS:
        for path in (store.facts_dir / feed).rglob("*.*"):
            if path.is_file() and path not in named:
                path.unlink(missing_ok=True)
    spill = store.facts_dir.parent / "spill"
    for one in (*(store.facts_dir / name for name in _DERIVED), spill, traces_folder(workspace)):
        shutil.rmtree(one, ignore_errors=True)
    compact(store)
    with store.write() as connection:
        links.swept(connection, now)
        note(connection, actor, "pseudonyms_swept", "pseudonyms", now=now)
