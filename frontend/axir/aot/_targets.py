"""What artifacts are compiled for, and what they say about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from axir._src.deployments import deployment_named
from axir.aot._trace import Form
from axir_compiler.errors import AxirError
from axir_compiler.targets import Deployment
from axir_runtime import cpu_features, required_features, spirv_capabilities

__all__ = ["deployments", "form_for", "target_form"]


def deployments(targets: str | Iterable[str]) -> list[Deployment]:
    """Targets by name, each once.

    Raises:
        AxirError: there is no such target, or none is named.
        PlatformError: this machine has no Vulkan device, for ``vulkan:native``.
    """
    names = [targets] if isinstance(targets, str) else list(targets)
    found = {d.name: d for d in map(deployment_named, names)}
    if not found:
        raise AxirError("export: name at least one target, for example targets=('cpu',).")
    return list(found.values())


def form_for(to: Deployment, parallel: bool) -> Form:
    """How programs are lowered for a target. Those for all cores of a CPU are given memory for the results."""
    return Form(result_storage=parallel and to.platform == "cpu", kernels=to.target.kernels)


def target_form(to: Deployment, module: bytes, parallel: bool) -> dict[str, Any]:
    """What the manifest says about a target, and what its compiled module asks of a machine."""
    features = required_features(to.arch, cpu_features() if to.features is None else to.features)
    return {
        "name": to.name,
        "platform": to.platform,
        "arch": to.arch,
        "cpu_features": sorted(features),
        "device": _device_form(to, module),
        "module": f"modules/{to.name.replace(':', '-').replace('+', '-')}.vmfb",
        "parallel": parallel,
    }


def _device_form(to: Deployment, module: bytes) -> dict[str, Any] | None:
    profile = to.vulkan
    if profile is None:
        return None
    capabilities = sorted(spirv_capabilities(module))
    # Without operations of subgroups it does not matter how large they are.
    is_bound = any(name.startswith("GroupNonUniform") for name in capabilities)
    return {
        "api": list(profile.api),
        "capabilities": capabilities,
        "rounds_once": profile.fma,
        "subgroup_size": profile.subgroup_sizes[0] if is_bound else 0,
        "threads": profile.threads,
        "shared_memory": profile.shared_memory,
    }
