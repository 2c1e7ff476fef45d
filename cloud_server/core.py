"""What every way in shares: recognise a segment, search for what was heard. Ways in (gRPC, later HTTP and foreign dialects) live elsewhere."""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from cloud_server.admission import Admission
from cloud_server.daemon_threads import DaemonThreads
from cloud_server.feedback import FeedbackLog, evidence
from cloud_server.interim import Hear
from cloud_server.metrics import Metrics
from cloud_server.offer import Offer
from cloud_server.questions import Transcription
from cloud_server.search.fit import fits
from cloud_server.search.heard import Heard
from cloud_server.search.ranking import rank
from cloud_server.shared.answers import Answers
from cloud_server.shared.sessions import Sessions
from cloud_server.shared.store import Store
from cloud_server.telemetry.lexicon import Lexicon
from cloud_server.telemetry.probe import TENANT as PROBE_TENANT
from cloud_server.telemetry.sample import Sample
from cloud_server.telemetry.tracing import Tracing
from cloud_server.workers import WorkerPool
from models.text import normalise_text
from protos.errors import CatalogueUnreachable, InternalError, SpeechError
from protos.messages import (
    BYTES_PER_SAMPLE,
    SAMPLE_RATE_HZ,
    Hypothesis,
    PhraseHint,
    Priority,
    Result,
    SearchHit,
    SearchOutcome,
    SearchResults,
    Segment,
    StageTiming,
)

if TYPE_CHECKING:
    from cloud_server.catalogues import Catalogues
    from cloud_server.search.backend import SearchBackend
    from cloud_server.search.candidates import Candidate
    from cloud_server.stream import Stream

log = logging.getLogger(__name__)

# Of the search's time: what the audio may take before words alone decide.
RESCORING_SHARE = 0.5
INTERIM_CANDIDATES = 30
"""That the audio is asked about while somebody speaks, three times a second."""
T = TypeVar("T")
Observe: TypeAlias = Callable[[str], None]


class Core:
    """One for a server; every method may run many times at once on the event loop."""

    def __init__(
        self,
        pool: WorkerPool,
        catalogues: Catalogues,
        offer: Offer,
        metrics: Metrics,
        feedback: FeedbackLog,
        search_timeout_s: float,
        deadline_s: float,
        admission: Admission,
        store: Store | None = None,
    ):
        self.offer = offer
        self.metrics = metrics
        self.tracing = Tracing()
        self.sample = Sample(metrics.quality.measured)
        self.lexicon: Lexicon | None = None
        """Words that can be heard, for telling how many that people type cannot."""
        self.feedback = feedback
        self.admission = admission
        self.answers = Answers(store)
        self.sessions: Sessions[Stream] = Sessions(store)
        self._pool = pool
        self._catalogues = catalogues
        self._search_timeout_s = search_timeout_s
        self._deadline_s = deadline_s
        # Two threads: a search that hangs must not hold up the next one.
        self._threads = DaemonThreads(2, "search")
        # Of segments still open, one at a time, in a thread of its own: however many there are, final results do not wait behind them.
        self._look_thread = DaemonThreads(1, "look")
        self._looking = asyncio.Lock()
        self._counting: set[asyncio.Task[None]] = set()

    async def recognize(
        self,
        stream_id: str,
        segment: Segment,
        priority: Priority,
        deadline_s: float | None,
        max_alternatives: int,
        hints: tuple[PhraseHint, ...] = (),
        tenant: str = "local",
        early: Future[Transcription | None] | None = None,
    ) -> tuple[Result, Heard]:
        """The segment's final result, and all that was heard, for search: the whole n-best list and the sounds.

        deadline_s: on time.monotonic's clock; None: the server's default from now. early: `guess` of this very audio with these hints.
        Raises: SpeechError: the segment's one outcome, if it is not a result.
        """
        begin_s = time.monotonic()
        deadline_s = begin_s + self._deadline_s if deadline_s is None else deadline_s
        audio_s = segment.sample_count / SAMPLE_RATE_HZ
        key = (stream_id, segment.segment_id)
        self.admission.admit(tenant, audio_s, begin_s)
        try:
            if early is not None and (guessed := await within(early, deadline_s - begin_s)) is not None:
                done = guessed
                self._pool.confirm(key, audio_s, done)
            else:
                done = await self._pool.recognize(key, segment, audio_s, priority, deadline_s, hints, tenant)
        finally:
            self.admission.release(tenant, audio_s, time.monotonic())
        heard = Heard(done.recognition.alternatives, done.recognition.sounds)
        if tenant != PROBE_TENANT:
            self.metrics.quality.finished(done.recognition.final_reason, audio_s)
            self.sample.offer(segment.pcm, done.recognition)
        return self._result(segment, done, max_alternatives, time.monotonic() - begin_s), heard

    async def guess(self, segment: Segment, hints: tuple[PhraseHint, ...]) -> Transcription | None:
        """What this would come to if it were the whole segment; None: no worker had time. It counts as nothing until `recognize` is given it."""
        return await self._pool.recognize_early(segment, segment.sample_count / SAMPLE_RATE_HZ, hints)

    async def hear(self, stream_id: str, part: Hear, catalogue: str, max_hits: int) -> Result | None:
        """An interim result of a segment that is still open; None: there was no time for one. Raises nothing.

        catalogue: where to look for it, and whether it names something in full.
        """
        partial = await self._pool.hear((stream_id, part.segment_id), part.start_sample, part.heard_samples, part.pcm)
        self.metrics.interim_made(made=partial is not None)
        if partial is None:
            return None
        words = partial.words
        alternatives = (Hypothesis(" ".join(word.word for word in words), words=words),) if words else ()
        complete, hits = await self._look(Heard(alternatives, partial.sounds), catalogue, max_hits)
        return Result(
            segment_id=part.segment_id,
            alternatives=alternatives,
            stability=partial.stable / len(words) if words else 0.0,
            model_version=self._model_version,
            stage_timings=tuple(StageTiming(stage, seconds) for stage, seconds in partial.stage_seconds),
            capture_start=part.start_sample,
            capture_end=part.start_sample + part.heard_samples + len(part.pcm) // BYTES_PER_SAMPLE,
            stable_words=partial.stable,
            complete=complete,
            hits=hits,
        )

    def cancel(self, stream_id: str, segment_id: int) -> None:
        self._pool.cancel((stream_id, segment_id))

    async def search(self, segment_id: int, heard: Heard, catalogue: str, max_hits: int, observe: Observe | None = None) -> SearchResults:
        """Never raises for what goes wrong in the search: the transcript stands, the outcome says UNAVAILABLE.

        observe: told what the hits were chosen from (`feedback.evidence`).
        """
        engine = self._catalogues.engine(catalogue)
        begin_s = time.monotonic()
        hits: tuple[SearchHit, ...] = ()
        is_late = False
        try:
            async with asyncio.timeout(self._search_timeout_s):
                hits = await self._found(engine, heard, max_hits, observe)
            outcome = SearchOutcome.FOUND if hits else SearchOutcome.NOTHING_FOUND
        except TimeoutError:
            log.warning("search in %s took longer than %.1f s", catalogue, self._search_timeout_s)
            outcome, is_late = SearchOutcome.UNAVAILABLE, True
        except CatalogueUnreachable as error:
            log.warning("search in %s: %s", catalogue, error)
            outcome = SearchOutcome.UNAVAILABLE
        except Exception:  # tantivy raises whatever its index is broken by; the transcript must not suffer
            log.exception("search in %s failed", catalogue)
            outcome = SearchOutcome.UNAVAILABLE
        seconds = time.monotonic() - begin_s
        self.metrics.searched(outcome, seconds, is_late=is_late)
        return SearchResults(segment_id, hits, outcome, engine.version, seconds)

    async def _found(self, engine: SearchBackend, heard: Heard, max_hits: int, observe: Observe | None) -> tuple[SearchHit, ...]:
        if not heard.is_speech:
            self.metrics.search_gated.inc()
            return ()
        candidates = await in_thread(self._threads, engine.candidates, heard)
        fitting = await self._fits(heard, candidates, is_final=True)
        if heard.sounds is not None and candidates:
            self.metrics.rescored(done=fitting is not None)
        hits = await in_thread(self._threads, rank, candidates, fitting, max_hits, engine.weights)
        if observe is not None:
            observe(evidence(heard, engine, candidates, fitting, hits))
        return hits

    async def _look(self, heard: Heard, catalogue: str, max_hits: int) -> tuple[bool | None, tuple[SearchHit, ...]]:
        """For a segment that is still open: whether it names something in full, and what it finds among the likeliest candidates.

        None: nobody looked, there was no time or it failed. Raises nothing.
        """
        if not heard.alternatives:
            return None, ()
        engine = self._catalogues.engine(catalogue)
        try:
            async with asyncio.timeout(self._search_timeout_s), self._looking:
                complete = await in_thread(self._look_thread, engine.names_in_full, heard.alternatives[0].transcript)
                if not heard.is_speech:
                    return complete, ()
                candidates = (await in_thread(self._look_thread, engine.candidates, heard))[:INTERIM_CANDIDATES]
                fitting = await self._fits(heard, candidates, is_final=False)
                return complete, await in_thread(self._look_thread, rank, candidates, fitting, max_hits, engine.weights)
        except (TimeoutError, CatalogueUnreachable):
            return None, ()
        except Exception:  # as in `search`; an interim result must not suffer
            log.exception("looking in %s failed", catalogue)
            return None, ()

    async def _fits(self, heard: Heard, candidates: Sequence[Candidate], *, is_final: bool) -> list[float] | None:
        """The audio's verdict on each; None where there is none in time: words alone decide then."""
        if heard.sounds is None or not candidates:
            return None
        phrases = [candidate.phrases(heard.sounds.head) for candidate in candidates]
        try:
            async with asyncio.timeout(self._search_timeout_s * RESCORING_SHARE):
                spotted = await self._pool.fit(heard.sounds, [phrase for ways in phrases for phrase in ways], is_final=is_final)
        except TimeoutError:
            spotted = None
        return None if spotted is None else fits(heard, phrases, spotted)

    def close(self) -> None:
        self.sessions.close()
        for threads in (self._threads, self._look_thread):
            threads.shutdown()
        self.sample.close()

    def typed(self, text: str) -> None:
        """A person wrote this to be found, or to say what they had said. Counted beside: after a catalogue's change its titles are read anew."""
        task = asyncio.create_task(self._count_typed(text))
        self._counting.add(task)
        task.add_done_callback(self._counting.discard)

    async def _count_typed(self, text: str) -> None:
        known = await asyncio.to_thread(self.lexicon.words) if self.lexicon else None
        if known:
            self.metrics.quality.typed(normalise_text(text).split(), known)

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


async def within(work: Future[T], seconds: float) -> T | None:
    """Its result; None: not in time, and it goes on. Raises: whatever it does."""
    await asyncio.wait({work}, timeout=max(0.0, seconds))
    return work.result() if work.done() else None


async def in_thread(threads: DaemonThreads, function: Callable[..., T], *arguments: Any) -> T:
    """Raises: whatever it does; RuntimeError for a Rust panic, which is no Exception: it would reach the client's stream."""

    def guarded() -> T:
        try:
            return function(*arguments)
        except Exception:
            raise
        except BaseException as error:
            raise RuntimeError(f"the search library panicked: {error}") from error

    return await asyncio.get_running_loop().run_in_executor(threads, guarded)


def as_speech_error(error: BaseException, correlation_id: str) -> SpeechError:
    """What a client may be told of an error: its own words if it is ours, otherwise nothing but an id that the log knows too."""
    if isinstance(error, SpeechError):
        return error
    log.error("internal error %s", correlation_id, exc_info=error)
    return InternalError(f"internal error {correlation_id}")
