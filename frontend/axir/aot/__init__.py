"""Ahead of time: functions compiled into a file that runs without axir, its compiler, or the Python that wrote them.

    >>> import axir, axir.numpy as np
    >>> def loss(w, x):
    ...     return np.mean((x @ w) ** 2)
    >>> exported = axir.aot.export({"loss": loss, "grad": axir.grad(loss)}, "f32[3]", "f32[8,3]", name="model")
    >>> exported
    <axir module 'model' for cpu:host
        loss(w: float32[3], x: float32[8, 3]) -> float32[]
        grad(w: float32[3], x: float32[8, 3]) -> float32[3]>

``exported.save("model.axir")`` writes the file, ``axir_runtime.load("model.axir")`` reads it.
"""

from axir._src.deployments import TARGETS
from axir.aot._dims import Dim
from axir.aot._export import export
from axir.aot._exported import Exported
from axir.aot._specs import spec

__all__ = ["TARGETS", "Dim", "Exported", "export", "spec"]
