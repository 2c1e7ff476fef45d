"""What a session may wish for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud_server.config import Config
from cloud_server.offer import DEFAULT_ALTERNATIVES, DEFAULT_HITS, Offer
from protos import messages as m
from protos.errors import InvalidRequest, NotFound, SpeechError
from tests.fakes import MODEL

OFFER = Offer(Config().limits, MODEL, (m.CatalogueInfo("recipes", "1", 150, True), m.CatalogueInfo("films", "1", 9)))


def test_zeros_and_empty_texts_become_the_servers_defaults() -> None:
    config = OFFER.settle(m.StreamingConfig())
    assert (config.catalogue, config.max_alternatives, config.max_hits) == ("recipes", DEFAULT_ALTERNATIVES, DEFAULT_HITS)
    assert (config.encoding, config.sample_rate_hertz) == (m.AudioEncoding.LINEAR16, 16000)


def test_what_fits_is_kept() -> None:
    wish = m.StreamingConfig(catalogue="films", max_alternatives=10, max_hits=50, language_code="en-GB", phrase_hints=(m.PhraseHint("ragout", 1.0),))
    assert replace(OFFER.settle(wish), encoding=wish.encoding, sample_rate_hertz=0) == wish


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        (m.StreamingConfig(encoding=m.AudioEncoding.FLAC), InvalidRequest, "encoding is FLAC, this server takes LINEAR16"),
        (m.StreamingConfig(sample_rate_hertz=8000), InvalidRequest, "sample_rate_hertz is 8000, must be 16000"),
        (m.StreamingConfig(language_code="de"), InvalidRequest, "language_code is de, the model speaks en"),
        (m.StreamingConfig(max_alternatives=11), InvalidRequest, "max_alternatives is 11, must be within 0..10"),
        (m.StreamingConfig(max_hits=-1), InvalidRequest, "max_hits is -1, must be within 0..50"),
        (m.StreamingConfig(catalogue="songs"), NotFound, "no catalogue is called 'songs'; there is 'recipes', 'films'"),
        (m.StreamingConfig(subject_id="x" * 201), InvalidRequest, "subject_id has 201 characters"),
        (m.StreamingConfig(phrase_hints=(m.PhraseHint(),) * 501), InvalidRequest, "501 phrase hints"),
        (m.StreamingConfig(phrase_hints=(m.PhraseHint(""),)), InvalidRequest, "has 0 characters"),
        (m.StreamingConfig(phrase_hints=(m.PhraseHint("pie", -1.0),)), InvalidRequest, "hint 'pie' has boost -1, must be within 0..20"),
        (m.StreamingConfig(phrase_hints=(m.PhraseHint("pie", float("nan")),)), InvalidRequest, "has boost nan"),
    ],
)
def test_what_does_not_fit_is_refused_with_value_and_rule(wish: m.StreamingConfig, error: type[SpeechError], words: str) -> None:
    with pytest.raises(error, match=words):
        OFFER.settle(wish)


def test_hints_are_said_to_have_no_effect_only_where_they_have_none() -> None:
    wish = m.StreamingConfig(phrase_hints=(m.PhraseHint("ragout"),))
    assert OFFER.without_effect(wish) == ["phrase_hints has no effect on this server yet"]
    assert replace(OFFER, takes_hints=True).without_effect(wish) == []
