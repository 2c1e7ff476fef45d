"""Several teachers' labels of the same recordings -> one: of each recording the text of the first teacher that was sure enough of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.data.pseudo_label import row_id
from models.transcribe import read_rows
from protos.errors import ConfigurationError

NOT_SURE = -1e9


def choose_labels(labellings: Sequence[tuple[Path, float]], out: Path) -> dict[str, int]:
    """labellings: files of pseudo_label, dearest teacher first, each with the least mean log-probability that counts. Writes `out`.

    A recording that nobody was sure of keeps its row with an empty text: it can be learnt from without one.
    Returns: recordings by teacher, "" for none.
    Raises: ConfigurationError: a row has no label, or `out` is one of the files.
    """
    if any(path.resolve() == out.resolve() for path, _ in labellings):
        raise ConfigurationError(f"{out} is one of the labellings; write another file")
    chosen: dict[str, dict[str, Any]] = {}
    for path, least in labellings:
        for number, row in enumerate(read_rows(path), 1):
            name, label = row_id(row, path, number), row.get("teacher")
            if not isinstance(label, dict):
                raise ConfigurationError(f"{path} line {number}: has no `teacher`; `harken-models data pseudo-label` writes it")
            sure = bool(label.get("text")) and label.get("mean_logprob", NOT_SURE) >= least
            whole = {**row, "id": name, "audio": str((path.parent / row["audio"]).resolve())}
            if sure and not chosen.get(name, {}).get("teacher", {}).get("text"):
                chosen[name] = whole
            else:
                chosen.setdefault(name, {**whole, "teacher": {**label, "model": "", "text": ""}})
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("".join(json.dumps(row) + "\n" for row in chosen.values()))
    teachers = [row["teacher"]["model"] for row in chosen.values()]
    return {teacher: teachers.count(teacher) for teacher in sorted(set(teachers))}
