"""The door for a tracer: what the store is asked, by its verb alone."""

from __future__ import annotations

from yaotong.store.tracing import Begun, trace_statements
from yaotong.workspace import Workspace


def trace_store(workspace: Workspace, begin: Begun) -> None:
    """Tell a tracer of every statement of a workspace's store, see `store.tracing`."""
    trace_statements(workspace.store.engine, begin)
