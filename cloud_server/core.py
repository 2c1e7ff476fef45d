"""What every way in shares: recognise a segment, search for what was heard. Ways in (gRPC, later HTTP and foreign dialects) live elsewhere."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cloud_server.interim import Hear
from cloud_server.metrics import Metrics
from cloud_server.offer import Offer
from cloud_server.workers import Transcription, WorkerPool
from protos.errors import InternalError, SpeechError
from protos.messages import (
    BYTES_PER_SAMPLE,
    SAMPLE_RATE_HZ,
    Hypothesis,
    Priority,
    Result,
    SearchHit,
    SearchOutcome,
    SearchResults,
    Segment,
    StageTiming,
)

if TYPE_CHECKING:
    from cloud_server.search.engine import SearchEngine

log = logging.getLogger(__name__)


class Core:
    """One for a server; every method may run many times at once on the event loop."""

    def __init__(
        self, pool: WorkerPool, engines: Mapping[str, SearchEngine], offer: Offer, metrics: Metrics, search_timeout_s: float, deadline_s: float
    ):
        self.offer = offer
        self.metrics = metrics
        self._pool = pool
        self._engines = engines
        self._search_timeout_s = search_timeout_s
        self._deadline_s = deadline_s
        # Two threads: a search that hangs must not hold up the next one.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="search")

    async def recognize(
        self, stream_id: str, segment: Segment, priority: Priority = Priority.LIVE, deadline_s: float | None = None, max_alternatives: int = 1
    ) -> Result:
        """The segment's final result.

        deadline_s: on time.monotonic's clock; None: the server's default from now.
        Raises: SpeechError: the segment's one outcome, if it is not a result.
        """
        begin_s = time.monotonic()
        deadline_s = begin_s + self._deadline_s if deadline_s is None else deadline_s
        audio_s = segment.sample_count / SAMPLE_RATE_HZ
        key = (stream_id, segment.segment_id)
        done = await self._pool.recognize(key, segment, audio_s, priority, deadline_s, max_alternatives)
        return self._result(segment, done, max_alternatives, time.monotonic() - begin_s)

    async def hear(self, stream_id: str, part: Hear, catalogue: str) -> Result | None:
        """An interim result of a segment that is still open; None: there was no time for one. Raises nothing.

        catalogue: where to look whether it names something in full.
        """
        partial = await self._pool.hear((stream_id, part.segment_id), part.start_sample, part.heard_samples, part.pcm)
        self.metrics.interim_made(made=partial is not None)
        if partial is None:
            return None
        words, text = partial.words, " ".join(word.word for word in partial.words)
        return Result(
            segment_id=part.segment_id,
            alternatives=(Hypothesis(text, words=words),) if words else (),
            stability=partial.stable / len(words) if words else 0.0,
            model_version=self._model_version,
            stage_timings=tuple(StageTiming(stage, seconds) for stage, seconds in partial.stage_seconds),
            capture_start=part.start_sample,
            capture_end=part.start_sample + part.heard_samples + len(part.pcm) // BYTES_PER_SAMPLE,
            stable_words=partial.stable,
            complete=await self._names_in_full(text, catalogue) if words else None,
        )

    def cancel(self, stream_id: str, segment_id: int) -> None:
        self._pool.cancel((stream_id, segment_id))

    async def search(self, segment_id: int, alternatives: Sequence[Hypothesis], catalogue: str, max_hits: int) -> SearchResults:
        """Never raises for what goes wrong in the search: the transcript stands, the outcome says UNAVAILABLE."""
        engine = self._engines[catalogue]
        begin_s = time.monotonic()
        hits: tuple[SearchHit, ...] = ()
        try:
            searching = asyncio.get_running_loop().run_in_executor(self._threads, _search, engine, alternatives, max_hits)
            hits = await asyncio.wait_for(searching, self._search_timeout_s)
            outcome = SearchOutcome.FOUND if hits else SearchOutcome.NOTHING_FOUND
        except TimeoutError:
            log.warning("search in %s took longer than %.1f s", catalogue, self._search_timeout_s)
            outcome = SearchOutcome.UNAVAILABLE
        except Exception:  # tantivy raises whatever its index is broken by; the transcript must not suffer
            log.exception("search in %s failed", catalogue)
            outcome = SearchOutcome.UNAVAILABLE
        seconds = time.monotonic() - begin_s
        self.metrics.searched(outcome, seconds)
        return SearchResults(segment_id, hits, outcome, engine.version, seconds)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _names_in_full(self, text: str, catalogue: str) -> bool | None:
        """None: it cannot be said now."""
        try:
            looking = asyncio.get_running_loop().run_in_executor(self._threads, self._engines[catalogue].names_in_full, text)
            return await asyncio.wait_for(looking, self._search_timeout_s)
        except Exception:  # as in `search`; an interim result must not suffer
            log.exception("looking in %s failed", catalogue)
            return None

    @property
    def _model_version(self) -> str:
        return f"{self.offer.model.model_id}@{self.offer.model.version}"

    def _result(self, segment: Segment, done: Transcription, max_alternatives: int, total_s: float) -> Result:
        stages = (("queue", done.queue_s), *done.recognition.stage_seconds, ("total", total_s))
        return Result(
            segment_id=segment.segment_id,
            final_reason=done.recognition.final_reason,
            alternatives=done.recognition.alternatives[:max_alternatives],
            is_final=True,
            model_version=self._model_version,
            stage_timings=tuple(StageTiming(stage, seconds) for stage, seconds in stages),
            capture_start=segment.start_sample,
            capture_end=segment.start_sample + segment.sample_count,
        )


def _search(engine: SearchEngine, alternatives: Sequence[Hypothesis], max_hits: int) -> tuple[SearchHit, ...]:
    try:
        return engine.search(alternatives, max_hits)
    except Exception:
        raise
    except BaseException as error:  # a Rust panic is no Exception, and would go through every handler up to the client's stream
        raise RuntimeError(f"the search library panicked: {error}") from error


def as_speech_error(error: BaseException, correlation_id: str) -> SpeechError:
    """What a client may be told of an error: its own words if it is ours, otherwise nothing but an id that the log knows too."""
    if isinstance(error, SpeechError):
        return error
    log.error("internal error %s", correlation_id, exc_info=error)
    return InternalError(f"internal error {correlation_id}")
