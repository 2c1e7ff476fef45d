"""Sound made of nothing that a recogniser works on as it does on speech."""

from __future__ import annotations

from cloud_server.upkeep.babble import babble
from cloud_server.worker_process import load_recogniser
from models.bundle import default_bundle_dir
from protos.messages import FinalReason


def test_it_is_as_long_as_asked_and_the_same_for_the_same_seed() -> None:
    assert len(babble(1.5, 0)) == 2 * 24_000
    assert babble(1.5, 0) == babble(1.5, 0) != babble(1.5, 1)


def test_words_are_heard_in_it() -> None:
    recogniser, _ = load_recogniser(str(default_bundle_dir()))
    assert recogniser.recognize(babble(2.0, 0), 0).final_reason is FinalReason.RECOGNIZED
