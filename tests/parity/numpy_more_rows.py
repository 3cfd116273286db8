"""Rows for axir.numpy: joining, looking up, sets, histograms, polynomials, questions about dtypes, files."""

import io
from collections.abc import Callable
from typing import Any

import numpy as onp

from parity.rows import (
    ABOVE_ONE,
    BOOLS,
    COMPLEX,
    HOLES,
    INTS,
    MATRIX,
    OTHER,
    POSITIVE,
    SMALL,
    SQUARE,
    VECTOR,
    Row,
    each,
    on_host,
)

N = "numpy"
CUBE = onp.arange(24, dtype="float32").reshape(2, 3, 4) / 10
BYTES = onp.array([[2, 7, 255], [128, 0, 33]], "uint8")
PLACES = onp.array([[0, 2, 1], [2, 1, 0]], "int32")
COUNTED = onp.array([3, 1, 2, 3, 7, 1, 1], "int32")
IMPORTANT = "allclose array_equal array_equiv"


def _written(module: Any, write: Callable[..., Any]) -> Callable[..., Any]:
    """What comes back from a file in memory."""

    def call(*given: Any) -> Any:
        file = io.BytesIO()
        write(file, *given)
        file.seek(0)
        found = module.numpy.load(file)
        return [found[name] for name in found.files] if hasattr(found, "files") else found

    return call


def _read(_: Any, load: Callable[..., Any]) -> Callable[..., Any]:
    def call() -> Any:
        file = io.BytesIO()
        onp.save(file, MATRIX)
        file.seek(0)
        return load(file)

    return call


def _restored(module: Any, change: Callable[..., Any]) -> Callable[..., Any]:
    """What a change of the print options does to the text of an array."""

    def call(x: Any, **options: Any) -> str:
        before = module.numpy.get_printoptions()
        try:
            change(**options)
            return str(x)
        finally:
            module.numpy.set_printoptions(**before)

    return call


def _printed(_: Any, options: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, **chosen: Any) -> str:
        with options(**chosen):
            return str(x)

    return call


def _option(_: Any, options: Callable[[], dict[str, Any]]) -> Callable[..., Any]:
    return lambda name: options()[name]


def _path(_: Any, plan: Callable[..., Any]) -> Callable[..., Any]:
    """The order of contractions; the report about it is text for people."""
    return lambda *given: plan(*given)[0]


JOINING = [
    *each(N, "concatenate concat hstack vstack stack dstack column_stack block", [VECTOR, OTHER]),
    *each(N, "concatenate concat hstack vstack stack dstack column_stack block", [INTS, OTHER]),
    *each(N, "concatenate concat stack", [MATRIX, MATRIX + 1], axis=1),
    *each(N, "concatenate", [MATRIX, MATRIX + 1], axis=None),
    *each(N, "stack", [VECTOR, OTHER], axis=-1, dtype="bfloat16", without="grad"),
    *each(N, "block", [[SQUARE, SQUARE], [POSITIVE, SQUARE]]),
    *each(N, "dsplit", CUBE, 2),
    *each(N, "vsplit", CUBE, [1]),
    *each(N, "unstack", MATRIX),
    *each(N, "unstack", MATRIX, axis=1),
    *each(N, "append", MATRIX, VECTOR[:4]),
    *each(N, "insert", VECTOR, 2, 5.0),
    *each(N, "insert", MATRIX, 1, VECTOR[:3], axis=1),
    *each(N, "insert", VECTOR, onp.array([1, 3], "int32"), OTHER[:2], without="vmap"),
    *each(N, "delete", VECTOR, 2),
    *each(N, "delete", MATRIX, slice(0, 2), axis=1),
    *on_host(N, "delete", INTS, SMALL[:2]),
    *each(N, "resize", MATRIX, (5, 3)),
    *each(N, "trim_zeros", onp.array([0, 0, 1, 2, 0], "float32"), without="jit grad vmap"),
    *each(N, "vectorize", MATRIX, VECTOR[:4], use=lambda m, f: f(m.numpy.dot, signature="(i,j),(j)->(i)")),
    *each(N, "vectorize", VECTOR, 2.0, use=lambda m, f: f(lambda x, y: m.numpy.where(x > 0, x, y * x))),
    *each(N, "frompyfunc", VECTOR, OTHER, use=lambda m, f: f(m.numpy.add, 2, 1), rtol=2e-5),
    *each(N, "apply_along_axis", MATRIX, use=lambda m, f: lambda x: f(m.numpy.cumsum, 1, x)),
    *each(N, "apply_over_axes", CUBE, use=lambda m, f: lambda x: f(m.numpy.sum, x, [0, 2])),
    *each(N, "fromfunction", use=lambda m, f: lambda: f(m.numpy.hypot, (2, 3)), without="grad vmap"),
    *each(
        N,
        "piecewise",
        VECTOR,
        use=lambda m, f: lambda x: f(x, [x < 0, x > 0.4], [lambda t: -t, m.numpy.sin, 7.0]),
    ),
]
LOOKING_UP = [
    *each(N, "take_along_axis", MATRIX[:2], PLACES, 1),
    *each(N, "take_along_axis", MATRIX, PLACES[0][:, None], -1),
    *each(N, "put_along_axis", MATRIX[:2], PLACES[:, :1], 3.0, 1, inplace=False),
    *each(N, "put", VECTOR, SMALL[:2], OTHER[:2], inplace=False),
    *each(N, "put", VECTOR, onp.array([-1, 9], "int32"), 5.0, mode="clip", inplace=False),
    *each(N, "place", VECTOR, BOOLS, OTHER[:2], inplace=False),
    *each(N, "fill_diagonal", SQUARE, 5.0, inplace=False),
    *each(N, "fill_diagonal", MATRIX, OTHER[:3], inplace=False),
    *each(N, "select", [BOOLS, ~BOOLS], [VECTOR, OTHER], 3.0),
    *each(N, "select", [BOOLS], [INTS], 2.5, without="grad"),
    *each(N, "choose", SMALL % 2, [VECTOR, OTHER], mode="clip"),
    *each(N, "choose", SMALL, [INTS, OTHER], mode="wrap", without="grad"),
    *each(N, "compress", BOOLS, VECTOR, size=3),
    *on_host(N, "compress extract", BOOLS, VECTOR),
    *each(N, "extract", BOOLS, VECTOR, size=4, fill_value=-1),
    *on_host(N, "nonzero argwhere flatnonzero", MATRIX > 0),
    *each(N, "nonzero argwhere flatnonzero", MATRIX > 0, size=7, without="grad"),
    *each(N, "lexsort", [SMALL, INTS], without="grad"),
    *each(N, "ravel_multi_index", [SMALL[:3], SMALL[2:]], (4, 5), mode="clip", without="grad"),
    *each(N, "unravel_index", INTS[:2], (3, 4), without="grad"),
    *each(N, "ix_", SMALL, INTS, without="grad"),
    *each(N, "diag_indices_from tril_indices_from triu_indices_from", SQUARE, without="grad vmap"),
    *on_host(N, "mask_indices", 4, use=lambda m, f: lambda n: f(n, m.numpy.triu)),
    *each(N, "sort_complex", COMPLEX, without="grad"),
    *each(N, "sort_complex", INTS, without="grad"),
    *each(N, "packbits unpackbits", BYTES, without="grad"),
    *each(N, "packbits unpackbits", BYTES, axis=1, bitorder="little", without="grad"),
    *each(N, "unpackbits", BYTES, axis=0, count=10, without="grad"),
    *each(N, "unwrap", VECTOR * 9),
    *each(N, "take repeat", VECTOR, 2),
    *each(N, "sort argsort", MATRIX, axis=0, descending=True, without="grad"),
]
SETS = [
    *on_host(N, "intersect1d setdiff1d setxor1d union1d", COUNTED, SMALL),
    *each(N, "intersect1d setdiff1d setxor1d union1d", COUNTED, SMALL, size=6, without="grad"),
    *each(N, "isin", COUNTED, SMALL, without="grad"),
    *each(N, "isin", COUNTED, SMALL, invert=True, without="grad"),
    *on_host(N, "unique unique_all unique_counts unique_inverse unique_values", COUNTED),
    *on_host(N, "unique", HOLES),
    *on_host(N, "unique", PLACES, axis=0, return_counts=True, return_inverse=True, return_index=True),
    *each(
        N,
        "unique_all unique_counts unique_inverse unique_values unique",
        COUNTED,
        size=5,
        fill_value=0,
        without="grad",
    ),
    *each(N, IMPORTANT, VECTOR, OTHER, without="grad"),
    *each(N, IMPORTANT, HOLES, HOLES, without="grad"),
    *each(N, "allclose array_equal", HOLES, HOLES, equal_nan=True, without="grad"),
    *each(N, "array_equiv", VECTOR[:1], VECTOR, without="grad"),
]
HISTOGRAMS = [
    *each(N, "histogram", VECTOR, 4, without="grad"),
    *each(N, "histogram", VECTOR, 3, range=(-1.0, 1.0), density=True, without="grad"),
    *each(N, "histogram", VECTOR, 3, weights=OTHER, without="jit grad vmap"),
    *each(N, "histogram_bin_edges", VECTOR, 4),
    *each(N, "histogram_bin_edges", INTS, 4, without="grad"),
    *each(N, "histogram2d", VECTOR, OTHER, 3, without="grad"),
    *each(N, "histogramdd", MATRIX[:, :2], 2, without="grad"),
    *each(N, "bincount", SMALL, length=4, weights=OTHER, without="jit grad vmap"),
    *each(N, "cov corrcoef", MATRIX, rowvar=False, rtol=1e-4),
    *each(N, "average", MATRIX, axis=1, weights=OTHER[:4]),
    *each(N, "interp", VECTOR, onp.array([-0.5, 0.0, 0.5], "float32"), OTHER[:3], left=2.0, period=3.0),
]
POLYNOMIALS = [
    *each(N, "poly", ABOVE_ONE, rtol=1e-4),
    *each(N, "poly", SQUARE, without="grad", rtol=1e-3),
    *each(N, "polydiv", VECTOR, OTHER[:2], rtol=1e-3),
    *each(N, "polyfit", VECTOR, OTHER, 2, rtol=2e-3),
    *each(N, "polyfit", ABOVE_ONE, ABOVE_ONE**2, 1, full=True, without="grad vmap", rtol=2e-3),
    *each(N, "roots", onp.array([1, -6, 11, -6], "float32"), strip_zeros=False, without="grad", rtol=1e-3),
    *on_host(N, "roots", onp.array([0, 1, -3, 2], "float32"), rtol=1e-3),
    *each(N, "einsum", "ij,jk->ik", SQUARE, POSITIVE),
    *each(N, "einsum", "ii", SQUARE),
    *each(N, "einsum", "ij,ij,j->i", MATRIX, MATRIX, OTHER[:4]),
    *each(N, "einsum", "...j,j", CUBE, OTHER[:4]),
    *each(N, "einsum", "i,j", INTS, SMALL, preferred_element_type="float32", without="grad"),
    *on_host(N, "einsum_path", "ij,jk,kl->il", MATRIX, MATRIX.T, MATRIX, use=_path),
]
QUESTIONS = [
    *on_host(N, "ndim shape size", CUBE),
    *on_host(N, "ndim shape size", 3.5),
    *on_host(N, "size", CUBE, axis=1),
    *on_host(N, "iscomplexobj isrealobj isscalar iterable", COMPLEX),
    *on_host(N, "iscomplexobj isrealobj isscalar iterable", 2.5),
    *on_host(N, "isdtype", onp.dtype("int8"), "signed integer"),
    *on_host(N, "isdtype", onp.dtype("float16"), ("integral", "complex floating")),
    *on_host(N, "issubdtype", onp.float32, onp.floating),
    *on_host(N, "issubdtype", "int8", onp.unsignedinteger),
    *on_host(N, "can_cast", "int32", "float32"),
    *on_host(N, "can_cast", "float32", "int32", casting="same_kind"),
    *on_host(N, "promote_types", "int32", "bfloat16"),
    *on_host(N, "promote_types", "uint8", "int8"),
    *on_host(N, "promote_types", "uint32", "int32"),
    *on_host(N, "result_type", VECTOR, INTS),
    *on_host(N, "result_type", INTS, 2.5),
    *on_host(N, "result_type", "uint8", 3),
    *on_host(N, "broadcast_shapes", (3, 1), (4,), ()),
    *on_host(N, "array_repr array_str", MATRIX),
    *on_host(N, "array_repr", INTS, precision=3),
    *each(N, "astype", VECTOR * 9, "int8", without="grad"),
    *each(N, "astype", VECTOR, "bfloat16"),
    *each(N, "astype", INTS, bool, without="grad"),
    *each(N, "empty_like", MATRIX[:0], without="grad vmap"),
    *each(N, "zeros_like ones_like", INTS, dtype="float16", shape=(2,), without="grad"),
]
FILES = [
    *on_host(N, "save savez", MATRIX, use=_written),
    *on_host(N, "load", use=_read),
    *on_host(N, "frombuffer", INTS.tobytes(), "int32"),
    *on_host(N, "fromstring", "1, 2, 3.5", sep=","),
    *on_host(N, "fromiter", use=lambda m, f: lambda: f(iter([1, 2, 3]), "int32")),
    *on_host(N, "fromfile", use=lambda m, f: lambda: f("/dev/null", "float32")),
    *on_host(N, "from_dlpack", MATRIX),
    *on_host(N, "set_printoptions", VECTOR, use=_restored, precision=1),
    *on_host(N, "printoptions", VECTOR, use=_printed, precision=2),
    *on_host(N, "get_printoptions", "precision", use=_option),
]
ROWS: list[Row] = [
    *JOINING,
    *LOOKING_UP,
    *SETS,
    *HISTOGRAMS,
    *POLYNOMIALS,
    *QUESTIONS,
    *FILES,
]
