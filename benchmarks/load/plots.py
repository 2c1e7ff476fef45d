"""Plots as SVG text, with no library: axes, lines, dots and ranges. Pure. Colours are the page's own CSS classes, so that it may be light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 260
# TOP has room for the name of a limit that is the highest value.
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 20, 44
ROW = 34
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    colour: str
    """CSS class."""
    points: Sequence[Point]
    is_dots: bool = False
    marks: bool = False
    """A dot at each point of a line."""


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    first_px: float
    last_px: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.first_px + share * (self.last_px - self.first_px), 1)


LEAST_SPAN = 1e-8
"""Less is one value: ticks have ten decimals."""


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from at most `low` to at least `high`."""
    span = next((width for width in (high - low, abs(high)) if width >= LEAST_SPAN), 1.0)
    rough = span / about
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))
    first = floor(low / step + 1e-9)
    last = max(ceil(high / step - 1e-9), first + 1)
    return [round(number * step, 10) for number in range(first, last + 1)]


def chart(series: Sequence[Series], x_label: str, y_label: str, limit: tuple[float, str] | None = None) -> str:
    """limit: a value that must not be exceeded, and what it is called. Empty where there is nothing to draw."""
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    if not xs:
        return ""
    x_ticks, y_ticks = ticks(min(xs), max(xs), 8), ticks(min(0.0, *ys), max([*ys, *([limit[0]] if limit else [])]))
    x = Scale(x_ticks[0], x_ticks[-1], LEFT, WIDTH - RIGHT)
    y = Scale(y_ticks[0], y_ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [*_grid(x, y, x_ticks, y_ticks, x_label, y_label), *([_limit(y, *limit)] if limit else [])]
    parts += [part for one in series for part in _drawn(one, x, y)]
    return _svg(HEIGHT, y_label, parts)


def ranges(rows: Mapping[str, Mapping[str, float]], x_label: str, limit: tuple[float, str] | None = None) -> str:
    """A bar for each row from its p50 over p95 to p99. Empty where there is nothing to draw."""
    highest = max((spread["p99"] for spread in rows.values() if spread), default=0.0)
    if not highest:
        return ""
    x_ticks, height = ticks(0.0, max(highest, limit[0] if limit else 0.0), 8), TOP + ROW * len(rows) + BOTTOM
    x = Scale(0.0, x_ticks[-1], LEFT + 40, WIDTH - RIGHT)
    parts = [_vertical(x(tick), TOP, height - BOTTOM, _number(tick)) for tick in x_ticks]
    parts.append(f'<text class="label" x="{(x(0) + WIDTH) / 2}" y="{height - 6}" text-anchor="middle">{escape(x_label)}</text>')
    for number, (name, spread) in enumerate(rows.items()):
        middle = TOP + ROW * (number + 0.5)
        parts.append(f'<text class="tick" x="{LEFT + 32}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>')
        if spread:
            tip = escape(", ".join(f"{percent} {value:g}" for percent, value in spread.items()))
            parts.append(f"<g><title>{escape(name)}: {tip}</title>")
            parts += [_bar(percent, middle, half, x(0), x(spread[percent])) for percent, half in (("p99", 4), ("p95", 7), ("p50", 10))]
            parts.append("</g>")
    if limit:
        parts.append(f'<line class="limit" x1="{x(limit[0])}" x2="{x(limit[0])}" y1="{TOP}" y2="{height - BOTTOM}"/>')
    return _svg(height, x_label, parts)


def _drawn(series: Series, x: Scale, y: Scale) -> Iterator[str]:
    if not series.is_dots and len(series.points) > 1:
        path = " ".join(f"{x(at)},{y(value)}" for at, value in series.points)
        yield f'<polyline class="{series.colour}" points="{path}"/>'
    if series.is_dots or series.marks or len(series.points) == 1:
        for at, value in series.points:
            tip = f"{escape(series.name)}: {value:g} at {at:.4g}"
            yield f'<circle class="{series.colour}" cx="{x(at)}" cy="{y(value)}" r="{2.5 if series.is_dots else 3.5}"><title>{tip}</title></circle>'


def _grid(x: Scale, y: Scale, x_ticks: Iterable[float], y_ticks: Iterable[float], x_label: str, y_label: str) -> Iterator[str]:
    for tick in y_ticks:
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{_number(tick)}</text>'
    for tick in x_ticks:
        yield f'<text class="tick" x="{x(tick)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_number(tick)}</text>'
    yield f'<text class="label" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'
    yield (f'<text class="label" transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>')


def _limit(y: Scale, value: float, name: str) -> str:
    return (
        f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}"/>'
        f'<text class="limit" x="{WIDTH - RIGHT - 4}" y="{y(value) - 5}" text-anchor="end">{escape(name)}</text>'
    )


def _vertical(at: float, top: float, bottom: float, text: str) -> str:
    line = f'<line class="grid" x1="{at}" x2="{at}" y1="{top}" y2="{bottom}"/>'
    return f'{line}<text class="tick" x="{at}" y="{bottom + 18}" text-anchor="middle">{text}</text>'


def _bar(colour: str, middle: float, half: float, first: float, last: float) -> str:
    width = max(1.0, round(last - first, 1))
    return f'<rect class="{colour}" x="{first}" y="{middle - half}" width="{width}" height="{2 * half}"/>'


def _svg(height: float, label: str, parts: Iterable[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _number(value: float) -> str:
    return f"{value:g}"
