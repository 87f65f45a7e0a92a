"""A workspace opened: its settings and its two stores."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yaotong import config
from yaotong.config import Settings
from yaotong.store import Store, check_revision, migrate, open_store
from yaotong.store.witness import Witness


@dataclass(frozen=True, slots=True)
class Workspace:
    """What every read and act needs: where things are and how they are set."""

    settings: Settings
    store: Store


def open_workspace(home: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """Open an existing workspace; ConfigError or StoreError tells what to mend."""
    settings = config.load(home, environ)
    store = open_store(settings.database_url, settings.facts_dir, witness_of(settings))
    check_revision(store)
    return Workspace(settings, store)


def init_workspace(
    home: Path,
    *,
    title: str = "云药通",
    synthetic: bool = False,
    region: tuple[float, float, float, float] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Workspace:
    """Make a workspace, or bring an older one up to date; nothing in it is lost."""
    config.create(home, title=title, synthetic=synthetic, region=region)
    settings = config.load(home, environ)
    store = open_store(settings.database_url, settings.facts_dir, witness_of(settings))
    migrate(store)
    return Workspace(settings, store)


def witness_of(settings: Settings) -> Witness:
    """The keeper of the audit chain's head, in the workspace's own folder."""
    return Witness(settings.home / "audit", settings.audit_key)
