"""Greedy token error rates of a model in training, by head and slice: is it getting better. What a bundle is worth, models.evaluate says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from lhotse import MonoCut
from rapidfuzz.distance import Levenshtein

from models.ctc import Logits, greedy_symbols
from models.features import Waveform, normalise
from models.records import CtcHead
from models.train.batches import stack, waveform_of
from models.train.record import Rates
from models.train.targets import CHARACTERS, PHONES, Spelling
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC

BATCH_SAMPLES = 60 * 16_000


@dataclass(slots=True)
class Count:
    errors: int = 0
    tokens: int = 0


class Judge:
    """Holds the clips, so that every judgement is of the same ones."""

    def __init__(self, cuts: Sequence[MonoCut], heads: Sequence[CtcHead], spelling: Spelling) -> None:
        self._cuts = sorted(cuts, key=lambda cut: float(cut.duration))
        self._heads = [head for head in heads if head.name in (PHONES, CHARACTERS)]
        self._spelling = spelling
        self._waveforms: dict[str, Waveform] = {}

    @torch.no_grad()
    def __call__(self, model: HarkenWav2Vec2ForCTC) -> Rates:
        """A head that cannot write a clip's text is not judged by it."""
        counts: defaultdict[tuple[str, str], Count] = defaultdict(Count)
        device = next(model.parameters()).device
        for cuts in self._batches():
            waveforms = [self._waveform(cut) for cut in cuts]
            heard = model.hear(stack(waveforms).to(device), torch.tensor([len(waveform) for waveform in waveforms], device=device))
            for cut, logits, frames in zip(cuts, heard.logits.float().cpu().numpy(), heard.frames.tolist(), strict=True):
                for head in self._heads:
                    self._add(counts[head.name, cut.custom["slice"]], cut, head, logits[:frames])
        rates: Rates = {head.name: {} for head in self._heads}
        for (name, part), count in sorted(counts.items()):
            if count.tokens:
                rates[name][part] = count.errors / count.tokens
        return rates

    def _add(self, count: Count, cut: MonoCut, head: CtcHead, logits: Logits) -> None:
        text = cut.supervisions[0].text
        wanted = self._spelling.phones(text) if head.name == PHONES else self._spelling.characters(text)
        if not wanted:
            return
        heard = greedy_symbols(logits[:, head.first : head.first + head.size], head.blank - head.first)
        count.errors += Levenshtein.distance(wanted, heard)
        count.tokens += len(wanted)

    def _waveform(self, cut: MonoCut) -> Waveform:
        """Read once: beside a GPU reading would be most of a judgement."""
        if cut.id not in self._waveforms:
            self._waveforms[cut.id] = normalise(waveform_of(cut))
        return self._waveforms[cut.id]

    def _batches(self) -> Iterator[list[MonoCut]]:
        batch: list[MonoCut] = []
        for cut in self._cuts:
            if batch and (len(batch) + 1) * cut.num_samples > BATCH_SAMPLES:
                yield batch
                batch = []
            batch.append(cut)
        yield batch


def mean_rate(rates: Rates) -> float:
    """Over the slices of the first head that has any, so phones where there are. What early stopping and the best checkpoint go by."""
    slices = next(filter(None, rates.values()))
    return sum(slices.values()) / len(slices)


def as_text(rates: Rates) -> str:
    return "; ".join(f"{head} " + ", ".join(f"{part} {rate:.1%}" for part, rate in parts.items()) for head, parts in rates.items())
