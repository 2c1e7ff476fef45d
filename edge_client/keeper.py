"""This run's segments in the spool, if there is one: kept before they are sent, synced in a thread when they end, deleted when they are answered."""

from __future__ import annotations

import asyncio

from edge_client.config import SpoolConfig
from edge_client.outbox import SegmentRequest
from edge_client.seal import AesGcm, read_key
from edge_client.spool import Key, Spool
from protos.messages import SegmentEnd, SegmentPause


def open_spool(config: SpoolConfig | None, max_bytes: int) -> Spool | None:
    """Raises: ConfigurationError: the folder or the key cannot be used."""
    if config is None:
        return None
    return Spool(config.folder, max_bytes, AesGcm(read_key(config.key_file)) if config.key_file else None)


class Keeper:
    def __init__(self, spool: Spool | None) -> None:
        self._spool = spool
        self._own_run = spool.key(0).run if spool else 0
        self._syncs: set[asyncio.Future[None]] = set()
        self.lost_earlier = 0
        """Segments of earlier runs that had to make room."""

    def keep(self, request: SegmentRequest) -> list[int]:
        """Returns: this run's segments that had to make room. What the disk refuses is in memory alone, and no worse off than without a spool."""
        if self._spool is None or isinstance(request, SegmentPause):
            return []
        dropped = self._spool.append(request)
        if isinstance(request, SegmentEnd):
            self._sync(self._spool, self._spool.key(request.segment_id))
        self.lost_earlier += sum(key.run != self._own_run for key in dropped)
        return [key.segment_id for key in dropped if key.run == self._own_run]

    def notices(self) -> list[str]:
        """What a person should know once the run is over."""
        notices = []
        if self.lost_earlier:
            notices.append(f"{self.lost_earlier} segments of earlier runs had to make room, and are lost")
        if self._spool is not None and self._spool.not_kept:
            notices.append(f"{self._spool.not_kept} segments could not be kept in the spool ({self._spool.refusal}); they were in memory alone")
        return notices

    def settle(self, segment_id: int) -> None:
        if self._spool is not None:
            self._spool.delete(self._spool.key(segment_id))

    async def close(self) -> None:
        if self._syncs:
            await asyncio.wait(self._syncs)
        if self._spool is not None:
            self._spool.close()

    def _sync(self, spool: Spool, key: Key) -> None:
        sync = asyncio.get_running_loop().run_in_executor(None, spool.sync, key)
        self._syncs.add(sync)
        sync.add_done_callback(self._synced)

    def _synced(self, sync: asyncio.Future[None]) -> None:
        """A disk that cannot fsync still holds the segment for everything but a power cut."""
        self._syncs.discard(sync)
        if not sync.cancelled() and not isinstance(error := sync.exception(), OSError | None):
            raise error
