"""Archives of parameters in IREE's format (``.irpa``)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from iree.runtime import ParameterIndex


def parameter_archive(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """The contents of a parameter archive with these arrays."""
    index = ParameterIndex()
    kept = {key: np.ascontiguousarray(x).reshape(-1).view(np.uint8) for key, x in arrays.items()}
    for key, x in kept.items():
        # The index reads the memory when the file is written, and takes no read-only one.
        index.add_buffer(key, x if x.flags.writeable else x.copy())
    with tempfile.TemporaryDirectory(prefix="axir-") as folder:
        path = os.path.join(folder, "parameters.irpa")
        index.create_archive_file(path)
        with open(path, "rb") as file:
            return file.read()
