"""What an artifact says about itself: its functions, the machines that it has modules for, its parameters."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import iree.runtime.version as _version

from axir_runtime.cpu import check_cpu, cpu_features
from axir_runtime.device import Device, devices
from axir_runtime.dtypes import dtype_named
from axir_runtime.errors import CpuFeatureError, DamagedError, PlatformError, VersionError
from axir_runtime.signature import Spec
from axir_runtime.sizes import Bounds, Size, parse_size
from axir_runtime.trees import Tree, parse_tree
from axir_runtime.vulkan_needs import VulkanNeeds

_T = TypeVar("_T")


class Parameter(NamedTuple):
    """One argument of a function: its name where it has one, its structure, and the arrays in it."""

    name: str | None
    tree: Tree
    specs: tuple[Spec, ...]


class Case(NamedTuple):
    """A function of the module for calls in which these sizes, and no others that cases name, are as given."""

    sizes: frozenset[tuple[str, int]]
    function: str


class Entry(NamedTuple):
    """One exported function."""

    name: str
    parameters: tuple[Parameter, ...]
    results: Tree
    result_specs: tuple[Spec, ...]
    documentation: str
    sizes: dict[str, Bounds]
    """Bounds of the named sizes."""
    cases: tuple[Case, ...]
    """Functions of the module for some sizes (1, where shapes broadcast), in place of the one of this name."""

    @property
    def special(self) -> frozenset[tuple[str, int]]:
        """All sizes that decide which function of the module is called."""
        return frozenset(pair for case in self.cases for pair in case.sizes)


class Variant(NamedTuple):
    """The module for one kind of machine."""

    name: str
    platform: str
    arch: str
    features: frozenset[str]
    member: str
    parallel: bool
    needs: VulkanNeeds | None
    """What it asks of a Vulkan device."""

    @property
    def reasons_not_to_run(self) -> list[str]:
        """Why it does not run on this machine; nothing if it does."""
        if self.platform == "cpu":
            if self.arch != machine():
                return [f"{self.name} is for the CPU of a {self.arch} machine."]
            lacking = sorted(self.features - cpu_features())
            return [f"{self.name} needs a CPU with {', '.join(lacking)}."] if lacking else []
        found = _device_for(self)
        return found if isinstance(found, list) else []


class Weights(NamedTuple):
    """The arrays that the functions use besides their arguments."""

    scope: str
    inside: bool
    file: str
    size: int
    blake2b: str
    specs: dict[str, Spec]


class Manifest(NamedTuple):
    """All of it."""

    name: str
    versions: dict[str, str]
    functions: tuple[Entry, ...]
    variants: tuple[Variant, ...]
    weights: Weights | None


def parse_manifest(form: dict[str, Any], source: str) -> Manifest:
    """The manifest from JSON; ``source`` is what messages call the artifact.

    Raises: DamagedError if something is missing or of the wrong kind.
    """
    try:
        weights = form["parameters"]
        return Manifest(
            _text(form["name"]),
            {_text(key): _text(value) for key, value in form["versions"].items()},
            tuple(map(_entry, form["functions"])),
            tuple(map(_variant, form["targets"])),
            None if weights is None else _weights(weights),
        )
    except DamagedError as error:
        raise DamagedError(f"{source}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise DamagedError(f"{source}: the manifest is not as its format says: {error!r}") from None


def _entry(form: dict[str, Any]) -> Entry:
    tree, specs = _typed(form["results"])
    parameters = tuple(_parameter(p) for p in form["parameters"])
    sizes = {
        _identifier(n): Bounds(_checked(b[0], int), _checked(b[1], int)) for n, b in form["sizes"].items()
    }
    cases = tuple(
        Case(
            frozenset((_identifier(n), _checked(size, int)) for n, size in c["sizes"].items()),
            _identifier(c["function"]),
        )
        for c in form["cases"]
    )
    used = {name for p in parameters for s in p.specs for name in _names(s)}
    if used != set(sizes) or any(not set(_names(s)) <= used for s in specs):
        raise DamagedError("the manifest has sizes without bounds, or that no argument has")
    return Entry(
        _identifier(form["name"]), parameters, tree, specs, _text(form["documentation"]), sizes, cases
    )


def _names(spec: Spec) -> list[str]:
    return [name for size in spec.shape if isinstance(size, Size) for name, _ in size.terms]


def _parameter(form: dict[str, Any]) -> Parameter:
    name = form["name"]
    return Parameter(None if name is None else _identifier(name), *_typed(form))


def _typed(form: dict[str, Any]) -> tuple[Tree, tuple[Spec, ...]]:
    """A structure and the arrays at its leaves."""
    tree, specs = parse_tree(form["tree"]), tuple(map(_spec, form["arrays"]))
    if tree.leaves != len(specs):
        raise DamagedError(f"the manifest describes {len(specs)} arrays for {tree.leaves} leaves")
    return tree, specs


def _spec(form: dict[str, Any]) -> Spec:
    sizes = form["shape"]
    if not isinstance(sizes, list) or not all(type(n) is str or (type(n) is int and n >= 0) for n in sizes):
        raise DamagedError(f"the manifest describes an array of shape {sizes!r}")
    return Spec(tuple(parse_size(n) if isinstance(n, str) else n for n in sizes), dtype_named(form["dtype"]))


def _variant(form: dict[str, Any]) -> Variant:
    features = frozenset(map(_text, _checked(form["cpu_features"], list)))
    name, kind, arch, member = (_text(form[key]) for key in ("name", "platform", "arch", "module"))
    needs = None if form["device"] is None else _needs(form["device"])
    if (kind == "vulkan") is (needs is None):
        raise DamagedError(f"the manifest does not say what {name} needs of a device")
    return Variant(name, kind, arch, features, member, _checked(form["parallel"], bool), needs)


def _needs(form: dict[str, Any]) -> VulkanNeeds:
    major, minor = (_checked(n, int) for n in form["api"])
    return VulkanNeeds(
        (major, minor),
        frozenset(map(_text, _checked(form["capabilities"], list))),
        _checked(form["rounds_once"], bool),
        *(_checked(form[key], int) for key in ("subgroup_size", "threads", "shared_memory")),
    )


def _weights(form: dict[str, Any]) -> Weights:
    file = _text(form["file"])
    if file in ("", ".", "..") or set(file) & set("/\\:\0"):
        raise DamagedError(f"the manifest names a file of parameters in another folder: {file!r}")
    return Weights(
        _text(form["scope"]),
        _checked(form["inside"], bool),
        file,
        _checked(form["size"], int),
        _text(form["blake2b"]),
        {_text(key): _spec(value) for key, value in form["arrays"].items()},
    )


def _checked(value: Any, kind: Callable[..., _T]) -> _T:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not a {getattr(kind, '__name__', kind)}")
    return value


def _text(value: Any) -> str:
    return _checked(value, str)


def _identifier(value: Any) -> str:
    if not _text(value).isidentifier():
        raise DamagedError(f"the manifest names something {value!r}")
    return value


# Choice. --------------------------------------------------------------------------------------------

_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def machine() -> str:
    """The architecture of this machine, as artifacts name it: ``x86_64``, ``aarch64``, ``riscv64``, ..."""
    name = platform.machine().lower()
    return _ARCHITECTURES.get(name, name)


def runtime_version() -> str:
    """Version of the IREE that runs modules here."""
    return str(_version.VERSION)


def check_version(manifest: Manifest, source: str) -> None:
    """Refuse modules of another minor version of IREE.

    Raises: VersionError; IREE keeps no compatibility between minor versions, and does not always notice.
    """
    made = manifest.versions.get("iree", "unknown")
    if made.split(".")[:2] != runtime_version().split(".")[:2]:
        raise VersionError(
            f"{source}: the artifact was made with IREE {made}; installed here is {runtime_version()}. "
            f"Export it again, or install iree-base-runtime of version {'.'.join(made.split('.')[:2])}."
        )


def choose(variants: Sequence[Variant], wanted: str | None, source: str) -> tuple[Variant, Device]:
    """The module to run here, and where: the one named, or the one that uses most of this CPU, or one for a GPU found.

    Raises: PlatformError if none is for this kind of machine or of that name; CpuFeatureError if the CPU lacks
        instructions that each of them needs.
    """
    known = ", ".join(v.name for v in variants) or "none"
    if wanted is not None:
        named = [v for v in variants if v.name == wanted]
        if not named:
            raise PlatformError(f"{source}: there is no module for {wanted!r}; there are {known}.")
        variants = named
    fitting = [v for v in variants if v.platform == "cpu" and v.arch == machine()]
    able = [v for v in fitting if v.features <= cpu_features()]
    if able:
        return max(able, key=lambda v: len(v.features)), devices("cpu")[0]
    reasons: list[str] = []
    for variant in variants:
        if variant.platform != "cpu":
            device = _device_for(variant)
            if not isinstance(device, list):
                return variant, device
            reasons += device
    if not fitting:
        raise PlatformError(
            f"{source}: there is no module that runs here, on the CPU of a {machine()} machine; there are {known}. "
            f"{' '.join([*dict.fromkeys(reasons), 'Export it for this machine too.'])}"
        )
    least = min(fitting, key=lambda v: len(v.features - cpu_features()))
    try:
        check_cpu(least.features)
    except CpuFeatureError as error:
        raise CpuFeatureError(f"{source}: {error}") from None
    raise AssertionError("a module whose features are all there is able")


def _device_for(variant: Variant) -> Device | list[str]:
    """The first device that runs the code of a GPU, or why there is none."""
    try:
        found = devices(variant.platform)
    except PlatformError as error:
        return [str(error)]
    reasons: list[str] = []
    for device in found:
        missing = variant.needs.missing(device) if variant.needs else []
        if not missing:
            return device
        reasons.append(
            f"{device} ({device.device_kind}) lacks what {variant.name} needs: {', '.join(missing)}."
        )
    return reasons
