"""A load on one page: verdict, figures, plots. Self-contained HTML, no script, nothing fetched. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.load.outcomes import OK, PERCENTILES, SLO_FINAL_S
from benchmarks.load.plots import Series, chart, ranges
from benchmarks.load.run import Run
from benchmarks.load.sampler import Sample

LIMIT = (1000 * SLO_FINAL_S, f"objective {1000 * SLO_FINAL_S:g} ms")
COLOURS = {"p50": "c1", "p95": "c2", "p99": "c3"}
STYLE = """
:root { --ink:#1b1f24; --soft:#5b6570; --paper:#fff; --card:#f5f7f9; --grid:#e3e7eb;
        --c1:#2463b4; --c2:#d9822b; --c3:#8a4fb0; --good:#1a7f4b; --bad:#c0322b }
@media (prefers-color-scheme: dark) {
  :root { --ink:#e8ebee; --soft:#9aa5b0; --paper:#14181c; --card:#1e2429; --grid:#2c343b;
          --c1:#6ea8ee; --c2:#f0a65a; --c3:#c496e4; --good:#4cc38a; --bad:#f0736c } }
* { box-sizing:border-box }
body { margin:0 auto; padding:32px 24px 64px; max-width:860px; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui,sans-serif }
h1 { font-size:24px; margin:0 0 4px }
h2 { font-size:17px; margin:36px 0 2px }
p { margin:4px 0 10px; color:var(--soft) }
.verdict { font-weight:600; font-size:17px }
.verdict.good { color:var(--good) }
.verdict.bad { color:var(--bad) }
.tiles { display:grid; grid-template-columns:repeat(auto-fill,minmax(180px,1fr)); gap:10px; margin:20px 0 }
.tile { background:var(--card); border-radius:8px; padding:10px 14px }
.tile b { display:block; font-size:21px; font-weight:600; font-variant-numeric:tabular-nums }
.tile span { color:var(--soft); font-size:13px }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; font-size:14px }
th { color:var(--soft); font-weight:500 }
th,td { text-align:right; padding:4px 8px; border-bottom:1px solid var(--grid) }
th:first-child,td:first-child { text-align:left }
svg { width:100%; height:auto; display:block }
.grid { stroke:var(--grid) }
.tick,.label { fill:var(--soft); font-size:12px }
text.limit { fill:var(--bad); font-size:12px }
line.limit { stroke:var(--bad); stroke-dasharray:5 4 }
polyline { fill:none; stroke-width:2; stroke-linejoin:round }
polyline.c1 { stroke:var(--c1) }
polyline.c2 { stroke:var(--c2) }
polyline.c3 { stroke:var(--c3) }
circle.c1,.p50 { fill:var(--c1) }
circle.c2,.p95 { fill:var(--c2) }
circle.c3,.p99 { fill:var(--c3) }
circle.bad { fill:var(--bad) }
.legend { display:flex; gap:16px; flex-wrap:wrap; font-size:13px; color:var(--soft); margin:6px 0 2px }
.legend i { display:inline-block; width:10px; height:10px; border-radius:5px; margin-right:6px }
i.c1 { background:var(--c1) }
i.c2 { background:var(--c2) }
i.c3 { background:var(--c3) }
i.bad { background:var(--bad) }
"""


def page(facts: Mapping[str, Any], runs: Sequence[Run]) -> str:
    """facts: what the command prints. runs: behind them; the last one is shown in detail."""
    run = runs[-1]
    body = [*_head(facts, run), _tiles(facts, run)]
    if len(runs) > 1:
        body += [*_against_streams(runs)]
    body += [*_over_time(run), *_by_stage(run), *_server(run), *_circumstances(facts, run)]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Harken under load</title>'
        f"<style>{STYLE}</style><body>{''.join(body)}</body></html>\n"
    )


def _head(facts: Mapping[str, Any], run: Run) -> Iterator[str]:
    yield "<h1>Harken under load</h1>"
    if "capacity_streams" in facts:
        found = facts["capacity_streams"]
        text = f"serves {found:g} people at once within the promise" if found else "no load that was tried passed"
        yield f'<p class="verdict {"good" if found else "bad"}">{text}</p>'
    else:
        yield f'<p class="verdict {"good" if run.passed else "bad"}">{"within the promise" if run.passed else "the promise was broken"}</p>'
    yield f"<p>Promise: the final result of 95 in 100 segments at most {1000 * SLO_FINAL_S:g} ms after the end of the hang-over, and none lost.</p>"


def _tiles(facts: Mapping[str, Any], run: Run) -> str:
    own, load = run.facts(), run.load
    final = own["final_seconds"]
    who = f"{load.user_count} users, duty {load.duty:g}" if load.user_count else f"{load.streams:.3g} streams"
    tiles = [
        (who, f"{load.shape}, {load.duration_s:g} s"),
        *((f"{1000 * final[f'p{percent}']:.0f} ms", f"final, p{percent}") for percent in PERCENTILES if final),
        (f"{own['within_slo']:.1%}", "in time"),
        (f"{own['rejected']} / {own['lost']} / {own['doubled']}", "rejected / lost / doubled"),
        (str(own["segments"]), f"segments, {own['audio_seconds']:g} s of audio"),
        (_or_dash(own["wer"], "{:.1%}"), "word error rate under load"),
        (_or_dash(own["server_cores"], "{:.2f}"), "cores busy with the server"),
    ]
    if facts.get("engine_ratio") is not None:
        tiles.append((f"{facts['engine_ratio']:.2f}", "of the server's time is the pipeline's own"))
    return f'<div class="tiles">{"".join(f"<div class=tile><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in tiles)}</div>'


def _against_streams(runs: Sequence[Run]) -> Iterator[str]:
    rows = sorted(((run.load.streams, run.facts()) for run in runs), key=lambda row: row[0])
    lines = [
        Series(percent, colour, [(streams, 1000 * facts["final_seconds"][percent]) for streams, facts in rows if facts["final_seconds"]], marks=True)
        for percent, colour in COLOURS.items()
    ]
    yield from _section("Waits against streams", "Every load that was tried, by the people who spoke at once.", lines)
    yield chart(lines, "streams", "final result, ms", LIMIT)
    heads = ("streams", "seconds", "segments", "p50 ms", "p95 ms", "p99 ms", "in time", "rejected", "lost", "server cores")
    cells = (
        (
            f"{streams:.3g}",
            f"{facts['load']['duration_s']:g}",
            str(facts["segments"]),
            *(f"{1000 * facts['final_seconds'][f'p{percent}']:.0f}" if facts["final_seconds"] else "" for percent in PERCENTILES),
            f"{facts['within_slo']:.1%}",
            str(facts["rejected"]),
            str(facts["lost"]),
            _or_dash(facts["server_cores"], "{:.2f}"),
        )
        for streams, facts in rows
    )
    yield _table(heads, cells)


def _over_time(run: Run) -> Iterator[str]:
    answered = [(o.closed_s, round(1000 * o.final_s, 1)) for o in run.outcomes if o.final_s is not None]
    highest = max((y for _, y in answered), default=LIMIT[0])
    dots = [Series("final result", "c1", answered, is_dots=True)]
    unanswered = [(o.closed_s, highest) for o in run.outcomes if o.outcome != OK]
    if unanswered:
        dots.append(Series("rejected or lost", "bad", unanswered, is_dots=True))
    yield from _section("Latency over time", "Each dot is one segment, when its hang-over ended; at the top, those without an answer.", dots)
    yield chart(dots, "seconds into the run", "final result, ms", LIMIT)


def _by_stage(run: Run) -> Iterator[str]:
    facts = run.facts()
    spreads = {"first interim": facts["interim_seconds"], **facts["stage_seconds"], "final": facts["final_seconds"], "hits": facts["hits_seconds"]}
    rows = {name: {percent: round(1000 * value, 1) for percent, value in spread.items()} for name, spread in spreads.items() if spread}
    legend = [Series(percent, colour, ()) for percent, colour in COLOURS.items()]
    sentence = "What the server says it did (queue to search; total is without search), and what was waited for here (final, hits)."
    yield from _section("Percentiles by stage", sentence, legend)
    yield ranges(rows, "ms", None)


def _server(run: Run) -> Iterator[str]:
    """Queue and saturation, as far as they could be seen."""
    samples = run.samples
    queue = [Series("audio waiting", "c1", points(samples, "queued_audio_s"))]
    if queue[0].points:
        yield from _section("Queue", "Seconds of audio that wait for a worker, looked at once a second.", queue)
        yield chart(queue, "seconds into the run", "audio seconds waiting")
    cores = [
        Series("server's processes", "c1", points(samples, "server_cores")),
        Series("everything on this machine", "c2", points(samples, "machine_cores")),
    ]
    shown = [one for one in cores if one.points]
    if shown:
        late = run.facts()["generator_lag_seconds"]
        lag = f" The generator was late by {1000 * late['p99']:.0f} ms at p99." if late else ""
        yield from _section("Saturation", "Cores busy, by processor time." + lag, shown)
        yield chart(shown, "seconds into the run", "cores busy")


def points(samples: Iterable[Sample], name: str) -> list[tuple[float, float]]:
    return [(round(sample.at_s, 2), round(getattr(sample, name), 3)) for sample in samples if sample.at_s >= 0 and getattr(sample, name) is not None]


def _circumstances(facts: Mapping[str, Any], run: Run) -> Iterator[str]:
    rows = [*facts.get("run", {}).items(), ("sessions", run.sessions), ("reconnects", run.reconnects), *(("trouble", one) for one in run.troubles)]
    rows += [(f"rejected for {reason}", number) for reason, number in run.facts()["rejects"].items()]
    yield "<h2>Circumstances</h2>"
    yield _table((), ((name, str(value)) for name, value in rows))


def _section(title: str, sentence: str, series: Sequence[Series]) -> Iterator[str]:
    yield f"<h2>{escape(title)}</h2><p>{escape(sentence)}</p>"
    yield f'<div class="legend">{"".join(f"<span><i class={one.colour}></i>{escape(one.name)}</span>" for one in series)}</div>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in heads)}</tr>" if heads else ""
    return f"<table>{head}{''.join('<tr>' + ''.join(f'<td>{escape(cell)}</td>' for cell in row) + '</tr>' for row in rows)}</table>"


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
