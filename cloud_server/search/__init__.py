"""Catalogue in, ranked hits out."""
