"""Measures Harken: load, latency, accuracy. Never imported by what it measures."""
