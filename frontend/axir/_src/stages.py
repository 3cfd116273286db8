"""The steps from a function to code, one at a time: ``jit(f).trace(x)``, ``.lower()``, ``.compile()``.

Each step knows the types of arguments and results and shows the program as text at any stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.call import flatten_arrays
from axir._src.deployments import deployment_named
from axir._src.device_targets import target_of
from axir._src.entries import Entry
from axir._src.html import program_html
from axir._src.jit import ShapeDtypeStruct
from axir._src.placement import common_placement
from axir._src.show import IR
from axir._src.trace import Function, Spec, Tracer
from axir_compiler import pipeline, stages
from axir_compiler.analysis.cost import OpCost, op_costs, total_cost
from axir_compiler.analysis.memory import memory_of
from axir_compiler.analysis.threads import gains_from_threads
from axir_compiler.errors import ConcretizationError
from axir_compiler.ir.types import Aval
from axir_compiler.mlir import context, ir

if TYPE_CHECKING:
    from axir_runtime import Executable

__all__ = ["ArgInfo", "Compiled", "CompiledMemoryStats", "Lowered", "Stage", "Traced"]


@dataclass(frozen=True)
class ArgInfo:
    """What is known of one argument of a traced function."""

    _aval: Aval
    donated: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of each axis."""
        return self._aval.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self._aval.dtype


@dataclass(frozen=True)
class CompiledMemoryStats:
    """Bytes that a compiled program needs; those of temporaries are an estimate from the program's IR.

    Attributes:
        argument_size_in_bytes: Arguments of the call.
        output_size_in_bytes: Results.
        constant_size_in_bytes: Arrays that the function uses from outside.
        temp_size_in_bytes: What lives at the peak besides all of these.
        peak_memory_in_bytes: The most that lives at one time.
        generated_code_size_in_bytes: The compiled module; 0 if it is not compiled.
        alias_size_in_bytes: Results in the memory of arguments.
    """

    argument_size_in_bytes: int
    output_size_in_bytes: int
    constant_size_in_bytes: int
    temp_size_in_bytes: int
    peak_memory_in_bytes: int
    generated_code_size_in_bytes: int = 0
    alias_size_in_bytes: int = 0


class Stage:
    """A function for one signature of arguments.

    Attributes:
        fun_name: Its name.
        in_tree: Structure of the pair of positional and keyword arguments, static ones left out.
        donate_argnums: Numbers of the arrays among the arguments whose memory results may take.
    """

    __slots__ = ("_entry", "donate_argnums", "fun_name", "in_tree")
    _default_stage: ClassVar[str]

    def __init__(self, name: str, entry: Entry, in_tree: pytree.TreeDef, donated: tuple[int, ...] = ()):
        self.fun_name = name
        self.in_tree = in_tree
        self.donate_argnums = donated
        self._entry = entry

    @property
    def _function(self) -> Function:
        return self._entry.function

    @property
    def out_tree(self) -> pytree.TreeDef:
        """Structure of the results."""
        return self._entry.out_tree

    @property
    def args_info(self) -> Any:
        """The pair of positional and keyword arguments, with an ``ArgInfo`` for each array."""
        infos = [ArgInfo(s.aval, i in self.donate_argnums) for i, s in enumerate(self._function.inputs)]
        return self._filled(self.in_tree, infos)

    @property
    def in_avals(self) -> Any:
        """The pair of positional and keyword arguments, with shape and dtype of each array."""
        return self._filled(self.in_tree, [s.aval for s in self._function.inputs])

    @property
    def out_avals(self) -> Any:
        """The results, with shape and dtype of each array."""
        return self._filled(self.out_tree, [s.aval for s in self._function.outputs])

    @property
    def out_info(self) -> Any:
        """The results, with a ``ShapeDtypeStruct`` for each array."""
        shapes = [ShapeDtypeStruct(s.aval.shape, s.aval.dtype, s.weak) for s in self._function.outputs]
        return pytree.unflatten(self.out_tree, shapes)

    @staticmethod
    def _filled(tree: pytree.TreeDef, leaves: Sequence[Any]) -> Any:
        return pytree.unflatten(tree, leaves)

    def as_text(
        self, stage: str | None = None, *, debug_info: bool = False, target: str | None = None
    ) -> str:
        """The program as text at a stage of its way to code.

        Args:
            stage: ``trace`` (as traced, transformations are ops), ``rewritten`` (after differentiation,
                vectorization and simplification), ``linalg`` (what IREE's compiler takes), ``flow``, ``stream``,
                ``executables``, ``hal``, ``vm`` (its phases), ``llvm`` or ``asm`` (each kernel). By default the
                last that this object stands for: ``trace``, ``linalg`` or ``asm``.
            debug_info: whether each op has its place in the Python program, as an MLIR location.
            target: what is compiled for, of ``axir.aot.TARGETS``; by default the device that the function runs on.

        Raises:
            ValueError: there is no such stage.
            AxirError: there is no such target.
            CompileError: the program cannot be compiled.
        """
        chosen = self._default_stage if stage is None else stage
        stages.check_stage("as_text", chosen)
        module, symbol = self._function.program.module, self._function.symbol
        with context():
            large = gains_from_threads(pipeline.rewritten_form(module, symbol), "main")
            if target is None:
                device = self._entry.device
                host, to = device.is_host, target_of(device, parallel=large)
            else:
                named = deployment_named(target)
                host, to = named.platform == "cpu", named.target
            storage = host and large
            return stages.stage_text(module, symbol, chosen, to, result_storage=storage, locations=debug_info)

    def compiler_ir(self, dialect: str | None = None) -> ir.Module:
        """The MLIR module: ``axir`` for the program after all rewrites, by default ``linalg``.

        Raises:
            ValueError: there is no such dialect.
        """
        if dialect not in (None, "linalg", "axir"):
            raise ValueError(f"compiler_ir: the dialects are axir and linalg; got {dialect!r}.")
        module, symbol = self._function.program.module, self._function.symbol
        form = pipeline.rewritten_form if dialect == "axir" else pipeline.compiled_form
        with context():
            return form(module, symbol)

    def _costs(self) -> list[OpCost]:
        with context():
            form = pipeline.rewritten_form(self._function.program.module, self._function.symbol)
            return op_costs(form, "main")

    def cost_analysis(self) -> dict[str, Any]:
        """What running the program takes, counted in its IR.

        Returns: a dict with ``flops`` (arithmetic operations), ``transcendentals`` (evaluations of functions such
            as exp), ``bytes accessed`` (read and written if every op ran by itself), ``bytes accessed fused`` (an
            estimate for what IREE fuses), ``unbounded loops`` (``while_loop``s, counted as one step each), and
            ``by op`` with the same of each kind of op, and how many there are.
        """
        costs = self._costs()
        kinds = dict.fromkeys(c.op.short_name for c in costs)
        by_op = {kind: [c for c in costs if c.op.short_name == kind] for kind in kinds}
        each = {kind: {"count": sum(c.count for c in own), **_figures(own)} for kind, own in by_op.items()}
        return {**_figures(costs), "unbounded loops": total_cost(costs).unbounded_loops, "by op": each}

    def memory_analysis(self) -> CompiledMemoryStats:
        """The memory that running the program takes."""
        with context():
            form = pipeline.rewritten_form(self._function.program.module, self._function.symbol)
            found = memory_of(form, "main")
        constants = sum(c.nbytes for c in self._function.captures)
        return CompiledMemoryStats(
            found.arguments - constants,
            found.outputs,
            constants,
            found.temporaries,
            found.peak,
            self._code_bytes(),
        )

    def _code_bytes(self) -> int:
        return 0

    def _signature(self) -> str:
        given, found = (
            ", ".join(str(s.aval) for s in side) for side in (self._function.inputs, self._function.outputs)
        )
        return f"({given}) -> ({found})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.fun_name}: {self._signature()})"

    def _repr_html_(self) -> str:
        title = f"{type(self).__name__} {self.fun_name}: {self._signature()}"
        return program_html(title, self.as_text("rewritten"))


def _figures(costs: Sequence[OpCost]) -> dict[str, int]:
    total = total_cost(costs)
    return {
        "flops": total.flops,
        "transcendentals": total.transcendentals,
        "bytes accessed": total.bytes,
        "bytes accessed fused": total.fused_bytes,
    }


class _Callable(Stage):
    """A stage that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program.

        Raises:
            TypeError: the arguments' structure, shapes or dtypes are not those that the function was traced for, or one
                of them is traced.
        """
        arrays = self._checked(args, kwargs)
        if not self._function.closed:
            raise ConcretizationError(
                f"{self.fun_name}: the function uses arrays of a function that is being traced, and cannot run by "
                "itself. Pass them as arguments."
            )
        placement = self._entry.placement
        if placement is None or placement.committed:
            common_placement(self.fun_name, arrays, device=self._entry.device)
        return self._entry.run(arrays, [])

    def _checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[ConcreteArray]:
        arrays, tree = flatten_arrays(self.fun_name, (args, kwargs), pytree.call_names)
        if tree != self.in_tree:
            raise TypeError(
                f"{self.fun_name}: was compiled for arguments of the structure {self.in_tree}; got {tree}. Static "
                "arguments are part of the compiled function and are not given."
            )
        names = pytree.call_names((args, kwargs))
        for x, spec, name in zip(arrays, self._function.inputs, names, strict=True):
            self._check(x, spec, name)
        return [x for x in arrays if isinstance(x, ConcreteArray)]

    def _check(self, x: Array, spec: Spec, name: str) -> None:
        if isinstance(x, Tracer):
            raise TypeError(
                f"{self.fun_name}: a compiled function cannot be transformed; {name} is a traced array. Call the "
                "function under jit instead."
            )
        if x.aval != spec.aval:
            raise TypeError(f"{self.fun_name}: {name} must be {spec.aval} as compiled for; got {x.aval}.")


class Traced(_Callable):
    """A function as it was traced for the types of some arguments; made by ``jit(f).trace``."""

    __slots__ = ()
    _default_stage = "trace"

    @property
    def ir(self) -> IR:
        """The program as traced, transformations being ops."""
        function = self._function
        with context():
            module = pipeline.extract(function.program.module, function.symbol)
        return IR(module, function.symbol, function.program.hosts)

    jaxpr = ir

    def lower(self, *, lowering_platforms: Sequence[str] | None = None) -> Lowered:
        """The function as it is handed to the compiler.

        Raises:
            ValueError: a platform other than the CPU is asked for.
        """
        if lowering_platforms is not None and tuple(lowering_platforms) != ("cpu",):
            raise ValueError(f"lower: programs are compiled for ('cpu',); got {lowering_platforms!r}.")
        return Lowered(self.fun_name, self._entry, self.in_tree, self.donate_argnums)


class Lowered(Stage):
    """A function ready for the compiler; made by ``jit(f).lower`` or ``Traced.lower``."""

    __slots__ = ()
    _default_stage = "linalg"

    def compile(self, compiler_options: Mapping[str, Any] | None = None) -> Compiled:
        """The compiled function.

        Raises:
            ValueError: there are compiler options; axir has none.
            CompileError: the program cannot be compiled.
        """
        if compiler_options:
            raise ValueError(f"compile: there are no compiler options; got {', '.join(compiler_options)}.")
        if not self._function.closed:
            raise ConcretizationError(
                f"compile: {self.fun_name} uses arrays of a function that is being traced. Pass them as arguments."
            )
        self._entry.prepare()
        return Compiled(self.fun_name, self._entry, self.in_tree, self.donate_argnums)


class Compiled(_Callable):
    """A compiled function for the types of some arguments; calling it neither traces nor compiles."""

    __slots__ = ()
    _default_stage = "asm"

    def _code_bytes(self) -> int:
        return self._entry.prepare().code_bytes

    def runtime_executable(self) -> Executable:
        """What runs it: takes and gives buffers, captured arrays last among the arguments."""
        return self._entry.prepare().executable
