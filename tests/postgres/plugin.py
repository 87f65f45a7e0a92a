"""`pytest --database postgres`: one server for the run, a database for each workspace a test makes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import databases
from tests.postgres.cluster import Cluster, NoPostgres
from yaotong import config as workspace_config


def use_postgres(config: pytest.Config) -> None:
    """Start the server in the process that hands out the tests; the others find it by the environment."""
    # A workspace that a command opened is closed with its process; here many share one.
    config.addinivalue_line("filterwarnings", "ignore:.*was deleted while still open:ResourceWarning")
    config.pluginmanager.register(Databases())
    _settle_new_workspaces(config)
    if hasattr(config, "workerinput"):
        return
    try:
        cluster = Cluster()
    except NoPostgres as error:
        pytest.exit(str(error), returncode=3)
    config.add_cleanup(cluster.remove)
    os.environ[databases.SERVER] = cluster.address
    databases.prepare()


class Databases:
    """Hooks that must hear of fixtures of every scope, which those of a folder's conftest do not."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What a fixture of many tests makes stays; what a test makes goes when it ends."""
        before = len(databases.made)
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                del databases.made[before:]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        """Remove the databases of the test that ended."""
        try:
            return (yield)
        finally:
            if databases.made:
                databases.drop(databases.made)
                databases.made.clear()


def _settle_new_workspaces(config: pytest.Config) -> None:
    """A workspace that a test makes finds a database of its own in its new settings."""
    create = workspace_config.create

    def create_and_settle(home: Path, **given: Any) -> None:
        new = not (home / workspace_config.SETTINGS_FILE).exists()
        create(home, **given)
        if new:
            databases.settle_in(home, databases.database_url(home))

    patch = pytest.MonkeyPatch()
    patch.setattr(workspace_config, "create", create_and_settle)
    config.add_cleanup(patch.undo)
