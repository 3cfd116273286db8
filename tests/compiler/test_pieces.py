"""Functions of large arrays, which are evaluated in pieces on several threads."""

import multiprocessing

import numpy as np
import pytest

from axir_compiler.ops import OPS
from axir_compiler.ops.pieces import in_pieces

SIZE = 300_001
X = np.random.default_rng(0).standard_normal(SIZE).astype(np.float32)


def test_pieces_are_put_together_in_order() -> None:
    x = X[:-1].reshape(100, 3000)
    np.testing.assert_array_equal(in_pieces(lambda x, y: 2 * x + y, [x, x]), 3 * x)
    assert in_pieces(np.isfinite, [X]).dtype == bool


def test_one_number_in_all_places() -> None:
    seven = np.broadcast_to(np.float32(7), (3, 100_000))
    x = X[: seven.size].reshape(seven.shape)
    np.testing.assert_array_equal(in_pieces(np.add, [x, seven]), x + 7)


def test_arrays_in_another_order() -> None:
    x = X[:-1].reshape(100, 3000)
    np.testing.assert_array_equal(in_pieces(np.negative, [x.T]), -x.T)


def test_errors_of_a_piece_surface() -> None:
    def refuse(x: np.ndarray) -> np.ndarray:
        if X[-1] in x:
            raise ZeroDivisionError("the last piece")
        return x

    with pytest.raises(ZeroDivisionError, match="the last piece"):
        in_pieces(refuse, [X])


def test_warnings_are_off_in_all_threads() -> None:
    assert np.isnan(in_pieces(np.log, [-np.abs(X) - 1])).all()


@pytest.mark.parametrize("op", ["expm1", "log1p", "erf", "lgamma"])
def test_ops_of_large_arrays(op: str) -> None:
    whole = OPS[op].numpy(np.abs(X))
    parts = [OPS[op].numpy(np.abs(x)) for x in np.array_split(X, 10)]
    np.testing.assert_array_max_ulp(whole, np.concatenate(parts), 1)


def test_select_of_large_arrays() -> None:
    chosen = X > 0
    for dtype in (np.bool_, np.int8, np.float16, np.float32, np.int64, np.complex128):
        a, b = (10 * X).astype(dtype), (7 * X + 1).astype(dtype)
        np.testing.assert_array_equal(OPS["select"].numpy(chosen, a, b), np.where(chosen, a, b), strict=True)


def test_zeros_of_extrema_have_their_sign() -> None:
    x, y = (np.resize(np.array(v, np.float32), SIZE) for v in ([0, -0.0, 0, -0.0, 1], [0, 0, -0.0, -0.0, -1]))
    np.testing.assert_array_equal(np.signbit(OPS["max"].numpy(x, y))[:5], [False, False, False, True, False])
    np.testing.assert_array_equal(np.signbit(OPS["min"].numpy(x, y))[:5], [False, True, True, True, True])


def _in_child() -> None:
    np.testing.assert_array_equal(in_pieces(np.negative, [X]), -X)


def test_a_forked_child_has_workers_of_its_own() -> None:
    in_pieces(np.negative, [X])
    child = multiprocessing.get_context("fork").Process(target=_in_child)
    child.start()
    child.join(60)
    assert child.exitcode == 0
