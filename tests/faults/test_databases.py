"""A real server on a real PostgreSQL that is stopped, restarted and locked under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import databases
from tests.deploy.serving import free_port, serving, status, wait_until
from tests.postgres.cluster import Cluster
from yaotong.store import migrate, open_store
from yaotong.workspace import init_workspace

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def home(own_postgres: Cluster, tmp_path: Path) -> Path:
    init_workspace(tmp_path / "home", environ={}).store.engine.dispose()
    databases.settle_in(tmp_path / "home", own_postgres.address)
    store = open_store(own_postgres.address, tmp_path / "home" / "facts")
    migrate(store)
    store.engine.dispose()
    return tmp_path / "home"


@pytest.mark.fault("database-restart", "database-lock")
def test_a_server_outlives_its_database_being_stopped_locked_and_back(
    own_postgres: Cluster, home: Path
) -> None:
    port = free_port()
    with serving(home, port) as server:
        assert status(port, "/readyz") == 200
        own_postgres.stop()
        try:
            # Alive, not ready: whoever keeps it running sends nobody here, and does not restart it.
            assert status(port, "/readyz") == 503
            assert status(port, "/healthz") == 200
            assert status(port, "/login") in (200, 503)
        finally:
            own_postgres.start()
        wait_until(lambda: status(port, "/readyz") == 200, 60)
        own_postgres.restart()
        wait_until(lambda: status(port, "/readyz") == 200, 60)
        other = create_engine(own_postgres.address)
        with other.connect() as holder:
            holder.execute(text("lock table load in access exclusive mode"))
            assert status(port, "/healthz") == 200
        other.dispose()
        wait_until(lambda: status(port, "/readyz") == 200, 60)
        assert server.poll() is None
