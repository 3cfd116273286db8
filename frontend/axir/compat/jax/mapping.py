"""``jax.pmap`` and ``jax.shard_map`` on one device: parts of arrays are the whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from axir._src import pytree
from axir._src.jit import jit
from axir._src.messages import located
from axir._src.vectorize import vmap
from axir_compiler.errors import ShapeError

__all__ = ["pmap", "shard_map"]


def pmap(
    fun: Callable[..., Any],
    axis_name: Any = None,
    *,
    in_axes: Any = 0,
    out_axes: Any = 0,
    static_broadcasted_argnums: int | Sequence[int] = (),
    axis_size: int | None = None,
    **options: Any,
) -> Callable[..., Any]:
    """The compiled function over the devices along mapped axes, which must have the size 1: there is one device.

    Args:
        fun: Function of pytrees of arrays.
        axis_name: What collectives call the mapped axis.
        in_axes, out_axes: As those of ``vmap``.
        static_broadcasted_argnums: Positions of arguments that are Python values.
        axis_size: Number of devices, if no argument is mapped.
        **options: ``devices``, ``backend``, ``donate_argnums`` and ``global_arg_shapes`` are accepted.

    Raises:
        TypeError: there is no such option.
        ValueError: a mapped axis has another size than 1.
    """
    unknown = set(options) - {"devices", "backend", "donate_argnums", "global_arg_shapes"}
    if unknown:
        raise TypeError(f"pmap: there is no argument {sorted(unknown)[0]!r}.")
    given = static_broadcasted_argnums
    static = (given,) if isinstance(given, int) else tuple(given)

    def mapped(*args: Any, **kwargs: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple | list) else [in_axes] * len(args)
        dynamic = [i for i in range(len(args)) if i not in static]

        def call(*values: Any, **named: Any) -> Any:
            filled = list(args)
            for i, value in zip(dynamic, values, strict=True):
                filled[i] = value
            return fun(*filled, **named)

        own = tuple(axes[i] for i in dynamic)
        _check_sizes([args[i] for i in dynamic], own)
        batch = vmap(call, own, out_axes, axis_name=axis_name, axis_size=axis_size)
        return batch(*(args[i] for i in dynamic), **kwargs)

    return wraps(fun)(jit(mapped, static_argnums=static))


def _check_sizes(args: Sequence[Any], axes: Sequence[Any]) -> None:
    for x, axis in zip(args, axes, strict=True):
        if isinstance(axis, int):
            sizes = {leaf.shape[axis] for leaf in pytree.leaves(x) if leaf.ndim}
            if sizes - {1}:
                raise located(
                    ShapeError(
                        "pmap: there is one device, so that mapped axes must have the size 1; got "
                        f"{max(sizes)}. Use vmap."
                    )
                )


def shard_map(
    f: Callable[..., Any] | None = None,
    /,
    *,
    out_specs: Any,
    in_specs: Any = None,
    mesh: Any = None,
    axis_names: Any = (),
    check_vma: bool = True,
) -> Any:
    """The function with the axes of a mesh as named axes; all have the size 1, so that each part is the whole.

    Specifications of parts say nothing on one device; without ``f`` this is a decorator.
    """
    if f is None:
        return partial(
            shard_map,
            out_specs=out_specs,
            in_specs=in_specs,
            mesh=mesh,
            axis_names=axis_names,
            check_vma=check_vma,
        )
    found = f
    for name in reversed(() if mesh is None else mesh.axis_names):
        found = _on_axis(found, name)
    return found


def _on_axis(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(f)
    def call(*args: Any) -> Any:
        batch = vmap(lambda: f(*args), axis_size=1, axis_name=name)()
        return pytree.map_tree(lambda x: x[0], batch)

    return call
