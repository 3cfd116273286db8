"""A tour of axir: NumPy's interface, jit, derivatives, vectorization, and the IR behind them.

Run it with ``make demo`` or ``python examples/tutorial.py``.
"""

import time

import axir
import axir.numpy as np
from axir import grad, jit, random, vmap
from axir.errors import ConcretizationError


def title(text):
    print(f"\n{text}\n{'-' * len(text)}")


def seconds(function, *args, repeat=5):
    """Best time of a call, in seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        axir.block_until_ready(function(*args))
        times.append(time.perf_counter() - start)
    return min(times)


# Functions are written as with NumPy. -------------------------------------------------------------


def selu(x, alpha=1.67, lmbda=1.05):
    return lmbda * np.where(x > 0, x, alpha * np.exp(x) - alpha)


title("Arrays and functions")
x = np.arange(5.0)
print("selu", selu(x))

x = random.normal(random.key(135), (1_000_000,))
print("normal", x[:4])

fast_selu = jit(selu)
start = time.perf_counter()
axir.block_until_ready(fast_selu(x))
first = time.perf_counter() - start
print(
    f"selu of 1,000,000 floats: eager {seconds(selu, x) * 1e3:.2f} ms, jit {seconds(fast_selu, x) * 1e3:.2f} ms"
)
phases = fast_selu.traced(x).compiled.phases
compiled = (
    "read from the disk cache" if phases.from_disk else f"{phases.compile * 1e3:.0f} ms in IREE's compiler"
)
print(f"first call under jit: {first * 1e3:.0f} ms ({compiled})")


# Derivatives are rewrites of the program. ---------------------------------------------------------


def f(x):
    return x**2 + 3 * x + 2


title("Derivatives")
print("f'(2) =", grad(f)(2.0))
print("\nThe program of f:")
program = axir.make_ir(f)(2.0)
print(program)
print("with the source line of each op:")
print(program.as_text(locations=True))
print("its jvp, forward differentiation:")
print(program.run_passes("jvp{func=f},canonicalize,cse,dce").function("f_jvp"))
linearized = program.run_passes("linearize{func=f},canonicalize,cse,dce")
print("\nits linearization, a forward part that also gives residuals, and a linear part:")
print(linearized.function("f_forward"))
print(linearized.function("f_linear"))
print("\nthe linear part transposed, reverse differentiation:")
print(
    linearized.run_passes("transpose{func=f_linear,wrt=1},canonicalize,cse,dce").function(
        "f_linear_transpose"
    )
)
print("\nvmap(grad(f)):")
print(axir.make_ir(vmap(grad(f)))(np.arange(3.0)))


def sum_logistic(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)))


x = np.arange(3.0)
print("\ngradient of sum_logistic", grad(sum_logistic)(x))
step = 1e-3
differences = np.array(
    [(sum_logistic(x + step * v) - sum_logistic(x - step * v)) / (2 * step) for v in np.eye(3)]
)
print("finite differences      ", differences)
print("fourth derivative, jit between", grad(jit(grad(jit(grad(jit(grad(sum_logistic)))))))(2.0))

title("Jacobians")
print(axir.jacobian(np.exp)(np.arange(3.0)))
print(axir.jacobian(lambda x: np.array([x[0] + 2 * x[1], x[0] ** 2 + x[1] ** 2]))(np.array([1.0, 2.0])))


# Vectorization keeps matrix products matrix products. ----------------------------------------------

title("Vectorization")
matrix = random.normal(random.key(0), (150, 100))
batch = random.normal(random.key(1), (10, 100))


def apply_matrix(v):
    return np.dot(matrix, v)


result = vmap(apply_matrix)(batch)
print(
    "vmap of a matrix-vector product equals the batched product:",
    np.allclose(result, batch @ matrix.T, atol=1e-4),
)
print(axir.make_ir(vmap(apply_matrix))(batch))


# Python control flow works on values that are known. ----------------------------------------------


def absolute(x):
    if x > 0:
        return x
    return -x


title("Control flow")
print("grad of a function with an if:", grad(absolute)(3.0), grad(absolute)(-3.0))
try:
    jit(absolute)(3.0)
except ConcretizationError as error:
    print("under jit:", error)
