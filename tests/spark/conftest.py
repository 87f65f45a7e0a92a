"""One cluster for all tests here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.spark.cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    one = Cluster()
    os.environ["SPARK_CONF_DIR"] = str(one.driver_settings)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    yield one
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    one.remove()
