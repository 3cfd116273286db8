"""Forks, interpreter exit and environment variables: each in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from runtime_program import run_python

START = """
    import os, sys
    import numpy as np
    from axir_runtime import *
    module = open(sys.argv[1], "rb").read()
    device = devices()[0]
    def load(parallel):
        return Executable(device, module, function="add", parallel=parallel)
    x = Buffer(np.arange(8, dtype=np.float32))
"""


@pytest.mark.parametrize("parallel", [False, True])
def test_exit_with_everything_alive(parallel: bool, module_file: Path) -> None:
    code = (
        START
        + """
    add = load(sys.argv[2] == "True")
    results = [add([x, x])[0] for _ in range(10)]
    arrays = [result.array for result in results]
    mapped = add(arrays[:2])[0].array
    cycle = [add, results]; cycle.append(cycle)
    print(mapped[3])
    """
    )
    assert run_python(code, module_file, parallel).stdout == "12.0\n"


@pytest.mark.parametrize("parallel", [False, True])
def test_results_survive_the_last_reference_to_a_device(parallel: bool, module_file: Path) -> None:
    """As at interpreter exit, where modules are cleared in an order that nobody controls."""
    code = (
        START
        + """
    import gc, axir_runtime.device
    add = load(sys.argv[2] == "True")
    results = [add([x, x])[0] for _ in range(3)]
    axir_runtime.device.state.queues.clear()
    axir_runtime.device.state.instance = None
    del add, device
    gc.collect()
    print(results[0].array[1])
    del results[0]
    """
    )
    assert run_python(code, module_file, parallel).stdout == "2.0\n"


def test_a_forked_child_runs_programs_and_reads_results(module_file: Path) -> None:
    code = (
        START
        + """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns about forks with threads
    small, large = load(False), load(True)
    before = small([x, x])[0], large([x, x])[0]
    child = os.fork()
    if child == 0:
        y, z = small([before[0], x])[0], large([before[1], x])[0]
        fresh = load(True)([y, z])[0]
        assert np.array_equal(y.array, 3 * x.array) and np.array_equal(z.array, 3 * x.array)
        assert np.array_equal(fresh.array, 6 * x.array)
        sys.exit(7)  # through the interpreter's own shutdown
    status = os.waitpid(child, 0)[1]
    assert os.waitstatus_to_exitcode(status) == 7, status
    assert np.array_equal(large([x, before[0]])[0].array, 3 * x.array)
    print("both")
    """
    )
    assert run_python(code, module_file).stdout == "both\n"


def test_a_child_forked_while_threads_run(module_file: Path) -> None:
    code = (
        START
        + """
    import threading, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    run, stop = load(True), threading.Event()
    def busy():
        while not stop.is_set():
            run([x, x])
    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads: thread.start()
    codes = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            os._exit(0 if np.array_equal(run([x, x])[0].array, 2 * x.array) else 1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    for thread in threads: thread.join()
    print(codes)
    """
    )
    assert run_python(code, module_file).stdout == "[0, 0, 0, 0, 0]\n"


def test_number_of_threads(module_file: Path) -> None:
    code = (
        START
        + """
    def count(): return len(os.listdir("/proc/self/task"))
    load(False)
    before = count()
    add = load(True)
    print(count() - before, add([x, x])[0].array[1])
    """
    )
    counts = {}
    for asked in ("1", "5"):
        environment = f"import os; os.environ['AXIR_NUM_THREADS'] = '{asked}'\n"
        extra, value = run_python(environment + dedented(code), module_file).stdout.split()
        assert value == "2.0"
        counts[asked] = int(extra)
    assert counts["5"] - counts["1"] == 4


def test_a_bad_number_of_threads_is_refused(module_file: Path) -> None:
    code = """
    os.environ["AXIR_NUM_THREADS"] = "many"
    try:
        load(True)
    except ValueError as error:
        print(error)
    """
    said = run_python(START + code, module_file).stdout
    assert said == "AXIR_NUM_THREADS must be a positive whole number; got 'many'\n"


def test_the_runtime_alone_suffices(module_file: Path) -> None:
    code = (
        START
        + """
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            assert not name.startswith(("iree.compiler", "axir_compiler", "axir.")), name
    """
    )
    blocked = """
    import sys
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("axir", "axir_compiler", "axir_tools", "scipy", "optree"):
                raise AssertionError(name)
            if name.startswith("iree.compiler"):
                raise AssertionError(name)
    sys.meta_path.insert(0, Refuse())
    """
    code = dedented(blocked) + dedented(START) + "print(load(False)([x, x])[0].array[2])\n"
    assert run_python(code, module_file).stdout == "4.0\n"


def dedented(code: str) -> str:
    import textwrap

    return textwrap.dedent(code)
