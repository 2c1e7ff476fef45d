"""What will hurt a server on this machine, one by one, each with what to do about it; and about how many people it can serve. Prints nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cloud_server.upkeep.babble import babble
from cloud_server.upkeep.host import Host
from cloud_server.worker_process import Recogniser
from models.bundle import load_bundle
from protos.errors import ConfigurationError

State = Literal["ok", "warn", "fail"]
GIGABYTE = 1e9
# With the model and the catalogue shipped, just started: 0.36 GB a worker, 0.15 GB the process that they belong to (benchmarks/LOG.md, 2026-11-27).
WORKER_BYTES, SERVER_BYTES = 0.4 * GIGABYTE, 0.3 * GIGABYTE
FEW_FILES = 1024
"""A stream is a socket."""
MUCH_STOLEN, MUCH_BUSY = 0.05, 0.25
LITTLE_SCRATCH = 0.5 * GIGABYTE
STREAMS_SHARE = 0.6
"""Of the recogniser's own rate on all cores, what a server keeps its promise at: search, gRPC and the unevenness of arrivals take the rest."""
CLIP_S, CLIPS = 3.0, 4


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: State
    detail: str


def examine_host(host: Host, workers: int) -> list[Check]:
    """workers: that are to run."""
    return [
        _processor(host),
        _cores(host, workers),
        _memory(host, workers),
        Check("swap", "warn", f"{host.swapped_bytes / GIGABYTE:.1f} GB are swapped out: speech waits for a disk")
        if host.swapped_bytes > 0.1 * GIGABYTE
        else Check("swap", "ok", "not in use"),
        _neighbours(host),
        _clock(host),
        Check("open files", "warn", f"{host.open_files} allowed, and each stream takes one: raise the limit (ulimit -n)")
        if host.open_files < FEW_FILES
        else Check("open files", "ok", f"{host.open_files} allowed"),
        Check("scratch", "warn", f"{host.scratch_bytes / GIGABYTE:.1f} GB free for indexes and words made at start: set TMPDIR elsewhere")
        if host.scratch_bytes < LITTLE_SCRATCH
        else Check("scratch", "ok", f"{host.scratch_bytes / GIGABYTE:.1f} GB free"),
    ]


def examine_model(bundle_dir: Path) -> Check:
    """Every file by its checksum."""
    try:
        manifest = load_bundle(bundle_dir).manifest
    except ConfigurationError as error:
        return Check("model", "fail", str(error))
    return Check("model", "ok", f"{manifest.model_id}@{manifest.version}, {manifest.quantization}, language {manifest.language}")


def speed_of(recogniser: Recogniser, clips: Sequence[bytes] = ()) -> float:
    """Processor seconds for a second of audio, one thread."""
    clips = clips or [babble(CLIP_S, seed) for seed in range(CLIPS)]
    recogniser.recognize(clips[0], 0)  # the first run allocates
    begin_s = time.process_time()
    for clip in clips:
        recogniser.recognize(clip, 0)
    return (time.process_time() - begin_s) / (CLIP_S * len(clips))


def expected(host: Host, cpu_per_audio_s: float) -> Check:
    """A rule of thumb; `harken-bench load --find-capacity` measures."""
    streams = STREAMS_SHARE * host.usable_cores / cpu_per_audio_s
    text = f"{1 / cpu_per_audio_s:.0f} times faster than speech on one core: about {streams:.0f} people who speak at once"
    if streams < 1:
        return Check("capacity", "fail", f"{text}: not even one is answered in time")
    return Check("capacity", "ok", f"{text} (harken-bench load --find-capacity measures it)")


def _processor(host: Host) -> Check:
    if host.has_vnni:
        return Check("processor", "ok", f"{host.cpu}, with exact INT8 products (VNNI or ARM)")
    return Check("processor", "warn", f"{host.cpu}, without VNNI: INT8 runs at a fraction of its speed; a newer processor serves far more people")


def _cores(host: Host, workers: int) -> Check:
    usable = f"{host.usable_cores:g} of {host.cores} cores"
    if workers > host.usable_cores:
        return Check(
            "cores", "warn", f"{usable} may be used, for {workers} workers, who wait for each other: --workers {max(1, int(host.usable_cores))}"
        )
    return Check("cores", "ok", f"{usable} may be used, for {workers} workers")


def _memory(host: Host, workers: int) -> Check:
    needed, free = SERVER_BYTES + workers * WORKER_BYTES, host.available_bytes
    text = f"{free / GIGABYTE:.1f} GB available, about {needed / GIGABYTE:.1f} GB needed with {workers} workers"
    if free < needed:
        return Check("memory", "fail", f"{text}: fewer workers, or more memory")
    # New words and new models are loaded beside the old.
    return Check("memory", "warn" if free < 1.5 * needed else "ok", text)


def _neighbours(host: Host) -> Check:
    if host.stolen > MUCH_STOLEN:
        return Check("neighbours", "warn", f"the hypervisor gave {host.stolen:.0%} of the time to other machines: latency will be uneven")
    if host.busy_cores > MUCH_BUSY * host.usable_cores:
        return Check("neighbours", "warn", f"{host.busy_cores:.1f} cores are busy with something else: what is measured now is too little")
    return Check("neighbours", "ok", f"{host.busy_cores:.1f} cores busy")


def _clock(host: Host) -> Check:
    if host.governor == "powersave":
        return Check("clock", "warn", "governor powersave slows cores that wait for speech: set performance (cpupower frequency-set -g performance)")
    return Check("clock", "ok", f"governor {host.governor}" if host.governor else "the machine does not say")
