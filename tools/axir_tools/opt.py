"""``axir opt``: run passes over a file of MLIR and print what comes out.

    $ axir opt sine.mlir --passes 'jvp{func=f},cse,dce'
    $ axir opt --list-passes

The golden tests call ``transform`` and ``check_errors``, which do the work, in process.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from axir_compiler.errors import AxirError, VerificationError
from axir_compiler.ir.module import parse_module
from axir_compiler.mlir import ir
from axir_compiler.passes.base import Pass
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.passes.verify import verify_module
from axir_compiler.pipeline import PASSES, Report, parse_pipeline, run_passes
from axir_tools.console import CommandError, command, print_json, styled

__all__ = ["check_errors", "list_passes", "opt", "read_input", "report_error", "transform"]

SEPARATOR = re.compile(r"^// -----\s*$", re.MULTILINE)
_EXPECTED = re.compile(r"^\s*// ERROR:\s*(.+?)\s*$", re.MULTILINE)

Watch = Callable[[Pass, str], None]


def transform(
    text: str,
    passes: Sequence[Pass],
    *,
    name: str = "<stdin>",
    verify_each: bool = True,
    before: Watch | None = None,
    after: Watch | None = None,
    locations: bool = False,
) -> tuple[str, Report]:
    """Parse and verify a module, run passes, verify what they leave behind; gives the module as text.

    Args:
        text: MLIR.
        passes: What to run.
        name: Name of the text for messages.
        verify_each: Verify after each pass, not only at the end.
        before, after: Called with each pass and the module as text.
        locations: Print the location of each op.

    Raises:
        AxirError: the text is no valid module, or a pass refuses it.
    """
    module = parse_module(text, name)
    verify_module(module)
    report = Report()
    for one in passes:
        if before is not None:
            before(one, str(module))
        report.seconds += run_passes(module, [one]).seconds
        if verify_each:
            _verify_after(one, module)
        if after is not None:
            after(one, str(module))
    if passes and not verify_each:
        _verify_after(passes[-1], module)
    return module.operation.get_asm(enable_debug_info=locations), report


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
    """Name, options and documentation of each pass."""
    return "\n\n".join(
        "\n".join([_title(one), *("    " + line if line else "" for line in _documentation(one))])
        for one in PASSES.values()
    )


def _title(one: type[Pass]) -> str:
    options = ", ".join(one.option_names())
    return f"{one.name}{{{options}}}" if options else one.name


def _documentation(one: type[Pass]) -> list[str]:
    return (inspect.getdoc(one) or "").splitlines()


def read_input(path: str) -> tuple[str, str]:
    """Text and name of a file, ``-`` being standard input."""
    return (sys.stdin.read(), "<stdin>") if path == "-" else (Path(path).read_text(), path)


def report_error(error: AxirError, text: str, name: str, first: int = 1) -> str:
    """A message with file, line, column, the line itself and a caret, where they are known.

    ``first`` is the number of the text's first line in the file.
    """
    position = error.position if isinstance(error, VerificationError) else None
    if position is None:
        return f"axir opt: {error}"
    line, column = position
    message = re.sub(r'( at loc\("-":\d+:\d+\)| at -:\d+| At -:\d+)\.?$', "", str(error)).removeprefix(
        f"{name}: "
    )
    lines = text.splitlines()
    found = [f"axir opt: {name}:{line + first - 1}:{column}: {message.rstrip('.')}."]
    if 1 <= line <= len(lines):
        source = lines[line - 1]
        # Tabs before the caret keep it below its place.
        gap = "".join(c if c == "\t" else " " for c in source[: column - 1])
        found += [f"  {source}", f"  {gap}^"]
    return "\n".join(found)


def _sections(text: str, split: bool) -> list[tuple[int, str]]:
    """The parts of a file between lines ``// -----``, with the number of the first line of each."""
    found, number = [], 1
    for part in SEPARATOR.split(text) if split else [text]:
        found.append((number, part))
        number += part.count("\n")
    return found


class _Printer:
    """Prints the IR before and after some passes, on standard error."""

    def __init__(self, names: Sequence[str], everything: bool, when: str):
        unknown = [n for n in names if n not in PASSES]
        if unknown:
            raise CommandError(f"there is no pass {unknown[0]!r}; the passes are {', '.join(PASSES)}.")
        self._names, self._everything, self._when = set(names), everything, when

    def __call__(self, one: Pass, text: str) -> None:
        if self._everything or one.name in self._names:
            title = styled(f"// -----// IR {self._when} {one} //----- //", "cyan")
            typer.echo(f"{title}\n{text}", err=True)


def _print_times(report: Report, json: bool) -> None:
    total = sum(seconds for _, seconds in report.seconds)
    if json:
        rows = [{"pass": title, "milliseconds": s * 1e3} for title, s in report.seconds]
        print_json({"passes": rows, "milliseconds": total * 1e3})
        return
    for title, seconds in report.seconds:
        share = 100 * seconds / total if total else 0
        typer.echo(f"{seconds * 1e3:10.3f} ms {share:5.1f}%  {title}", err=True)
    typer.echo(f"{total * 1e3:10.3f} ms 100.0%  total", err=True)


_File = Annotated[str, typer.Argument(help="MLIR file; '-' reads standard input.")]
_Passes = Annotated[str, typer.Option(help="Pipeline: 'name{option=value,...},name,...'.")]
_Output = Annotated[str, typer.Option("--output", "-o", help="File for the result; '-' is standard output.")]
_List = Annotated[bool, typer.Option("--list-passes", help="Print all passes with their documentation.")]
_Before = Annotated[list[str] | None, typer.Option(help="Print the IR before this pass; may be repeated.")]
_After = Annotated[list[str] | None, typer.Option(help="Print the IR after this pass; may be repeated.")]
_BeforeAll = Annotated[bool, typer.Option("--print-ir-before-all", help="Print the IR before each pass.")]
_AfterAll = Annotated[bool, typer.Option("--print-ir-after-all", help="Print the IR after each pass.")]
_Each = Annotated[bool, typer.Option(help="Verify the module after each pass.")]
_Split = Annotated[
    bool, typer.Option("--split-input-file", help="Treat parts between lines '// -----' alone.")
]
_Timing = Annotated[bool, typer.Option("--timing", help="Print the time of each pass.")]
_Locations = Annotated[bool, typer.Option("--locations", help="Print the location of each op.")]
_Json = Annotated[bool, typer.Option("--json", help="Print passes or times as JSON.")]
_Expect = Annotated[
    bool,
    typer.Option(
        "--expect-errors", help="Each '// -----' section must fail as its '// ERROR:' comments say."
    ),
]


@command("opt")
def opt(
    file: _File = "-",
    passes: _Passes = "",
    output: _Output = "-",
    list_: _List = False,
    print_ir_before: _Before = None,
    print_ir_after: _After = None,
    print_ir_before_all: _BeforeAll = False,
    print_ir_after_all: _AfterAll = False,
    verify_each: _Each = True,
    split_input_file: _Split = False,
    timing: _Timing = False,
    locations: _Locations = False,
    expect_errors: _Expect = False,
    json: _Json = False,
) -> None:
    """Run passes over a module and print the result."""
    if list_:
        _list(json)
        return
    if json and not timing:
        raise CommandError("--json prints passes or times: give --list-passes or --timing too.")
    text, name = read_input(file)
    pipeline = parse_pipeline(passes)
    if expect_errors:
        typer.echo(f"{check_errors(text, pipeline, name=name)} sections fail as they should")
        return
    options: dict[str, Any] = {
        "name": name,
        "verify_each": verify_each,
        "before": _Printer(print_ir_before or (), print_ir_before_all, "before"),
        "after": _Printer(print_ir_after or (), print_ir_after_all, "after"),
        "locations": locations,
    }
    results, times, failed = [], Report(), False
    for first, part in _sections(text, split_input_file):
        try:
            result, report = transform(part, pipeline, **options)
        except AxirError as error:
            typer.echo(report_error(error, part, name, first), err=True)
            failed = True
            continue
        results.append(result)
        times.seconds += report.seconds
    _write(results, output, silent=timing and json)
    if timing:
        _print_times(times, json)
    if failed:
        raise typer.Exit(1)


def _list(json: bool) -> None:
    if not json:
        typer.echo(list_passes())
        return
    print_json(
        [
            {"name": p.name, "options": p.option_names(), "documentation": "\n".join(_documentation(p))}
            for p in PASSES.values()
        ]
    )


def _write(results: Sequence[str], output: str, *, silent: bool) -> None:
    text = "\n// -----\n\n".join(results)
    if output != "-":
        Path(output).write_text(text)
    elif results and not silent:
        typer.echo(text)
