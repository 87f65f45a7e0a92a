"""The two stores, one truth: an operational database and a folder of facts tied by its manifest."""

from sqlalchemy import Connection

from yaotong.store.engine import Store, check_revision, migrate, open_store

__all__ = ["Connection", "Store", "check_revision", "migrate", "open_store"]
