"""How much room a disk has, asked so that a disk that stalls does not take /metrics with it."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import Future
from pathlib import Path

from cloud_server.daemon_threads import DaemonThreads

WAIT_S = 0.5
"""Of a scrape's wait for a disk."""


class DiskRoom:
    """Called at every scrape. One look at a time: while it hangs no other is begun, and none is waited for at the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._look: Future[float] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """As free_ratio; 0 while the disk does not say."""
        with self._lock:
            if self._look is None or self._look.done():
                self._look = self._begin()
            look = self._look
        try:  # another scrape's look, too, is mostly over at once: two servers of Prometheus ask at any time
            return look.result(WAIT_S)
        except TimeoutError:
            return 0.0

    def _begin(self) -> Future[float]:
        thread = DaemonThreads(1, "disk-room")
        look = thread.submit(free_ratio, self._path)
        thread.shutdown()
        return look


def free_ratio(path: Path) -> float:
    """What anybody may still write there; 0 where it cannot be seen: a folder that went away is as bad as a full one."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0.0
    return usage.free / (usage.used + usage.free) if usage.used + usage.free else 0.0
