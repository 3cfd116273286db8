"""The garbage collector rests while programs are rewritten, and only then."""

import gc
import threading

import pytest

from axir_compiler.collector import collector_paused


def test_nested_blocks_end_with_the_outermost():
    assert gc.isenabled()
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_the_pause():
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_threads_share_the_pause():
    entered, leave = threading.Event(), threading.Event()

    def rewrite():
        with collector_paused():
            entered.set()
            leave.wait(timeout=60)

    thread = threading.Thread(target=rewrite)
    thread.start()
    assert entered.wait(timeout=60)
    with collector_paused():
        pass
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()
