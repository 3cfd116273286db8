"""Special functions that loop until a series has converged, and Bessel functions.

Evaluation uses SciPy where it has the function, else the algorithm of the kernel on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import NonDifferentiableError
from axir_compiler.ir.attributes import Tensor
from axir_compiler.ir.op import Tangents, Value
from axir_compiler.ir.types import FLOATING
from axir_compiler.later import arithmetic, hurwitz, incomplete_gamma
from axir_compiler.ops.elementwise import Elementwise, ElementwiseBinary, ElementwiseUnary, of_elements

__all__: list[str] = []

# Half types are widened by the frontend: each dtype costs a second of compilation wherever it is used.
_WIDE = frozenset({np.dtype("float32"), np.dtype("float64")})


def _of_scipy(name: str) -> Callable[..., np.ndarray]:
    """A function of scipy.special, which takes long to import, in float64 and rounded once."""

    def call(*xs: np.ndarray) -> np.ndarray:
        import scipy.special

        with np.errstate(all="ignore"):
            found = getattr(scipy.special, name)(*(x.astype(np.float64) for x in xs))
            return np.asarray(found).astype(xs[0].dtype)

    return call


def _of_kernel(module: Any, name: str) -> Any:
    """The algorithm of a kernel, a function of a module, on arrays."""

    def call(*xs: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            found = getattr(module, name)(arithmetic.NUMPY, *(x.astype(np.float64) for x in xs))
            return np.asarray(found).astype(xs[0].dtype)

    return of_elements(call)


def _gamma_density(a: Value, x: Value) -> Value:
    """``x**(a-1) exp(-x) / Gamma(a)``."""
    exponent = ops.sub(ops.mul(ops.shift(a, -1), ops.log(x)), x)
    return ops.exp(ops.sub(exponent, ops.lgamma(a)))


class _IncompleteGamma(ElementwiseBinary, dtypes=_WIDE):
    """P or Q; the derivatives differ in sign."""

    partials = ("_partial_a", "_partial_x")
    sign: ClassVar[float] = 1

    def _partial_a(self, da: Value) -> Value:
        return ops.scale(ops.mul(da, ops.igamma_grad_a(self.lhs, self.rhs)), self.sign)

    def _partial_x(self, dx: Value) -> Value:
        return ops.scale(ops.mul(dx, _gamma_density(self.lhs, self.rhs)), self.sign)


class IgammaOp(_IncompleteGamma, name="igamma", transcendental=True):
    """Regularized lower incomplete gamma function ``P(lhs, rhs)``; NaN for negative operands and at (0, 0)."""

    numpy = of_elements(_of_scipy("gammainc"))


class IgammacOp(_IncompleteGamma, name="igammac", transcendental=True):
    """Regularized upper incomplete gamma function ``Q(lhs, rhs) = 1 - P``, accurate where it is small."""

    numpy = of_elements(_of_scipy("gammaincc"))
    sign = -1


class IgammaGradAOp(ElementwiseBinary, name="igamma_grad_a", dtypes=_WIDE, transcendental=True):
    """Derivative of ``igamma`` in its first operand; NaN unless that is positive."""

    numpy = _of_kernel(incomplete_gamma, "incomplete_gamma_slope")
    partials = ("_partial_a", "_partial_x")

    def _partial_a(self, da: Value) -> Value:
        raise NonDifferentiableError(
            "igamma_grad_a: the second derivative of igamma with respect to a is not implemented; "
            "got a derivative of igamma_grad_a with respect to a. Differentiate with respect to x first or only."
        )

    def _partial_x(self, dx: Value) -> Value:
        """The derivative of the density in a: ``density * (log x - digamma(a))``."""
        slope = ops.sub(ops.log(self.rhs), ops.digamma(self.lhs))
        return ops.mul(dx, ops.mul(_gamma_density(self.lhs, self.rhs), slope))


class RandomGammaGradOp(ElementwiseBinary, name="random_gamma_grad", dtypes=_WIDE, transcendental=True):
    """``-(dP/da) / (dP/dx)`` of ``igamma``: the derivative of a gamma sample ``rhs`` in its shape ``lhs``."""

    numpy = _of_kernel(incomplete_gamma, "sample_slope")

    def jvp(self, *tangents: Value | None) -> Tangents:
        raise NonDifferentiableError(
            "random_gamma_grad: the second derivative of a gamma sample is not implemented; got a derivative of "
            "random_gamma_grad. Differentiate samples once."
        )


class RegularizedIncompleteBetaOp(
    Elementwise, name="regularized_incomplete_beta", dtypes=_WIDE, transcendental=True
):
    """Regularized incomplete beta function ``I_x(a, b)``; NaN for negative a or b and x outside [0, 1]."""

    a: Tensor
    b: Tensor
    x: Tensor

    numpy = of_elements(_of_scipy("betainc"))

    def jvp(self, da: Value | None, db: Value | None, dx: Value | None) -> Tangents:
        if da is not None or db is not None:
            raise NonDifferentiableError(
                "regularized_incomplete_beta: is differentiable with respect to x only; got a derivative with "
                "respect to a or b. Use stop_gradient on them."
            )
        assert dx is not None
        a, b, x = self.a, self.b, self.x
        norm = ops.sub(ops.lgamma(ops.add(a, b)), ops.add(ops.lgamma(a), ops.lgamma(b)))
        left = ops.mul(ops.shift(a, -1), ops.log(x))
        right = ops.mul(ops.shift(b, -1), ops.log1p(ops.neg(x)))
        return ops.mul(dx, ops.exp(ops.add(ops.add(left, right), norm)))


class ZetaOp(ElementwiseBinary, name="zeta", dtypes=_WIDE, transcendental=True):
    """Hurwitz zeta function ``rhs**-lhs + (rhs + 1)**-lhs + ...``; NaN below 1, infinite at 1 and at the poles."""

    numpy = _of_kernel(hurwitz, "hurwitz_zeta")

    def jvp(self, ds: Value | None, dq: Value | None) -> Tangents:
        if ds is not None:
            raise NonDifferentiableError(
                "zeta: is differentiable with respect to q only; got a derivative with respect to the exponent. "
                "Use stop_gradient on it."
            )
        assert dq is not None
        slope = ops.mul(ops.neg(self.lhs), ops.zeta(ops.shift(self.lhs, 1), self.rhs))
        return ops.mul(dq, slope)


class BesselI0eOp(ElementwiseUnary, name="bessel_i0e", dtypes=FLOATING, transcendental=True):
    """Modified Bessel function of order 0 times ``exp(-|x|)``."""

    numpy = of_elements(_of_scipy("i0e"))

    def jvp(self, dx: Value) -> Value:
        x = self.operand
        return ops.mul(dx, ops.sub(ops.bessel_i1e(x), ops.mul(ops.sign(x), self.result)))


class BesselI1eOp(ElementwiseUnary, name="bessel_i1e", dtypes=FLOATING, transcendental=True):
    """Modified Bessel function of order 1 times ``exp(-|x|)``."""

    # SciPy loses the sign of zero.
    numpy = of_elements(lambda x: np.where(x == 0, x, _of_scipy("i1e")(x)))

    def jvp(self, dx: Value) -> Value:
        """``i0e - (sign(x) + 1/x) i1e``, which is 1/2 at 0."""
        x = self.operand
        at_zero = ops.compare(x, ops.zeros_like(x), direction="eq")
        one = ops.full_like(x, 1)
        safe = ops.select(at_zero, one, x)
        rate = ops.add(ops.sign(safe), ops.div(one, safe))
        slope = ops.sub(ops.bessel_i0e(safe), ops.mul(self.result, rate))
        return ops.mul(dx, ops.select(at_zero, ops.full_like(x, 0.5), slope))
