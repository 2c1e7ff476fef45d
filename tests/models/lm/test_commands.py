"""harken-models lm, from the outside; and the model that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.bundle import default_bundle_dir, load_bundle
from models.decode.lexicon import read_lexicon
from models.lm.arpa import read_arpa
from models.lm.backoff import MARKS, BackoffModel
from models.lm.build import MAX_BYTES
from models.lm.commands import app
from models.lm.corpus import is_word, read_sentences
from models.lm.perplexity import measure, read_groups
from models.pronounce.pronouncer import english
from models.records import LanguageModel
from tests.models.lm.test_sphinx import written

run = CliRunner()


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    for name, line in (("queries.txt", "add milk to the list\n"), ("books.txt", "the milk was on the table\n")):
        (tmp_path / name).write_text(line * 3)
    return [str(tmp_path / name) for name in ("queries.txt", "books.txt")]


@pytest.fixture
def made(texts: list[str], tmp_path: Path) -> Path:
    done = run.invoke(app, ["build", *texts, "--weight", "0.8", "--weight", "0.2", "--out", str(tmp_path / "lm.arpa.gz")])
    assert "lm.arpa.gz: 0.00 MB, n-grams: 11, " in done.stdout
    return tmp_path / "lm.arpa.gz"


def test_a_built_model_foretells_what_it_was_built_from(made: Path, texts: list[str]) -> None:
    measured = json.loads(run.invoke(app, ["perplexity", str(made), texts[0], "--json"]).stdout)["text"]
    assert measured["words"] == 15
    assert measured["unknown_rate"] == 0
    assert measured["perplexity"] < 4
    assert "perplexity" in run.invoke(app, ["perplexity", str(made), texts[0]]).stdout


@pytest.mark.parametrize("weights", [["1"], ["1", "0"], ["1", "2", "3"]])
def test_weights_that_do_not_fit_the_texts_are_refused(texts: list[str], tmp_path: Path, weights: list[str]) -> None:
    options = [word for weight in weights for word in ("--weight", weight)]
    done = run.invoke(app, ["build", *texts, *options, "--out", str(tmp_path / "x.gz")])
    assert f"{len(weights)} weights for 2 texts" in str(done.exception)


def test_a_model_is_attached_to_a_bundle_and_replaced_by_the_next(made: Path, bundle_dir: Path) -> None:
    before = load_bundle(bundle_dir)
    assert before.manifest.language_model is None
    assert before.language_model == b""
    for asked, version in (([], before.manifest.version), (["--version", "9"], "9")):
        assert run.invoke(app, ["attach", str(made), "--bundle", str(bundle_dir), *asked]).exit_code == 0
        after = load_bundle(bundle_dir)
        assert after.manifest.version == version
        assert after.language_model == made.read_bytes()
        assert read_lexicon(Path("lexicon.txt.gz"), after.lexicon).keys() == {word for word in read_arpa(made).words if word.isalpha()}
        assert after.manifest.language_model == LanguageModel("lm.arpa.gz", 4, 11)
        assert {name: entry for name, entry in after.manifest.files.items() if name not in {"lm.arpa.gz", "lexicon.txt.gz"}} == before.manifest.files


@pytest.mark.parametrize("name", ["lm.arpa", "text.gz", "none.gz"])
def test_what_is_no_gzipped_arpa_is_not_attached(bundle_dir: Path, tmp_path: Path, name: str) -> None:
    for present in ("lm.arpa", "text.gz"):
        (tmp_path / present).write_text("milk\n")
    done = run.invoke(app, ["attach", str(tmp_path / name), "--bundle", str(bundle_dir)])
    assert name in str(done.exception)
    assert load_bundle(bundle_dir).manifest.language_model is None


def test_a_finished_model_and_a_text_are_built_into_one(made: Path, texts: list[str], tmp_path: Path) -> None:
    (tmp_path / "en-us.lm.bin").write_bytes(written())
    both, out = [texts[0], str(made), str(tmp_path / "en-us.lm.bin")], tmp_path / "both.arpa.gz"
    done = run.invoke(app, ["build", *both, "--max-words", "8", "--out", str(out)])
    assert "n-grams: 11, " in done.stdout
    assert {"add", "milk", "tea", "green"} < set(read_arpa(out).words)


@pytest.mark.parametrize("name", ["articles.txt", "articles.txt.gz"])
def test_sentences_are_harvested_and_those_that_judge_are_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "prose.txt").write_text("The tea was green. Milk was on the table. It was late.")
    (tmp_path / "dev.jsonl").write_text('{"text": "milk was on the table"}\n')
    out = tmp_path / name
    done = run.invoke(app, ["harvest", str(tmp_path / "prose.txt"), "--without", str(tmp_path / "dev.jsonl"), "--out", str(out)])
    assert done.stdout == f"{out}: 2 sentences, 7 words; 1 held out\n"
    assert read_sentences(out) == [("the", "tea", "was", "green"), ("it", "was", "late")]


def test_a_harvest_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text("Tea.")
    done = run.invoke(app, ["harvest", str(tmp_path / "prose.txt"), "--out", str(tmp_path / "x.txt")])
    assert "prose.txt: no sentence is left of 0" in str(done.exception)
    assert not (tmp_path / "x.txt").exists()


def test_an_output_that_cannot_be_written_is_named(texts: list[str], tmp_path: Path) -> None:
    done = run.invoke(app, ["build", *texts, "--out", str(tmp_path / "no" / "x.gz")])
    assert "x.gz: No such file" in str(done.exception)


@pytest.fixture(scope="module")
def shipped_model() -> BackoffModel:
    return read_arpa(default_bundle_dir() / "lm.arpa.gz")


def test_the_shipped_model_is_what_its_manifest_says(shipped_model: BackoffModel) -> None:
    bundle = load_bundle(default_bundle_dir())
    assert 0 < len(bundle.language_model) <= MAX_BYTES
    assert bundle.manifest.language_model == LanguageModel("lm.arpa.gz", shipped_model.order, len(shipped_model.words))


def test_every_word_of_the_shipped_model_can_be_said(shipped_model: BackoffModel) -> None:
    assert [word for word in shipped_model.words[len(MARKS) :] if not is_word(word, english())] == []


@pytest.mark.shared
def test_the_shipped_model_foretells_what_people_read_aloud(shipped_model: BackoffModel, shared_dir: Path) -> None:
    """294, and 3.0 % (benchmarks/LOG.md)."""
    measured = measure(shipped_model, read_groups(shared_dir / "speech" / "dev.jsonl")["all"])
    assert measured.perplexity < 310
    assert measured.unknown_rate < 0.035
