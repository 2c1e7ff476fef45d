"""Bounds of histograms, in base units, one exactly on each objective: the share of requests within it is then a quotient, no estimate. Pure."""

from __future__ import annotations

from typing import Final

LATENCY_S: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)
"""With 1.0 and 2.5 s, the two latency objectives, and 0.5 s, at which capacity is stated."""
FAST_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""With 1.0 s: an event loop that stood still for longer answers nobody."""
SEARCH_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
"""With 0.3 s, after which a search is given up."""
REAL_TIME: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Worker seconds for a second of audio."""
