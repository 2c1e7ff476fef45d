from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data.voices import SYNTHESISERS, Voice, available, draw
from protos.errors import ConfigurationError
from tests.models.data.fakes import install


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = install(tmp_path / "bin", *SYNTHESISERS)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize("name", SYNTHESISERS)
def test_every_program_is_called_as_it_wants_and_speaks_into_the_file(programs: Path, tmp_path: Path, name: str) -> None:
    voice = draw(available([name]), "hello", tmp_path / "a.wav", np.random.default_rng(1))
    assert voice.speak(tmp_path / "a.wav")
    samples, rate_hz = soundfile.read(tmp_path / "a.wav")
    assert (len(samples), rate_hz) == (600 * 5 + 10_000, 8000)


@pytest.mark.parametrize("name", SYNTHESISERS)
def test_a_text_at_which_the_program_fails_is_said_and_no_error(programs: Path, tmp_path: Path, name: str) -> None:
    voice = draw(available([name]), "this fails", tmp_path / "a.wav", np.random.default_rng(1))
    assert not voice.speak(tmp_path / "a.wav")


def test_a_program_that_says_it_succeeded_and_wrote_nothing_has_failed(tmp_path: Path) -> None:
    assert not Voice("nobody", ("true",)).speak(tmp_path / "a.wav")


@pytest.mark.parametrize("name", SYNTHESISERS)
def test_a_program_that_is_not_installed_is_named_with_its_debian_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"the program {name} is not installed; on Debian: apt install {name}"):
        available([name])


def test_a_synthesiser_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no synthesiser 'tacotron'; there are espeak-ng, flite, festival"):
        available(["tacotron"])


def test_voices_are_many_and_programs_come_by_their_shares() -> None:
    random = np.random.default_rng(1)
    voices = [draw(SYNTHESISERS, "hello", Path("a.wav"), random) for _ in range(1000)]
    programs = Counter(voice.command[0] for voice in voices)
    assert programs["espeak-ng"] == pytest.approx(470, abs=60)
    assert programs["festival"] == pytest.approx(70, abs=30)
    assert len({voice.speaker for voice in voices}) > 200
    assert len({voice.command for voice in voices}) > 800


def test_the_same_randomness_is_the_same_voice() -> None:
    one, same = (draw(SYNTHESISERS, "hello", Path("a.wav"), np.random.default_rng([1, 5])) for _ in range(2))
    assert one == same
