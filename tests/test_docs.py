"""The docs are tested: every command runs, every flag is explained, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

import benchmarks.__main__
import cloud_server.__main__
import edge_client.__main__
import models.__main__

PROGRAMS = {
    "harken-edge": edge_client.__main__.app,
    "harken-server": cloud_server.__main__.app,
    "harken-models": models.__main__.app,
    "harken-bench": benchmarks.__main__.app,
}
DOCS = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/language-model.md",
    "docs/operations.md",
    "docs/training.md",
    "docs/search.md",
    "docs/security.md",
    "benchmarks/LOG.md",
]


def commands_in(text: str) -> list[list[str]]:
    """Lines of code blocks that call a program of ours, without their comments."""
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].split("|")[0].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if re.match(r"(\.venv/bin/)?harken-|make ", line)]


def parameters(program: str, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that these words call, and what is left for it to parse."""
    command: Any = typer.main.get_command(PROGRAMS[program])
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"{program} has no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("name", DOCS)
def test_every_command_in_the_docs_is_one_that_parses(root: Path, name: str) -> None:
    makefile = (root / "Makefile").read_text()
    for words in commands_in((root / name).read_text()):
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), words
            continue
        program = Path(words[0]).name
        command, rest = parameters(program, words[1:])
        command.make_context(program, list(rest))


def every_command() -> list[tuple[str, list[str], Any]]:
    found = []
    for program, app in PROGRAMS.items():
        pending: list[tuple[list[str], Any]] = [([], typer.main.get_command(app))]
        while pending:
            path, command = pending.pop()
            if hasattr(command, "commands"):
                pending += [([*path, name], child) for name, child in command.commands.items()]
            else:
                found.append((program, path, command))
    return found


@pytest.mark.parametrize(("program", "path", "command"), every_command(), ids=lambda value: value if isinstance(value, str) else None)
def test_every_command_teaches_with_an_example_and_explains_every_flag(program: str, path: list[str], command: Any) -> None:
    assert f"{program} {' '.join(path)}" in (command.help or ""), "an example of its own call"
    for parameter in command.params:
        assert parameter.name == "help" or parameter.help, f"{program} {path}: {parameter.name}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_shown(program: str) -> None:
    done = subprocess.run([Path(sys.executable).parent / program, "--help"], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout


@pytest.mark.parametrize("name", DOCS)
def test_links_lead_somewhere(root: Path, name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (root / name).read_text()):
        if not target.startswith("http"):
            assert ((root / name).parent / target).exists(), f"{name} links to {target}"


def test_the_readme_has_the_two_commands_and_the_picture(root: Path) -> None:
    text = (root / "README.md").read_text()
    assert "make demo" in text
    assert "make test" in text
    assert "docs/picture.svg" in text


def test_a_plain_make_prints_the_targets(root: Path) -> None:
    done = subprocess.run(["make", "--no-print-directory"], cwd=root, capture_output=True, text=True, check=True)
    for target in ("setup", "demo", "run", "test", "test-train", "check", "bench", "clean"):
        assert re.search(rf"make {target}\b", done.stdout), target
