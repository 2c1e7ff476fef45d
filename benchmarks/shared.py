"""Where real recordings, texts and noise are."""

from __future__ import annotations

import os
from pathlib import Path


def shared_dir() -> Path:
    """HARKEN_SHARED; default: `shared` beside the checkout."""
    return Path(os.environ.get("HARKEN_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")
