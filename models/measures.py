"""What a segment was like, in numbers that can drift: how loud, clear, high, fast and long, and how the model took it. Pure numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import Waveform
from models.records import Recognition
from protos.messages import SAMPLE_RATE_HZ

SNR_FRAME = SAMPLE_RATE_HZ // 50
# -80 dB of full scale. Quieter is digital silence, put around the speech by a program: it says nothing about the room.
SILENCE_POWER = 1e-8
LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 60, 500
PITCH_FRAME, PITCH_HOP, PITCH_FFT = 640, 320, 1024
"""The transform is longer than a frame and the longest lag together: what goes round its end reaches no lag that is looked at."""
MIN_PERIODICITY = 0.6
"""Of a frame that counts as voiced: its autocorrelation at the period, of that at 0."""
NEARLY = 0.85


def measures(waveform: Waveform, recognition: Recognition) -> dict[str, float]:
    """waveform: (S,) in -1..1 as captured. Measures that the segment does not have (pitch of a whisper, rate of silence) are left out.

    seconds; level_dbfs: RMS of full scale; snr_db; pitch_hz: median over voiced frames; symbols_per_second: of the best path;
    blank_share: of the frames; confidence: of the best alternative; words: in it, 0 where nothing was recognised.
    """
    seconds, power = len(waveform) / SAMPLE_RATE_HZ, float(np.square(waveform, dtype=np.float64).mean()) if len(waveform) else 0.0
    best = recognition.alternatives[0] if recognition.alternatives else None
    found = {
        "seconds": seconds,
        "level_dbfs": 10 * np.log10(power) if power > 0 else None,
        "snr_db": snr_db(waveform),
        "pitch_hz": pitch_hz(waveform),
        "confidence": best.confidence if best else None,
        "words": float(len(best.transcript.split())) if best else 0.0,
    }
    if recognition.sounds is not None:
        found["symbols_per_second"] = len(recognition.sounds.best_path) / seconds
        found["blank_share"] = recognition.sounds.blank_share
    return {name: float(value) for name, value in found.items() if value is not None}


def snr_db(waveform: Waveform) -> float:
    """Loud frames (95th percentile of the power of 20 ms) over quiet ones (10th), digital silence left out; 0 where nothing is left.

    An estimate: it needs pauses to hear the room.
    """
    frames = waveform[: len(waveform) // SNR_FRAME * SNR_FRAME].reshape(-1, SNR_FRAME).astype(np.float64)
    power = np.square(frames).mean(axis=1)
    audible = power[power > SILENCE_POWER]
    if not len(audible):
        return 0.0
    loud, quiet = np.percentile(audible, (95, 10))
    return float(10 * np.log10(loud / quiet))


def pitch_hz(waveform: Waveform) -> float | None:
    """Median fundamental of the voiced frames, by autocorrelation; None where no frame is voiced."""
    if len(waveform) < PITCH_FRAME:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(waveform, PITCH_FRAME)[::PITCH_HOP].astype(np.float64)
    frames = (frames - frames.mean(axis=1, keepdims=True)) * np.hanning(PITCH_FRAME)
    correlation = _autocorrelation(frames)
    energy = correlation[:, 0]
    shortest, longest = SAMPLE_RATE_HZ // HIGHEST_PITCH_HZ, SAMPLE_RATE_HZ // LOWEST_PITCH_HZ
    # A window takes from the correlation what its own has lost at that lag.
    window = _autocorrelation(np.hanning(PITCH_FRAME)[None])[0]
    periodicity = correlation[:, shortest:longest] / np.maximum(energy[:, None], 1e-12) / (window[shortest:longest] / window[0])
    # The edges of the range are no peaks: a period there lies outside it.
    inner = periodicity[:, 1:-1]
    peaks = np.where((inner >= periodicity[:, :-2]) & (inner >= periodicity[:, 2:]), inner, 0.0)
    highest = peaks.max(axis=1)
    # Two periods fit a voice nearly as well as one: the first peak that is nearly the highest.
    lags = (peaks >= NEARLY * highest[:, None]).argmax(axis=1) + 1 + shortest
    voiced = (highest > MIN_PERIODICITY) & (energy > SILENCE_POWER * PITCH_FRAME)
    return float(np.median(SAMPLE_RATE_HZ / lags[voiced])) if voiced.any() else None


def _autocorrelation(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(F, N) -> (F, PITCH_FFT), lag by lag."""
    correlation: npt.NDArray[np.float64] = np.fft.irfft(np.abs(np.fft.rfft(frames, PITCH_FFT)) ** 2)
    return correlation
