"""Python functions that compiled programs call while they run.

A program lists its call *sites* in the reflection of its function: the position of the Python function among those
that the caller gives, and the types of arguments and results. Each site is an import of the module, which is answered
by a module made here. Calls come on the thread that runs the program, in the order of the program.

IREE turns a Python exception into text. The exception itself is kept beside, for the thread that it belongs to, and
raised again once the run has failed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from iree.runtime import HalBufferView, PyModuleInterface, VmModule

from axir_runtime.buffer import Buffer, aligned_copy
from axir_runtime.device import Device
from axir_runtime.device_buffer import DeviceBuffer
from axir_runtime.dtypes import dtype_named
from axir_runtime.signature import Spec

Array = np.ndarray[Any, Any]
Callback = Callable[[Sequence[Array], Sequence[Spec]], Sequence[Array]]
"""Takes the arguments, which it may keep, and the shapes and dtypes of the results; gives arrays of just these."""

REFLECTION = "axir.callbacks"
_MODULE = "axir_callbacks"


class Site(NamedTuple):
    """One import of a module: which callback it calls, with what, for what."""

    position: int
    arguments: tuple[Spec, ...]
    results: tuple[Spec, ...]
    effect: bool
    """Whether the import takes and gives a token, which keeps calls with effects in order."""


def parse_sites(reflection: Mapping[str, str]) -> tuple[Site, ...]:
    """The call sites of a function."""
    listed = json.loads(reflection.get(REFLECTION, "[]"))
    return tuple(
        Site(position, _specs(arguments), _specs(results), effect)
        for position, arguments, results, effect in listed
    )


def _specs(pairs: Sequence[tuple[str, Sequence[int]]]) -> tuple[Spec, ...]:
    return tuple(Spec(tuple(shape), dtype_named(name)) for name, shape in pairs)


class _Local(threading.local):
    error: BaseException | None = None


class Callbacks:
    """The imports of one loaded program."""

    def __init__(
        self, name: str, functions: Sequence[Callback], reflection: Mapping[str, str], device: Device
    ) -> None:
        self._name = name
        self._device = device
        self._functions = tuple(functions)
        self._sites = parse_sites(reflection)
        self._local = _Local()
        wanted = max((site.position + 1 for site in self._sites), default=0)
        if wanted > len(self._functions):
            raise ValueError(f"{name}: the module calls {wanted} callbacks; got {len(self._functions)}")

    def modules(self) -> list[VmModule]:
        """The module that answers the imports, to be linked before the program; none if there are none."""
        if not self._sites:
            return []
        interface = PyModuleInterface(_MODULE, lambda _: self)
        for number, site in enumerate(self._sites):
            convention = f"0{_letters(site.arguments, site)}_{_letters(site.results, site)}"
            interface.export(f"site{number}", convention, _import(site))
        return [interface.create()]

    def call(self, site: Site, references: Sequence[Any]) -> list[Any]:
        """Answer one import; an exception is kept for ``take_error``."""
        self._local.error = None
        try:
            views = [r.deref(HalBufferView) for r in references]
            arguments = [self._argument(site, *pair) for pair in zip(views, site.arguments, strict=True)]
            found = self._functions[site.position](arguments, site.results)
            given = [self._view(x).ref for x in self._checked(site, found)]
        except BaseException as error:
            self._local.error = error
            # What IREE sees is an ordinary exception, whatever it was.
            raise RuntimeError("a callback failed") from None
        return given

    def _argument(self, site: Site, view: HalBufferView, spec: Spec) -> Array:
        """A copy, since IREE uses the memory again when the call is over.

        The type is checked: what no kernel reads comes here as the caller of the program gave it.
        """
        shape, kind = tuple(view.shape), int(cast(Any, view.element_type))
        # An element type has its number of bits in the lowest byte.
        if shape != spec.shape or kind & 0xFF != 8 * spec.dtype.itemsize:
            raise ValueError(
                f"{self._name}: callback {site.position} takes {spec}; the program gave elements of type "
                f"{kind:#x} in shape {shape}"
            )
        if not self._device.is_host:
            return DeviceBuffer.from_view(view, shape, spec.dtype, self._device).array
        return aligned_copy(Buffer.from_ref(view.ref, shape, spec.dtype).array)

    def _view(self, array: Array) -> HalBufferView:
        return Buffer(array).view if self._device.is_host else DeviceBuffer(array, self._device).view

    def _checked(self, site: Site, found: Sequence[Array]) -> list[Array]:
        """Results in memory of their own: compiled code must not read what it does not expect."""
        given = [(x.shape, x.dtype) for x in found]
        if given != [(s.shape, s.dtype) for s in site.results]:
            wanted = ", ".join(map(str, site.results))
            actual = ", ".join(str(Spec(*pair)) for pair in given)
            raise ValueError(f"{self._name}: callback {site.position} must give ({wanted}); got ({actual})")
        return [aligned_copy(x) for x in found]

    def take_error(self) -> BaseException | None:
        """The exception that made this thread's run fail, if it was one of a callback."""
        error, self._local.error = self._local.error, None
        return error


def _letters(specs: Sequence[Spec], site: Site) -> str:
    """Arguments or results in IREE's notation of calling conventions: references, then the token.

    (References behind a number are read at the wrong place, which kills the process.)
    """
    return "r" * len(specs) + "i" * site.effect or "v"


def _import(site: Site) -> Callable[..., Any]:
    """An import as IREE calls it."""

    def answer(callbacks: Callbacks, *values: Any) -> Any:
        count = len(site.arguments)
        results = (*callbacks.call(site, values[:count]), *values[count:])
        if not results:
            return None
        return results[0] if len(results) == 1 else results

    return answer
