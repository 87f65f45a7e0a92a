"""`/metrics` in the text of Prometheus: requests over all workers, and how the store stands at the scrape.

Requests are counted in files that all workers of a server share (PROMETHEUS_MULTIPROC_DIR, which
`yaotong serve` sets); what the store can tell is asked of it, so that it is right whoever is asked.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webapp.context import current_workspace
from yaotong import clock
from yaotong.errors import Forbidden, StoreError
from yaotong.reads.metering import Standing, standing

bp = Blueprint("metrics", __name__)
MULTIPROC_ENV = "PROMETHEUS_MULTIPROC_DIR"
_OWN = CollectorRegistry()
_REQUESTS = Histogram(
    "yaotong_http_request_seconds",
    "Requests by route, method and status, with how long they took.",
    ("route", "method", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
    registry=_OWN,
)
# Headers by which a proxy tells that it asks for somebody else.
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    _REQUESTS.labels(route, method, str(status)).observe(seconds)


@bp.get("/metrics")
def metrics() -> Response:
    """The figures; Forbidden to everybody but who may watch."""
    _check()
    try:
        told: Standing | None = standing(current_workspace(), now=clock.now())
    except StoreError:
        told = None
    registry = CollectorRegistry()
    registry.register(_Told(told))
    text = generate_latest(registry) + generate_latest(_requests())
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _check() -> None:
    """Who has the token; where none is set, this machine itself, and no proxy that asks for others."""
    token = current_workspace().settings.metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise Forbidden("读取运行指标要有令牌（设置 [metrics] token_file）。")
        return
    if not _loopback(request.remote_addr) or any(name in request.headers for name in _FORWARDED):
        raise Forbidden("运行指标只给本机读取；要从别处读取，请设置 [metrics] token_file。")


def _loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _requests() -> CollectorRegistry:
    """The requests of all workers, or of this process where it is the only one."""
    if not os.environ.get(MULTIPROC_ENV):
        return _OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class _Told(Collector):
    """The store's figures in their order, freshness first; one that is not known is left out."""

    def __init__(self, told: Standing | None) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        """All families."""
        told = self._told
        if told is not None:
            yield from _freshness(told)
        yield _gauge(
            "yaotong_store_up", "1 when the database could be read for this scrape.", told is not None
        )
        if told is not None:
            yield from _waiting(told)
            yield from _runs(told)
            yield _gauge("yaotong_data_version", "Newest data version.", told.data_version)
            yield _gauge("yaotong_audit_rows", "Number of the audit chain's last row.", told.audit_rows)
            yield _gauge("yaotong_disk_free_bytes", "Free bytes on the disk of the facts.", told.free_bytes)


def _freshness(told: Standing) -> Iterator[Metric]:
    known = {feed: age for feed, age in told.ages_s.items() if age is not None}
    yield _labelled(
        "yaotong_feed_age_seconds", "Seconds since a feed last changed what is known.", "feed", known.items()
    )
    came = ((feed, float(age is not None)) for feed, age in told.ages_s.items())
    yield _labelled("yaotong_feed_known", "1 when a feed ever came, 0 when it never did.", "feed", came)


def _waiting(told: Standing) -> Iterator[Metric]:
    yield _labelled("yaotong_outbox_messages", "Messages due now, held, dead.", "state", told.outbox.items())
    yield _gauge("yaotong_outbox_late_seconds", "How long the oldest due message waits.", told.outbox_late_s)
    yield _labelled("yaotong_alerts_open", "Alerts not closed, by level.", "level", told.open_alerts.items())


def _runs(told: Standing) -> Iterator[Metric]:
    for name, said, value in (
        ("age_seconds", "Seconds since the last detection run ended.", told.run_age_s),
        ("duration_seconds", "How long the rules of the last run took.", told.run_took_s),
        ("failed_rules", "Rules that could not run in the last run.", told.run_failed),
    ):
        if value is not None:
            yield _gauge(f"yaotong_detect_last_{name}", said, value)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=float(value))


def _labelled(name: str, said: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    for key, value in values:
        family.add_metric([key], float(value))
    return family
