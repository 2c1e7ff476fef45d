"""One file an engine. Each runs inside a worker process of its own, in .venv-peers, and knows nothing of the others."""
