"""What was appended is there after a crash, until it is deleted or has to make room."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_client.seal import KEY_BYTES, AesGcm, NoSeal, Seal
from edge_client.spool import Key, SegmentRequest, Spool
from protos.errors import ConfigurationError
from protos.messages import AudioChunk, EndReason, Priority, SegmentEnd, SegmentStart

ROOMY = 1 << 20


def segment(segment_id: int, chunks: int = 2) -> list[SegmentRequest]:
    start = SegmentStart(segment_id, 16_000 * segment_id, 4_800, Priority.LIVE)
    audio = [AudioChunk(segment_id, seq, 16_000 * segment_id + 3_200 * seq, bytes([seq]) * 6_400) for seq in range(chunks)]
    return [start, *audio, SegmentEnd(segment_id, EndReason.SILENCE, 3_200 * chunks, 7)]


def keep(spool: Spool, segment_id: int, chunks: int = 2) -> list[Key]:
    return [dropped for request in segment(segment_id, chunks) for dropped in spool.append(request)]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool", ROOMY)
    yield opened
    opened.close()


@pytest.mark.parametrize("seal", [NoSeal(), AesGcm(bytes(KEY_BYTES))], ids=["plain", "sealed"])
def test_the_next_run_finds_what_was_not_answered_with_its_capture_times(tmp_path: Path, seal: Seal) -> None:
    first = Spool(tmp_path, ROOMY, seal)
    for segment_id in (1, 2, 3):
        assert keep(first, segment_id) == []
    first.delete(first.key(2))
    first.close()
    second = Spool(tmp_path, ROOMY, seal)
    assert [key.segment_id for key in second.left_over] == [1, 3]
    assert [second.read(key) for key in second.left_over] == [segment(1), segment(3)]
    assert keep(second, 1) == []
    assert second.segments == 3
    second.close()


def test_a_sealed_spool_shows_no_audio_and_gives_nothing_to_another_key(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOMY, AesGcm(bytes(KEY_BYTES)))
    keep(spool, 1)
    assert bytes(100) not in (tmp_path / spool.key(1).name).read_bytes()
    spool.close()
    stranger = Spool(tmp_path, ROOMY, AesGcm(b"\1" * KEY_BYTES))
    assert [stranger.read(key) for key in stranger.left_over] == [[]]
    stranger.close()


def test_kill_9_in_mid_segment_loses_no_record(tmp_path: Path) -> None:
    program = (
        "import sys, os, signal; from pathlib import Path; from edge_client.spool import Spool; from tests.edge_client.test_spool import segment\n"
        f"spool = Spool(Path(sys.argv[1]), {ROOMY})\n"
        "for request in segment(1)[:-1]: spool.append(request)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)
    assert done.returncode == -signal.SIGKILL
    survivor = Spool(tmp_path, ROOMY)
    assert [survivor.read(key) for key in survivor.left_over] == [segment(1)[:-1]]
    survivor.close()


def test_the_oldest_makes_room_and_is_named(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 30_000)
    assert keep(spool, 1) == keep(spool, 2) == []
    assert keep(spool, 3) == [spool.key(1)]
    assert [spool.read(spool.key(id_)) for id_ in (1, 2, 3)] == [[], segment(2), segment(3)]
    spool.close()


def test_a_segment_longer_than_the_spool_is_dropped_once_and_wholly(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 30_000)
    assert keep(spool, 1, chunks=9) == [spool.key(1)]
    assert spool.total_bytes == 0
    assert list(tmp_path.iterdir()) == []
    assert keep(spool, 2) == []
    spool.close()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=25))
def test_bounded_always_and_every_segment_is_kept_deleted_or_dropped(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int]]) -> None:
    folder, limit = tmp_path_factory.mktemp("spool"), 40_000
    spool, held = Spool(folder, limit), list[Key]()
    for segment_id, (delete_oldest, chunks) in enumerate(steps, 1):
        held.append(spool.key(segment_id))
        for dropped in keep(spool, segment_id, chunks):
            assert dropped == held.pop(0)
        if delete_oldest and held:
            spool.delete(held.pop(0))
        assert spool.total_bytes == sum(path.stat().st_size for path in folder.iterdir()) <= limit
        assert sorted(path.name for path in folder.iterdir()) == [key.name for key in held]
    spool.close()


def test_a_disk_that_takes_half_a_record_keeps_nothing_of_that_segment_and_loses_none(spool: Spool, tmp_path: Path) -> None:
    keep(spool, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        assert keep(spool, 2) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (spool.not_kept, spool.refusal) == (1, "3554 of 6427 bytes were written")
    assert keep(spool, 3) == []
    assert [path.name for path in sorted((tmp_path / "spool").iterdir())] == [spool.key(1).name, spool.key(3).name]
    assert spool.read(spool.key(3)) == segment(3)


def test_a_file_that_cannot_be_made_is_counted_and_the_next_one_is_kept(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "spool" / spool.key(1).name).symlink_to("/dev/full")
    assert keep(spool, 1) == []
    assert spool.read(spool.key(1)) == []
    assert keep(spool, 2) == []
    assert spool.read(spool.key(2)) == segment(2)
    assert spool.not_kept == 1


def test_a_record_larger_than_the_spool_is_not_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10)
    assert keep(spool, 1) == [spool.key(1)]
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_sync_after_the_answer_is_no_error(spool: Spool) -> None:
    keep(spool, 1)
    spool.sync(spool.key(1))
    spool.delete(spool.key(1))
    spool.delete(spool.key(1))
    spool.sync(spool.key(1))
    assert spool.segments == 0


def test_two_processes_cannot_share_a_folder(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another process"):
        Spool(tmp_path / "spool", ROOMY)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot hold the spool"):
        Spool(tmp_path / "file" / "spool", ROOMY)
