"""Functions compiled ahead of time: what comes out of a file is what the functions give here."""

from __future__ import annotations

import json
import zipfile
from collections import OrderedDict, deque
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as onp
import pytest

import axir
import axir.numpy as np
import axir_runtime
from axir import aot, lax
from axir.errors import AxirError, CompileError, DTypeError, ShapeError, TreeError


class Params(NamedTuple):
    w: Any
    b: Any


RNG = onp.random.default_rng(0)
PARAMS = Params(RNG.normal(size=(3, 16)).astype("f4"), RNG.normal(size=16).astype("f4"))
X = RNG.normal(size=(8, 3)).astype("f4")
HEAD = np.asarray(RNG.normal(size=(16, 4)).astype("f4"))
DTYPES = (
    *("bool", "int8", "int16", "int32", "uint8", "uint16", "uint32"),
    *("float16", "bfloat16", "float32", "complex64"),
)


def predict(params: Params, x: Any) -> Any:
    """Scores of each row.

    A second paragraph.
    """
    return np.tanh(x @ params.w + params.b) @ HEAD


def loss(params: Params, x: Any, options: dict[str, Any]) -> Any:
    value = np.mean(predict(params, x) ** 2) * options["scale"]
    return value, {"rows": x.shape[0], "none": None}


def swap(tree: Any) -> Any:
    """Every kind of container, in another order."""
    a, (b, *rest), extra = tree["a"], tree["b"], tree["o"]
    return [rest[0], OrderedDict(z=b, a=a), deque([extra["q"][0]], 3), (None, Params(a, [])), a + 1]


def captured() -> Any:
    return dict(CAPTURED)


def kinds(xs: list[Any]) -> list[Any]:
    return [np.where(x == CAPTURED[str(x.dtype)], x, x) for x in xs]


def _values(name: str) -> onp.ndarray:
    return onp.array([0, 1, 3, 1]).astype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


CAPTURED = {name: np.asarray(_values(name)) for name in DTYPES}
TREE = {
    "a": X,
    "b": (onp.float32(2), onp.arange(3, dtype="i4"), onp.zeros((0, 2), "f4")),
    "o": OrderedDict(q=deque([onp.ones(2, bool)])),
}


@pytest.fixture(scope="module")
def exported() -> aot.Exported:
    spec = Params("f32[3,16]", "f32[16]")
    functions = {
        "predict": (predict, spec, "f32[8,3]"),
        "loss": (loss, spec, "f32[8, 3]", {"scale": 1.0}),
        "gradient": (axir.grad(lambda *a: loss(*a)[0]), spec, "f32[8,3]", {"scale": 1.0}),
        "swap": (swap, TREE),
        "captured": captured,
        "kinds": (kinds, [f"{name}[4]" for name in DTYPES]),
        "rows": (axir.vmap(lambda x: x * np.arange(3)), "f32[8,3]"),
        "twice": (lambda x: (x, x), "f32[16]"),
        "loop": (lambda x: lax.fori_loop(0, 10, lambda i, y: y * 1.5 + i, x), "f32[]"),
    }
    return aot.export(functions, name="example", include_ir=True)


@pytest.fixture(scope="module")
def module(exported: aot.Exported, tmp_path_factory: pytest.TempPathFactory) -> axir_runtime.Module:
    return axir_runtime.load(exported.save(tmp_path_factory.mktemp("aot") / "example.axir"))


def same(found: Any, expected: Any) -> None:
    """Equal structures of NumPy arrays with close numbers."""
    found_leaves, found_tree = axir.tree_util.tree_flatten(found)
    leaves, tree = axir.tree_util.tree_flatten(expected)
    assert found_tree == tree
    for x, y in zip(found_leaves, leaves, strict=True):
        assert type(x) is onp.ndarray
        assert (x.shape, x.dtype) == (np.shape(y), np.asarray(y).dtype)
        onp.testing.assert_allclose(
            x.astype(onp.complex128), onp.asarray(y).astype(onp.complex128), 1e-5, 1e-6
        )


def test_functions_and_their_gradients(module: axir_runtime.Module) -> None:
    options = {"scale": 2.0}
    same(module.predict(PARAMS, X), predict(PARAMS, X))
    same(module.loss(PARAMS, x=X, options=options), loss(PARAMS, X, options))
    expected = axir.grad(lambda *a: loss(*a)[0])(PARAMS, X, options)
    found = module.gradient(PARAMS, X, options)
    assert type(found).__name__ == "Params"
    same(tuple(found), tuple(expected))


def test_transformed_functions_and_loops(module: axir_runtime.Module) -> None:
    same(module.rows(X), X * onp.arange(3, dtype="f4"))
    same(module.loop(2.0), lax.fori_loop(0, 10, lambda i, y: y * 1.5 + i, 2.0))


def test_containers_are_rebuilt(module: axir_runtime.Module) -> None:
    second, ordered, queue, (none, params), last = module.swap(TREE)
    assert none is None and params._fields == ("w", "b") and params.b == []
    assert list(ordered) == ["z", "a"] and type(ordered) is OrderedDict
    assert type(queue) is deque and queue.maxlen == 3
    expected = [TREE["b"][1], onp.float32(2), onp.ones(2, bool), X, X + 1]
    same([second, ordered["z"], queue[0], params.w, last], expected)


def test_every_dtype_goes_in_and_out_and_may_be_a_parameter(module: axir_runtime.Module) -> None:
    found = module.captured()
    assert list(found) == sorted(DTYPES)
    for name in DTYPES:
        assert found[name].dtype == CAPTURED[name].dtype
        onp.testing.assert_array_equal(found[name], _values(name))
    values = [_values(name) for name in DTYPES]
    for x, y in zip(module.kinds(values), values, strict=True):
        assert x.dtype == y.dtype
        onp.testing.assert_array_equal(x, y)


def test_results_belong_to_the_caller(module: axir_runtime.Module) -> None:
    memory = onp.zeros(32, "f4")
    at = -memory.ctypes.data % 64 // 4
    x = memory[at : at + 16]  # aligned: goes in without a copy
    one, other = module.twice(x)
    x += 1
    assert not one.any() and not other.any()
    with pytest.raises(ValueError, match="read-only"):
        one[0] = 1


def test_the_exported_object_calls_its_own_artifact(exported: aot.Exported) -> None:
    same(exported.call(X, function="rows"), X * onp.arange(3, dtype="f4"))
    with pytest.raises(AxirError, match="name one of its functions, predict, loss"):
        exported.call(X)


def test_the_program_can_be_read_at_each_stage(exported: aot.Exported) -> None:
    assert "axir.vjp" in exported.as_text("trace", "gradient")
    rewritten = exported.as_text("rewritten", "gradient")
    assert "axir.vjp" not in rewritten and "axir.dot_general" in rewritten
    assert "linalg.generic" in exported.as_text("linalg") and "@gradient" in exported.as_text("linalg")
    assert "flow.dispatch" in exported.as_text("flow") and "# kernel predict_dispatch_0" in exported.as_text(
        "asm"
    )
    with pytest.raises(ValueError, match="the stages are trace, rewritten, linalg"):
        exported.as_text("assembly", "loss")


def test_signatures_are_printed(module: axir_runtime.Module) -> None:
    expected = "predict(params: Params(w=float32[3, 16], b=float32[16]), x: float32[8, 3]) -> float32[8, 4]"
    assert expected in repr(module) and module.predict.signature == expected
    assert module.predict.__doc__ == "Scores of each row."
    assert "predict" in dir(module) and next(iter(module.functions)) == "predict"
    with pytest.raises(AttributeError, match="no function 'forward'; it has predict, loss"):
        module.forward  # noqa: B018


def test_the_file_is_a_zip_archive_as_documented(exported: aot.Exported, tmp_path: Path) -> None:
    path = exported.save(tmp_path / "example.axir")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        listed = {i.filename: i for i in archive.infolist()}
        manifest = json.loads(archive.read("manifest.json"))
        assert set(listed) == {*manifest["members"], "manifest.json"}
        assert "axir.dot_general" in archive.read("ir/predict.mlir").decode()
        data = path.read_bytes()
        for name, entry in manifest["members"].items():
            assert entry["offset"] % 64 == 0 and listed[name].compress_type == zipfile.ZIP_STORED
            inside = data[entry["offset"] : entry["offset"] + entry["size"]]
            assert inside == archive.read(name) and axir_runtime.digest(inside) == entry["blake2b"]
    assert exported.serialize() == data, "equal programs make equal files"


def test_weights_are_stored_once(exported: aot.Exported) -> None:
    assert exported.parameters is not None
    manifest = axir_runtime.loads(exported.serialize()).manifest
    assert manifest.weights is not None
    assert len(manifest.weights.specs) == len(DTYPES) + 1, "three functions share the head"


def test_weights_in_a_file_of_their_own(tmp_path: Path) -> None:
    weights = np.asarray(RNG.normal(size=(300, 300)).astype("f4"))
    exported = aot.export(lambda x: x @ weights, "f32[4,300]", name="large", weights="separate")
    path = exported.save(tmp_path / "model.axir")
    beside = tmp_path / "model.irpa"
    assert beside.stat().st_size > weights.nbytes > path.stat().st_size
    x = RNG.normal(size=(4, 300)).astype("f4")
    onp.testing.assert_allclose(axir_runtime.load(path).large(x), x @ onp.asarray(weights), 1e-4, 1e-4)
    assert exported.parameters == beside.read_bytes()
    assert exported.call(x).shape == (4, 300)
    changed = bytearray(beside.read_bytes())
    changed[-1] ^= 1
    beside.write_bytes(changed)
    with pytest.raises(axir_runtime.ParametersError, match="damaged, or belongs to another artifact"):
        axir_runtime.load(path)
    beside.unlink()
    with pytest.raises(axir_runtime.ParametersError, match=r"model\.irpa, which cannot be read"):
        axir_runtime.load(path)
    with pytest.raises(axir_runtime.ParametersError, match="Pass their bytes"):
        axir_runtime.loads(exported.serialize())


def test_large_programs_run_in_parallel_with_storage_for_results() -> None:
    exported = aot.export(lambda x: (x + 1, np.sum(x)), "f32[600,600]", name="f")
    x = onp.ones((600, 600), "f4")
    more, total = exported.call(x)
    assert exported.loaded.manifest.variants[0].parallel
    assert more[0, 0] == 2 and total == 360000


def test_specs_are_text() -> None:
    assert aot.spec("f32[8,16]") == axir.ShapeDtypeStruct((8, 16), "float32")
    assert aot.spec(" bool [ ] ").shape == ()
    assert aot.spec("u8[3]").dtype == aot.spec("ui8[3]").dtype == onp.uint8
    assert aot.spec("bfloat16[2]").dtype == ml_dtypes.bfloat16


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("f32", ShapeError, "write the dtype and the sizes"),
        ("f33[3]", DTypeError, "there is no dtype 'f33'"),
        ("f32[3,-1]", ShapeError, "sizes are not negative"),
        ("f32[3**4]", ShapeError, "sizes are whole numbers"),
        ("f32[3,,1]", ShapeError, "sizes are whole numbers"),
    ],
)
def test_specs_that_are_none(text: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        aot.spec(text)


class Custom:
    def __init__(self, x: Any):
        self.x = x


axir.tree_util.register_pytree_node(Custom, lambda c: ((c.x,), None), lambda _, xs: Custom(*xs))


def calls_python(x: Any) -> Any:
    return axir.pure_callback(onp.sin, axir.ShapeDtypeStruct((3,), onp.float32), x)


def calls_lapack(x: Any) -> Any:
    return np.linalg.eig(x)[0]


@pytest.mark.parametrize(
    ("export", "kind", "message"),
    [
        (lambda: aot.export(calls_python, "f32[3]"), CompileError, r"pure_callback\(sin\).*py:\d+: return axir.pure"),
        (lambda: aot.export(calls_lapack, "f32[3,3]"), CompileError, r"calls linalg.eig.*py:\d+: return np.linalg"),
        (lambda: aot.export(lambda x: Custom(x), "f32[3]"), TreeError, "f: the result holds a Custom"),
        (lambda: aot.export(lambda c: c.x, Custom("f32[3]")), TreeError, "f: c holds a Custom"),
        (lambda: aot.export(lambda c: {None: c}, "f32[3]"), TreeError, "a dict with the key None"),
        (lambda: aot.export(lambda x: x, "f64[3]"), DTypeError, r"f: x is f64\[3\], but 64-bit types are off"),
        (lambda: aot.export(lambda x: x, object()), DTypeError, "f: x: "),
        (lambda: aot.export(lambda x: x, "f32[3]", targets=()), AxirError, "at least one target"),
        (lambda: aot.export(lambda x: x, "f32[3]", targets="pdp11"), AxirError, "no target 'pdp11'. Use one of cpu"),
        (lambda: aot.export({}, "f32[3]"), AxirError, "no function"),
        (lambda: aot.export({"name": abs}, "f32[3]"), AxirError, "'name' means something else"),
        (lambda: aot.export({"a b": abs}, "f32[3]"), AxirError, "called by words"),
        (lambda: aot.export({"f": 3}, "f32[3]"), AxirError, "f is no function"),
        (lambda: aot.export(abs, "f32[3]", name="hal"), AxirError, "are taken"),
        (lambda: aot.export(abs, "f32[3]", weights="outside"), AxirError, "'inside' or 'separate'"),  # type: ignore[arg-type]
        (lambda: axir.jit(lambda x: aot.export(abs, "f32[3]") and x)(1.0), AxirError, "outside jit"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported(export: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        export()


def test_arguments_by_keyword_and_static_ones() -> None:
    def f(x: Any, n: int, *, scale: Any, mode: str = "a") -> Any:
        return x * n * scale + (1 if mode == "a" else 2)

    exported = aot.export(
        f, "f32[2]", 3, scale="f32[]", mode="c", static_argnums=1, static_argnames="mode", name="kept"
    )
    assert "f(x: float32[2], scale: float32[]) -> float32[2]" in repr(exported)
    assert exported.call(onp.ones(2, "f4"), scale=2.0).tolist() == [8, 8]
    wrong = {
        "foo": ({"foo": "f32[]"}, "takes no argument 'foo'"),
        "bar": ({"static_argnames": "bar"}, "'bar'"),
    }
    for options, message in [*wrong.values(), ({"static_argnums": 7}, "there are 2 arguments")]:
        with pytest.raises(AxirError, match=message):
            aot.export(f, "f32[2]", "f32[]", **{"scale": "f32[]", **options})
