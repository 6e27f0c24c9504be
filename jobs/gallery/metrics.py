"""The route of the library's metrics: OpenMetrics, or Prometheus' own text, as is asked for."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response

from jobs.monitoring.library_metrics import LibraryMetrics
from pipeline.library import Library

router = APIRouter()


def metrics_registry(library: Library) -> CollectorRegistry:
    """Return what reads a library's metrics when it is asked."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LibraryMetrics(library))
    return registry


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Send the metrics, in the format that the request accepts."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics), media_type=content_type)
