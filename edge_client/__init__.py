"""The light process: finds speech and streams it. No model, no onnxruntime, no torch."""
