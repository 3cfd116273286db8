"""Artifacts: files with compiled functions, which run without the compiler and without the rest of axir.

>>> import axir_runtime
>>> model = axir_runtime.load("model.axir")     # doctest: +SKIP
>>> model.predict(params, x)                    # doctest: +SKIP
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from axir_runtime.archive import Archive, digest
from axir_runtime.arguments import Binder
from axir_runtime.buffer import ALIGNMENT, Buffer, aligned_empty
from axir_runtime.device_buffer import DeviceBuffer
from axir_runtime.errors import DamagedError, ParametersError, RuntimeFailure
from axir_runtime.executable import Executable
from axir_runtime.linked import LinkedModule
from axir_runtime.manifest import Entry, Manifest, Variant, Weights, check_version, choose, parse_manifest
from axir_runtime.signature import Spec
from axir_runtime.sizes import Size
from axir_runtime.trees import Tree, unflatten

Array = np.ndarray[Any, Any]
_SMALL = 4096  # bytes
PARAMETERS = "parameters.irpa"
"""The member that holds parameters which are inside."""


class Function:
    """One function of a loaded artifact; it takes and gives NumPy arrays in the containers it was exported with.

    Arrays must have the shapes and dtypes of the signature; ``print(f)`` shows it. Any memory layout and byte order
    will do, at the price of a copy. Python numbers are taken for arrays without axes. Results are read-only.

    Raises: ArgumentStructureError, ArgumentDTypeError or ArgumentShapeError for arguments that do not fit, before
        anything runs; RuntimeFailure if the run fails.
    """

    def __init__(
        self,
        entry: Entry,
        executables: Mapping[frozenset[tuple[str, int]], Executable],
        memory: Sequence[Array],
    ) -> None:
        self.entry = entry
        self.__name__ = entry.name
        self.__doc__ = entry.documentation or None
        self._executables = executables
        self._binder = Binder(entry)
        self._memory = tuple(memory)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        arrays, case = self._binder(args, kwargs)
        executable = self._executables.get(case) or self._executables[frozenset()]
        device = executable.device
        given: list[Any] = [_passed(x) if device.is_host else DeviceBuffer(x, device) for x in arrays]
        found = [b.array for b in executable(given)]
        # What shares memory with an argument would change with it; what shares that of the file would go with it.
        borrowed = [*self._memory, *(x for x in arrays if x.nbytes > _SMALL)]
        own = [x.copy() if any(np.may_share_memory(x, y) for y in borrowed) else x for x in found]
        for x in own:
            x.flags.writeable = False
        return unflatten(self.entry.results, iter(own))

    def bind(self, *args: Any, **kwargs: Any) -> list[Array]:
        """The arrays of a call, in order, checked as the call checks them; nothing runs.

        Raises: ArgumentError, as a call does.
        """
        return self._binder(args, kwargs)[0]

    def __repr__(self) -> str:
        return f"<{self.signature}>"

    @property
    def signature(self) -> str:
        """The function as one line: names, structures, shapes and dtypes."""
        return signature_of(self.entry)


def _passed(array: Array) -> Buffer:
    """An array as an argument of an executable. To copy a small one takes a third of the time that sharing it takes."""
    if 0 < array.nbytes <= _SMALL and array.flags.c_contiguous:
        return Buffer.of_copy(array)
    return Buffer(array)


def signature_of(entry: Entry) -> str:
    """``f(x: float32[8], y: {'a': int32[]}) -> float32[]``."""
    inputs = ", ".join((f"{p.name}: " if p.name else "") + _typed(p.tree, p.specs) for p in entry.parameters)
    return f"{entry.name}({inputs}) -> {_typed(entry.results, entry.result_specs)}"


def _typed(tree: Tree, specs: Sequence[Spec]) -> str:
    """A structure with the type of each array in place of its leaf."""
    return tree.text(map(str, specs))


class Module:
    """A loaded artifact: its functions are attributes, ``functions`` lists them by name.

    Attributes:
        name: what the artifact is called.
        functions: the functions by name.
        target: which of its modules runs here.
        manifest: everything that the artifact says about itself.
    """

    def __init__(self, name: str, target: str, manifest: Manifest, functions: dict[str, Function]) -> None:
        self.name = name
        self.target = target
        self.manifest = manifest
        self.functions = functions

    def __getattr__(self, name: str) -> Function:
        found = self.__dict__.get("functions", {}).get(name)
        if found is None:
            known = ", ".join(self.__dict__.get("functions", {}))
            raise AttributeError(f"the artifact has no function {name!r}; it has {known or 'none'}")
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.functions]

    def __repr__(self) -> str:
        lines = [f"<axir module {self.name!r} for {self.target}>"]
        return "\n    ".join([*lines, *(f.signature for f in self.functions.values())])


def load(path: str | os.PathLike[str], *, target: str | None = None) -> Module:
    """Load an artifact for the machine that this runs on.

    The file is mapped, and every byte of it is compared with its checksum, before IREE sees any. It must not change
    while it is in use: to replace it, write another file and rename it.

    Args:
        path: the ``.axir`` file; parameters that are separate are looked for beside it.
        target: which of its modules to run, by name; by default the one that uses most of this CPU, or if there is none
            for it, the first for a GPU that this machine has.

    Raises:
        OSError: the file cannot be read.
        DamagedError: it is no artifact, or not what was written.
        VersionError: it was made for another version of the format, or of IREE.
        PlatformError: it has no module for this kind of machine.
        CpuFeatureError: this CPU lacks instructions that its modules need.
        ParametersError: the file of parameters is missing, or belongs to another artifact.
    """
    name = os.fspath(path)
    data = map_file(name)
    archive = Archive(_view(data), name)
    manifest = parse_manifest(archive.manifest, name)
    weights, beside = manifest.weights, None
    if weights is not None and not weights.inside:
        beside = _map_beside(os.path.join(os.path.dirname(name), weights.file), weights, name)
    return _load(archive, manifest, data, beside, target)


def loads(data: bytes, *, parameters: bytes | None = None, target: str | None = None) -> Module:
    """Load an artifact from bytes, such as ``Exported.serialize`` gives.

    Args:
        data: the contents of the ``.axir`` file.
        parameters: those of the file of parameters, if they are separate.
        target: as for ``load``.

    Raises: the errors of ``load``.
    """
    memory = _aligned(data)
    archive = Archive(_view(memory), "artifact")
    manifest = parse_manifest(archive.manifest, archive.name)
    weights, beside = manifest.weights, None
    if weights is not None and not weights.inside:
        if parameters is None:
            raise ParametersError(
                f"artifact: its parameters are separate, in {weights.file!r}. Pass their bytes, or load files."
            )
        beside = _checked_parameters(_aligned(parameters), weights, "artifact")
    return _load(archive, manifest, memory, beside, target)


def read_manifest(path: str | os.PathLike[str]) -> tuple[Manifest, Archive]:
    """What an artifact says about itself, and its members, whatever machine it is for.

    Raises: the errors of ``load`` about the file itself.
    """
    name = os.fspath(path)
    archive = Archive(_view(map_file(name)), name)
    return parse_manifest(archive.manifest, name), archive


def _load(
    archive: Archive, manifest: Manifest, data: Array, beside: Array | None, target: str | None
) -> Module:
    """Link the module for this machine, and look its functions up."""
    check_version(manifest, archive.name)
    variant, device = choose(manifest.variants, target, archive.name)
    parameters = None
    if manifest.weights is not None:
        contents = _view(beside) if beside is not None else archive.member(PARAMETERS)
        parameters = manifest.weights.scope, contents
    module = archive.member(variant.member)
    linked = LinkedModule(device, module, parallel=variant.parallel, parameters=parameters)
    memory = [data] if beside is None else [data, beside]
    functions = {e.name: _function(e, linked, variant, memory, archive.name) for e in manifest.functions}
    return Module(manifest.name, variant.name, manifest, functions)


def _function(
    entry: Entry, linked: LinkedModule, variant: Variant, memory: Sequence[Array], source: str
) -> Function:
    cases = {frozenset[tuple[str, int]](): entry.name, **{c.sizes: c.function for c in entry.cases}}
    try:
        executables = {case: _executable(entry, dict(case), name, linked) for case, name in cases.items()}
    except ValueError as error:
        raise DamagedError(f"{source}: the manifest does not fit its module: {error}") from None
    except RuntimeFailure as error:
        raise RuntimeFailure(f"{source}: {error}", error.details) from None
    return Function(entry, executables, memory)


def _executable(entry: Entry, sizes: Mapping[str, int], name: str, linked: LinkedModule) -> Executable:
    """The function of the module for calls with these sizes."""
    specs = [s for p in entry.parameters for s in p.specs]
    return Executable(
        linked.device,
        linked,
        function=name,
        arguments=[(_known(s, sizes), s.dtype) for s in specs],
        results=[(_known(s, sizes), s.dtype) for s in entry.result_specs],
        parallel=linked.parallel,
    )


def _known(spec: Spec, sizes: Mapping[str, int]) -> tuple[int | None, ...]:
    """A shape as the module declares it: of the sizes with names only these are known."""
    known: list[int | None] = []
    for n in spec.shape:
        if isinstance(n, Size):
            known.append(n.value(sizes) if {name for name, _ in n.terms} <= set(sizes) else None)
        else:
            assert isinstance(n, int)
            known.append(n)
    return tuple(known)


# Memory. --------------------------------------------------------------------------------------------


def map_file(path: str) -> Array:
    """A file as bytes, mapped into memory.

    Raises: OSError if it cannot be read; DamagedError if it is empty.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise DamagedError(f"{path}: not an axir artifact: the file is empty")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, np.uint8)


def _view(data: Array) -> memoryview:
    return memoryview(cast(Any, data))


def _aligned(data: bytes) -> Array:
    """A copy where modules can be used in place."""
    memory = aligned_empty((len(data),), np.uint8)
    memory[:] = np.frombuffer(data, np.uint8)
    memory.flags.writeable = False
    assert memory.ctypes.data % ALIGNMENT == 0
    return memory


def _map_beside(path: str, weights: Weights, source: str) -> Array:
    try:
        data = map_file(path)
    except (OSError, DamagedError) as error:
        raise ParametersError(
            f"{source}: the parameters are in a file of their own, {path}, which cannot be read: {error}. "
            "Put it beside the artifact."
        ) from None
    return _checked_parameters(data, weights, source)


def _checked_parameters(data: Array, weights: Weights, source: str) -> Array:
    if len(data) != weights.size or digest(_view(data)) != weights.blake2b:
        raise ParametersError(
            f"{source}: the file of parameters {weights.file!r} is damaged, or belongs to another artifact. "
            "Export both again, or copy both."
        )
    return data
