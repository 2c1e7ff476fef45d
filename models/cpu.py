"""What this processor's INT8 instructions can do: exact u8 x s8 products, or products that overflow."""

from __future__ import annotations

import platform
from pathlib import Path

# Without one of these, x86 multiplies u8 by s8 in pairs that saturate at 16 bits: wrong sums for loud activations, and nobody is told.
DOT_PRODUCT_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
CPUINFO = Path("/proc/cpuinfo")


def has_exact_int8(machine: str | None = None, cpuinfo: Path = CPUINFO) -> bool:
    """Whether u8 x s8 products are summed in 32 bits throughout. Unknown counts as no: what then runs is slower, never wrong."""
    if (machine or platform.machine()).lower() in ("aarch64", "arm64"):
        return True  # onnxruntime's NEON kernels widen before they add
    try:
        text = cpuinfo.read_text()
    except OSError:
        return False
    return not DOT_PRODUCT_FLAGS.isdisjoint(text.split())
