"""A scrape asks disks, and waits for none."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloud_server.telemetry import disk_room
from cloud_server.telemetry.disk_room import DiskRoom, free_ratio


def test_a_folder_that_went_away_is_as_bad_as_a_full_disk(tmp_path: Path) -> None:
    assert free_ratio(tmp_path / "gone") == 0
    assert DiskRoom(tmp_path / "gone")() == 0
    assert 0 < DiskRoom(tmp_path)() < 1


def test_a_disk_that_stalls_counts_as_full_is_asked_once_and_seen_again_when_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, looks, usage = threading.Event(), [], shutil.disk_usage
    monkeypatch.setattr(disk_room, "WAIT_S", 0.01)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: (looks.append(path), goes_on.wait(), usage(path))[2])
    room = DiskRoom(tmp_path)
    assert [room() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert len(looks) == 1
    goes_on.set()
    while not (ratio := room()):
        pass  # until that look is over
    assert ratio == pytest.approx(free_ratio(tmp_path), rel=0.1)


def test_who_scrapes_while_another_looks_sees_what_that_one_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looking, goes_on, usage = threading.Event(), threading.Event(), shutil.disk_usage
    monkeypatch.setattr(disk_room, "WAIT_S", 30.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: (looking.set(), goes_on.wait(), usage(path))[2])
    room = DiskRoom(tmp_path)
    with ThreadPoolExecutor(2) as scrapes:
        first = scrapes.submit(room)
        looking.wait()
        second = scrapes.submit(room)
        while not second.done() and len(room._look._condition._waiters) < 2:
            pass  # until both wait for the one look
        goes_on.set()
        assert first.result() == second.result() > 0


def test_looking_leaves_no_thread_behind(tmp_path: Path) -> None:
    room = DiskRoom(tmp_path)
    for _ in range(20):
        room()
    while any(thread.name.startswith("disk-room") for thread in threading.enumerate()):
        pass  # the last one ends by itself
