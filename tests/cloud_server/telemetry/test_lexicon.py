"""Words that can be heard: the bundle's, and those of titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.telemetry.lexicon import Lexicon
from models.bundle import LEXICON, default_bundle_dir
from models.decode.lexicon import read_lexicon


def test_it_has_the_words_that_the_decoder_reads() -> None:
    bundle = default_bundle_dir()
    assert Lexicon(bundle).words() == read_lexicon(bundle / LEXICON, (bundle / LEXICON).read_bytes()).keys()


def test_titles_are_heard_too_and_change() -> None:
    titles = ["Xyzzy Soufflé"]
    lexicon = Lexicon(default_bundle_dir(), lambda: titles)
    assert {"xyzzy", "souffle"} <= lexicon.words()
    titles[:] = ["Plugh"]
    lexicon.changed()
    assert "plugh" in lexicon.words()
    assert "xyzzy" not in lexicon.words()


def test_a_bundle_without_one_knows_nothing(tmp_path: Path) -> None:
    assert not Lexicon(tmp_path, lambda: ["Soup"]).words()


def test_a_broken_one_is_said_and_knows_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / LEXICON).write_bytes(b"no gzip")
    assert not Lexicon(tmp_path).words()
    assert "cannot be read" in caplog.text
