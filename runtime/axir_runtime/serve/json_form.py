"""Arrays and their containers as JSON, in both directions.

| dtype | an element in JSON |
|---|---|
| floats | a number, or ``"NaN"``, ``"Infinity"``, ``"-Infinity"`` |
| integers | a whole number, without point and exponent |
| bool | ``true`` or ``false`` |
| complex | ``[real, imaginary]`` |

An array is nested lists of elements, or ``{"data": lists, "shape": [...], "dtype": "..."}``, of which ``shape`` and
``dtype`` may be left out of requests. Containers are lists and objects.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from axir_runtime.serve.errors import RequestError
from axir_runtime.signature import Spec
from axir_runtime.trees import Tree

Array = np.ndarray[Any, Any]

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_ELEMENTS: dict[str, tuple[set[type], str]] = {
    "b": ({bool}, "true and false"),
    "i": ({int}, "whole numbers"),
    "u": ({int}, "whole numbers"),
}
_NUMBERS = {int, float, str}, 'numbers, "NaN", "Infinity" and "-Infinity"'
_WORDS = {
    bool: "a boolean",
    int: "a whole number",
    float: "a number with a point",
    str: "a text",
    list: "a list",
}


# Requests. ------------------------------------------------------------------------------------------


def parse_json(body: bytes) -> Any:
    """The value of a body.

    Raises: RequestError if it is no JSON.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_object)
    except RecursionError:
        raise RequestError(400, "the body is nested too deep") from None
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is no JSON: byte {error.start} is no UTF-8") from None
    except ValueError as error:
        raise RequestError(400, f"the body is no JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise ValueError(f"an object has the key {twice!r} twice")
    return found


def leaves_of(tree: Tree, value: Any, where: str) -> list[Any]:
    """The forms of the arrays in a container; ``where`` is what messages call it.

    Raises: RequestError if the container is another one.
    """
    if tree.kind == "leaf":
        return [value]
    if tree.kind == "none":
        if value is not None:
            raise RequestError(400, f"{where} must be null; got {_word(value)}")
        return []
    items = _items_by_key(tree, value, where) if _has_keys(tree) else _items_in_order(tree, value, where)
    pairs = zip(key_texts(tree), tree.items, items, strict=True)
    return [leaf for key, item, inner in pairs for leaf in leaves_of(item, inner, f"{where}[{key}]")]


def _items_by_key(tree: Tree, value: Any, where: str) -> list[Any]:
    keys = key_texts(tree)
    if not isinstance(value, dict) or set(value) != set(keys):
        got = f"one with the keys {list(value)}" if isinstance(value, dict) else _word(value)
        raise RequestError(400, f"{where} must be an object with the keys {keys}; got {got}")
    return [value[key] for key in keys]


def _items_in_order(tree: Tree, value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != len(tree.items):
        got = f"{len(value)}" if isinstance(value, list) else _word(value)
        raise RequestError(400, f"{where} must be a list of {len(tree.items)} items; got {got}")
    return value


def array_of(form: Any, spec: Spec, where: str) -> Array:
    """An array of the dtype of ``spec``; its shape is compared by the call.

    Raises: RequestError if the form is none.
    """
    stated = None
    if isinstance(form, dict):
        form, stated = _explicit(form, spec, where)
    elements, shape = _flattened(form, spec, where)
    pair = (2,) if spec.dtype.kind == "c" else ()
    if stated is not None:
        shape = (*stated, *pair)
    elif 0 in shape and len(shape) < len(spec.shape) + len(pair):
        rest = (*spec.shape, *pair)[len(shape) :]
        shape = (*shape, *(n if isinstance(n, int) else 0 for n in rest))
    if len(shape) != len(spec.shape) + len(pair) or (pair and shape[-1] != 2):
        got = "a number" if not shape else f"lists of the shape {list(shape)}"
        raise RequestError(400, f"{where} must be {spec}{' in pairs' if pair else ''}; got {got}")
    if math.prod(shape) != len(elements):
        raise RequestError(400, f"{where}: the shape {list(shape)} is not that of {len(elements)} elements")
    array = _converted(elements, spec, where)
    try:
        array = array.reshape(shape)
    except ValueError:  # no elements, but sizes that no array can have
        raise RequestError(400, f"{where} must be {spec}; got the shape {list(shape)}") from None
    return array if not pair else _complex(array, spec)


def _explicit(form: dict[str, Any], spec: Spec, where: str) -> tuple[Any, tuple[int, ...] | None]:
    """The data and the shape of an array that is written as an object."""
    if "data" not in form or not set(form) <= {"data", "shape", "dtype"}:
        raise RequestError(400, f"{where} must be {spec}: lists, or an object with 'data', 'shape', 'dtype'")
    if form.get("dtype", str(spec.dtype)) != str(spec.dtype):
        raise RequestError(400, f"{where} must be {spec}; got the dtype {str(form['dtype'])[:40]!r}")
    shape = form.get("shape")
    if shape is None:
        return form["data"], None
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise RequestError(400, f"{where}: 'shape' must be a list of sizes")
    return form["data"], tuple(shape)


def _flattened(form: Any, spec: Spec, where: str) -> tuple[list[Any], tuple[int, ...]]:
    """The elements of nested lists in order, and the shape; level by level, so that no step of it is Python's."""
    level: list[Any] = [form]
    shape: list[int] = []
    while level and type(level[0]) is list:
        lengths = set(map(len, level)) if set(map(type, level)) == {list} else ()
        if len(lengths) != 1:
            raise RequestError(400, f"{where} must be {spec}; the lists have different lengths or depths")
        shape += lengths
        level = list(chain.from_iterable(level))
    return level, tuple(shape)


def _converted(elements: list[Any], spec: Spec, where: str) -> Array:
    kind = spec.dtype.kind
    allowed, words = _ELEMENTS.get(kind, _NUMBERS)
    types = set(map(type, elements))
    if not types <= allowed:
        wrong = next(e for e in elements if type(e) not in allowed)
        raise RequestError(400, f"{where} must be {spec}, of {words}; got {_word(wrong)}")
    try:
        if kind in "biu":
            return np.array(elements, spec.dtype)
        return _floats([_number(e) for e in elements] if str in types else elements, spec)
    except OverflowError:
        raise RequestError(
            400, f"{where} must be {spec}, which cannot hold all of the numbers given"
        ) from None
    except KeyError as error:
        raise RequestError(400, f"{where} must be {spec}, of {words}; got the text {error}") from None


def _number(element: Any) -> Any:
    return _SPECIAL[element] if isinstance(element, str) else element


def _floats(elements: list[Any], spec: Spec) -> Array:
    """The elements as floats; of complex dtypes as the real numbers in them.

    Raises: OverflowError if a number becomes infinite (or NaN, where there is no infinity).
    """
    exact = np.array(elements, np.float64)
    with np.errstate(all="ignore"):
        array = exact.astype(_part(spec))
        if not np.array_equal(np.isfinite(array), np.isfinite(exact)):
            raise OverflowError
    return array


def _part(spec: Spec) -> np.dtype[Any]:
    """The dtype of the real part."""
    return np.dtype(f"f{spec.dtype.itemsize // 2}") if spec.dtype.kind == "c" else spec.dtype


def _complex(pairs: Array, spec: Spec) -> Array:
    return np.ascontiguousarray(pairs).view(spec.dtype)[..., 0]


def _word(value: Any) -> str:
    if value is None:
        return "null"
    return "an object" if isinstance(value, dict) else _WORDS.get(type(value), type(value).__name__)


# Answers. -------------------------------------------------------------------------------------------

_PIECE = 1 << 13
"""Elements that are written at once: between pieces other threads run, such as the one that answers requests."""


def container_form(tree: Tree, leaves: Iterator[Any]) -> Any:
    """A container with the next of ``leaves`` for each array."""
    if tree.kind == "leaf":
        return next(leaves)
    if tree.kind == "none":
        return None
    items = [container_form(item, leaves) for item in tree.items]
    return dict(zip(key_texts(tree), items, strict=True)) if _has_keys(tree) else items


def container_text(tree: Tree, leaves: Iterator[str]) -> str:
    """JSON of a container with the next of ``leaves``, which are JSON, for each array."""
    if tree.kind == "leaf":
        return next(leaves)
    if tree.kind == "none":
        return "null"
    items = [container_text(item, leaves) for item in tree.items]
    if not _has_keys(tree):
        return f"[{','.join(items)}]"
    pairs = zip(map(json.dumps, key_texts(tree)), items, strict=True)
    return f"{{{','.join(f'{key}:{item}' for key, item in pairs)}}}"


def array_text(array: Array) -> str:
    """JSON ``{"dtype": ..., "shape": ..., "data": nested lists}``; numbers are written in full."""
    shape = _dumps(list(array.shape))
    return f'{{"dtype":"{array.dtype}","shape":{shape},"data":{_data_text(array)}}}'


def _data_text(array: Array) -> str:
    if array.size <= _PIECE:
        return _dumps(_lists(array))
    row = array.size // len(array)
    if row > _PIECE:
        return f"[{','.join(map(_data_text, array))}]"
    step = _PIECE // row
    pieces = (array[i : i + step] for i in range(0, len(array), step))
    return f"[{','.join(_dumps(_lists(piece))[1:-1] for piece in pieces)}]"


def _dumps(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _lists(array: Array) -> Any:
    kind = array.dtype.kind
    if kind in "biu":
        return array.tolist()
    if kind == "c":
        array = np.stack([array.real, array.imag], -1)
    values = array.astype(np.float64) if kind == "V" else array
    return values.tolist() if np.isfinite(values).all() else _named(values.tolist())


def _named(value: Any) -> Any:
    """Nested lists with names for what JSON has no numbers for."""
    if isinstance(value, list):
        return [_named(item) for item in value]
    if math.isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _has_keys(tree: Tree) -> bool:
    return tree.kind in ("dict", "ordered_dict", "namedtuple")


def key_texts(tree: Tree) -> Sequence[str]:
    """The keys of a container as JSON writes them; where two would be the same, as Python does."""
    texts = [key if isinstance(key, str) else json.dumps(key) for key in tree.keys]
    return texts if len(set(texts)) == len(texts) else [repr(key) for key in tree.keys]
