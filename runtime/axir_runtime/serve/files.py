"""Arrays as NumPy's files: ``.npy``, ``.npz``, and several ``.npy`` in a form."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from axir_runtime.serve.errors import RequestError
from axir_runtime.signature import Spec

Array = np.ndarray[Any, Any]
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(data: bytes, where: str) -> Array:
    """The array in a ``.npy`` file, without a copy.

    Raises: RequestError if it is none, or one of Python objects.
    """
    file = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
    except Exception:  # NumPy raises whatever its parser does
        raise RequestError(400, f"{where} is no .npy file") from None
    if dtype.hasobject or dtype.kind not in "biufcV" or not dtype.itemsize or dtype.fields is not None:
        raise RequestError(400, f"{where} has the dtype {dtype}, which no function takes")
    found, size = len(data) - file.tell(), math.prod(shape) * dtype.itemsize
    # Compared before any memory is asked for: a header may say anything.
    if found != size or not all(0 <= n < 1 << 48 for n in shape) or len(shape) > 64:
        raise RequestError(
            400, f"{where} is damaged: {dtype}{list(shape)} has {size} bytes, the file {found}"
        )
    array = np.frombuffer(data, dtype, offset=file.tell()) if size else np.empty(0, dtype)
    try:
        return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
    except ValueError:  # no elements, but sizes that no array can have
        raise RequestError(400, f"{where} is damaged: no array has the shape {list(shape)}") from None


def read_npz(data: bytes, limit: int) -> dict[str, Array]:
    """The arrays of a ``.npz`` file by name.

    Raises: RequestError if it is none, or larger than ``limit`` bytes when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > limit:
                raise RequestError(413, f"the arrays are larger than {limit} bytes when unpacked")
            contents = {m.filename.removesuffix(".npy"): archive.read(m) for m in members}
    except RequestError:
        raise
    except Exception:  # zipfile raises errors of many modules
        raise RequestError(400, "the body is no .npz file") from None
    if len(contents) != len(members):
        raise RequestError(400, "the .npz file has two arrays of one name")
    return {name: read_npy(content, f"{name!r} in the body") for name, content in contents.items()}


_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_FIELD = re.compile(rb'^content-disposition:[^\r\n]*;\s*name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)


def read_form(data: bytes, content_type: str) -> dict[str, Array]:
    """The arrays of a ``multipart/form-data`` body, each a ``.npy`` file, by the names of the fields.

    Raises: RequestError if it is none.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise RequestError(400, "the Content-Type has no boundary")
    line = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    parts = (b"\r\n" + data).split(line)
    if len(parts) < 2 or parts[0] or not parts[-1].startswith(b"--"):
        raise RequestError(400, "the body is not divided as its Content-Type says, or not complete")
    arrays: dict[str, Array] = {}
    for part in parts[1:-1]:
        # An empty line ends the headers of a part.
        head, _, content = part.partition(b"\r\n\r\n")
        field = _FIELD.search(head)
        if field is None:
            raise RequestError(400, "a part of the body has no name")
        name = field[1].decode("utf-8", "replace")
        if name in arrays:
            raise RequestError(400, f"the body has two parts of the name {name!r}")
        arrays[name] = read_npy(content, f"{name!r} in the body")
    return arrays


def fitted(array: Array, spec: Spec) -> Array:
    """An array whose dtype NumPy's files cannot name (bfloat16, float8) as what it is."""
    if array.dtype.kind == "V" and spec.dtype.kind == "V" and array.dtype.itemsize == spec.dtype.itemsize:
        return np.ascontiguousarray(array).view(spec.dtype).reshape(array.shape)
    return array


def write_npy(array: Array) -> bytes:
    """An array as a ``.npy`` file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def write_npz(arrays: Mapping[str, Array]) -> bytes:
    """Arrays as a ``.npz`` file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", write_npy(array))
    return file.getvalue()
