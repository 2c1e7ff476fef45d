"""Grafana's dashboards as code: what is on them, and how they become the JSON in deploy/grafana."""
