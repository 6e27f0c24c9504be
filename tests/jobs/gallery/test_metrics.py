"""The gallery's metrics are those of its library, in the format that is asked for."""

from __future__ import annotations

from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as of_prometheus


def test_both_formats_have_the_same_counts(client: TestClient) -> None:
    plain = client.get("/metrics")
    assert plain.status_code == 200
    assert plain.headers["content-type"].startswith("text/plain")
    open_metrics = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    counts = [
        {
            sample.labels["state"]: sample.value
            for family in families
            for sample in family.samples
            if sample.name == "sharp_batch_photos"
        }
        for families in (
            of_prometheus(plain.text),
            text_string_to_metric_families(open_metrics.text),
        )
    ]
    assert counts[0] == counts[1]
    assert counts[0]["done"] > 0
