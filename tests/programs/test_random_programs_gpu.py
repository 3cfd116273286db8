"""Random programs on a Vulkan device: values, gradients and batches, against the same programs evaluated with NumPy.

The normal run takes a few short ones, always the same. ``make fuzz-vulkan`` draws longer ones until AXIR_FUZZ_SECONDS
are over.
"""

import time

import numpy as onp
import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from random_functions import arguments
from test_random_programs import (
    FLAT,
    FUZZ_SECONDS,
    NESTED,
    PROGRAMS,
    evaluated,
    run,
    same,
    values_and_gradients,
)

import axir
from axir.errors import PlatformError
from axir_runtime import Device

pytestmark = pytest.mark.gpu

# Each kernel takes a third of a second to compile.
SHORT = st.lists(st.one_of(FLAT, FLAT, NESTED), min_size=1, max_size=2).map(tuple)

# The dtype that some steps compute in, and how far results may differ from evaluated ones.
DTYPES = {"float32": ("float16", 1e-2), "float64": ("float32", 1e-4)}


@pytest.fixture(scope="module")
def device() -> Device:
    try:
        return axir.devices("vulkan")[0]
    except PlatformError as error:
        pytest.skip(str(error))


def law(device: Device, dtype: str):
    """The law of a list of programs whose arguments are of a dtype."""
    narrow, tolerance = DTYPES[dtype]

    def on_the_device(programs):
        with axir.enable_x64(dtype == "float64"):
            args = [onp.asarray(x, dtype if x.dtype.kind == "f" else x.dtype) for x in arguments(14)]
            f = values_and_gradients(programs, args, narrow=narrow)
            if FUZZ_SECONDS:
                print(programs, flush=True)
            same(axir.jit(f, device=device)(*args), evaluated(f, *args), tolerance)

    return on_the_device


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_programs(device: Device, dtype: str) -> None:
    # The first example that is drawn is always a trivial one.
    programs = st.lists(SHORT, min_size=2, max_size=2)
    run(law(device, dtype), 2, programs, derandomize=True, phases=[Phase.generate])


@pytest.mark.skipif(not FUZZ_SECONDS, reason="AXIR_FUZZ_SECONDS says how long to look for programs")
def test_other_programs(device: Device) -> None:
    """Ever new programs, until the time is over."""
    end = time.monotonic() + FUZZ_SECONDS
    while time.monotonic() < end:
        for dtype in DTYPES:
            run(law(device, dtype), 4, st.lists(SHORT, min_size=2, max_size=2), phases=[Phase.generate])
        run(law(device, "float32"), 2, st.lists(PROGRAMS, min_size=1, max_size=1), phases=[Phase.generate])
