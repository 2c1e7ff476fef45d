"""Idle: what it costs that nobody speaks."""
