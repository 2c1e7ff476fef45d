"""Makers of bundles: checkpoint in, INT8 ONNX bundle out."""
