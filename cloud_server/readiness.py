"""Whether new sessions should come to this server: it has started, is not stopping, and its event loop is not late. Tells everybody who asks.

A server whose loop is late answers everybody late. Who balances load (a readiness probe, HAProxy) sends new sessions elsewhere while that lasts;
those that are open go on, and what they say is accepted.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from statistics import median

from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

from cloud_server.service import SpeechSearchService
from cloud_server.telemetry.process_metrics import ProcessMetrics
from protos import speech_search_pb2 as pb

log = logging.getLogger(__name__)

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["SpeechSearch"].full_name
LATE_S = 1.0
"""The whole objective of an answer is 1.0 s: from here on nobody's is met."""
JUDGED_LAGS = 5
"""Their median counts: one long stall is over when it is seen, three in a row are how it goes here."""


class Lateness:
    """Pure: lags in, verdict out."""

    def __init__(self) -> None:
        self._lags = deque([0.0] * JUDGED_LAGS, maxlen=JUDGED_LAGS)

    def is_late(self, lag_s: float) -> bool:
        """After one more lag of the event loop."""
        self._lags.append(lag_s)
        return median(self._lags) > LATE_S


class Readiness:
    """By gRPC's health protocol, `asr_server_ready` and `GetServerInfo`, all alike."""

    def __init__(self, checks: HealthServicer, metrics: ProcessMetrics, service: SpeechSearchService) -> None:
        self._checks, self._metrics, self._service = checks, metrics, service
        self._lateness = Lateness()
        self._is_open = self._is_late = False
        self._telling = asyncio.Lock()

    async def open(self) -> None:
        self._is_open = True
        await self._tell()

    async def close(self) -> None:
        """For good."""
        self._is_open = False
        await self._tell()

    async def judge(self, lag_s: float) -> None:
        """One more lag of the event loop, as `watch_loop_lag` tells it."""
        self._metrics.loop_lag_s.observe(lag_s)
        was_late, self._is_late = self._is_late, self._lateness.is_late(lag_s)
        if self._is_late != was_late:
            log.warning("the event loop is %s, %.1f s just now", "late" if self._is_late else "on time again", lag_s)
            await self._tell()

    async def _tell(self) -> None:
        async with self._telling:  # or one who is told in the middle of another's telling would end up with half of each
            is_ready = self._is_open and not self._is_late
            self._service.ready = is_ready
            self._metrics.ready.set(int(is_ready))
            status = health_pb2.HealthCheckResponse.SERVING if is_ready else health_pb2.HealthCheckResponse.NOT_SERVING
            for name in ("", SERVICE_NAME):
                await self._checks.set(name, status)
