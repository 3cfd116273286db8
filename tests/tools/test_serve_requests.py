"""Requests to a served artifact: every form of arguments and results, and every kind of mistake."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import ml_dtypes
import numpy as onp
import pytest
from asgi_client import Answer, Client

import axir
import axir.numpy as np
import axir_runtime
from axir.aot import Dim
from axir_runtime.dtypes import dtype_named
from axir_runtime.serve import Settings, application
from axir_runtime.serve.json_form import array_of, array_text
from axir_runtime.signature import Spec
from axir_runtime.trees import flatten

JSON, NPY, NPZ = "application/json", "application/x-npy", "application/x-npz"


class Pair(NamedTuple):
    first: Any
    second: Any


def scores(params: Any, x: Any) -> Any:
    """Scores of each row."""
    return np.tanh(x @ params["w"] + params["b"])


def several(p: Any, n: Any, flag: Any) -> Any:
    return {"pair": Pair(p.first + n, p.second), "list": [~flag, None, (n,)], 1: p.second * 2}


FUNCTIONS = {
    "scores": (scores, {"w": "f32[3,2]", "b": "f32[2]"}, "f32[batch,3]"),
    "several": (several, Pair("i32[2]", "f32[]"), "i32[]", "bool[2]"),
    "kinds": (
        lambda z, b, u, h: (np.conj(z), b * 2, u + u, h),
        "c64[2]",
        "bf16[2]",
        "ui8[2]",
        "f16[2]",
    ),
    "one": (lambda x: x * 2, "f32[n,2]"),
    "constant": (lambda: np.arange(3.0),),
    "empty": (lambda x: x * 2, "f32[0,2]"),
    "cube": (lambda x: x * 2, "f32[2,2,2]"),
    "ratio": (lambda x: np.log(x), "f32[4]"),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> axir_runtime.Module:
    exported = axir.aot.export(FUNCTIONS, dims=[Dim("batch", max=100), Dim("n", max=9)], name="requests")
    return axir_runtime.load(exported.save(tmp_path_factory.mktemp("requests") / "requests.axir"))


@pytest.fixture(scope="module")
def client(model: axir_runtime.Module) -> Iterator[Client]:
    with Client(application(model, Settings(threads=2, max_body_mib=0.1, max_json_mib=0.05))) as client:
        yield client


W, B = onp.float32([[1, 2], [3, 4], [5, 6]]) / 8, onp.float32([0.5, -0.5])
X = onp.float32([[0.5, 1, -1], [2, 0, 0.25]])
EXPECTED = onp.tanh(X @ W + B)
P = {"w": W.tolist(), "b": B.tolist()}


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    onp.save(file, array)
    return file.getvalue()


def npz(*args: Any, **arrays: Any) -> bytes:
    file = io.BytesIO()
    onp.savez(file, *args, **arrays)
    return file.getvalue()


def form(**arrays: bytes) -> bytes:
    parts = [
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="x.npy"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in arrays.items()
    ]
    return b"".join(parts) + b"--xyz--\r\n"


def data(answer: Answer) -> onp.ndarray:
    assert answer.status == 200, answer
    result = answer.json["result"]
    array = onp.asarray(result["data"], result["dtype"])
    assert list(array.shape) == result["shape"]
    return array


# What is right. -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        [P, X.tolist()],
        {"params": P, "x": X.tolist()},
        {"x": X.tolist(), "params['w']": P["w"], "params['b']": P["b"]},
        [{"w": {"data": W.tolist()}, "b": {"data": P["b"], "dtype": "float32"}}, X.tolist()],
        [P, {"data": X.ravel().tolist(), "shape": [2, 3]}],
        [{**P, "b": [0.5, -5e-1]}, X.tolist()],
    ],
)
def test_arguments_in_json(client: Client, inputs: Any) -> None:
    onp.testing.assert_allclose(data(client.post("/v1/scores", {"inputs": inputs})), EXPECTED, 1e-6)


FILES = {"params['w']": W, "params['b']": B, "x": X}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (npz(**FILES), NPZ),
        (npz(B, W, X), NPZ),
        (npz(**FILES), ""),
        (npz(**{**FILES, "x": onp.asfortranarray(X.astype(">f4"))}), "application/octet-stream"),
        (form(**{name: npy(x) for name, x in FILES.items()}), "multipart/form-data; boundary=xyz"),
        (form(**{name: npy(x) for name, x in FILES.items()}), 'multipart/form-data; boundary="xyz"'),
    ],
)
def test_arguments_in_files(client: Client, body: bytes, kind: str) -> None:
    onp.testing.assert_allclose(data(client.post("/v1/scores", body, content_type=kind)), EXPECTED, 1e-6)


def test_compressed_npz(client: Client) -> None:
    file = io.BytesIO()
    onp.savez_compressed(file, **FILES)
    assert client.post("/v1/scores", file.getvalue(), content_type=NPZ).status == 200


@pytest.mark.parametrize(
    "body", [npy(X[:, :2]), npy(onp.asfortranarray(X[:, :2])), npy(X[:, :2].astype(">f4"))]
)
def test_results_in_files(client: Client, body: bytes) -> None:
    answer = client.post("/v1/one", body, content_type=NPY, accept=NPY)
    assert answer.headers["content-type"] == NPY
    onp.testing.assert_array_equal(onp.load(io.BytesIO(answer.body)), X[:, :2] * 2)
    answer = client.post("/v1/one", body, content_type=NPY, accept=f"text/html, {NPZ};q=0.9, */*;q=0.1")
    assert dict(onp.load(io.BytesIO(answer.body)))["result"].shape == (2, 2)
    answer = client.post("/v1/one", body, content_type="", accept="text/html, application/*")
    assert answer.headers["content-type"] == JSON and answer.status == 200


def test_sizes_may_be_zero(client: Client) -> None:
    assert client.post("/v1/empty", {"inputs": [[]]}).json["result"] == {
        "dtype": "float32",
        "shape": [0, 2],
        "data": [],
    }
    assert client.post("/v1/empty", npy(onp.zeros((0, 2), "f4"))).json["result"]["shape"] == [0, 2]


def test_no_arguments(client: Client) -> None:
    for body in (b"", b"{}", b'{"inputs": []}', b'{"inputs": {}}'):
        assert data(client.post("/v1/constant", body)).tolist() == [0, 1, 2]


def test_containers_of_all_kinds(client: Client) -> None:
    pair = {"first": [1, -2], "second": 0.5}
    result = client.post("/v1/several", {"inputs": [pair, 3, [True, False]]}).json["result"]
    assert list(result) == ["1", "list", "pair"] and result["list"][1] is None
    assert result["1"] == {"dtype": "float32", "shape": [], "data": 1.0}
    assert result["list"][0]["data"] == [False, True] and result["list"][2][0]["data"] == 3
    assert result["pair"]["first"] == {"dtype": "int32", "shape": [2], "data": [4, 1]}
    answer = client.post("/v1/several", {"inputs": [pair, 3, [True, False]]}, accept=NPZ)
    named = dict(onp.load(io.BytesIO(answer.body)))
    names = ("[1]", "['list'][0]", "['list'][2][0]", "['pair'].first", "['pair'].second")
    assert list(named) == [f"result{name}" for name in names]


def test_dtypes_without_a_form_in_json(client: Client) -> None:
    inputs = [[[1, 2], ["NaN", "-Infinity"]], [1.5, "Infinity"], [200, 27], [0.1, 65504]]
    result = client.post("/v1/kinds", {"inputs": inputs}).json["result"]
    assert [r["dtype"] for r in result] == ["complex64", "bfloat16", "uint8", "float16"]
    assert result[0]["data"] == [[1, -2], ["NaN", "Infinity"]]
    assert result[1]["data"] == [3, "Infinity"] and result[2]["data"] == [144, 54]
    assert result[3]["data"] == [float(onp.float16(0.1)), 65504]


def test_bfloat16_in_files(client: Client) -> None:
    arrays = [
        onp.complex64([1j, 2]),
        onp.array([1.5, -2], ml_dtypes.bfloat16),
        onp.uint8([1, 2]),
        onp.float16([1, 2]),
    ]
    answer = client.post("/v1/kinds", npz(*arrays), content_type=NPZ, accept=NPZ)
    assert answer.status == 200
    found = dict(onp.load(io.BytesIO(answer.body)))
    assert found["result[1]"].view(ml_dtypes.bfloat16).tolist() == [3, -4]
    assert found["result[0]"].tolist() == [-1j, 2]


def test_what_is_no_number_is_named(client: Client) -> None:
    body = b'{"inputs": [[0, -1, Infinity, NaN]]}'  # as Python's json writes it
    assert client.post("/v1/ratio", body).json["result"]["data"] == ["-Infinity", "NaN", "Infinity", "NaN"]


def test_numbers_are_written_in_full(client: Client, model: axir_runtime.Module) -> None:
    x = onp.random.default_rng(0).uniform(0.1, 9, 4).astype("f4")
    onp.testing.assert_array_equal(data(client.post("/v1/ratio", {"inputs": [x.tolist()]})), model.ratio(x))


@pytest.mark.parametrize(
    "shape", [(), (0,), (3, 0), (20_000,), (3, 7000), (7000, 3), (2, 9000, 2), (5000, 2, 2)]
)
@pytest.mark.parametrize("dtype", ["float32", "complex64", "bool", "int8", "bfloat16"])
def test_large_arrays_are_written_in_pieces(shape: tuple[int, ...], dtype: str) -> None:
    x = onp.random.default_rng(0).normal(0, 50, shape).astype(dtype_named(dtype))
    if dtype == "float32" and x.size > 1:
        x[-1] = onp.nan
    said = json.loads(array_text(x), parse_constant=lambda name: 1 / 0)
    assert (said["dtype"], said["shape"]) == (dtype, list(shape))
    found = array_of(said, Spec(shape, x.dtype), "x")
    onp.testing.assert_array_equal(found, x)


# What is wrong. -------------------------------------------------------------------------------------

GOOD = {"inputs": [P, X.tolist()]}


def scored(x: Any) -> dict[str, Any]:
    return {"inputs": [P, x]}


DEEP = b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HEADER = b"\x93NUMPY\x01\x00"


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(10_000_000))
    return file.getvalue()


def headed(text: str, content: bytes = b"") -> bytes:
    return HEADER + len(text).to_bytes(2, "little") + text.encode() + content


MISTAKES: list[tuple[str, Any, str, int, str]] = [
    # function, body, content type, status, words
    ("scores", b"", JSON, 400, "'inputs' must be a list of 2 arguments, or an object; got a list of 0"),
    ("scores", b"{", JSON, 400, "the body is no JSON: Expecting property name"),
    ("scores", b"\xff\xfe", JSON, 400, "byte 0 is no UTF-8"),
    ("scores", b"[1]" + b"x", JSON, 400, "Extra data"),
    ("scores", DEEP[:50_000], JSON, 400, "the body is"),
    ("scores", b'{"inputs": ' + b"[" * 900 + b"]" * 900 + b"}", JSON, 400, "got a list of 1"),
    ("scores", b'{"inputs": [1], "inputs": [2]}', JSON, 400, "an object has the key 'inputs' twice"),
    ("scores", b'{"inputs": [' + b"9" * 5000 + b"]}", JSON, 400, "the body is no JSON"),
    ("scores", [1, 2], JSON, 400, 'the body must be an object {"inputs": ...}'),
    ("scores", {"input": []}, JSON, 400, 'the body must be an object {"inputs": ...}'),
    ("scores", {"inputs": 3}, JSON, 400, "got neither; it takes params['b'], params['w'], x"),
    ("scores", {"inputs": {"x": 1}}, JSON, 400, "scores: \"params['b']\" is missing"),
    ("scores", {"inputs": {"params": P}}, JSON, 400, "'x' is missing"),
    ("scores", {"inputs": {"params": P, "x": 1, "y": 1}}, JSON, 400, "there is no argument 'y'"),
    (
        "scores",
        {"inputs": [{"w": P["w"]}, X.tolist()]},
        JSON,
        400,
        "params must be an object with the keys ['b', 'w']",
    ),
    (
        "scores",
        {"inputs": [None, X.tolist()]},
        JSON,
        400,
        "params must be an object with the keys ['b', 'w']; got null",
    ),
    (
        "scores",
        scored([[1, 2], [3]]),
        JSON,
        400,
        "x must be float32[batch, 3]; the lists have different lengths",
    ),
    ("scores", scored([[1, 2, 3], 3]), JSON, 400, "different lengths or depths"),
    ("scores", scored([1, 2, 3]), JSON, 400, "x must be float32[batch, 3]; got lists of the shape [3]"),
    ("scores", scored(5), JSON, 400, "x must be float32[batch, 3]; got a number"),
    ("scores", scored([[1, 2]]), JSON, 400, "scores: x must be float32[batch, 3]; got float32[1, 2]"),
    ("scores", scored([[1, 2, None]]), JSON, 400, "x must be float32[batch, 3], of numbers"),
    ("scores", scored([[1, 2, True]]), JSON, 400, "got a boolean"),
    ("scores", scored([[1, 2, "3"]]), JSON, 400, "got the text '3'"),
    ("scores", scored([[1, 2, {}]]), JSON, 400, "got an object"),
    ("scores", scored([[1, 2, 1e39]]), JSON, 400, "which cannot hold all of the numbers given"),
    ("scores", scored([[1, 2, 10**400]]), JSON, 400, "which cannot hold all of the numbers given"),
    ("scores", scored([[0, 0, 0]] * 101), JSON, 400, "with 1 <= batch <= 100; got float32[101, 3]"),
    ("scores", scored([]), JSON, 400, "with 1 <= batch <= 100; got float32[0, 3]"),
    (
        "scores",
        scored({"data": [1, 2], "shape": [1, 3]}),
        JSON,
        400,
        "the shape [1, 3] is not that of 2 elements",
    ),
    ("scores", scored({"data": [1, 2, 3], "shape": [-1, 3]}), JSON, 400, "'shape' must be a list of sizes"),
    ("scores", scored({"data": [], "shape": [10**12, 10**12]}), JSON, 400, "is not that of 0 elements"),
    (
        "cube",
        {"inputs": [{"data": [], "shape": [2**47, 2**47, 0]}]},
        JSON,
        400,
        "must be float32[2, 2, 2]; got the shape",
    ),
    (
        "cube",
        headed("{'descr': '<f4', 'fortran_order': True, 'shape': (140737488355328, 140737488355328, 0)}"),
        NPY,
        400,
        "damaged",
    ),
    ("scores", scored({"shape": [1, 3]}), JSON, 400, "lists, or an object with 'data'"),
    ("scores", scored({"data": [[1, 2, 3]], "dtype": "int32"}), JSON, 400, "got the dtype 'int32'"),
    (
        "several",
        {"inputs": [{"first": [1, 2.0], "second": 1}, 1, [True, True]]},
        JSON,
        400,
        "p.first must be int32[2]",
    ),
    ("several", {"inputs": [{"first": [1, 2**31], "second": 1}, 1, [True, True]]}, JSON, 400, "cannot hold"),
    (
        "several",
        {"inputs": [{"first": [1, 2], "second": 1}, 1, [0, 1]]},
        JSON,
        400,
        "of true and false; got a whole",
    ),
    ("several", {"inputs": [[[1, 2], 1], 1, [True, True]]}, JSON, 400, "p must be an object with the keys"),
    ("kinds", {"inputs": [[1, 2], [1, 1], [1, 1], [1, 1]]}, JSON, 400, "z must be complex64[2] in pairs"),
    ("kinds", {"inputs": [[[1, 2, 3]] * 2, [1, 1], [1, 1], [1, 1]]}, JSON, 400, "complex64[2] in pairs"),
    (
        "kinds",
        {"inputs": [[[1, 2]] * 2, [1, 1e39], [1, 1], [1, 1]]},
        JSON,
        400,
        "bfloat16[2], which cannot hold",
    ),
    ("kinds", {"inputs": [[[1, 2]] * 2, [1, 1], [1, -1], [1, 1]]}, JSON, 400, "uint8[2], which cannot hold"),
    (
        "kinds",
        {"inputs": [[[1, 2]] * 2, [1, 1], [1, 1], [1, 65520]]},
        JSON,
        400,
        "float16[2], which cannot hold",
    ),
    ("scores", b" " * 60_000, JSON, 413, "a body in JSON has at most 52428 bytes"),
    ("scores", b" " * 200_000, JSON, 413, "a body has at most 104857 bytes"),
    ("scores", json.dumps(GOOD).encode(), "text/xml", 415, "the body may be application/json"),
    ("one", b"abc", NPY, 400, "the body is no .npy file"),
    ("one", npy(X[:, :2])[:-1], NPY, 400, "is damaged"),
    ("one", npy(X[:, :2]) + b"x", NPY, 400, "is damaged"),
    ("one", npy(X[:, :2])[:20], NPY, 400, "no .npy file"),
    ("one", npy(X), NPY, 400, "one: x must be float32[n, 2]; got float32[2, 3]"),
    ("one", npy(X[:, :2].astype("f8")), NPY, 400, "got float64[2, 2]"),
    ("one", npy(onp.array(["a"])), NPY, 400, "has the dtype <U1, which no function takes"),
    ("one", npy(onp.zeros(2, "i4,f4")), NPY, 400, "which no function takes"),
    ("one", npy(onp.zeros(2, "M8[s]")), NPY, 400, "which no function takes"),
    (
        "one",
        headed("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n"),
        NPY,
        400,
        "dtype object",
    ),
    (
        "one",
        headed("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,)}"),
        NPY,
        400,
        "is damaged",
    ),
    ("one", headed("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), NPY, 400, "the body"),
    ("one", headed("__import__('os').abort()"), NPY, 400, "no .npy file"),
    ("one", headed("(" * 500), NPY, 400, "no .npy file"),
    ("one", b"\x93NUMPY\x09\x00" + bytes(50), NPY, 400, "no .npy file"),
    ("scores", npy(X), NPY, 400, "3 arrays are needed; got 1; it takes params['b'], params['w'], x"),
    ("scores", b"PK\x03\x04abc", NPZ, 400, "the body is no .npz file"),
    ("scores", npz(**FILES)[:-10], NPZ, 400, "the body is no .npz file"),
    ("scores", npz(x=X), NPZ, 400, "\"params['b']\" is missing"),
    ("scores", npz(**FILES, y=X), NPZ, 400, "there is no array 'y'"),
    ("scores", npz(X), NPZ, 400, "3 arrays are needed; got 1"),
    ("one", bomb(), NPZ, 413, "when unpacked"),
    ("one", form(x=b"abc"), "multipart/form-data; boundary=xyz", 400, "'x' in the body is no .npy file"),
    ("one", form(x=npy(X)), "multipart/form-data; boundary=abc", 400, "not divided"),
    ("one", form(x=npy(X))[:-8], "multipart/form-data; boundary=xyz", 400, "not complete"),
    ("one", form(x=npy(X)), "multipart/form-data", 400, "has no boundary"),
    (
        "one",
        form(x=npy(X)).replace(b"name=", b"nam="),
        "multipart/form-data; boundary=xyz",
        400,
        "has no name",
    ),
    (
        "none",
        GOOD,
        JSON,
        404,
        "there is no function 'none'; there are scores, several, kinds, one, constant, empty, cube, ratio",
    ),
]


@pytest.mark.parametrize(("function", "body", "kind", "status", "words"), MISTAKES)
def test_mistakes_are_explained(
    client: Client, function: str, body: Any, kind: str, status: int, words: str
) -> None:
    answer = client.post(f"/v1/{function}", body, content_type=kind)
    assert answer.status == status, answer
    assert words in answer.error and "Traceback" not in answer.error and "\n" not in answer.error
    assert client.post("/v1/scores", GOOD).status == 200


@pytest.mark.parametrize(
    ("accept", "function"), [(NPY, "several"), ("text/html", "one"), (f"{NPZ};q=0", "one")]
)
def test_what_cannot_be_answered_is_not_acceptable(client: Client, accept: str, function: str) -> None:
    answer = client.post(f"/v1/{function}", b"{}", accept=accept)
    assert answer.status == 406 and f"{function} answers with application/json" in answer.error


def test_bodies_must_not_be_compressed(client: Client) -> None:
    answer = client.post("/v1/scores", b"x", content_encoding="gzip")
    assert answer.status == 415 and "Content-Encoding" in answer.error


@pytest.mark.parametrize("path", ["/v2", "/v1", "/v1/scores/x"])
def test_paths_that_there_are_not(client: Client, path: str) -> None:
    assert "there are /, /v1/FUNCTION, /health and /metrics" in client.post(path, b"{}").error


def test_methods_that_there_are_not(client: Client) -> None:
    for path, method in (
        ("/v1/scores", "GET"),
        ("/v1/scores", "DELETE"),
        ("/", "PUT"),
        ("/metrics", "PATCH"),
    ):
        answer = client.get(path, method)
        assert answer.status == 405 and answer.error == f"{method} is not for {path!r}"


def changed(body: bytes, rng: random.Random) -> bytes:
    """A body with a few bytes changed, left out, or put in."""
    found = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(found) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            found[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            del found[at : at + rng.randint(1, 30)]
        elif kind == 2:
            found[at:at] = rng.choice(
                [b"[", b"]", b'"', b"null", b"1e999", b"-", b"{}", b"NaN", bytes(8), b"\xff" * 4]
            )
        else:
            other = rng.randrange(len(found) + 1)
            found[at : at + 8] = found[other : other + 8]
    return bytes(found)


PATHS = {**{f"params['{k}']": v for k, v in P.items()}, "x": {"data": [1, 2, 3], "shape": [1, 3]}}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(GOOD).encode(), JSON),
        (json.dumps({"inputs": PATHS}).encode(), JSON),
        (npz(**FILES), NPZ),
        (form(**{name: npy(x) for name, x in FILES.items()}), "multipart/form-data; boundary=xyz"),
    ],
    ids=["json", "paths", "npz", "form"],
)
def test_damaged_bodies(client: Client, body: bytes, kind: str) -> None:
    rng = random.Random(7)

    async def many() -> list[Answer]:
        bodies = [changed(body, rng) for _ in range(300)]
        return [await client.sent("/v1/scores", b, content_type=kind) for b in bodies]

    answers = client.runner.run(many())
    assert {a.status for a in answers} <= {200, 400, 413}
    assert sum(a.status == 400 for a in answers) > 100
    for answer in answers:
        assert answer.status == 200 or answer.error
    assert client.post("/v1/scores", GOOD).status == 200


# What a server says about itself. -------------------------------------------------------------------


def test_functions_are_described(client: Client, model: axir_runtime.Module) -> None:
    assert client.get("/").json == client.get("/functions").json
    said = client.get("/").json
    assert said["name"] == "requests" and list(said["functions"]) == list(FUNCTIONS)
    found = said["functions"]["scores"]
    assert found["signature"] == model.scores.signature and found["documentation"] == "Scores of each row."
    assert found["inputs"][2] == {"name": "x", "dtype": "float32", "shape": ["batch", 3]}
    assert found["outputs"] == [{"name": "result", "dtype": "float32", "shape": ["batch", 2]}]
    assert found["sizes"] == {"batch": {"min": 1, "max": 100}}
    assert found["batching"] == {"size": "batch", "rows": 64}
    assert said["functions"]["several"]["batching"] == {"none": "no size of it has a name"}


def test_metrics_count(model: axir_runtime.Module) -> None:
    with Client(application(model)) as client:
        for body in (GOOD, GOOD, scored(1)):
            client.post("/v1/scores", body)
        client.post("/v1/none", GOOD)
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    form = re.compile(r'[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})?')
    assert all(form.fullmatch(name) for name in samples) and len(samples) + len(
        [x for x in lines if x[0] == "#"]
    ) == len(lines)
    assert samples['axir_requests_total{function="scores",status="200"}'] == "2"
    assert samples['axir_errors_total{function="scores",status="400"}'] == "1"
    assert samples['axir_requests_total{function="",status="404"}'] == "1"
    assert samples['axir_request_seconds_count{function="scores"}'] == "3"
    assert samples['axir_request_seconds_bucket{function="scores",le="+Inf"}'] == "3"
    assert samples['axir_batch_rows_sum{function="scores"}'] == "4"
    assert samples['axir_batch_requests_bucket{function="scores",le="1"}'] == "2"
    assert samples["axir_requests_in_flight"] == samples["axir_requests_waiting"] == "0"


@pytest.mark.parametrize("length", ["104858", "9" * 5000])
def test_lengths_are_believed(client: Client, length: str) -> None:
    answer = client.post("/v1/scores", b"{}", content_length=length)
    assert answer.status == 413 and answer.error == "a body has at most 104857 bytes"


def test_bodies_in_parts(client: Client) -> None:
    body = json.dumps(GOOD).encode()
    answer = client.runner.run(client.request("POST", "/v1/scores", [bytes([b]) for b in body], {}))
    assert answer.status == 200
    parts = [b" " * 50_000] * 4
    answer = client.runner.run(client.request("POST", "/v1/scores", parts, {}))
    assert answer.status == 413


def test_results_have_the_containers_of_the_function(client: Client, model: axir_runtime.Module) -> None:
    """What the runtime gives for a call and what comes over HTTP are the same arrays in the same order."""
    found = model.several(Pair(onp.int32([1, -2]), 0.5), 3, onp.array([True, False]))
    arrays = flatten(model.several.entry.results, found, "")
    pair = {"first": [1, -2], "second": 0.5}
    answer = client.post("/v1/several", {"inputs": [pair, 3, [True, False]]}, accept=NPZ)
    for x, y in zip(arrays, dict(onp.load(io.BytesIO(answer.body))).values(), strict=True):
        onp.testing.assert_array_equal(x, y)


def test_many_at_once(client: Client) -> None:
    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(*(client.sent("/v1/scores", GOOD if i % 3 else b"{") for i in range(60)))

    answers = client.runner.run(all_of_them())
    assert [a.status for a in answers] == [200 if i % 3 else 400 for i in range(60)]
