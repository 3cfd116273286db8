"""The runner of the array API's conformance suite: its list, its call, and what it does without a suite."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "array_api" / "run.py"


@pytest.fixture(scope="module")
def runner():
    return runpy.run_path(str(SCRIPT))


def test_expected_failures_name_tests(runner):
    names = runner["expected_failures"](runner["EXPECTED"].read_text())
    assert len(names) == len(set(names)) > 30
    assert all(name.startswith("array_api_tests/test_") and ".py::test_" in name for name in names)
    assert runner["expected_failures"]("# why\n\narray_api_tests/test_a.py::test_b\n") == [
        "array_api_tests/test_a.py::test_b"
    ]


def test_the_call_names_module_version_and_list(runner):
    call = runner["command"](7, ["-x"])
    assert call[1:4] == ["-m", "pytest", "array_api_tests"] and call[-1] == "-x"
    assert f"--xfails-file={runner['EXPECTED']}" in call and "7" in call
    variables = runner["environment"]()
    assert variables["ARRAY_API_TESTS_MODULE"] == "axir.numpy"
    assert variables["ARRAY_API_TESTS_VERSION"] == "2024.12" and variables["AXIR_ENABLE_X64"] == "1"


def test_a_folder_without_the_suite_is_refused(runner, tmp_path):
    with pytest.raises(SystemExit, match="is no checkout"):
        runner["main"](["--suite", str(tmp_path)])
