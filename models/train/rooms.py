"""Impulse responses of shoebox rooms by the image method (Allen and Berkley 1979). Pure numpy.

torchaudio's simulator was in its prototypes, which 2.11 no longer has.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protos.messages import SAMPLE_RATE_HZ

SPEED_OF_SOUND_M_S = 343.0
# A kitchen to a hall, metres; nobody stands nearer to a wall than this.
SMALLEST_M, LARGEST_M, FROM_WALL_M = (2.0, 2.0, 2.2), (8.0, 7.0, 3.5), 0.3
# Of pressure, at every wall: concrete is near the upper end, curtains near the lower.
REFLECTION = (0.3, 0.9)
# Six reflections at 0.9 are 3 dB each way of the direct sound's tail; what comes later is under the noise that is added anyway.
MAX_ORDER = 6

Response = npt.NDArray[np.float32]


def random_room(random: np.random.Generator) -> Response:
    """(L,) float32: the direct sound is sample 0 and 1.0, so that a clip stays where it was in time and loudness."""
    size = random.uniform(SMALLEST_M, LARGEST_M)
    source, microphone = (random.uniform(FROM_WALL_M, size - FROM_WALL_M) for _ in range(2))
    return image_response(size, source, microphone, random.uniform(*REFLECTION))


def image_response(
    size_m: npt.ArrayLike, source_m: npt.ArrayLike, microphone_m: npt.ArrayLike, reflection: float, order: int = MAX_ORDER
) -> Response:
    """All walls alike. Every image source gives one impulse, 1/distance loud, weaker by `reflection` a wall; scaled and moved to the direct one."""
    size, source, microphone = (np.asarray(point, np.float64) for point in (size_m, source_m, microphone_m))
    cells = np.stack(np.meshgrid(*[np.arange(-order, order + 1)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    mirrored = np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(1, -1, 3)
    walls = np.abs(2 * cells - mirrored).sum(-1).ravel()
    images = (2 * cells * size + np.where(mirrored, -source, source)).reshape(-1, 3)
    near = walls <= order
    distance = np.maximum(np.linalg.norm(images[near] - microphone, axis=1), 0.1)
    direct = max(float(np.linalg.norm(source - microphone)), 0.1)
    delays = np.rint((distance - direct) / SPEED_OF_SOUND_M_S * SAMPLE_RATE_HZ).astype(np.int64)
    response = np.zeros(delays.max() + 1)
    np.add.at(response, delays, direct / distance * reflection ** walls[near])
    scaled: Response = (response / response[0]).astype(np.float32)
    return scaled
