from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.features import Waveform
from models.train.augment import MASKED_BAND, Augmenter, band_limited, clipped, coded, coloured_noise, read_noises
from models.train.recipe import Augmentation
from protos.errors import ConfigurationError

pytestmark = pytest.mark.train

ALWAYS = Augmentation(strength=1.0, room=1.0, noise=1.0, band=1.0, codec=1.0, clip=1.0, masks=2)
SAMPLES = 8000


def a_tone(samples: int = SAMPLES, hertz: float = 440) -> Waveform:
    return (0.3 * np.sin(np.arange(samples) * 2 * np.pi * hertz / 16_000)).astype(np.float32)


@pytest.fixture(scope="module")
def augmenter() -> Augmenter:
    return Augmenter(ALWAYS, [a_tone(500, 3000)], seed=1)


@pytest.mark.parametrize(
    "waveform", [a_tone(), a_tone(1), a_tone(400), np.zeros(SAMPLES, np.float32)], ids=["tone", "one sample", "short", "silence"]
)
@pytest.mark.parametrize("seed", range(8))
def test_a_clip_keeps_its_length_and_stays_finite(augmenter: Augmenter, waveform: Waveform, seed: int) -> None:
    heard = augmenter(waveform, 1.0, np.random.default_rng(seed))
    assert heard.shape == waveform.shape
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


def test_the_same_seed_gives_the_same_clip_and_another_seed_another(augmenter: Augmenter) -> None:
    one, same, other = (augmenter(a_tone(), 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_at_strength_zero_nothing_happens_and_the_clip_given_is_never_changed(augmenter: Augmenter) -> None:
    clip = a_tone()
    assert augmenter(clip, 0.0, np.random.default_rng(1)) is clip
    augmenter(clip, 1.0, np.random.default_rng(1))
    assert np.array_equal(clip, a_tone())


@pytest.mark.parametrize(
    "only", ["room", "noise", "band", "codec", "clip"], ids=["in a room", "in noise", "band limited", "through a codec", "clipped"]
)
def test_every_effect_is_heard_and_none_moves_a_sound_in_time(only: str) -> None:
    quiet = dict.fromkeys(["room", "noise", "band", "codec", "clip"], 0.0)
    augmenter = Augmenter(Augmentation(**{**quiet, only: 1.0}, snr_db=(20.0, 30.0)), [], seed=1)
    random = np.random.default_rng(3)
    burst = np.zeros(16_000, np.float32)
    burst[6000:9000] = (0.3 * random.standard_normal(3000)).astype(np.float32)
    for seed in range(12):
        heard = augmenter(burst, 1.0, np.random.default_rng(seed))
        assert not np.allclose(heard, burst, atol=1e-4)
        lags = np.correlate(heard[1000:-1000], burst[1200:-1200], "valid")
        assert abs(int(np.abs(lags).argmax()) - 200) <= 2


def test_noise_is_as_loud_as_the_recipe_says() -> None:
    recipe = Augmentation(room=0.0, noise=1.0, band=0.0, codec=0.0, clip=0.0, snr_db=(10.0, 10.0))
    clip = a_tone()
    for noises in ([], [a_tone(500, 3000)]):
        noise = Augmenter(recipe, noises, seed=1)(clip, 1.0, np.random.default_rng(1)) - clip
        assert 10 * np.log10(np.square(clip).sum() / np.square(noise).sum()) == pytest.approx(10, abs=0.01)


def test_a_telephones_band_keeps_the_voice_and_nothing_above() -> None:
    high = [np.square(band_limited(a_tone(hertz=6000), np.random.default_rng(seed))).sum() for seed in range(20)]
    voice = [np.square(band_limited(a_tone(hertz=1000), np.random.default_rng(seed))).sum() for seed in range(20)]
    assert min(high) < 1e-3 * np.square(a_tone()).sum()
    assert min(voice) > 0.1 * np.square(a_tone()).sum()


@pytest.mark.parametrize("seed", range(9))
def test_a_codec_changes_a_clip_a_little(seed: int) -> None:
    random = np.random.default_rng(100)
    clip = (np.convolve(random.standard_normal(16_000), np.hanning(40), "same") * 0.02).astype(np.float32)
    heard = coded(clip, np.random.default_rng(seed))
    correlation = float(np.corrcoef(clip, heard)[0, 1])
    assert 0.8 < correlation < 1.0


def test_clipping_flattens_the_peaks() -> None:
    assert np.abs(clipped(a_tone(), np.random.default_rng(1))).max() == pytest.approx(0.09, rel=1e-2)


def test_coloured_noise_differs_from_seed_to_seed_in_colour() -> None:
    def low_share(seed: int) -> float:
        power = np.square(np.abs(np.fft.rfft(coloured_noise(16_000, np.random.default_rng(seed)))))
        return float(power[:1000].sum() / power.sum())

    shares = [low_share(seed) for seed in range(30)]
    assert min(shares) < 0.2
    assert max(shares) > 0.7


def test_hidden_frames_are_some_but_never_more_than_a_third(augmenter: Augmenter) -> None:
    hidden = [augmenter.hidden_frames(frames, 1.0, np.random.default_rng(frames)) for frames in range(1, 120)]
    assert all(mask.sum() <= len(mask) // 3 for mask in hidden)
    assert any(mask.any() for mask in hidden)
    assert not augmenter.hidden_frames(60, 0.0, np.random.default_rng(1)).any()


def test_hidden_bands_are_narrow() -> None:
    recipe = Augmentation(room=0.0, noise=0.0, band=0.0, codec=0.0, clip=0.0, masks=1)
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    lost = np.abs(np.fft.rfft(Augmenter(recipe, [], 1)(noise, 1.0, np.random.default_rng(4)))) < 1e-2
    assert 0 < lost.sum() <= MASKED_BAND * 8000 + 1


def test_noises_are_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no recordings"):
        read_noises(tmp_path)
    soundfile.write(tmp_path / "a.flac", a_tone(), 16_000)
    soundfile.write(tmp_path / "silence.wav", np.zeros(100), 16_000)
    assert [len(noise) for noise in read_noises(tmp_path)] == [SAMPLES]
    soundfile.write(tmp_path / "b.wav", a_tone(), 8000)
    with pytest.raises(ConfigurationError, match=r"b\.wav: 8000 Hz"):
        read_noises(tmp_path)
