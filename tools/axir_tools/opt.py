"""``axir opt``: run passes over a file of MLIR and print what comes out.

    $ axir opt sine.mlir --passes 'jvp{func=f},cse,dce'
    $ axir opt --list-passes

The golden tests call ``transform`` and ``check_errors``, which do the work, in process.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from axir_compiler.errors import AxirError, VerificationError
from axir_compiler.ir.module import parse_module
from axir_compiler.mlir import ir
from axir_compiler.passes.base import Pass
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.passes.verify import verify_module
from axir_compiler.pipeline import PASSES, Report, parse_pipeline, run_passes

__all__ = ["check_errors", "list_passes", "opt", "read_input", "transform"]

SEPARATOR = re.compile(r"^// -----\s*$", re.MULTILINE)
_EXPECTED = re.compile(r"^\s*// ERROR:\s*(.+?)\s*$", re.MULTILINE)


def transform(
    text: str, passes: Sequence[Pass], *, name: str = "<stdin>", snapshots: bool = False
) -> tuple[str, Report]:
    """Parse and verify a module, run passes, verify what they leave behind; gives the module as text.

    Raises:
        AxirError: the text is no valid module, or a pass refuses it.
    """
    module = parse_module(text, name)
    verify_module(module)
    report = run_passes(module, passes, snapshots=snapshots, after=lambda one: _verify_after(one, module))
    return str(module), report


def _verify_after(one: Pass, module: ir.Module) -> None:
    # Lowering leaves the dialect, so that only MLIR's own rules hold for what it makes.
    if not isinstance(one, LowerToLinalgPass):
        verify_module(module)
        return
    try:
        module.operation.verify()
    except ir.MLIRError as error:
        raise VerificationError(f"{one}: {error.error_diagnostics[0].message}.") from None


def check_errors(text: str, passes: Sequence[Pass], *, name: str = "<stdin>") -> int:
    """Check that each section of a file, between lines ``// -----``, fails as its ``// ERROR:`` comments say.

    Gives the number of sections.

    Raises:
        VerificationError: a section passes, fails with another message, or says nothing.
    """
    sections = SEPARATOR.split(text)
    for number, section in enumerate(sections, 1):
        expected = _EXPECTED.findall(section)
        where = f"{name}: section {number}"
        if not expected:
            raise VerificationError(f"{where} has no comment '// ERROR: text of the message'.")
        message = _error_of(section, passes, name)
        if message is None:
            raise VerificationError(f"{where} is accepted; expected the error {expected[0]!r}.")
        for wanted in expected:
            if wanted not in message:
                raise VerificationError(f"{where}: expected the error {wanted!r}; got {message!r}.")
    return len(sections)


def _error_of(text: str, passes: Sequence[Pass], name: str) -> str | None:
    try:
        transform(text, passes, name=name)
    except AxirError as error:
        return str(error)
    return None


def list_passes() -> str:
    """Name, options and first line of the documentation of each pass."""
    lines = []
    for name, one in PASSES.items():
        options = ", ".join(one.option_names())
        summary = (inspect.getdoc(one) or "").partition("\n")[0]
        lines.append(f"{name}{{{options}}}: {summary}" if options else f"{name}: {summary}")
    return "\n".join(lines)


def read_input(path: str) -> tuple[str, str]:
    """Text and name of a file, ``-`` being standard input."""
    return (sys.stdin.read(), "<stdin>") if path == "-" else (Path(path).read_text(), path)


def _print_report(report: Report, *, snapshots: bool, timing: bool) -> None:
    for title, text in report.snapshots if snapshots else ():
        typer.echo(f"// {title}\n{text}", err=True)
    for title, seconds in report.seconds if timing else ():
        typer.echo(f"{seconds * 1e3:10.3f} ms  {title}", err=True)


_File = Annotated[str, typer.Argument(help="MLIR file; '-' reads standard input.")]
_Passes = Annotated[str, typer.Option(help="Pipeline: 'name{option=value,...},name,...'.")]
_List = Annotated[bool, typer.Option("--list-passes", help="Print all passes and stop.")]
_Print = Annotated[bool, typer.Option("--print-after-all", help="Print the IR before and after each pass.")]
_Timing = Annotated[bool, typer.Option("--timing", help="Print the time of each pass.")]
_Expect = Annotated[
    bool,
    typer.Option(
        "--expect-errors", help="Each '// -----' section must fail as its '// ERROR:' comments say."
    ),
]


def opt(
    file: _File = "-",
    passes: _Passes = "",
    list_: _List = False,
    print_after_all: _Print = False,
    timing: _Timing = False,
    expect_errors: _Expect = False,
) -> None:
    """Run passes over a module and print the result."""
    if list_:
        typer.echo(list_passes())
        return
    try:
        text, name = read_input(file)
        pipeline = parse_pipeline(passes)
        if expect_errors:
            typer.echo(f"{check_errors(text, pipeline, name=name)} sections fail as they should")
            return
        result, report = transform(text, pipeline, name=name, snapshots=print_after_all)
    except (AxirError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"axir opt: {error}", err=True)
        raise typer.Exit(1) from None
    _print_report(report, snapshots=print_after_all, timing=timing)
    typer.echo(result)
