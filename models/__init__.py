"""What a model is, how it is made, and whether it is still good. Top level: serving-safe (numpy + onnxruntime, never torch)."""
