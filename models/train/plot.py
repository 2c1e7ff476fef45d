"""Curves as one SVG file: a panel for each quantity, a line for each series. Pure: numbers in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN, LEGEND = 900, 220, 46, 130
# Okabe and Ito's palette: told apart by colour-blind eyes too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442")

Series = Sequence[tuple[float, float]]
"""Points (x, y), x rising."""


def curves(panels: Mapping[str, Mapping[str, Series]], x_label: str) -> str:
    """Panel title -> series name -> points. Panels share the x axis; empty series are left out."""
    filled = {title: {name: points for name, points in lines.items() if points} for title, lines in panels.items()}
    xs = [x for lines in filled.values() for points in lines.values() for x, _ in points]
    span = (min(xs), max(xs)) if xs else (0.0, 1.0)
    body = [_panel(number * HEIGHT, title, lines, span) for number, (title, lines) in enumerate(filled.items())]
    height = HEIGHT * len(filled) + 24
    label = f'<text x="{WIDTH / 2}" y="{height - 8}" text-anchor="middle">{escape(x_label)}</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, label, "</svg>", ""])


def _panel(top: int, title: str, lines: Mapping[str, Series], span: tuple[float, float]) -> str:
    ys = [y for points in lines.values() for _, y in points] or [0.0, 1.0]
    low, high = min(ys), max(ys)
    right, bottom = WIDTH - LEGEND, top + HEIGHT - MARGIN / 2
    marks = [
        f'<text x="{MARGIN}" y="{top + 16}" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{MARGIN} {top + 24}V{bottom}H{right}" fill="none" stroke="#888"/>',
        f'<text x="{MARGIN - 4}" y="{bottom}" text-anchor="end">{low:.3g}</text>',
        f'<text x="{MARGIN - 4}" y="{top + 34}" text-anchor="end">{high:.3g}</text>',
        f'<text x="{right}" y="{bottom + 14}" text-anchor="end">{span[1]:.3g}</text>',
    ]
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{_scale(x, span, MARGIN, right):.1f},{_scale(y, (low, high), bottom, top + 28):.1f}" for x, y in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        marks.append(f'<text x="{right + 8}" y="{top + 34 + 16 * number}" fill="{colour}">{escape(name)} {points[-1][1]:.3g}</text>')
    return "\n".join(marks)


def _scale(value: float, source: tuple[float, float], first: float, last: float) -> float:
    low, high = source
    return first + (last - first) * ((value - low) / (high - low) if high > low else 0.5)
