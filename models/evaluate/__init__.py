"""Judges of models: error rates over manifests of labelled recordings."""
