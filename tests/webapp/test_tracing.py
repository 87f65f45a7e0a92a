"""Traces to a real OTLP receiver on this machine: what happened and how long, and nothing of anybody."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.webapp.conftest import SignIn
from webapp.app import create_app
from webapp.tracing import ENDPOINT_ENV, EXTENSION
from yaotong.errors import ConfigError
from yaotong.workspace import Workspace


class Collector(HTTPServer):
    """Keeps what is sent to it, as bytes."""

    got: list[bytes]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        assert isinstance(self.server, Collector)
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    server = Collector(("127.0.0.1", 0), _Handler)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(ENDPOINT_ENV, f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield server
    server.shutdown()
    server.server_close()


def test_spans_tell_routes_and_statements_and_nothing_of_anybody(
    collector: Collector, small: Workspace, signed: SignIn
) -> None:
    app = create_app(small.settings.home)
    client = signed("msa", app)
    client.get("/pharmacies/not-a-licence-77", headers={"User-Agent": "somebodys-browser"})
    client.get("/api/v1/public/pharmacies?bbox=121.0123,30.6123,121.1,30.7")
    app.extensions[EXTENSION].shutdown()
    spans = [
        span
        for body in collector.got
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    by_name = {span.name: span for span in spans}
    asked = by_name["GET /pharmacies/<license_no>"]
    assert {one.key for one in asked.attributes} == {
        "http.request.method",
        "http.route",
        "http.response.status_code",
    }
    below = [span for span in spans if span.parent_span_id == asked.span_id]
    assert {span.name for span in below} >= {"db SELECT"}
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in spans)
    sent = b"".join(collector.got)
    hidden = (
        b"msa",
        b"not-a-licence-77",
        b"121.0123",
        b"somebodys-browser",
        b"127.0.0.1",
        b"select ",
        b"SELECT ",
    )
    assert [word for word in hidden if word in sent] == []
    assert b"GET /login" in sent


def test_without_a_collector_there_is_no_tracing(own_app: Flask) -> None:
    assert EXTENSION not in own_app.extensions


def test_without_the_library_the_remedy_is_said(
    collector: Collector, small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=r"yaotong\[telemetry\]"):
        create_app(small.settings.home)
