"""The two stores, one truth: an operational database and a folder of facts tied by its manifest."""

from yaotong.store.engine import Store, check_revision, migrate, open_store

__all__ = ["Store", "check_revision", "migrate", "open_store"]
