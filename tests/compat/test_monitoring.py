"""``jax.monitoring`` and the shards of an array, each of which is a whole one."""

import pytest

import axir
import axir.numpy as np
from axir.compat.jax import monitoring


@pytest.fixture(autouse=True)
def _no_listeners():
    yield
    monitoring.clear_event_listeners()


def test_listeners_hear_of_their_kind_of_events_until_they_are_taken_away() -> None:
    heard = []

    def listener(*values, **more):
        heard.append((values, more))

    monitoring.register_event_duration_secs_listener(listener)
    monitoring.record_event_duration_secs("step", 0.5, rank=3)
    monitoring.record_event("begun")
    assert heard == [(("step", 0.5), {"rank": 3})]
    monitoring.unregister_event_duration_listener(listener)
    monitoring.record_event_duration_secs("step", 0.5)
    assert len(heard) == 1
    with pytest.raises(ValueError, match="durations"):
        monitoring.unregister_event_duration_listener(listener)


def test_all_kinds_have_listeners_of_their_own() -> None:
    heard = []
    for kind in ("event", "event_time_span", "scalar"):
        getattr(monitoring, f"register_{kind}_listener")(lambda *values: heard.append(values))
    monitoring.record_event("begun")
    monitoring.record_event_time_span("step", 1.0, 2.0)
    monitoring.record_scalar("loss", 0.25)
    assert heard == [("begun",), ("step", 1.0, 2.0), ("loss", 0.25)]
    monitoring.clear_event_listeners()
    monitoring.record_event("begun")
    assert len(heard) == 3


def test_an_array_is_its_only_shard() -> None:
    x = np.ones((2, 3))
    (shard,) = x.addressable_shards
    assert shard.data is x
    assert (shard.device, shard.replica_id) == (axir.devices("cpu")[0], 0)
    assert x[shard.index].shape == x.shape
    assert x.global_shards[0].data is x
