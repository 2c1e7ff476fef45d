"""Puts a server together, runs it, and stops it without losing what was admitted."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from prometheus_client import start_http_server

from cloud_server.admission import UNLIMITED, Admission
from cloud_server.catalogues import Catalogues, load_catalogues
from cloud_server.config import Config
from cloud_server.core import Core
from cloud_server.daemon_threads import in_own_thread
from cloud_server.feedback import FeedbackLog
from cloud_server.giving_way import giving_way_aside
from cloud_server.interceptor import LastResort
from cloud_server.metrics import Metrics
from cloud_server.offer import Offer
from cloud_server.readiness import Readiness
from cloud_server.schedule import Schedule
from cloud_server.security.authentication import Authentication
from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.tls import expiry_s, server_credentials
from cloud_server.service import ModelAdminService, SpeechSearchService
from cloud_server.shared.store import running_store
from cloud_server.stream import Stream
from cloud_server.telemetry.lexicon import Lexicon
from cloud_server.telemetry.loop_lag import watch_loop_lag
from cloud_server.telemetry.probe import TENANT as PROBE_TENANT
from cloud_server.telemetry.probe import probe
from cloud_server.telemetry.tracing import Tracing, tracing_to
from cloud_server.title_words import TitleWords
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from models.bundle import default_bundle_dir
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError, TakenOver
from protos.messages import CatalogueInfo, ModelInfo, Priority, RolloutStage, Segment

log = logging.getLogger(__name__)

RECONNECT_IN_S = 1.0
FORGET_EVERY_S = 3600.0
# For the last Rejects and statuses to leave after the drain.
FLUSH_S = 1.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    address: str
    metrics_address: str
    model: ModelInfo
    catalogues: tuple[CatalogueInfo, ...]
    """The default one first."""
    workers: int

    @property
    def catalogue(self) -> CatalogueInfo:
        return self.catalogues[0]


def recogniser_spec(config: Config) -> RecogniserSpec:
    """Raises: BundleError: the shipped bundle is missing."""
    return RecogniserSpec("cloud_server.worker_process:load_recogniser", (str(config.bundle_dir or default_bundle_dir()),))


@asynccontextmanager
async def running_server(config: Config, spec: RecogniserSpec | None = None, tracing: Tracing | None = None) -> AsyncIterator[RunningServer]:
    """A server that accepts segments; leaving the block drains it. tracing: None: as config says.

    Raises: ConfigurationError: the bundle, the catalogue, a key, a certificate or a port cannot be used.
    """
    gate = config.security.gate()
    metrics = Metrics()
    schedule = Schedule(config.queue_limit_s, config.workers)
    metrics.queue.limit_s.set(config.queue_limit_s)
    if config.security.tls is not None:
        metrics.process.watch_certificate(partial(expiry_s, config.security.tls))
    if config.feedback_dir is not None:
        metrics.process.watch_disk("feedback", config.feedback_dir)
    async with AsyncExitStack() as stack:
        # tantivy's own threads may still write while this is removed.
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harken-index-", ignore_cleanup_errors=True)))
        metrics.process.watch_disk("scratch", scratch)
        load = partial(load_catalogues, config.index_dirs, config.catalogues, scratch, config.search_weights)
        catalogues = await giving_way_aside(load)
        feedback = await in_own_thread("feedback", FeedbackLog, config.feedback_dir)
        stack.callback(feedback.close)
        spec = spec or recogniser_spec(config)
        pool = WorkerPool(spec, schedule, watch=metrics.queue, start_timeout_s=config.worker_start_s)
        model = replace(await pool.start(), stage=RolloutStage.LIVE, traffic_share=1.0)
        stack.push_async_callback(pool.stop, 0)
        metrics.model_loaded(model)
        metrics.worker_usage.pids = lambda: pool.pids
        store = None if config.redis is None else await stack.enter_async_context(running_store(config.redis, metrics))
        core = Core(
            pool,
            catalogues,
            Offer(config.limits, model, catalogues.infos, pool.hop_samples, pool.takes_hints),
            metrics,
            feedback,
            config.search_timeout_s,
            config.segment_deadline_s,
            Admission(config.tenant_quota if gate.requires_token else UNLIMITED),
            store,
        )
        core.tracing = tracing or tracing_to(config.traces)
        stack.push_async_callback(asyncio.to_thread, core.tracing.close)  # a collector that is away may hold it up
        stack.callback(core.close)
        if store is not None:
            stack.callback(asyncio.create_task(core.sessions.follow(store, taken_over)).cancel)
        metrics.catalogues_changed(catalogues.infos, catalogues.built_s)
        words = None
        if config.catalogue_words:
            words = TitleWords(pool, spec, config.bundle_dir or default_bundle_dir(), scratch, metrics.words_made)
            words.changed(catalogues.documents)
            stack.callback(asyncio.create_task(words.run()).cancel)
        for task in (catalogues.follow(partial(catalogue_loaded, core, catalogues, words)), forget_feedback(core.feedback)):
            stack.callback(asyncio.create_task(task).cancel)
        core.lexicon = Lexicon(config.bundle_dir or default_bundle_dir(), lambda: catalogues.titles if config.catalogue_words else ())
        service, checks = SpeechSearchService(core, config, version("harken"), gate), HealthServicer()
        readiness = Readiness(checks, metrics.process, service)
        metrics.pending_results.set_function(lambda: service.unread_responses)
        server = make_grpc_server(config, service, checks, metrics, gate)
        stack.push_async_callback(server.stop, 0)
        port = listen(server, config)
        scrape = stack.enter_context(served_metrics(config, metrics))
        await server.start()
        await readiness.open()
        for watching in (
            watch_loop_lag(readiness.judge),
            probe(partial(probed, core), metrics.process.probed, config.probe_every_s),
        ):
            stack.callback(asyncio.create_task(watching).cancel)
        yield RunningServer(f"{config.host}:{port}", f"{config.metrics_host}:{scrape}", model, catalogues.infos, config.workers)
        await drain(server, service, readiness, metrics, pool, config.drain_s)


def make_grpc_server(
    config: Config, service: SpeechSearchService, checks: HealthServicer, metrics: Metrics, gate: Gate | OpenGate
) -> grpc.aio.Server:
    """The three keep-alive options go together: alone, each leaves a half-open link unnoticed or kills a silent stream (both measured)."""
    interval_ms = round(config.keepalive_s * 1000)
    server = grpc.aio.server(
        interceptors=[Authentication(gate, metrics), LastResort(metrics)],
        options=[
            ("grpc.keepalive_time_ms", interval_ms),
            ("grpc.keepalive_timeout_ms", interval_ms // 2),
            ("grpc.http2.ping_timeout_ms", interval_ms // 2),
            ("grpc.http2.min_ping_interval_without_data_ms", interval_ms // 2),
            ("grpc.max_concurrent_streams", config.max_streams),
            ("grpc.max_receive_message_length", config.max_message_bytes),
            ("grpc.so_reuseport", 0),  # two servers on one port would share it silently
        ],
    )
    pb_grpc.add_SpeechSearchServicer_to_server(service, server)
    pb_grpc.add_ModelAdminServicer_to_server(ModelAdminService(), server)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    return server


def catalogue_loaded(core: Core, catalogues: Catalogues, words: TitleWords | None, loaded: bool) -> None:
    """What is offered, shown and heard follows what is served."""
    core.offer = replace(core.offer, catalogues=catalogues.infos)
    core.metrics.index_loaded(done=loaded)
    if core.lexicon is not None:
        core.lexicon.changed()
    core.metrics.catalogues_changed(catalogues.infos, catalogues.built_s)
    if words is not None:
        words.changed(catalogues.documents)


async def probed(core: Core, segment: Segment) -> None:
    await core.recognize(PROBE_TENANT, segment, Priority.LIVE, None, 1, tenant=PROBE_TENANT)


def taken_over(stream: Stream) -> None:
    stream.end(TakenOver("a newer connection resumed this session at another server"))


async def forget_feedback(feedback: FeedbackLog) -> None:
    """When its day has come, whether or not anybody gives more."""
    while True:
        try:
            await feedback.forget(datetime.now(UTC).date())
        except OSError:
            log.exception("feedback whose day has come could not be deleted")
        await asyncio.sleep(FORGET_EVERY_S)


def listen(server: grpc.aio.Server, config: Config) -> int:
    address, tls = f"{config.host}:{config.port}", config.security.tls
    credentials = None if tls is None else server_credentials(tls)
    try:
        port = server.add_insecure_port(address) if credentials is None else server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise ConfigurationError(f"cannot listen on {config.host}:{config.port}: is another server running there? ({error})") from error
    return port


@contextmanager
def served_metrics(config: Config, metrics: Metrics) -> Iterator[int]:
    """/metrics on its port, which is given back. Raises: ConfigurationError: the port is taken."""
    try:
        server, thread = start_http_server(config.metrics_port, addr=config.metrics_host, registry=metrics.registry)
    except OSError as error:
        raise ConfigurationError(f"cannot serve metrics on {config.metrics_host}:{config.metrics_port}: {error.strerror}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def drain(
    server: grpc.aio.Server, service: SpeechSearchService, readiness: Readiness, metrics: Metrics, pool: WorkerPool, drain_s: float
) -> None:
    """NOT_SERVING, GoAway, finals of what was started, then the end."""
    metrics.process.draining.set(1)
    with metrics.process.drain_s.time():
        await readiness.close()
        await service.drain(RECONNECT_IN_S, drain_s)
    await server.stop(FLUSH_S)
    await pool.stop(drain_s)
