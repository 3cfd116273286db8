"""Requests that run together, and the limits of a server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as onp
import pytest
from asgi_client import Answer, Client

import axir
import axir.numpy as np
import axir_runtime
from axir.aot import Dim
from axir_runtime import Function, Module, RuntimeFailure
from axir_runtime.serve import Settings, application

W = onp.random.default_rng(1).normal(size=(5, 4)).astype("f4")
WEIGHTS = np.asarray(W)


def classify(x: Any) -> Any:
    scores = axir.nn.softmax(x @ WEIGHTS)
    return {"scores": scores, "best": np.argmax(scores, axis=1)}


FUNCTIONS = {
    "classify": (classify, "f32[batch,5]"),
    "scores": (lambda w, x: np.tanh(x @ w), "f32[5,4]", "f32[batch,5]"),
    "columns": (lambda x, y: (x * 2, np.sum(x, axis=0) + y), "f32[3,batch]", "i32[batch]"),
    "few": (lambda x: x + 1, "f32[few,2]"),
    "wide": (lambda x: x + 1, "f32[batch,m]"),
    "centered": (lambda x: x - np.mean(x, axis=0), "f32[batch,3]"),
    "turned": (lambda x: x[::-1], "f32[batch,3]"),
    "found": (lambda x: x * np.any(np.isnan(x)), "f32[batch,3]"),
    "largest": (lambda x: x / np.max(np.abs(x)), "f32[batch,3]"),
    "total": (lambda x: (x, np.sum(x)), "f32[batch,3]"),
    "doubled": (lambda x: np.concatenate([x, x]), "f32[batch,3]"),
    "table": (lambda x: x[:, None] - x[None, :], "f32[batch]"),
}
JOINED = {"classify", "scores", "columns", "few", "wide"}


class Held(Function):
    """A function whose calls can be held; it notes the rows of each, and fails for rows of NaN."""

    def __init__(self, function: Function) -> None:
        self.__dict__.update(function.__dict__)
        self.free = threading.Event()
        self.free.set()
        self.rows: list[int] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        assert self.free.wait(30)
        self.rows.append(args[-1].shape[0])
        if onp.isinf(args[-1]).any():
            raise RuntimeFailure("the run failed: infinite")
        return super().__call__(*args, **kwargs)

    @contextmanager
    def held(self) -> Iterator[None]:
        self.rows.clear()
        self.free.clear()
        try:
            yield
        finally:
            self.free.set()


@pytest.fixture(scope="module")
def model() -> Module:
    dims = [Dim("batch", max=1000), Dim("few", min=2, max=8), Dim("m", max=9)]
    loaded = axir_runtime.loads(axir.aot.export(FUNCTIONS, dims=dims, name="batches").serialize())
    functions = {name: Held(f) for name, f in loaded.functions.items()}
    return Module(loaded.name, loaded.target, loaded.manifest, functions)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def client(model: Module) -> Iterator[Client]:
    with Client(application(model, Settings(threads=1, max_batch=32))) as client:
        yield client


def held(client: Client, function: str, bodies: list[Any]) -> tuple[list[Answer], list[int]]:
    """The answers to requests that wait for one another behind a call, and the rows of each call after it."""
    found: Any = client.app.state.service.endpoints[function].function

    async def all_of_them() -> list[Answer]:
        with found.held():
            first = asyncio.create_task(client.sent(f"/v1/{function}", bodies[0]))
            await until(lambda: client.app.state.service.workers.running)
            rest = [asyncio.create_task(client.sent(f"/v1/{function}", body)) for body in bodies[1:]]
            for _ in range(20):
                await asyncio.sleep(0)
        return await asyncio.gather(first, *rest)

    answers = client.runner.run(all_of_them())
    return answers, found.rows


async def until(happened: Callable[[], Any]) -> None:
    for _ in range(2000):
        if happened():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not happen")


def rows_of(count: int, seed: int) -> onp.ndarray:
    return onp.random.default_rng(seed).normal(size=(count, 5)).astype("f4")


def test_which_functions_are_joined(client: Client) -> None:
    said = {name: f["batching"] for name, f in client.get("/").json["functions"].items()}
    assert {name for name, one in said.items() if "none" not in one} == JOINED
    assert said["few"] == {"size": "few", "rows": 8} and said["classify"] == {"size": "batch", "rows": 32}
    for name in ("centered", "turned", "found", "largest"):
        assert said[name]["none"] == "rows of the results depend on other rows of the arguments", name
    assert said["total"]["none"] == "not all of its results have the size 'batch'"
    for name in ("doubled", "table"):
        assert "does not have the size 'batch' on one axis as it is" in said[name]["none"]


def test_fifty_requests_at_once(client: Client, model: Module) -> None:
    """Each gets what it would get alone, whoever its neighbours are."""
    inputs = [rows_of(1 + i % 4, i) for i in range(50)]
    bodies: list[Any] = [{"inputs": [x.tolist()]} for x in inputs]
    bodies[7], bodies[23], bodies[41] = b"{", {"inputs": [[[1, 2]]]}, {"inputs": [["x"] * 5]}
    answers, rows = held(client, "classify", bodies)
    assert [i for i, a in enumerate(answers) if a.status != 200] == [7, 23, 41]
    right = [(x, a) for x, a in zip(inputs, answers, strict=True) if a.status == 200]
    for x, answer in right:
        result, alone = answer.json["result"], model.classify(x)
        assert result["best"]["data"] == alone["best"].tolist()
        assert result["scores"]["shape"] == [len(x), 4]
        onp.testing.assert_allclose(result["scores"]["data"], alone["scores"], 1e-5)
    assert sum(rows[: len(rows) - len(right)]) == sum(len(x) for x, _ in right)
    calls = rows[: len(rows) - len(right)]
    assert len(calls) < 8 and max(calls) <= 32


def test_without_being_held_too(client: Client, model: Module) -> None:
    inputs = [rows_of(1 + i % 3, 100 + i) for i in range(50)]

    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(*(client.sent("/v1/classify", {"inputs": [x.tolist()]}) for x in inputs))

    for x, answer in zip(inputs, client.runner.run(all_of_them()), strict=True):
        onp.testing.assert_allclose(
            answer.json["result"]["scores"]["data"], model.classify(x)["scores"], 1e-5
        )


def test_waiting_for_company(model: Module) -> None:
    """With time to wait, requests find each other though threads are free."""
    with Client(application(model, Settings(threads=2, max_batch=4, max_wait_ms=10_000))) as client:
        found: Any = model.classify
        found.rows.clear()

        async def four() -> list[Answer]:
            body = {"inputs": [rows_of(1, 0).tolist()]}
            return await asyncio.gather(*(client.sent("/v1/classify", body) for _ in range(4)))

        assert [a.status for a in client.runner.run(four())] == [200] * 4
        assert found.rows == [4]


def test_bounds_of_the_size_hold_for_all_together(client: Client) -> None:
    bodies = [{"inputs": [[[i, i]] * (4 - i % 4)]} for i in range(12)]
    answers, rows = held(client, "few", bodies)
    assert [a.status for a in answers] == [400 if i % 4 == 3 else 200 for i in range(12)]  # at least two rows
    assert all(2 <= n <= 8 for n in rows) and sum(rows) == 27 and max(rows) > 4
    assert answers[4].json["result"]["data"] == [[5, 5]] * 4


def test_more_rows_than_a_batch_run_alone(client: Client) -> None:
    sizes = [1, 40, 1, 33, 1]
    answers, rows = held(client, "classify", [{"inputs": [rows_of(n, n).tolist()]} for n in sizes])
    assert [len(a.json["result"]["best"]["data"]) for a in answers] == sizes
    assert sorted(rows) == [1, 1, 1, 33, 40] or sorted(rows) == [1, 2, 33, 40]


def test_what_requests_share_must_be_equal(client: Client, model: Module) -> None:
    inputs = [(W * (i % 2 + 1), rows_of(1, i)) for i in range(9)]
    answers, rows = held(client, "scores", [{"inputs": [w.tolist(), x.tolist()]} for w, x in inputs])
    assert sorted(rows) == [1, 4, 4]
    for (w, x), answer in zip(inputs, answers, strict=True):
        onp.testing.assert_allclose(answer.json["result"]["data"], model.scores(w, x), 1e-5, 1e-6)


def test_other_sizes_must_be_equal(client: Client) -> None:
    answers, rows = held(client, "wide", [{"inputs": [[[0.0] * (1 + i % 3)]]} for i in range(7)])
    assert [len(a.json["result"]["data"][0]) for a in answers] == [1 + i % 3 for i in range(7)]
    assert sorted(rows) == [1, 2, 2, 2]


def test_rows_may_lie_on_any_axis(client: Client) -> None:
    inputs = [(onp.full((3, 1 + i % 3), i, "f4"), onp.arange(1 + i % 3)) for i in range(6)]
    bodies = [{"inputs": [x.tolist(), y.tolist()]} for x, y in inputs]
    answers, _ = held(client, "columns", bodies)
    for (x, y), answer in zip(inputs, answers, strict=True):
        doubled, sums = answer.json["result"]
        onp.testing.assert_array_equal(doubled["data"], x * 2)
        onp.testing.assert_array_equal(sums["data"], x.sum(0) + y)
    service = client.app.state.service
    assert "axir_batch_requests_sum" in service.metrics.text()


def test_who_fails_fails_alone(client: Client) -> None:
    inputs = [rows_of(1, i) for i in range(6)]
    inputs[3][0, 0] = onp.inf
    bodies = [{"inputs": [[["Infinity" if onp.isinf(v) else float(v) for v in x[0]]]]} for x in inputs]
    answers, _ = held(client, "classify", bodies)
    assert [a.status for a in answers] == [200, 200, 200, 500, 200, 200]
    assert answers[3].error == "the run failed: infinite"


def test_batching_can_be_switched_off(model: Module) -> None:
    with Client(application(model, Settings(threads=1, max_batch=1))) as client:
        assert client.get("/").json["functions"]["classify"]["batching"] == {"none": "switched off"}
        answers, rows = held(client, "classify", [{"inputs": [rows_of(1, i).tolist()]} for i in range(5)])
        assert [a.status for a in answers] == [200] * 5 and rows == [1] * 5


# Limits. --------------------------------------------------------------------------------------------

BODY = {"inputs": [[[0.0] * 5]]}


def limited(model: Module, test: Callable[[Client, Any], Awaitable[None]], **settings: Any) -> None:
    """Run a test while all calls are held."""
    with Client(application(model, Settings(threads=1, max_batch=1, **settings))) as client:

        async def run() -> None:
            with found.held():
                await test(client, found)

        found: Any = model.classify
        client.runner.run(run())


def test_too_long_a_queue(model: Module) -> None:
    async def test(client: Client, found: Held) -> None:
        workers = client.app.state.service.workers
        tasks = [asyncio.create_task(client.sent("/v1/classify", BODY)) for _ in range(4)]
        await until(lambda: workers.waiting == 3 and workers.running == 1)
        answer = await client.sent("/v1/classify", BODY)
        assert answer.status == 503 and answer.headers["retry-after"] == "1"
        assert answer.error == "3 requests wait already; try again later"
        assert (await client.request("GET", "/health", [b""], {})).json == {
            "status": "ok",
            "running": 1,
            "waiting": 3,
        }
        found.free.set()
        assert [t.status for t in await asyncio.gather(*tasks)] == [200] * 4
        assert workers.waiting == workers.running == 0

    limited(model, test, max_queue=3)


def test_too_many_requests(model: Module) -> None:
    async def test(client: Client, found: Held) -> None:
        tasks = [asyncio.create_task(client.sent("/v1/classify", BODY)) for _ in range(2)]
        await until(lambda: client.app.state.service.in_flight == 2)
        answer = await client.sent("/v1/classify", BODY)
        assert answer.status == 503 and answer.headers["retry-after"] == "1"
        assert "too many requests at once" in answer.error
        found.free.set()
        assert [t.status for t in await asyncio.gather(*tasks)] == [200] * 2
        assert (await client.sent("/v1/classify", BODY)).status == 200

    limited(model, test, max_requests=2)


def test_time_limit(model: Module) -> None:
    async def test(client: Client, found: Held) -> None:
        tasks = [asyncio.create_task(client.sent("/v1/classify", BODY)) for _ in range(2)]
        answers = await asyncio.gather(*tasks)
        assert [a.status for a in answers] == [504, 504]
        assert answers[0].error == "classify was not done within the time limit of 1 s"
        assert client.app.state.service.workers.running == 1, "what runs cannot be stopped"
        found.free.set()
        await until(lambda: not client.app.state.service.workers.running)
        assert (await client.sent("/v1/classify", BODY)).status == 200
        assert len(found.rows) == 2, "the request that waited did not run"

    limited(model, test, time_limit=1.0)


def test_requests_that_do_not_arrive(model: Module) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def test(client: Client, found: Held) -> None:
        start = time.monotonic()
        answer = await client.request("POST", "/v1/classify", slowly(), {})
        assert answer.status == 408 and "did not arrive within the time limit of 0.1 s" in answer.error
        assert time.monotonic() - start < 20

    limited(model, test, time_limit=0.1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_batch": 0}, "--max-batch must be at least 1; got 0."),
        ({"time_limit": float("nan")}, "--time-limit must be at least 0.001; got nan."),
        ({"port": 65536}, "--port must be at most 65535; got 65536."),
    ],
)
def test_settings_are_checked(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as found:
        Settings(**options)
    assert str(found.value) == words
