"""Words are set where the truth says, and errors are counted from there. Speech is noise here: only the bookkeeping is judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as cli
from benchmarks.word_times import TOGETHER, chosen, figures, set_apart, single_words, trimmed
from models.features import pcm_to_waveform
from protos.errors import ConfigurationError
from tests.benchmarks.fake_festival import install


@pytest.fixture
def shared(tmp_path: Path, root: Path) -> Path:
    """Recordings of several words that pass for one."""
    folder = tmp_path / "shared"
    (folder / "speech").mkdir(parents=True)
    (folder / "text").mkdir()
    for recording in (root / "tests" / "recordings").glob("*.flac"):
        shutil.copy(recording, folder / "speech")
    rows = [
        {"audio": path.name, "text": word} for path, word in zip(sorted((folder / "speech").iterdir()), ["Pie!", "one two", *"abc"], strict=False)
    ]
    (folder / "speech" / "drift.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "text" / "queries.txt").write_text("".join(f"find me pie number {word}\n" for word in ("one", "two", "three", "four", "five", "six")))
    return folder


def test_only_single_words_are_set_apart(shared: Path) -> None:
    assert [word for word, _ in single_words(shared)] == ["pie", "a", "b", "c"]


def test_each_word_begins_at_the_sample_that_the_truth_names() -> None:
    words = [(name, np.concatenate([np.zeros(900), 0.5 * np.ones(2000), np.zeros(700)]).astype(np.float32)) for name in "abcdefgh"]
    clips = set_apart(words)
    assert [clip.words for clip in clips] == [tuple("abcd"), tuple("efgh")]
    for clip in clips:
        loud = np.flatnonzero(np.abs(pcm_to_waveform(clip.pcm)) > 0.25)
        edges = np.flatnonzero(np.diff(loud, prepend=-9) > 1)
        assert len(clip.times) == TOGETHER
        assert np.abs(loud[edges] - [start for start, _ in clip.times]).max() < 60
        assert all(len(trimmed(words[0][1])) == end - start for start, end in clip.times)


def test_errors_are_counted_from_the_truth() -> None:
    clips = set_apart([(name, np.ones(1600, np.float32)) for name in "abcd"])
    late = [[(start + 160, end - 320) for start, end in clip.times] for clip in clips]
    facts = figures(late, clips)
    assert facts["words"] == 4
    assert facts["start"] == {"median_ms": 10.0, "p90_ms": 10.0, "bias_ms": 10.0}
    assert facts["end"] == {"median_ms": 20.0, "p90_ms": 20.0, "bias_ms": -20.0}


def test_sentences_to_tune_on_are_not_those_to_judge(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("".join(f"sentence of words {'x' * number}\n" for number in range(1, 41)) + "too short\n")
    judged, tuned = chosen(text, 10, False), chosen(text, 10, True)
    assert len(judged) == len(tuned) == 11
    assert not set(judged) & set(tuned)
    with pytest.raises(ConfigurationError, match=r"none\.txt: No such file"):
        chosen(tmp_path / "none.txt", 10, False)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["harken-bench", "word-times", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0


def test_the_command_tells_machines_and_people(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, monkeypatch)
    monkeypatch.setenv("HARKEN_SHARED", str(shared))
    run(monkeypatch, "--sentences", "2", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert (facts["sentences"], facts["aligned"]["words"], facts["placed"]["words"]) == (2, 10, 4)
    run(monkeypatch, "--sentences", "2", "--tune")
    said = capsys.readouterr().out
    assert "without_lag start    10 words: median" in said
    assert "placed" not in said
