"""Hits while somebody speaks: how early the wanted one is on top, and how often it is taken away again. Feeds the engine as the server does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.known_items import distractors, documents_of, rescore
from cloud_server.core import INTERIM_CANDIDATES
from cloud_server.interim import Interim
from cloud_server.search.engine import SearchEngine
from cloud_server.search.heard import Heard
from cloud_server.search.index import build_index, open_index
from cloud_server.search.ranking import rank
from models.records import Partial, Recognition
from models.sounds import SoundHead
from models.text import normalise_text
from protos.messages import Hypothesis, Result, SearchHit

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Searching:
    engine: SearchEngine
    sounding: SoundHead
    documents: dict[str, str]
    """Title -> id."""

    def so_far(self, partial: Partial) -> tuple[SearchHit, ...]:
        return self._hits(Heard(hypotheses_of(partial), partial.sounds), INTERIM_CANDIDATES)

    def at_last(self, recognition: Recognition) -> tuple[SearchHit, ...]:
        return self._hits(Heard(recognition.alternatives, recognition.sounds), None)

    def _hits(self, heard: Heard, limit: int | None) -> tuple[SearchHit, ...]:
        if not heard.is_speech:
            return ()
        candidates = self.engine.candidates(heard)[:limit]
        return rank(candidates, rescore(self.sounding, heard, candidates), SHOWN, self.engine.weights)


def hypotheses_of(partial: Partial) -> tuple[Hypothesis, ...]:
    return (Hypothesis(" ".join(word.word for word in partial.words), words=partial.words),) if partial.words else ()


@dataclass(slots=True)
class Shown:
    """The best hit that a person sees while one segment is spoken."""

    wanted: str
    """Id of the document that the segment names."""
    speech_s: float
    """From the segment's first sample to its last."""
    tops: list[tuple[float, str]] = field(default_factory=list)
    """Each time something new was said: how much was heard (s), and what was on top; empty for nothing."""
    final: str = ""
    _interim: Interim = field(default_factory=Interim)

    def look(self, heard_s: float, partial: Partial, hits: tuple[SearchHit, ...]) -> None:
        said = Result(alternatives=hypotheses_of(partial), stable_words=partial.stable, complete=False, hits=hits)
        news = self._interim.news(said)
        if news is not None:
            self.tops.append((heard_s, news.hits[0].id if news.hits else ""))

    @property
    def first_s(self) -> float | None:
        """When the wanted hit was on top first; None: not before the final result."""
        return next((heard_s for heard_s, top in self.tops if top == self.wanted), None)

    @property
    def changes(self) -> int:
        """Of the best hit, from then to the final result."""
        ids = [*(top for _, top in self.tops), self.final]
        after = ids[ids.index(self.wanted) :] if self.wanted in ids else []
        return sum(one != other for one, other in pairwise(after))


@contextmanager
def searching(texts: Sequence[str], folder: Path, documents: int, sounding: SoundHead) -> Iterator[Searching]:
    """An index of the texts and of distractors from `folder`. Raises: ConfigurationError: there are not so many."""
    made = documents_of([normalise_text(text) for text in texts], distractors(folder), documents)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        build_index(made, Path(temporary) / "index", "known-items")
        yield Searching(SearchEngine(open_index(Path(temporary) / "index")), sounding, {one.title: one.id for one in made})


def figures(shown: Sequence[Shown]) -> dict[str, Any]:
    """Shares of segments; changes: of the best hit after the wanted one was first on top, in all and of segments with any."""
    early = [one for one in shown if one.first_s is not None]
    heard = [(one.first_s or 0.0) / one.speech_s for one in early]
    return {
        "segments": len(shown),
        "found_at_last": round(sum(one.final == one.wanted for one in shown) / len(shown), 4),
        "found_while_speaking": round(len(early) / len(shown), 4),
        "heard_share_when_found": {f"p{percent}": round(float(np.percentile(heard, percent)), 3) for percent in (50, 95)} if heard else {},
        "changes_after_found": sum(one.changes for one in early),
        "segments_with_changes": round(sum(one.changes > 0 for one in early) / len(early), 4) if early else None,
    }
