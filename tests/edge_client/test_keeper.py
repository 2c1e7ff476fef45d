"""The spool as a session uses it: its own segments by number, earlier ones counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_client.config import SpoolConfig
from edge_client.keeper import Keeper, open_spool
from edge_client.spool import Key
from protos import messages as m
from protos.errors import ConfigurationError


async def test_without_a_spool_nothing_is_kept_and_nothing_is_full() -> None:
    keeper = Keeper(open_spool(None, 100))
    assert keeper.keep(m.SegmentStart(1)) == []
    keeper.settle(1)
    await keeper.close()


async def test_what_is_not_answered_is_there_for_the_next_run_and_makes_room_for_it(tmp_path: Path) -> None:
    first = Keeper(open_spool(SpoolConfig(tmp_path), 1000))
    for number in (1, 2):
        for request in (m.SegmentStart(number), m.AudioChunk(number, 0, 0, bytes(300)), m.SegmentPause(number, 150), m.SegmentEnd(number)):
            assert first.keep(request) == []
    first.settle(1)
    await first.close()
    spool = open_spool(SpoolConfig(tmp_path), 1000)
    assert spool is not None
    assert spool.left_over == (Key(1, 2),)
    assert not any(isinstance(request, m.SegmentPause) for request in spool.read(Key(1, 2))), "a pause is of no use later"
    second = Keeper(spool)
    assert second.keep(m.SegmentStart(1)) == []
    assert second.keep(m.AudioChunk(1, 0, 0, bytes(800))) == []
    assert second.lost_earlier == 1
    assert second.keep(m.AudioChunk(1, 1, 400, bytes(300))) == [1]
    await second.close()


async def test_what_the_disk_refuses_is_not_lost_and_a_person_is_told(tmp_path: Path) -> None:
    spool = open_spool(SpoolConfig(tmp_path), 1000)
    assert spool is not None
    (tmp_path / spool.key(1).name).symlink_to("/dev/full")
    keeper = Keeper(spool)
    for request in (m.SegmentStart(1), m.AudioChunk(1, 0, 0, bytes(300)), m.SegmentEnd(1), m.SegmentStart(2)):
        assert keeper.keep(request) == []
    keeper.settle(1)
    await keeper.close()
    (notice,) = keeper.notices()
    assert notice.startswith("1 segments could not be kept in the spool (")


async def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="must be 600"):
        open_spool(SpoolConfig(tmp_path / "spool", key), 1000)
