"""Models, engines and rounds: prepares every form of a model, keeps one process an engine, and lets them take turns."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.throughput import ENGINES, OURS, ROOF, Round, agreement, standings, turns
from benchmarks.worker import Worker
from models.cpu import has_exact_int8
from models.features import Waveform, normalise, pcm_to_waveform
from models.transcribe import read_pcm
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

CPUINFO = Path("/proc/cpuinfo")
# Of one round: long enough for a clock, short enough that a disturbance hits few.
CLIPS = {"shipped": 64, "base": 8}
ROOF_CALLS = 24


@dataclass(frozen=True, slots=True)
class Contest:
    root: Path
    """A checkout of the repository."""
    python: Path
    """Of .venv-peers."""
    folder: Path
    """For what is made on the way; a new one."""
    bundle: Path
    """The model shipped."""
    rounds: int
    clip_seconds: float

    def run(self, model: str) -> dict[str, Any]:
        """model: shipped or base. Raises: ConfigurationError: an engine fails; its own words are in the message."""
        clips = self._write_clips()
        checkpoint, bundle, facts = self._forms(model, clips)
        export = self.folder / f"{model}.onnx"
        say(f"{model}: torch.onnx.export")
        self._prepare("export-torch", checkpoint, export)
        with ExitStack() as stack:
            workers: dict[str, Worker] = {}
            versions: dict[str, str] = {}
            for engine in ENGINES:
                say(f"{model}: loading {engine}")
                command = [str(self.python), "-m", "benchmarks.worker_process", engine]
                workers[engine] = stack.enter_context(Worker(command, self.folder / f"{model}.{engine}.log", self.root))
                versions |= workers[engine].ask("load", bundle=str(bundle), checkpoint=str(checkpoint), export=str(export), clips=str(clips))[
                    "versions"
                ]
            agreed = self._agreements(workers)
            seconds = self._take_turns(model, workers)
        return {
            "spreads": standings(seconds, self._work(model, checkpoint, clips)),
            "seconds": seconds,
            "agreement": agreed,
            "versions": versions,
            **facts,
        }

    def _forms(self, model: str, clips: Path) -> tuple[Path, Path, dict[str, Any]]:
        """Float weights, our bundle, and what is worth telling of how they were made."""
        if model == "shipped":
            return self.bundle, self.bundle, {}
        checkpoint, bundle = self.folder / "base", self.folder / "base-bundle"
        say("base: random weights, and our export of them")
        self._prepare("write-base", checkpoint)
        return checkpoint, bundle, {"export": self._prepare("export-base", checkpoint, bundle, clips)}

    def _write_clips(self) -> Path:
        """The recordings this repository ships, each cut or repeated to one length: (N, S) float32."""
        recordings = sorted((self.root / "tests" / "recordings").glob("*.flac"))
        if not recordings:
            raise ConfigurationError(
                f"{self.root / 'tests' / 'recordings'} has no recordings; throughput is measured in a checkout of the repository"
            )
        path = self.folder / "clips.npy"
        np.save(path, np.stack([clip(read_pcm(recording), self.clip_seconds) for recording in recordings]))
        return path

    def _prepare(self, step: str, *paths: Path) -> dict[str, Any]:
        command = [str(self.python), "-m", "benchmarks.prepare", step, *map(str, paths)]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigurationError(f"{step} failed; it said:\n{done.stderr[-2000:]}")
        made: dict[str, Any] = json.loads(done.stdout)
        return made

    def _agreements(self, workers: dict[str, Worker]) -> dict[str, float]:
        """Share of frames in which each peer's best output is ours."""
        best = {engine: worker.ask("outputs")["outputs"] for engine, worker in workers.items() if engine != ROOF}
        return {engine: agreement(best[OURS], outputs) for engine, outputs in best.items() if engine != OURS}

    def _take_turns(self, model: str, workers: dict[str, Worker]) -> dict[str, list[float]]:
        seconds: dict[str, list[float]] = {engine: [] for engine in workers}
        for number, engine in enumerate(turns(list(workers), self.rounds)):
            if number % len(workers) == 0:
                say(f"{model}: round {number // len(workers) + 1} of {self.rounds}")
            seconds[engine].append(workers[engine].ask("run", clips=ROOF_CALLS if engine == ROOF else CLIPS[model])["seconds"])
        return seconds

    def _work(self, model: str, checkpoint: Path, clips: Path) -> Round:
        """Of one round."""
        count = self._prepare("count", checkpoint, clips)
        return Round(CLIPS[model] * self.clip_seconds, CLIPS[model] * count["of_a_clip"], ROOF_CALLS * count["of_the_roof"])


def clip(pcm: bytes, seconds: float) -> Waveform:
    """A recording as the model hears it, cut or repeated to `seconds`: (S,) float32."""
    return normalise(np.resize(pcm_to_waveform(pcm), round(seconds * SAMPLE_RATE_HZ)))


def circumstances(root: Path) -> dict[str, str]:
    """Where, and of what, a figure is."""
    found = (
        [line.partition(":")[2].strip() for line in CPUINFO.read_text().splitlines() if line.startswith("model name")] if CPUINFO.is_file() else []
    )
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True, check=False)
    cpu = (found[0] if found else platform.processor()) + ("" if has_exact_int8() else " without VNNI")
    return {"cpu": cpu, "commit": described.stdout.strip(), "command": " ".join(sys.argv[1:])}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
