"""harken-bench: the demo, and measurements as they come."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.accuracy import found_manifest, measure_accuracy
from benchmarks.accuracy_peers import as_lines, compare
from benchmarks.bars import bars
from benchmarks.biasing import biasing
from benchmarks.capacity.commands import capacity
from benchmarks.commands import latency, throughput
from benchmarks.contest import circumstances
from benchmarks.dashboards.commands import dashboards
from benchmarks.demo import run_demo
from benchmarks.faults.commands import faults
from benchmarks.fix import fix_command
from benchmarks.fuzz.commands import fuzz
from benchmarks.idle.commands import idle
from benchmarks.interim import measure_interims
from benchmarks.judged import kept_in
from benchmarks.known_items import as_groups, as_rows, measure_known_items
from benchmarks.load.commands import load
from benchmarks.noise import measure_noise
from benchmarks.noisy_titles import score_refusals, score_titles
from benchmarks.overload.commands import overload, silence
from benchmarks.redis_faults import redis
from benchmarks.rolling.commands import rolling
from benchmarks.shared import shared_dir
from benchmarks.soak.commands import soak
from benchmarks.word_times import measure_word_times
from cloud_server.search.learnt import read_weights
from cloud_server.search.weights import SHIPPED
from models.bundle import default_bundle_dir
from models.evaluate.commands import watched
from protos.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent

app = typer.Typer(
    help="Measures Harken: runs the whole system, counts and times it.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


app.command()(throughput)
app.command()(latency)
app.command()(faults)
app.command()(dashboards)
app.command()(overload)
app.command()(silence)
app.command()(fuzz)
app.command()(load)
app.command()(biasing)
app.command()(rolling)
app.command()(redis)
app.command()(soak)
app.command("fix")(fix_command)
app.command()(capacity)
app.command()(idle)


@app.callback()
def root() -> None:
    """Without a callback typer would make the only command the program itself."""


@app.command()
def demo() -> None:
    """Start a server, play recordings to it through the edge client, show what was heard and found, stop.

    \b
    harken-bench demo      # real people's recordings too, where HARKEN_SHARED has them
    """
    if run_demo(ROOT, shared_dir()) < 0:
        sys.exit(1)


@app.command()
def search(
    manifest: Annotated[Path | None, typer.Option(help="JSONL of recordings with texts, here or under HARKEN_SHARED: known-item search.")] = None,
    documents: Annotated[int, typer.Option(min=1, help="With --manifest: how many, the recordings' own texts among them.")] = 10_000,
    bundle: Annotated[Path | None, typer.Option(help="With --manifest: model bundle; default: the one shipped.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="With --manifest: only so many recordings, evenly spread.")] = None,
    biased: Annotated[bool, typer.Option("--biased", help="With --manifest: also heard with the documents' titles in lexicon and model.")] = False,
    plot: Annotated[Path | None, typer.Option(help="With --manifest: success at 1 by slice, as SVG.")] = None,
    judged: Annotated[Path | None, typer.Option(help="With --manifest: what each hit was chosen from, for `harken-server feedback fit`.")] = None,
    search_weights: Annotated[Path | None, typer.Option(help="With --manifest: of `harken-server feedback fit`; default: those shipped.")] = None,
    refusals: Annotated[Path | None, typer.Option(help="Text file: sentences, one a line, that name nothing in the catalogue.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object (of noisy titles: one a line).")] = False,
) -> None:
    """How often the right document comes first. With --manifest: real recordings, each searched for among its own text and distractors.

    one_best is search with the best hypothesis' words, fusion with the whole n-best list, phonetic with the heard phones too, full with the audio's
    own verdict on the titles, oracle with the words that were said; biased_one_best and biased are one_best and full heard with the titles of the
    documents as words that may be said. Without --manifest: every recipe of the catalogue, a share of its letters wrong.

    \b
    harken-bench search --manifest speech/test.jsonl --documents 10000 --json
    harken-bench search --manifest speech/test.jsonl --biased --plot search.svg
    harken-bench search --refusals ../shared/text/queries.txt --json
    """
    if manifest is not None:
        found = found_manifest(manifest, shared_dir())
        weights = SHIPPED if search_weights is None else read_weights(search_weights)
        with ExitStack() as stack:
            keep = stack.enter_context(kept_in(judged)) if judged else None
            texts = shared_dir() / "text"
            facts = measure_known_items(
                found, texts, bundle or default_bundle_dir(), documents, limit, watched, biased=biased, keep=keep, weights=weights
            )
        if plot is not None:
            title = f"{facts['queries']} recordings ({manifest.name}), each searched for among {documents:,} documents: right one first"
            plot.write_text(bars(title, as_groups(facts), "Whiskers: 95 % over speakers."))
        print(json.dumps({**facts, "run": circumstances(ROOT)}) if as_json else "\n".join(as_rows(facts)))
        return
    for score in score_titles((0.0, 0.1, 0.2, 0.3)):
        text = f"{score.error_rate:4.0%} of letters wrong: first {score.first:6.1%}, in three {score.top3:6.1%}, nothing found {score.nothing:6.1%}"
        print(json.dumps(asdict(score)) if as_json else text, flush=True)
    if refusals is not None:
        refusal = score_refusals(refusals.read_text().splitlines())
        print(json.dumps(asdict(refusal)) if as_json else f"{refusal.queries} sentences about something else: {refusal.refused:.1%} refused")


@app.command()
def accuracy(
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings with texts, here or under HARKEN_SHARED.")] = Path("speech/test.jsonl"),
    bundle: Annotated[Path | None, typer.Option(help="Model bundle; default: the one shipped.")] = None,
    decoder: Annotated[
        str, typer.Option(help="beam: through lexicon and language model; greedy: the characters' best path, without either.")
    ] = "beam",
    peers: Annotated[bool, typer.Option("--peers", help="Moonshine, Whisper and PocketSphinx too, on the same files by the same scorer.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="With --peers: only so many recordings, evenly spread.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; rates are fractions.")] = False,
) -> None:
    """Word and token error rates by slice, with intervals over speakers; the headline is the mean of cv, l2_adult and l2_child.

    With --peers: what a user would pick instead, each in a process of its own on one core, with audio seconds a second; ours decodes as it serves.
    They are installed into .venv-accuracy-peers at first use (0.8 GB).

    \b
    harken-bench accuracy --manifest speech/test.jsonl --decoder beam --json
    harken-bench accuracy --peers --limit 120
    """
    if peers:
        figures = compare(ROOT, found_manifest(manifest, shared_dir()), bundle or default_bundle_dir(), limit)
        print(json.dumps({"peers": figures}) if as_json else "\n".join(as_lines(figures)))
        return
    facts = measure_accuracy(manifest, shared_dir(), bundle, decoder)
    if as_json:
        print(json.dumps(facts))
        return
    for name, figures in facts["slices"].items():
        print(f"{name:40.40s}{figures['utterances']:5d} utterances   WER {figures['wer']:6.1%}   {figures['low']:6.1%} to {figures['high']:6.1%}")
    print(f"mean of the main slices: WER {facts['wer']['value']:.1%} ({facts['wer']['low']:.1%} to {facts['wer']['high']:.1%})")


@app.command()
def interim(
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings with texts, here or under HARKEN_SHARED.")] = Path("speech/dev.jsonl"),
    bundle: Annotated[Path | None, typer.Option(help="Model bundle; default: the one shipped.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="Recordings, evenly spread over the manifest.")] = 60,
    documents: Annotated[int, typer.Option(min=0, help="Search while they speak: for what they read, among so many documents; 0: no search.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; costs are multiples of hearing whole segments once.")] = False,
) -> None:
    """What interim results cost, how soon the first one comes, and how often they are revised.

    \b
    harken-bench interim --documents 10000 --json
    """
    facts = measure_interims(
        manifest, shared_dir(), bundle, clips, lambda number: print(f"\r{number}/{clips}", end="", file=sys.stderr, flush=True), documents
    )
    print(file=sys.stderr)
    print(json.dumps(facts) if as_json else "\n".join(f"{name:32}{value}" for name, value in facts.items()))


@app.command()
def noise(
    recordings: Annotated[Path, typer.Option(help="Folder of .opus recordings of noise, here or under HARKEN_SHARED.")] = Path("noise"),
    bundle: Annotated[Path | None, typer.Option(help="Model bundle; default: the one shipped.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="Of sound.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Of the order, the levels and the sounds made.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Noise, silence, hum and music from the edge's detector to search: how much is sent, gives words, and would be searched for; exit 1 if any is.

    \b
    harken-bench noise --minutes 60 --json
    """
    folder = next((path for path in (recordings, shared_dir() / recordings) if path.is_dir()), recordings)
    facts = measure_noise(folder, bundle, minutes, seed, lambda heard_s: print(f"\r{heard_s / 60:.1f} min", end="", file=sys.stderr, flush=True))
    print(file=sys.stderr)
    print(json.dumps(facts) if as_json else "\n".join(f"{name:12}{value}" for name, value in {**facts, **facts.pop("kinds")}.items()))
    raise typer.Exit(1 if facts["searches"] else 0)


@app.command("word-times")
def word_times(
    texts: Annotated[Path | None, typer.Option(help="Text file: sentences to speak, one a line; default: text/queries.txt of HARKEN_SHARED.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Model bundle; default: the one shipped.")] = None,
    sentences: Annotated[int, typer.Option(min=1, help="How many to speak.")] = 200,
    tune: Annotated[bool, typer.Option("--tune", help="Other sentences, and the errors without the bundle's lags: what to set them to.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, milliseconds.")] = False,
) -> None:
    """How far word times are from a synthesiser's own (needs festival), and from the onsets of a person's words set at known samples.

    \b
    harken-bench word-times --json
    harken-bench word-times --tune --bundle my-model
    """
    facts = measure_word_times(shared_dir(), texts or shared_dir() / "text" / "queries.txt", bundle, sentences, tune)
    if as_json:
        print(json.dumps(facts))
        return
    for name, figures in ((name, facts[name]) for name in ("aligned", "heard", "placed", "without_lag") if name in facts):
        for edge in ("start", "end"):
            errors = figures[edge]
            print(
                f"{name:12s}{edge:6s}{figures['words']:5d} words: median {errors['median_ms']:5.1f} ms, 90 % within {errors['p90_ms']:6.1f} ms,"
                f" bias {errors['bias_ms']:+6.1f} ms"
            )


def main() -> None:
    """Exit 2 and one sentence for what a person must change."""
    try:
        app()
    except ConfigurationError as error:
        print(f"harken-bench: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
