"""One line that grows while somebody speaks, and is gone before anything else is printed."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from edge_client.terminal import Terminal
from protos import messages as m

ERASE, BOLD, DIM, PLAIN = "\r\x1b[2K", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def written(*results: m.Result, terminal: bool = True, columns: int = 80) -> str:
    output = io.StringIO()
    shown = Terminal(Console(file=output, force_terminal=terminal, width=columns, soft_wrap=True, highlight=False, color_system="standard"))
    for result in results:
        shown.show(result)
    shown.print("done")
    return output.getvalue()


def interim(text: str, stable_words: int) -> m.Result:
    return m.Result(1, alternatives=(m.Hypothesis(text),), stable_words=stable_words)


def test_the_line_is_written_over_what_is_stable_in_bold() -> None:
    assert written(interim("apple", 0), interim("apple pie", 1)) == f"{DIM}apple{PLAIN}{ERASE}{BOLD}apple{PLAIN} {DIM}pie{PLAIN}{ERASE}done\n"


def test_the_best_of_what_is_found_so_far_follows() -> None:
    result = replace(interim("apple", 0), hits=(m.SearchHit("7", "Apple\x1b[5m pie"), m.SearchHit("8", "Apple cake")))
    line = written(result).partition(ERASE)[0]
    assert "->" in line
    assert "Apple" in line.partition("->")[2]
    assert "cake" not in line
    assert "\x1b[5m" not in line


def test_a_line_longer_than_the_terminal_loses_its_beginning() -> None:
    assert written(interim("one two three", 3), columns=10) == f"{BOLD}two three{PLAIN}{ERASE}done\n"


def test_a_pipe_gets_no_growing_line() -> None:
    assert written(interim("apple", 0), terminal=False) == "done\n"


def test_what_a_server_sends_cannot_move_the_cursor() -> None:
    assert "\x1b[5m" not in written(interim("apple \x1b[5mpie", 1))
