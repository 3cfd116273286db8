"""Functions that remember their programs: from the third call of a kind on they are plans, and nothing else changes."""

import threading
import warnings

import numpy as onp
import pytest
from numpy_cases import ALL, POOL, arguments, title, words
from numpy_more_cases import MORE

import axir
import axir.numpy as np
from axir import lax, nn, random
from axir._src import pytree, remember
from axir._src.remember import remembered

ROWS = [row for rows in (*ALL.values(), *MORE.values()) for row in rows]
ACTIVATIONS = words(
    "relu relu6 sigmoid log_sigmoid softplus soft_sign silu mish hard_tanh hard_sigmoid leaky_relu elu celu selu gelu "
    "squareplus sparse_plus sparse_sigmoid log1mexp softmax log_softmax logsumexp standardize"
)


@pytest.fixture(autouse=True)
def _nothing_known():
    remember.forget()


def _same(found, expected):
    """Equal bits, dtypes, weak types and structures."""
    (xs, tree), (ys, wanted) = pytree.flatten(found), pytree.flatten(expected)
    assert tree == wanted
    for x, y in zip(xs, ys, strict=True):
        if not isinstance(y, axir.Array):
            assert x == y or (x != x and y != y)
            continue
        assert (x.dtype, x.shape, x.weak_type) == (y.dtype, y.shape, y.weak_type)
        assert onp.asarray(x).tobytes() == onp.asarray(y).tobytes()


def _plans():
    return [x for x in remember._known.values() if not isinstance(x, int)]


def _four_times(function):
    first = function()
    for _ in range(3):
        _same(function(), first)


def test_functions_of_numpy() -> None:
    for row in ROWS:
        given = [np.asarray(x) for x in arguments(row, POOL)]
        try:
            _four_times(lambda row=row, given=given: row(np, *given))
        except AssertionError as error:
            raise AssertionError(title(row)) from error
    assert len(_plans()) > 100


def test_arguments_that_are_weak_or_of_other_dtypes() -> None:
    for x in (np.asarray(0.7), np.arange(5), np.arange(4) > 1, np.linspace(-2, 2, 7).astype("float16")):
        for name in ("remainder", "hypot", "logaddexp", "floor_divide", "isclose", "fmax", "copysign"):
            if x.dtype != bool:
                _four_times(lambda x=x, name=name: getattr(np, name)(x, 2))
        for name in ("mean", "var", "sum", "cumsum", "argmax", "any", "round", "nan_to_num", "median", "ptp"):
            if x.dtype != bool or name not in ("median", "ptp"):
                _four_times(lambda x=x, name=name: getattr(np, name)(x))


def test_activations() -> None:
    for x in (
        np.linspace(-4, 4, 13),
        np.asarray([onp.nan, onp.inf, -onp.inf, -0.0, 0.0, 1e-30]),
        np.asarray(0.5),
    ):
        for name in ACTIVATIONS:
            if x.ndim or name not in ("softmax", "log_softmax", "standardize"):
                _four_times(lambda name=name, x=x: getattr(nn, name)(x))


def test_random_numbers_of_typed_and_plain_keys() -> None:
    for key in (random.key(3), random.PRNGKey(3)):
        for draw in (
            lambda k: random.normal(k, (5,)),
            lambda k: random.uniform(k, (2, 3), minval=-1.0),
            lambda k: random.randint(k, (4,), 0, 9),
            lambda k: random.split(k, 3),
            lambda k: random.fold_in(k, 7),
            lambda k: random.bernoulli(k, 0.3, (6,)),
            lambda k: random.permutation(k, 6),
        ):
            _four_times(lambda draw=draw, key=key: draw(key))
    assert isinstance(random.split(random.key(3), 3), type(random.key(3)))


def test_new_values_meet_the_program_of_the_old_ones() -> None:
    for _ in range(4):
        np.var(np.arange(6.0))
    assert len(_plans()) == 1
    x = onp.array([3, 1, 4, 1, 5, 9], onp.float32)
    assert np.allclose(np.var(np.asarray(x)), x.var())


def test_kinds_that_python_takes_for_equal_are_told_apart() -> None:
    x = np.asarray([-1.0, 1.0])
    for _ in range(4):
        assert onp.signbit(np.copysign(x, -0.0)).all()
        assert not onp.signbit(np.copysign(x, 0.0)).any()
        assert np.remainder(np.arange(3), 2).dtype == "int32"
        assert np.remainder(np.arange(3), 2.0).dtype == "float32"
        assert np.stack([x, x], 1).shape == (2, 2)
        assert np.roll(x, 1).tolist() == [1, -1]
        with pytest.raises(axir.errors.ShapeError):
            np.roll(x, 1.0)


def test_options_of_the_configuration_are_told_apart() -> None:
    for _ in range(4):
        assert np.mean(np.arange(4)).dtype == "float32"
        with axir.enable_x64():
            assert np.mean(np.arange(4)).dtype == "float64"


def test_errors_and_warnings_come_each_time() -> None:
    x = np.arange(4.0)
    for _ in range(5):
        with pytest.raises(ValueError, match="sum: axis"):
            np.sum(x, 3)
        with pytest.warns(UserWarning, match="float64 was requested"):
            np.sum(x, dtype="float64")


def test_values_that_python_needs() -> None:
    counts = np.asarray([1, 2])
    for n in range(5):
        assert np.repeat(np.arange(2), counts + n).shape == (3 + 2 * n,)


def test_searching_for_nan_sees_each_operation() -> None:
    x = np.asarray([-1.0])
    for _ in range(4):
        np.log2(x)
    with axir.debug_nans(), pytest.raises(FloatingPointError):
        np.log2(x)


def test_functions_that_are_traced_or_differentiated_run_in_python() -> None:
    x = np.linspace(-1, 1, 5)
    for _ in range(4):
        nn.gelu(x)
    assert axir.make_ir(nn.gelu)(x) is not None
    slope = axir.grad(lambda v: np.sum(nn.gelu(v)))(x)
    step = 1e-2
    expected = (nn.gelu(x + step) - nn.gelu(x - step)) / (2 * step)
    assert np.allclose(slope, expected, atol=1e-3)
    assert axir.vmap(nn.gelu)(x).shape == (5,)
    assert sum(kind[0].__name__ == "gelu" for kind in remember._known) == 1


def test_inside_of_grad_what_does_not_depend_on_the_argument() -> None:
    x = np.arange(4.0)

    def function(v):
        return v * np.var(x)

    for _ in range(5):
        assert float(axir.grad(function)(1.0)) == 1.25


def test_results_that_are_operands_or_constants() -> None:
    identity = remembered(lambda x: (x, np.zeros(3), [x + 1]))
    for _ in range(4):
        same, zeros, (more,) = identity(np.arange(2.0))
        assert same.tolist() == [0, 1] and zeros.tolist() == [0, 0, 0] and more.tolist() == [1, 2]


def test_what_no_program_can_give_runs_in_python() -> None:
    calls = []

    @remembered
    def function(x):
        calls.append(x)
        return x.shape[0]

    for _ in range(5):
        assert function(np.arange(3)) == 3
    assert len(calls) == 6  # once with a tracer


def test_not_more_kinds_are_kept_than_there_is_room_for(monkeypatch) -> None:
    monkeypatch.setattr(remember, "_LIMIT", 10)
    for n in range(50):
        np.remainder(np.arange(3.0), float(n + 1))
        assert len(remember._known) <= 10


def test_large_arrays_are_evaluated_in_turns_to_the_same_bits() -> None:
    x = random.normal(random.key(0), (300, 1001))
    for function in (
        nn.gelu,
        nn.selu,
        nn.softplus,
        nn.softmax,
        lambda v: nn.standardize(v, axis=0),
        lambda v: np.nan_to_num(v.T),
        lambda v: np.remainder(v, v[0]),
        lambda v: np.divmod(v, 0.3),
        lambda v: lax.reduce_sum(np.hypot(v, v[:, :1]), (0,)),
    ):
        _four_times(lambda function=function: function(x))


def test_threads() -> None:
    x, found = np.linspace(-3, 3, 11), []
    expected = nn.softplus(x)

    def work():
        found.extend(nn.softplus(x) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    for one in found:
        _same(one, expected)


def test_no_warning_is_left_over() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            np.log10(np.asarray([0.0, -1.0]))
