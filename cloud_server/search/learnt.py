"""Weights that were learnt, as a file: written by `harken-server feedback fit`, read when a server starts."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloud_server.search.weights import SHIPPED, WAYS, Weights, as_mapping
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)

FORMAT = 1


def write_weights(path: Path, weights: Weights, about: Mapping[str, Any]) -> None:
    """about: what they were learnt from, for people. Raises: ConfigurationError: it cannot be written."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"format": FORMAT, "weights": as_mapping(weights), **about}, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: weights cannot be written: {error.strerror}") from error


def read_weights(path: Path) -> Weights:
    """Raises: ConfigurationError: it is not there or not what was written."""
    try:
        facts = json.loads(path.read_bytes())
        if facts["format"] != FORMAT:
            raise ConfigurationError(f"{path}: format is {facts['format']!r}, this version reads {FORMAT}")
        found = facts["weights"]
        if found.keys() != set(WAYS):
            raise ConfigurationError(f"{path}: has weights of {', '.join(sorted(found))}; there must be {', '.join(WAYS)}")
        for way, weight in found.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
                raise ConfigurationError(f"{path}: the weight of {way} is {weight!r}, must be a number from 0")
        return Weights(**found)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: is no file of weights ({error})") from error


def weights_or_shipped(path: Path | None) -> Weights:
    """The shipped ones where there is no file, or none that can be read: a worse order of hits is better than no server."""
    if path is None:
        return SHIPPED
    try:
        return read_weights(path)
    except ConfigurationError as error:
        log.error("searching with the weights that are shipped: %s", error)
        return SHIPPED
