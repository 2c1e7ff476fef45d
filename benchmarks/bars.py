"""Shares with their intervals as one SVG file: a group of bars for each slice, a colour for each way. Pure: numbers in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

# Okabe and Ito's palette: told apart by colour-blind eyes too.
COLOURS = ("#999999", "#56b4e9", "#009e73", "#0072b2", "#000000", "#e69f00", "#d55e00")
LEFT, RIGHT, BAR, GAP, TOP, WIDTH = 150, 30, 14, 18, 76, 900

Share = tuple[float, float, float]
"""Value, low and high end of its interval, each 0..1."""


def bars(title: str, groups: Mapping[str, Mapping[str, Share]], note: str = "") -> str:
    """Group -> way -> share. Every group has the same ways, in the same order. Percent from 0 to 100, whiskers for the intervals."""
    ways = list(next(iter(groups.values()), {}))
    colours = {way: COLOURS[number % len(COLOURS)] for number, way in enumerate(ways)}
    step = len(ways) * BAR + GAP
    height = TOP + len(groups) * step + 40
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
    marks = [head, '<rect width="100%" height="100%" fill="white"/>', f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>']
    marks += _legend(colours) + _grid(TOP - 8, height - 36)
    for number, (group, shares) in enumerate(groups.items()):
        top = TOP + number * step
        marks.append(f'<text x="{LEFT - 10}" y="{top + step / 2 - GAP / 2 + 4:.0f}" text-anchor="end">{escape(group)}</text>')
        for place, way in enumerate(ways):
            marks += _bar(top + place * BAR, shares[way], colours[way])
    marks.append(f'<text x="{LEFT}" y="{height - 4}" fill="#555">{escape(note)}</text>')
    return "\n".join([*marks, "</svg>", ""])


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _legend(colours: Mapping[str, str]) -> list[str]:
    marks, x = [], float(LEFT)
    for way, colour in colours.items():
        marks.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" fill="{colour}"/><text x="{x + 17:.0f}" y="46">{escape(way)}</text>')
        x += 34 + 7.0 * len(way)
    return marks


def _grid(top: int, bottom: int) -> list[str]:
    lines = []
    for percent in range(0, 101, 20):
        x = _x(percent / 100)
        lines.append(f'<path d="M{x:.1f} {top}V{bottom}" stroke="#ddd"/><text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{percent} %</text>')
    return lines


def _bar(top: int, share: Sequence[float], colour: str) -> list[str]:
    value, low, high = share
    middle = top + BAR / 2
    return [
        f'<rect x="{LEFT}" y="{top + 1}" width="{_x(value) - LEFT:.1f}" height="{BAR - 2}" fill="{colour}"/>',
        f'<path d="M{_x(low):.1f} {middle}H{_x(high):.1f}M{_x(low):.1f} {middle - 3}v6M{_x(high):.1f} {middle - 3}v6" stroke="#444"/>',
        f'<text x="{max(_x(high), _x(value)) + 5:.1f}" y="{middle + 3.5:.1f}" font-size="9.5" fill="#333">{100 * value:.1f}</text>',
    ]
