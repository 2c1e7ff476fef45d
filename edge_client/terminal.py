"""What a person watches: lines of outcomes, and while they speak one line that grows, what will not change distinct from what may."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from edge_client.render import interim_parts, printable
from protos.messages import Result

ERASE_LINE = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


class Terminal:
    """Colours and the growing line where the output is a terminal; a pipe gets the plain lines alone."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(markup=False, emoji=False, soft_wrap=True)
        self._grows = False

    def print(self, line: str) -> None:
        self._erase()
        self._console.print(line)

    def show(self, result: Result) -> None:
        """An interim result, with the best of what it finds. A line that is too long loses its beginning: people look at what they just said."""
        if not self._console.is_terminal:
            return
        self._erase()
        stable, rest = interim_parts(result)
        line = Text.assemble((stable, "bold"), " " if stable and rest else "", (rest, "dim"))
        if result.hits:
            line.append(f"  -> {printable(result.hits[0].title)}", "cyan")
        self._console.print(line[max(0, len(line) - self._console.width + 1) :], end="")
        self._grows = True

    def _erase(self) -> None:
        if self._grows:
            self._console.control(ERASE_LINE)
        self._grows = False
