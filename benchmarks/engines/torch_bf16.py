"""torch in bfloat16 (autocast), one thread a stream."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.engines.job import STREAMS, Hear, Job
from benchmarks.engines.torch_model import load_model
from models.features import Waveform


def sessions(job: Job) -> list[Hear]:
    torch.set_num_threads(1)
    model = load_model(job.checkpoint)

    def hear(waveform: Waveform) -> npt.NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            logits: npt.NDArray[np.float32] = model(torch.from_numpy(waveform)[None])[0].float().numpy()
        return logits

    return [hear] * STREAMS
