"""What needs torch is collected only where torch is."""

from __future__ import annotations

import importlib.util

collect_ignore = [] if importlib.util.find_spec("torch") else ["test_sources_torch.py"]
