"""Where checkpoints come from: a folder, the Hugging Face hub, a torchaudio pipeline. Each ends as a folder that `models.export.checkpoint` reads."""
