"""OpenTelemetry traces, off unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector: a span for each request.

The statements that the database is asked meanwhile are spans below it.

A span has the route's pattern, the method, the status and how long it took. No address, no query, no account,
no header and no value is in it, so it can tell of nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from yaotong.errors import ConfigError
from yaotong.reads.tracing import trace_store
from yaotong.workspace import Workspace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINT_ENV = "OTEL_EXPORTER_OTLP_ENDPOINT"
EXTENSION = "yaotong_tracing"


def trace(app: Flask, workspace: Workspace) -> None:
    """Trace what the app is asked, if the environment says where to; ConfigError without the library."""
    if not os.environ.get(ENDPOINT_ENV):
        return
    provider = _provider()
    app.extensions[EXTENSION] = provider
    tracer = provider.get_tracer("yaotong")
    trace_store(workspace, _statements(tracer))
    _requests(app, tracer)


def _provider() -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        said = f"设置了 {ENDPOINT_ENV}，但没有装 OpenTelemetry。请运行 pip install 'yaotong[telemetry]'。"
        raise ConfigError(said) from error
    # Made without the detectors that look at the machine and its environment.
    provider = TracerProvider(resource=Resource({"service.name": "yaotong"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _requests(app: Flask, tracer: Tracer) -> None:
    from opentelemetry.trace import SpanKind

    @app.before_request
    def _begin() -> None:
        route = request.url_rule.rule if request.url_rule is not None else "(none)"
        span = tracer.start_span(f"{request.method} {route}", kind=SpanKind.SERVER)
        span.set_attribute("http.request.method", request.method)
        span.set_attribute("http.route", route)
        g.span = span

    @app.after_request
    def _answered(response: Response) -> Response:
        span: Span | None = g.get("span")
        if span is not None:
            span.set_attribute("http.response.status_code", response.status_code)
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        span: Span | None = g.pop("span", None)
        if span is not None:
            span.end()


def _statements(tracer: Tracer) -> Callable[[str], Callable[[], None]]:
    from flask import has_request_context
    from opentelemetry.trace import SpanKind, set_span_in_context

    def begin(verb: str) -> Callable[[], None]:
        above: Any = g.get("span") if has_request_context() else None
        if above is None:
            return lambda: None
        span = tracer.start_span(f"db {verb}", context=set_span_in_context(above), kind=SpanKind.CLIENT)
        span.set_attribute("db.operation.name", verb)
        return span.end

    return begin
