"""What this server offers a session, and whether a session's wishes fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from protos.errors import InvalidRequest, NotFound
from protos.messages import SAMPLE_RATE_HZ, AudioEncoding, CatalogueInfo, Limits, ModelInfo, PhraseHint, Result, StreamingConfig

DEFAULT_ALTERNATIVES = 3
DEFAULT_HITS = 5
MAX_TEXT_LENGTH = 200
MAX_BOOST = 20.0


@dataclass(frozen=True, slots=True)
class Offer:
    limits: Limits
    model: ModelInfo
    catalogues: tuple[CatalogueInfo, ...]
    interim_hop_samples: int = 0
    takes_hints: bool = False
    """New audio worth another interim result; 0: the model gives none."""

    def settle(self, wish: StreamingConfig) -> StreamingConfig:
        """The wish with every default filled in.

        Raises: InvalidRequest: a field breaks a rule. NotFound: no such catalogue.
        """
        limits = self.limits
        if wish.encoding not in (AudioEncoding.UNSPECIFIED, *limits.encodings):
            raise InvalidRequest(f"encoding is {wish.encoding.name}, this server takes {', '.join(e.name for e in limits.encodings)}")
        if wish.sample_rate_hertz not in (0, SAMPLE_RATE_HZ):
            raise InvalidRequest(f"sample_rate_hertz is {wish.sample_rate_hertz}, must be {SAMPLE_RATE_HZ}")
        if wish.language_code and wish.language_code.split("-")[0].lower() != self.model.language_code.split("-")[0].lower():
            raise InvalidRequest(f"language_code is {wish.language_code}, the model speaks {self.model.language_code}")
        for name, highest in (("max_alternatives", limits.max_alternatives), ("max_hits", limits.max_hits)):
            if not 0 <= getattr(wish, name) <= highest:
                raise InvalidRequest(f"{name} is {getattr(wish, name)}, must be within 0..{highest}")
        for name in ("subject_id", "resume_token", "catalogue"):
            if len(getattr(wish, name)) > MAX_TEXT_LENGTH:
                raise InvalidRequest(f"{name} has {len(getattr(wish, name))} characters, at most {MAX_TEXT_LENGTH} are allowed")
        check_hints(wish.phrase_hints, limits)
        return replace(
            wish,
            encoding=AudioEncoding.LINEAR16,
            sample_rate_hertz=SAMPLE_RATE_HZ,
            max_alternatives=wish.max_alternatives or DEFAULT_ALTERNATIVES,
            max_hits=wish.max_hits or DEFAULT_HITS,
            catalogue=self.catalogue(wish.catalogue),
        )

    def without_effect(self, wish: StreamingConfig) -> list[str]:
        """What is accepted, because it may come, and has no effect yet: said, not swallowed."""
        wished = {
            "interim_results": wish.interim_results and not self.interim_hop_samples,
            "phrase_hints": bool(wish.phrase_hints) and not self.takes_hints,
        }
        return [f"{name} has no effect on this server yet" for name, given in wished.items() if given]

    def catalogue(self, name: str) -> str:
        """The catalogue of that name, or the default one for "". Raises: NotFound."""
        for info in self.catalogues:
            if info.name == name or (not name and info.is_default):
                return info.name
        raise NotFound(f"no catalogue is called {name!r}; there is {', '.join(repr(info.name) for info in self.catalogues)}")


def as_wished(result: Result, wish: StreamingConfig) -> Result:
    """Without words' times, where nobody asked for them."""
    if wish.enable_word_time_offsets:
        return result
    return replace(result, alternatives=tuple(replace(alternative, words=()) for alternative in result.alternatives))


def check_hints(hints: tuple[PhraseHint, ...], limits: Limits) -> None:
    """Raises: InvalidRequest: too many, one too long, or a boost that is none."""
    if len(hints) > limits.max_phrase_hints:
        raise InvalidRequest(f"{len(hints)} phrase hints, at most {limits.max_phrase_hints} are allowed")
    for hint in hints:
        if not 0 < len(hint.phrase) <= MAX_TEXT_LENGTH:
            raise InvalidRequest(f"a phrase hint has {len(hint.phrase)} characters, must have 1..{MAX_TEXT_LENGTH}")
        if not 0 <= hint.boost <= MAX_BOOST:
            raise InvalidRequest(f"the phrase hint {hint.phrase!r} has boost {hint.boost:g}, must be within 0..{MAX_BOOST:g} (0: as much as 1)")
