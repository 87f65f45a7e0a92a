"""The chain of pseudonym keys of a workspace: keys from their files, what is in force from the database."""

from __future__ import annotations

from yaotong.chains import Chain
from yaotong.errors import ConfigError
from yaotong.keyfiles import LINKS_FILE, read_links
from yaotong.store import Connection, links
from yaotong.store.scratch import Held, in_use
from yaotong.workspace import Workspace


def in_use_by(workspace: Workspace) -> Held | None:
    """As `store.scratch.in_use`: held by a server as long as it runs."""
    return in_use(workspace.store)


def chain_of(workspace: Workspace) -> Chain:
    """The chain in force; ConfigError when a key of it is not among the files."""
    with workspace.store.read() as connection:
        return chain_within(workspace, connection)


def chain_within(workspace: Workspace, connection: Connection) -> Chain:
    """The chain as a connection sees it."""
    settings = workspace.settings
    known = {one.key_id: one for one in read_links(settings.home / "keys")}
    names = [row.key_id for row in links.every(connection)]
    missing = [one for one in names if one not in known]
    if missing:
        raise ConfigError(
            f"假名密钥 {'、'.join(missing)} 不在 keys/{LINKS_FILE} 里，认不出以前的人。"
            "请从密钥的备份恢复这个文件。"
        )
    return Chain(settings.pseudonym_key_id, tuple(known[one] for one in names), settings.pseudonym_digest)
