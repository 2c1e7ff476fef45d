"""The reliability diagram: how often what was said with some confidence was right, as a picture. Pure: returns SVG."""

from __future__ import annotations

from collections.abc import Sequence

from models.evaluate.calibration import Bin, calibration_error, of_readings, of_words
from models.evaluate.scoring import Utterance

SIDE = 240
"""Of the square from (0, 0) to (1, 1), in pixels."""
LEFT, TOP, BETWEEN, BELOW = 56, 34, 84, 52
INK, FAINT, MARK = "#1f2937", "#cbd5e1", "#0f766e"


def drawn(utterances: Sequence[Utterance]) -> str:
    """Two squares side by side: best readings and their words; a dot for each group, on the diagonal where confidence is true."""
    panels = (
        ("utterances", "mean word accuracy", of_readings(utterances)),
        ("words", "share that was right", of_words(utterances)),
    )
    width, height = LEFT + 2 * SIDE + BETWEEN + 20, TOP + SIDE + BELOW
    body = "\n".join(_panel(LEFT + number * (SIDE + BETWEEN), *panel) for number, panel in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="system-ui, sans-serif" font-size="12" fill="{INK}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _panel(left: int, name: str, right: str, found: Sequence[Bin]) -> str:
    middle, floor = left + SIDE / 2, TOP + SIDE
    ticks = [_tick(left, tenth / 10) for tenth in range(0, 11, 2)]
    dots = [_dot(left, group) for group in found]
    path = " ".join(f"{left + SIDE * group.confidence:.1f},{floor - SIDE * group.right:.1f}" for group in found)
    return "\n".join(
        [
            f'<text x="{middle}" y="18" text-anchor="middle" font-weight="600">{name}: ECE {calibration_error(found):.3f}</text>',
            *ticks,
            f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{FAINT}"/>',
            f'<line x1="{left}" y1="{floor}" x2="{left + SIDE}" y2="{TOP}" stroke="{INK}" stroke-dasharray="4 4" stroke-opacity="0.5"/>',
            f'<polyline points="{path}" fill="none" stroke="{MARK}" stroke-opacity="0.4"/>',
            *dots,
            f'<text x="{middle}" y="{floor + 38}" text-anchor="middle">confidence</text>',
            f'<text x="{left - 38}" y="{TOP + SIDE / 2}" text-anchor="middle" transform="rotate(-90 {left - 38} {TOP + SIDE / 2})">{right}</text>',
        ]
    )


def _tick(left: int, share: float) -> str:
    across, up = left + SIDE * share, TOP + SIDE * (1 - share)
    return (
        f'<line x1="{across:g}" y1="{TOP}" x2="{across:g}" y2="{TOP + SIDE}" stroke="{FAINT}" stroke-opacity="0.5"/>'
        f'<line x1="{left}" y1="{up:g}" x2="{left + SIDE}" y2="{up:g}" stroke="{FAINT}" stroke-opacity="0.5"/>'
        f'<text x="{across:g}" y="{TOP + SIDE + 17}" text-anchor="middle">{share:.1f}</text>'
        f'<text x="{left - 7}" y="{up + 4:g}" text-anchor="end">{share:.1f}</text>'
    )


def _dot(left: int, group: Bin) -> str:
    across, up = left + SIDE * group.confidence, TOP + SIDE * (1 - group.right)
    title = f"{group.size}: confidence {group.confidence:.2f}, right {group.right:.2f}"
    return f'<circle cx="{across:.1f}" cy="{up:.1f}" r="4" fill="{MARK}"><title>{title}</title></circle>'
