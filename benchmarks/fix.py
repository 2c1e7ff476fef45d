"""harken-bench fix: how long a query goes on failing after somebody saw it fail: `index add`, and the same recording asked again until it is found.

The whole system as it is run: a server process with the shipped recipes, the command an operator types in a process of its own, recordings of people
whose text the catalogue does not have. A document with that text as its title is added; nothing is restarted or trained.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import grpc
import numpy as np
import typer

from benchmarks.accuracy import found_manifest
from benchmarks.processes import ServerProcess, server_process
from benchmarks.scrape import scrape, total
from benchmarks.shared import shared_dir
from cloud_server.search.catalogue import default_catalogue, read_catalogue
from cloud_server.search.index import build_index
from models.evaluate.counts import count
from models.evaluate.scoring import labelled_rows
from models.text import normalise_text
from models.transcribe import read_pcm
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError

ASK_EVERY_S = 0.2
GIVE_UP_S = 300.0
LENGTHS_S = (1.5, 6.0)
"""Of recordings that are like what people ask for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To one recording, asked once."""

    heard: str
    best: str
    """Id of the best hit; empty where nothing was found."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One recording that failed, and what became of it. Seconds from its first, wrong answer."""

    text: str
    before: Answer
    after: Answer
    """When the new words could be heard."""
    added_s: float
    """The command had ended."""
    found_s: float | None
    """First answer with the new document on top; None: not within GIVE_UP_S."""
    heard_s: float | None
    """First answer of workers that know the new title's words."""


async def ask(stub: pb_grpc.SpeechSearchStub, pcm: bytes) -> Answer:
    try:
        reply = await stub.Recognize(pb.RecognizeRequest(config=pb.StreamingConfig(max_alternatives=1, max_hits=1), audio=pcm))
    except grpc.aio.AioRpcError as error:
        raise ConfigurationError(f"the server refused a recording ({error.code().name}: {error.details()})") from error
    heard = reply.result.alternatives[0].transcript if reply.result.alternatives else ""
    return Answer(heard, reply.search_results.hits[0].id if reply.search_results.hits else "")


async def fix(server: ServerProcess, directory: Path, name: str, text: str, pcm: bytes, *, words: bool = True) -> Fixed:
    """name: id of the document that will be added. words: the server makes titles words. Raises: ConfigurationError: the command failed."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = pb_grpc.SpeechSearchStub(channel)
        served = await words_served(server, at_least=1) if words else 0.0
        before = await ask(stub, pcm)
        begin_s = time.monotonic()
        await asyncio.to_thread(index_add, directory, name, text)
        added_s = time.monotonic() - begin_s
        found_s = heard_s = None
        answer = before
        while (found_s is None or (words and heard_s is None)) and (now_s := time.monotonic() - begin_s) < GIVE_UP_S:
            new_words = words and heard_s is None and await asyncio.to_thread(words_made, server.metrics_address) > served
            answer = await ask(stub, pcm)
            now_s = time.monotonic() - begin_s
            found_s = now_s if found_s is None and answer.best == name else found_s
            heard_s = now_s if new_words else heard_s
            await asyncio.sleep(ASK_EVERY_S)
    return Fixed(text, before, answer, added_s, found_s, heard_s)


def index_add(directory: Path, name: str, title: str) -> None:
    """As an operator does. Raises: ConfigurationError: it failed; its own words are in the message."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(json.dumps({"id": name, "title": title, "popularity": 1.0}) + "\n")
        file.flush()
        command = [sys.executable, "-m", "cloud_server", "index", "add", str(directory), file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigurationError(f"index add failed: {done.stderr.strip()}")


def words_made(metrics_address: str) -> float:
    """How often catalogues' words became words that are heard."""
    return total(scrape(metrics_address), "asr_model_words_total", outcome="loaded")


async def words_served(server: ServerProcess, at_least: float) -> float:
    """Raises: ConfigurationError: not within GIVE_UP_S."""
    begin_s = time.monotonic()
    while (made := await asyncio.to_thread(words_made, server.metrics_address)) < at_least:
        if time.monotonic() - begin_s > GIVE_UP_S:
            raise ConfigurationError(f"the catalogue's words were not made within {GIVE_UP_S:g} s")
        await asyncio.sleep(ASK_EVERY_S)
    return made


def chosen(rows: Sequence[dict[str, Any]], taken: set[str], items: int) -> list[dict[str, Any]]:
    """Evenly spread, of a fit length, whose text no document has. Raises: ConfigurationError: there are not so many."""
    fit = [row for row in rows if normalise_text(row["text"]) not in taken and LENGTHS_S[0] <= float(row.get("duration", 3.0)) <= LENGTHS_S[1]]
    if len(fit) < items:
        raise ConfigurationError(
            f"--items is {items}, only {len(fit)} recordings are {LENGTHS_S[0]:g} to {LENGTHS_S[1]:g} s long and not in the catalogue"
        )
    return fit[:: len(fit) // items][:items]


def measure_fixes(manifest: Path, items: int, workers: int, *, words: bool) -> list[Fixed]:
    documents = read_catalogue(default_catalogue())
    rows, _ = labelled_rows(manifest)
    wanted = chosen(rows, {normalise_text(document.title) for document in documents}, items)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        directory = Path(temporary) / "recipes"
        build_index(documents, directory, "recipes")
        with server_process("--index", str(directory), "--workers", str(workers), "--catalogue-words" if words else "--no-catalogue-words") as server:
            return [
                asyncio.run(fix(server, directory, f"new-{number}", normalise_text(row["text"]), pcm, words=words))
                for number, (row, pcm) in enumerate((row, read_pcm(manifest.parent / row["audio"])) for row in wanted)
            ]


def figures(fixes: Sequence[Fixed]) -> dict[str, Any]:
    """Medians and the longest, seconds; words that were wrong when it failed, and when the new words could be heard."""
    wrong = {
        when: sum(count(one.text.split(), normalise_text(getattr(one, when).heard).split()).errors for one in fixes)
        / sum(len(one.text.split()) for one in fixes)
        for when in ("before", "after")
    }
    return {
        "items": len(fixes),
        "failed_at_first": sum(not one.before.best.startswith("new-") for one in fixes),
        **{f"{what}_s": _spread([getattr(one, f"{what}_s") for one in fixes]) for what in ("added", "found", "heard")},
        "word_error_rate": {when: round(rate, 4) for when, rate in wrong.items()},
        "each": [asdict(one) for one in fixes],
    }


def _spread(seconds: Sequence[float | None]) -> dict[str, Any]:
    known = [one for one in seconds if one is not None]
    medians = {"median": round(float(np.median(known)), 2), "longest": round(max(known), 2)} if known else {}
    return {**medians, "never": len(seconds) - len(known)}


def fix_command(
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings with texts, here or under HARKEN_SHARED.")] = Path("speech/dev.jsonl"),
    items: Annotated[int, typer.Option(min=1, help="How many recordings, evenly spread, one after the other on one server.")] = 5,
    workers: Annotated[int, typer.Option(min=1, help="Recogniser processes of the server.")] = 2,
    words: Annotated[
        bool, typer.Option("--words/--no-words", help="Whether the server makes titles words that are heard; else only found counts.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with each recording.")] = False,
) -> None:
    """From the first failing spoken query to its fix: `index add`, the first right answer, and the first that knows the new words, in seconds.

    \b
    harken-bench fix
    harken-bench fix --items 20 --json
    """
    facts = figures(measure_fixes(found_manifest(manifest, shared_dir()), items, workers, words=words))
    print(json.dumps(facts) if as_json else "\n".join(as_rows(facts)))


def as_rows(facts: dict[str, Any]) -> list[str]:
    rows = []
    for one in facts["each"]:
        times = ", ".join(
            f"{what} {'never' if one[f'{what}_s'] is None else format(one[f'{what}_s'], '.1f') + ' s'}" for what in ("added", "found", "heard")
        )
        rows.append(f"{one['text']!r} was heard as {one['before']['heard']!r}: {times}; then as {one['after']['heard']!r}")
    for what in ("added", "found", "heard"):
        spread = facts[f"{what}_s"]
        rows.append(
            f"{what:6}"
            + (f"median {spread['median']:6.2f} s, longest {spread['longest']:6.2f} s, " if "median" in spread else "")
            + f"never {spread['never']}"
        )
    return rows
