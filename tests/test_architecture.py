"""The walls of architecture.md hold: import contracts, a test module for every module, files one can read at a sitting."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("protos", "edge_client", "cloud_server", "models", "benchmarks")
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py" and "_pb2" not in path.name
)
# One test holds every engine to what a worker process expects of it.
ENGINES = (
    "gemm", "harken", "job", "onnx_sessions", "ort_fp32", "stock_int8", "torch_bf16", "torch_model",
    "openvino_int8", "openvino_int8_any_length", "openvino_int8_bf16", "openvino_int8_f32",
)  # fmt: skip
# A campaign is made of them, and of nothing that could stand in for one.
CAMPAIGN = ("children", "edge_process", "flood", "inside", "server_process", "servers", "speaker", "strikes")
# Exercised end to end: a command line by running it, the inside of a worker process by workers, a port adapter by the server that uses it.
TESTED_ELSEWHERE = {
    "cloud_server/core.py": "cloud_server/test_service.py",
    "cloud_server/interceptor.py": "cloud_server/test_service.py",
    "cloud_server/session_commands.py": "cloud_server/test_session.py",
    "cloud_server/status.py": "cloud_server/test_service.py",
    "cloud_server/stream.py": "cloud_server/test_service.py",
    "cloud_server/questions.py": "cloud_server/test_workers.py",
    "cloud_server/worker.py": "cloud_server/test_workers.py",
    "cloud_server/worker_process.py": "cloud_server/test_workers.py",
    "cloud_server/__main__.py": "cloud_server/test_main.py",
    "cloud_server/upkeep/commands.py": "cloud_server/upkeep/test_doctor.py",
    "edge_client/__main__.py": "edge_client/test_main.py",
    "edge_client/options.py": "edge_client/test_main.py",
    "models/export/blocks.py": "models/export/test_graph.py",
    "models/export/positions.py": "models/export/test_graph.py",
    "models/extras.py": "models/test_main.py",
    "models/pronounce/alphabet.py": "models/pronounce/test_rules.py",
    "models/pronounce/graphones.py": "models/pronounce/test_pronouncer.py",
    "models/pronounce/ngrams.py": "models/pronounce/fit/test_trie.py",
    "models/pronounce/fit/align.py": "models/pronounce/fit/test_maker.py",
    "models/pronounce/fit/dictionary.py": "models/pronounce/fit/test_maker.py",
    "models/pronounce/fit/judge.py": "models/pronounce/fit/test_maker.py",
    "models/__main__.py": "models/test_main.py",
    "benchmarks/faults/commands.py": "benchmarks/faults/test_campaign.py",
    "benchmarks/faults/server_process.py": "benchmarks/faults/test_campaign.py",
    "benchmarks/fuzz/commands.py": "benchmarks/fuzz/test_wire.py",
    "benchmarks/overload/commands.py": "benchmarks/overload/test_trial.py",
    "benchmarks/overload/crowd.py": "benchmarks/overload/test_trial.py",
    "benchmarks/overload/server_process.py": "benchmarks/overload/test_trial.py",
    "benchmarks/load/generator.py": "benchmarks/load/test_run.py",
    "benchmarks/rolling/commands.py": "benchmarks/rolling/test_campaign.py",
    "benchmarks/rolling/stub_server.py": "benchmarks/rolling/test_replica.py",
    **dict.fromkeys(map("benchmarks/faults/{}.py".format, CAMPAIGN), "benchmarks/faults/test_campaign.py"),
    "benchmarks/faults/stub.py": "benchmarks/faults/test_words.py",
    "benchmarks/soak/commands.py": "benchmarks/soak/test_soak.py",
    "benchmarks/soak/load.py": "benchmarks/soak/test_soak.py",
    "benchmarks/__main__.py": "benchmarks/test_main.py",
    "benchmarks/worker.py": "benchmarks/test_worker_process.py",
    "benchmarks/contest.py": "benchmarks/engines/test_engines.py",
    "benchmarks/prepare.py": "benchmarks/engines/test_engines.py",
    **dict.fromkeys(map("benchmarks/engines/{}.py".format, ENGINES), "benchmarks/engines/test_engines.py"),
}
MAX_LINES = 300


def test_import_contracts_hold() -> None:
    result = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_test_module(module: Path) -> None:
    mirror = Path(TESTED_ELSEWHERE.get(module.as_posix(), module.parent / f"test_{module.name}"))
    assert (ROOT / "tests" / mirror).is_file()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_says_what_it_is_and_stays_readable(module: Path) -> None:
    source = (ROOT / module).read_text()
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring, "the first line of a file says what it does"
    lines = source.count("\n")
    assert lines <= MAX_LINES or "lines" in docstring, f"{lines} lines, and its docstring gives no reason"


def test_no_file_names_a_machine_or_an_index() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    forbidden = ("--index" + "-url", "--extra-" + "index-url", "--find" + "-links", "/" + "work/", "/" + "root/")
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".toml", ".txt", ".md", ".sh", ".yml", ".json", ".Dockerfile", ""} and path.is_file():
            text = path.read_text(errors="ignore")
            found = [mark for mark in forbidden if mark in text]
            assert not found, f"{name} contains {found}"
