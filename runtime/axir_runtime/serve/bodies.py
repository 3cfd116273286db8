"""From the body of a request to the arguments of a function, and from results to the body of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from axir_runtime.artifact import Function
from axir_runtime.errors import ArgumentError
from axir_runtime.serve import files, json_form
from axir_runtime.serve.errors import RequestError
from axir_runtime.trees import flatten, leaf_names, unflatten

Array = np.ndarray[Any, Any]

JSON, NPY, NPZ, FORM = "application/json", "application/x-npy", "application/x-npz", "multipart/form-data"
_UNKNOWN = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""What clients send that do not say what they send."""
_MAGIC = ((b"\x93NUMPY", NPY), (b"PK\x03\x04", NPZ))


class Codec:
    """Reads the requests of one function, and writes its results.

    Args:
        function: the function.
        limit: bytes that the arrays of a request may have when unpacked.
    """

    def __init__(self, function: Function, limit: int) -> None:
        self._function = function
        self._limit = limit
        self._parameters = function.entry.parameters
        self._places = [p.name or f"argument {i}" for i, p in enumerate(self._parameters)]
        self._paths = [leaf_names(p.tree, x) for p, x in zip(self._parameters, self._places, strict=True)]
        self.inputs = [
            (path, spec)
            for paths, p in zip(self._paths, self._parameters, strict=True)
            for path, spec in zip(paths, p.specs, strict=True)
        ]
        """What the arrays of a request are called, and their types."""
        names = leaf_names(function.entry.results, "result")
        self.outputs = list(zip(names, function.entry.result_specs, strict=True))
        """The same of results."""

    # Requests. --------------------------------------------------------------------------------------

    def read(self, body: bytes, content_type: str) -> list[Array]:
        """The arrays of a call, in order, just as the function takes them.

        Raises: RequestError, whatever is wrong with the body.
        """
        kind = kind_of(body, content_type)
        if kind == JSON:
            arrays = self._from_json(json_form.parse_json(body) if body.strip() else {})
        elif kind == NPY:
            arrays = self._in_order([files.read_npy(body, "the body")])
        elif kind == NPZ:
            arrays = self._by_path(files.read_npz(body, self._limit))
        else:
            arrays = self._by_path(files.read_form(body, content_type))
        return self._bound(arrays)

    def _bound(self, arrays: Sequence[Array]) -> list[Array]:
        try:
            return self._function.bind(*self.arguments(arrays))
        except ArgumentError as error:
            raise RequestError(400, str(error)) from None

    def arguments(self, arrays: Sequence[Array]) -> list[Any]:
        """The arguments in which these arrays are."""
        left = iter(arrays)
        return [unflatten(p.tree, left) for p in self._parameters]

    def results(self, values: Any) -> list[Array]:
        """The arrays in what the function gave."""
        return flatten(self._function.entry.results, values, "the result")

    def _from_json(self, form: Any) -> list[Array]:
        if not isinstance(form, dict) or not set(form) <= {"inputs"}:
            raise self._error('the body must be an object {"inputs": ...}')
        inputs = form.get("inputs", [])
        if isinstance(inputs, dict):
            values = self._named(inputs)
        elif isinstance(inputs, list) and len(inputs) == len(self._parameters):
            values = inputs
        else:
            got = f"a list of {len(inputs)}" if isinstance(inputs, list) else "neither"
            raise self._error(
                f"'inputs' must be a list of {len(self._parameters)} arguments, or an object; got {got}"
            )
        trees = zip(self._parameters, values, self._places, strict=True)
        leaves = [leaf for p, value, place in trees for leaf in json_form.leaves_of(p.tree, value, place)]
        return [
            json_form.array_of(leaf, spec, path)
            for leaf, (path, spec) in zip(leaves, self.inputs, strict=True)
        ]

    def _named(self, inputs: Mapping[str, Any]) -> list[Any]:
        """Arguments from an object with their names, or with the paths of the arrays in them."""
        left = dict(inputs)
        values = []
        for p, place, paths in zip(self._parameters, self._places, self._paths, strict=True):
            if place in left:
                values.append(left.pop(place))
                continue
            missing = [path for path in paths if path not in left]
            if missing:
                raise self._error(f"{missing[0]!r} is missing" if len(paths) > 1 else f"{place!r} is missing")
            leaves = iter([left.pop(path) for path in paths])
            values.append(json_form.container_form(p.tree, leaves))
        if left:
            raise self._error(f"there is no argument {next(iter(left))!r}")
        return values

    def _by_path(self, given: dict[str, Array]) -> list[Array]:
        """Arrays by the paths of their places, or in order as ``numpy.savez`` numbers them."""
        numbered = [f"arr_{i}" for i in range(len(given))]
        if set(given) == set(numbered):
            return self._in_order([given[name] for name in numbered])
        paths = [path for path, _ in self.inputs]
        if unknown := [name for name in given if name not in paths]:
            raise self._error(f"there is no array {unknown[0]!r}")
        if missing := [path for path in paths if path not in given]:
            raise self._error(f"{missing[0]!r} is missing")
        return self._in_order([given[path] for path in paths])

    def _in_order(self, arrays: Sequence[Array]) -> list[Array]:
        if len(arrays) != len(self.inputs):
            raise self._error(f"{len(self.inputs)} arrays are needed; got {len(arrays)}")
        return [files.fitted(x, spec) for x, (_, spec) in zip(arrays, self.inputs, strict=True)]

    def _error(self, message: str) -> RequestError:
        paths = ", ".join(path for path, _ in self.inputs) or "no arguments"
        return RequestError(400, f"{self._function.entry.name}: {message}; it takes {paths}")

    # Answers. ---------------------------------------------------------------------------------------

    def write(self, arrays: Sequence[Array], kind: str) -> bytes:
        """Results as a body of one of the kinds that ``writable`` allows."""
        if kind == NPY:
            return files.write_npy(arrays[0])
        if kind == NPZ:
            return files.write_npz({name: x for (name, _), x in zip(self.outputs, arrays, strict=True)})
        texts = map(json_form.array_text, arrays)
        return f'{{"result":{json_form.container_text(self._function.entry.results, texts)}}}'.encode()

    def writable(self, accept: str) -> str:
        """The kind of answer that a client wants, of those that there are.

        Raises: RequestError if there is none.
        """
        choices: dict[str, Callable[[], bool]] = {
            "*/*": lambda: True,
            "application/*": lambda: True,
            JSON: lambda: True,
            NPY: lambda: len(self.outputs) == 1,
            NPZ: lambda: True,
        }
        for name in accepted(accept):
            if name in choices and choices[name]():
                return JSON if "*" in name else name
        kinds = f"{JSON} and {NPZ}" if len(self.outputs) != 1 else f"{JSON}, {NPY} and {NPZ}"
        raise RequestError(
            406, f"{self._function.entry.name} answers with {kinds}; asked for {accept[:80]!r}"
        )


def kind_of(body: bytes, content_type: str) -> str:
    """What a body is: as its Content-Type says, or by its first bytes if that says nothing.

    Raises: RequestError for another kind.
    """
    stated = content_type.partition(";")[0].strip().lower()
    if stated in (JSON, NPY, NPZ, FORM):
        return stated
    if stated in _UNKNOWN:
        return next((kind for magic, kind in _MAGIC if body.startswith(magic)), JSON)
    raise RequestError(415, f"the body may be {JSON}, {NPY}, {NPZ} or {FORM}; got {stated[:80]!r}")


def accepted(header: str) -> list[str]:
    """The kinds in an Accept header, the most wanted first; anything if there is none."""
    wanted: list[tuple[float, str]] = []
    for part in header.lower().split(","):
        name, *details = (word.strip() for word in part.split(";"))
        quality = next((word[2:] for word in details if word.startswith("q=")), "1")
        try:
            wanted.append((float(quality), name or "*/*"))
        except ValueError:
            wanted.append((0.0, name))
    return [name for quality, name in sorted(wanted, key=lambda pair: -pair[0]) if quality > 0]
