"""What a server may be told, in one frozen tree. Values only: reading flags and the environment is __main__'s work."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cloud_server.admission import Quota
from cloud_server.search.weights import SHIPPED, Weights
from cloud_server.security.exposure import Security
from cloud_server.shared.access import RedisAccess
from cloud_server.worker import START_TIMEOUT_S
from protos.errors import ConfigurationError
from protos.messages import MAX_CHUNK_BYTES, AudioEncoding, Limits

TENANT_QUOTA = Quota(max_streams=16, max_queued_audio_s=30.0, audio_s_per_minute=1200.0)
"""Sixteen people who all speak at once, with room to spare; half of one worker's part of the default queue."""
QUEUED_AUDIO_S_A_WORKER = 60.0
"""0.6 s of waiting where a worker hears 100 audio seconds a second, 1.5 s where it hears 40: as long as people wait while a neighbour restarts."""

RANGES = {
    "port": (0, 65535),
    "metrics_port": (0, 65535),
    "workers": (1, 256),
    "worker_start_s": (0.001, 3600),
    "max_queued_audio_s": (1, 86_400),
}


@dataclass(frozen=True, slots=True)
class Config:
    host: str = "127.0.0.1"
    port: int = 50051
    """0 picks a free one."""
    metrics_port: int = 9464
    """0 picks a free one."""
    workers: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    """Processes with a one-thread recogniser each. One a core: batching and more threads both measured slower on CPU."""
    worker_start_s: float = START_TIMEOUT_S
    """How long one may take to load the model and try it: a second on an idle machine, over a minute on one where everybody starts at once."""
    bundle_dir: Path | None = None
    """None: the bundle this distribution ships."""
    index_dirs: tuple[Path | str, ...] = ()
    """Made by `harken-server index build`, here (a path) or elsewhere (a URL); followed as they change. The first of these, or else of `catalogues`,
    is the default."""
    catalogues: tuple[Path, ...] = ()
    """Indexed at start; where nothing is given, the recipes this distribution ships."""
    catalogue_words: bool = False
    """Whether what catalogues call things joins what can be heard: some seconds of one core after each change. `harken-server run` does so."""
    feedback_dir: Path | None = None
    """None: no feedback is kept, whatever people agree to."""
    max_queued_audio_s: float | None = None
    """None: QUEUED_AUDIO_S_A_WORKER for each."""
    max_segment_s: float = 30.0
    """The model's own limit; an edge cuts at 20."""
    segment_deadline_s: float = 15.0
    """For a segment that names no deadline of its own."""
    starved_s: float = 15.0
    """An open segment without audio for so long is given up."""
    first_message_s: float = 5.0
    search_timeout_s: float = 0.3
    drain_s: float = 10.0
    probe_every_s: float = 15.0
    """Half a second of audio so often: 0.1 % of a core, and the only sign of life where nobody speaks."""
    max_streams: int = 128
    """At once on one connection; what goes beyond waits."""
    max_stream_s: float = 1800.0
    """Then a GoAway, and the client resumes its session on another stream."""
    keepalive_s: float = 9.0
    """A silent link is asked so often whether it is alive, and given up after half as long without an answer; clients may ask twice as often."""
    metrics_host: str = "127.0.0.1"
    """Loopback whatever `host` is: /metrics has neither TLS nor a token."""
    security: Security = field(default_factory=Security)
    traces: str = ""
    """URL of an OTLP/HTTP collector; empty: nothing is traced."""
    redis: RedisAccess | None = None
    """Where answers and sessions are kept for other servers too; None: in this one alone."""
    tenant_quota: Quota = TENANT_QUOTA
    """Where tokens tell tenants apart; elsewhere everybody is one tenant, and the server's own limits are enough."""
    max_message_bytes: int = 2**20
    """A unary Recognize of max_segment_s is 960 kB; a stream's chunks are held to MAX_CHUNK_BYTES by the session."""
    search_weights: Weights = SHIPPED
    """Of the ways of matching: `harken-server feedback fit` learns others."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError: a value breaks its rule."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigurationError(f"{name} is {value}, must be within {low}..{high}")

    @property
    def queue_limit_s(self) -> float:
        """Of audio that may wait."""
        return self.workers * QUEUED_AUDIO_S_A_WORKER if self.max_queued_audio_s is None else self.max_queued_audio_s

    @property
    def limits(self) -> Limits:
        return Limits(
            max_segment=self.max_segment_s,
            max_chunk_bytes=MAX_CHUNK_BYTES,
            max_stream=self.max_stream_s,
            max_queued_audio=self.queue_limit_s,
            max_alternatives=10,
            max_hits=50,
            max_phrase_hints=500,
            encodings=(AudioEncoding.LINEAR16,),
        )
