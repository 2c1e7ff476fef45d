"""Makers and judges of the pronunciation data: not needed to serve."""
