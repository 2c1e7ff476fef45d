"""What titles do is counted in the words they are made of; and once through a decoder that hears one word badly."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.biasing import Heard, Spoken, as_lines, catalogue_of, errors_from, figures, measure_biasing, spoken_of, title_of
from benchmarks.known_items import TEXTS
from models.bundle import Bundle
from models.decode.lexicon import write_lexicon
from protos.errors import ConfigurationError
from tests.models.decode.tiny_words import ARPA, HEADS, LEXICON, saying
from tests.models.tiny import bundle_of, speaking_graph


def rows(*texts: str) -> list[dict[str, Any]]:
    return [{"audio": f"{number}.flac", "text": text, "speaker": f"s{number % 3}"} for number, text in enumerate(texts)]


def test_every_second_recording_reads_a_title_whole_or_behind_other_words() -> None:
    spoken = spoken_of(rows("one two three four five", "six seven eight nine", "ten"))
    assert [one.title_from for one in spoken] == [{"whole": 0, "part": 2}, {"whole": None, "part": None}, {"whole": 0, "part": None}]
    assert title_of("one two three", "part") is None


def test_who_says_what_another_reads_as_a_title_names_it_too() -> None:
    assert spoken_of(rows("one two", "one two"))[1].title_from["whole"] == 0


def test_a_catalogue_has_what_is_read_and_nothing_that_others_say() -> None:
    spoken = spoken_of(rows("one two three four", "six seven eight nine"))
    unread = ["six seven eight nine", "red green blue grey", "a b c d"]
    assert set(catalogue_of(spoken, "whole", unread, 3)) == {"one two three four", "red green blue grey", "a b c d"}
    assert set(catalogue_of(spoken, "part", unread, 3)) == {"three four", "blue grey", "c d"}
    with pytest.raises(ConfigurationError, match="--documents is 4"):
        catalogue_of(spoken, "whole", unread, 4)


@pytest.mark.parametrize(
    ("heard", "errors"), [("show me plum cake", 0), ("so my plum cake", 0), ("show me plum", 1), ("show me a plum steak now", 3), ("", 2)]
)
def test_errors_count_from_the_first_word_of_the_title(heard: str, errors: int) -> None:
    assert errors_from(["show", "me", "plum", "cake"], heard.split(), 2) == errors


def heard(title_from: int | None, without: str, with_titles: str) -> Heard:
    said = tuple(with_titles.split())
    spoken = Spoken("a", ("show", "plum", "cake"), {"whole": title_from, "part": title_from})
    return Heard(spoken, tuple(without.split()), {"whole": said, "part": said}, (0.01, 0.02, 0.03))


def test_rates_are_of_the_words_that_count() -> None:
    facts = figures([heard(1, "so clam cake", "so plum cake"), heard(None, "show plum cake", "show plum")])
    for way in ("whole", "part"):
        named, others = facts[way]["title_words"], facts[way]["other_speech"]
        assert (named["words"], named["without"], named["with_titles"], named["fewer"]) == (2, 0.5, 0.0, 1.0)
        assert (others["words"], others["without"], others["points"], others["fewer"]) == (3, 0.0, 33.33, None)
    assert facts["decode_cpu_ms"]["part"] == {"p50": 30.0, "p95": 30.0}


def bundle_that_hears(phones: str, letters: str) -> Bundle:
    """Whatever is said, and one of its words not clearly."""
    logits = saying(phones, letters, sharpness=5.0)
    logits[24:30] = 0  # the eighth phone and the ninth
    silent = np.zeros((2000, logits.shape[1]), np.float32)
    silent[:, [head.blank for head in HEADS]] = 9
    graph = speaking_graph(np.concatenate([logits, silent]))
    return replace(bundle_of(graph), heads=HEADS, language_model=gzip.compress(ARPA.encode()), lexicon=write_lexicon(LEXICON))


def test_a_title_is_heard_for_being_known_and_other_speech_stays_as_it_was(root: Path, tmp_path: Path) -> None:
    recordings = sorted((root / "tests" / "recordings").glob("*.flac"))[:4]
    texts = ("tomato two the read", "see too", "tomato two the read", "two the")
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps({"audio": str(path), "text": text}) + "\n" for path, text in zip(recordings, texts, strict=True)))
    (tmp_path / TEXTS[0]).write_text("read the two tomatoes\nsee the tomato read\n")
    bundle = bundle_that_hears("T AH M EY T OW T UW DH AH R EH D", "tomato two the read")
    facts = measure_biasing(manifest, tmp_path, bundle, 3, None, lambda _, items, __: items)
    assert (facts["documents"], facts["recordings"]) == (3, 4)
    for way, words in (("whole", 8), ("part", 4)):
        named = facts[way]["title_words"]
        assert (named["recordings"], named["words"]) == (2, words)
        assert named["without"] >= named["with_titles"]
        assert facts[way]["other_speech"]["recordings"] == 2
    assert facts["whole"]["title_words"]["without"] > facts["whole"]["title_words"]["with_titles"] == 0
    assert len(list(as_lines(facts))) == 5
