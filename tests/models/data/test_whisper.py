"""Files from packages that are there, and what to install where they are not; several segments become one transcript."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from models.data.teachers import WHISPER_BASE, WHISPER_TINY
from models.data.whisper import NO_SPEECH_LOGPROB, PACKAGES, Whisper, summed_up, whisper_folder
from protos.errors import ConfigurationError


def install(site: Path, package: str, files: dict[str, bytes]) -> None:
    folder = site / package / "data"
    folder.mkdir(parents=True)
    (site / package / "__init__.py").write_text("raise RuntimeError('it must not be imported')\n")
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_two_halves_become_one_file_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = PACKAGES[WHISPER_BASE]
    install(tmp_path, first, {"model.bin.part1": b"first ", "config.json": b"{}", "vocabulary.txt": b"a"})
    install(tmp_path, second, {"model.bin.part2": b"second"})
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with whisper_folder(WHISPER_BASE) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin", "vocabulary.txt"]
        assert (folder / "model.bin").read_bytes() == b"first second"
    assert not folder.exists()


def test_a_model_of_one_package_is_used_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, PACKAGES[WHISPER_TINY][0], {"model.bin": b"whole"})
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with whisper_folder(WHISPER_TINY) as folder:
        assert folder == tmp_path / PACKAGES[WHISPER_TINY][0] / "data"


def test_without_its_packages_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, WHISPER_BASE, ("not_there_part1", "not_there_part2"))
    with pytest.raises(ConfigurationError, match=r"not-there-part1: pip install 'harken\[teach\]'"), whisper_folder(WHISPER_BASE):
        pass


def test_without_its_library_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.data.whisper.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"whisper-tiny-en needs faster-whisper: pip install"):
        Whisper(WHISPER_TINY, tmp_path)


def test_segments_count_by_their_tokens() -> None:
    heard = summed_up([(" Two eggs", -0.1, 3), (" please.", -0.5, 1)])
    assert heard.text == "Two eggs please."
    assert heard.mean_logprob == pytest.approx(-0.2)
    assert summed_up([]).mean_logprob == NO_SPEECH_LOGPROB
