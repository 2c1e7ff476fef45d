"""What other people's folders lack is made; what they have is taken as it is."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from models.bundle import CARD, HEADS
from models.export.checkpoint import read_checkpoint
from models.export.sources.folder import as_head, check_waveforms, head_of, page_licence, prepared, stated_licence, write_folder
from models.manifest import parse_heads
from protos.errors import BundleError, ConfigurationError
from tests.models.tiny import SHAPE, STOCK_SHAPE, config_of, write_source, write_stock


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    return write_stock(tmp_path / "stock")


def test_a_folder_that_has_everything_is_used_as_it_is(tmp_path: Path) -> None:
    source = write_source(tmp_path / "own")
    (tmp_path / "work").mkdir()
    assert prepared(source, tmp_path / "work") == source
    assert list((tmp_path / "work").iterdir()) == []


def test_heads_come_from_the_vocabulary_and_the_card_from_the_page(stock: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    made = prepared(stock, work)
    (head,) = parse_heads(made / HEADS, (made / HEADS).read_bytes())
    assert (head.name, head.first, head.size, head.blank, head.word_end) == ("characters", 0, STOCK_SHAPE.outputs, 0, "|")
    assert head.tokens[:7] == ("<pad>", "<s>", "</s>", "<unk>", "|", "e", "t")
    assert read_checkpoint(made).shape == STOCK_SHAPE
    assert (made / CARD).read_text().endswith("# Base\n")
    assert stated_licence(made) == "apache-2.0"
    assert not (stock / HEADS).exists(), "the source is left as it was"


@pytest.mark.parametrize(
    ("vocabulary", "why"),
    [
        ("{", "Expecting"),
        ('{"a": 0, "b": 2}', "without gaps"),
        ("{}", "without gaps"),
        ('["a"]', "list indices must be integers"),
        ('{"a": "0"}', "without gaps"),
    ],
)
def test_a_vocabulary_that_does_not_number_the_outputs_is_refused(stock: Path, vocabulary: str, why: str) -> None:
    (stock / "vocab.json").write_text(vocabulary)
    with pytest.raises(BundleError, match=why):
        head_of(stock)


def test_without_vocabulary_it_is_said_what_is_missing(stock: Path) -> None:
    (stock / "vocab.json").unlink()
    with pytest.raises(BundleError, match=r"vocab\.json: .*it must say which outputs are which symbols"):
        head_of(stock)


def test_the_blank_is_what_the_configuration_pads_with(stock: Path) -> None:
    config = json.loads((stock / "config.json").read_text())
    (stock / "config.json").write_text(json.dumps({**config, "pad_token_id": 3}))
    assert head_of(stock)["blank"] == 3
    (stock / "config.json").write_text(json.dumps({**config, "pad_token_id": 99}))
    with pytest.raises(BundleError, match="pad_token_id is 99"):
        head_of(stock)


def test_the_end_of_a_word_is_what_the_tokenizer_calls_it(stock: Path) -> None:
    names = ["<pad>", " ", *(f"[{number}]" for number in range(STOCK_SHAPE.outputs - 2))]
    (stock / "vocab.json").write_text(json.dumps({name: number for number, name in enumerate(names)}))
    (stock / "tokenizer_config.json").write_text('{"word_delimiter_token": " "}')
    assert head_of(stock)["tokens"][:2] == ["<pad>", "|"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["preprocessor_config.json", "processor_config.json"])
@pytest.mark.parametrize(
    ("settings", "norm", "why"),
    [
        ({"do_normalize": True, "sampling_rate": 16_000}, "layer", None),
        ({"do_normalize": False}, "group", None),
        ({}, "layer", None),
        ({"do_normalize": False}, "layer", "do_normalize is false"),
        ({"sampling_rate": 8000}, "group", "sampling_rate is 8000, must be 16000"),
    ],
)
def test_a_checkpoint_that_wants_other_waveforms_is_refused(stock: Path, name: str, settings: dict[str, object], norm: str, why: str | None) -> None:
    config = json.loads((stock / "config.json").read_text())
    (stock / "config.json").write_text(json.dumps({**config, "feat_extract_norm": norm}))
    (stock / name).write_text(json.dumps(settings if name.startswith("pre") else {"feature_extractor": settings}))
    (stock.parent / "work").mkdir()
    with pytest.raises(BundleError, match=why) if why else nullcontext():
        prepared(stock, stock.parent / "work")


def test_settings_that_cannot_be_read_are_named(stock: Path) -> None:
    for text in ("{", "[]"):
        (stock / "preprocessor_config.json").write_text(text)
        with pytest.raises(BundleError, match=r"preprocessor_config\.json"):
            check_waveforms(stock)


def test_letters_stay_apart_where_a_vocabulary_has_both_cases() -> None:
    assert as_head(["<pad>", "A", "B"], 0)["tokens"] == ["<pad>", "a", "b"]
    assert as_head(["<pad>", "A", "a"], 0)["tokens"] == ["<pad>", "A", "a"]


@pytest.mark.parametrize(
    ("page", "licence"),
    [("---\nlicense: mit\n---\nx", "mit"), ("---\nlicense:\n---\n", None), ("license: mit", None), ("---\na: b\n---\nlicense: m", None)],
)
def test_a_licence_is_what_the_head_of_the_page_says(page: str, licence: str | None) -> None:
    assert page_licence(page) == licence


def test_no_licence_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="names no licence"):
        stated_licence(tmp_path)


def test_a_folder_from_parts_is_read_back(tmp_path: Path) -> None:
    tensors = read_checkpoint(write_source(tmp_path / "a")).tensors
    tokens = ["<blank>", *(chr(ord("a") + number) if number < 26 else f"[{number}]" for number in range(SHAPE.outputs - 1))]
    (tmp_path / "b").mkdir()
    folder = write_folder(tmp_path / "b", config_of(SHAPE), {name: np.asarray(array) for name, array in tensors.items()}, tokens, "# card\n")
    assert read_checkpoint(folder).shape == SHAPE
    assert parse_heads(folder / HEADS, (folder / HEADS).read_bytes())[0].tokens == tuple(tokens)
