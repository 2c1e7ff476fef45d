"""Standard output kept for replies: libraries print there too, and whoever reads expects JSON alone."""

from __future__ import annotations

import os
import sys
from typing import IO


def own_standard_output() -> IO[str]:
    """For this process' replies; whatever else writes to standard output goes to standard error from now on."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies
