"""A bundle is read as well as it can be, and as it is told."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from models.bundle import Bundle
from models.decode.decoder import Decoder
from models.decode.lexicon import write_lexicon
from models.decode.readers import GreedyReader, reader_of
from protos.errors import BundleError, ConfigurationError
from tests.models.decode.tiny_words import ARPA, HEADS, LEXICON, saying
from tests.models.tiny import bundle_of

BARE = replace(bundle_of(b""), heads=HEADS)
EQUIPPED = replace(BARE, language_model=gzip.compress(ARPA.encode()), lexicon=write_lexicon(LEXICON))


@pytest.mark.parametrize(
    ("bundle", "asked", "kind"),
    [
        (BARE, None, GreedyReader),
        (BARE, "greedy", GreedyReader),
        (EQUIPPED, None, Decoder),
        (EQUIPPED, "beam", Decoder),
        (EQUIPPED, "greedy", GreedyReader),
    ],
)
def test_the_best_that_a_bundle_can_feed_reads_unless_another_is_asked_for(bundle: Bundle, asked: str | None, kind: type) -> None:
    reader = reader_of(bundle, asked)
    assert isinstance(reader, kind)
    assert reader.name == {GreedyReader: "greedy", Decoder: "beam"}[kind]
    assert reader.decode(saying("S IY DH AH", "see the"))[0].words == ("see", "the")
    assert reader.glance(saying("S IY DH AH", "see the"))[0].words == ("see", "the")
    assert reader.head.name == {GreedyReader: "characters", Decoder: "phones"}[kind]


@pytest.mark.parametrize(
    ("bundle", "asked", "why"),
    [
        (BARE, "beam", "no language model"),
        (replace(EQUIPPED, lexicon=b""), "beam", "no language model with its lexicon"),
        (EQUIPPED, "oracle", "decoder is 'oracle', there is greedy, beam"),
    ],
)
def test_what_cannot_be_is_said(bundle: Bundle, asked: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        reader_of(bundle, asked)


def test_a_broken_lexicon_is_named() -> None:
    with pytest.raises(BundleError, match=r"lexicon\.txt\.gz"):
        reader_of(replace(EQUIPPED, lexicon=b"broken"))
