"""A Prometheus scrape, read back into numbers."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, frozenset[tuple[str, str]]]


def scrape(address: str, *names: str) -> dict[Sample, float]:
    """Every sample of http://ADDRESS/metrics: (name, labels) -> value. names: those alone, which costs the server a fraction."""
    query = "&".join(f"name[]={name}" for name in names)
    with urllib.request.urlopen(f"http://{address}/metrics?{query}", timeout=5) as response:
        text = response.read().decode()
    families = text_string_to_metric_families(text)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for family in families for sample in family.samples}


def total(samples: Mapping[Sample, float], name: str, **labels: str) -> float:
    """Sum over every sample of that name that has these labels."""
    wanted = set(labels.items())
    return sum(value for (found, its_labels), value in samples.items() if found == name and wanted <= its_labels)
