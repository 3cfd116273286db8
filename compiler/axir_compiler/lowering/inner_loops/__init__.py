"""Loops of the program that become one kernel each, where their state fits into registers.

A loop at the level of the program launches the kernels of its body at every step, which costs microseconds. Where all
that a step computes is small (`values.LARGEST` elements a tensor), the whole loop becomes one kernel: each small
tensor is a vector, a scan reads its inputs and writes its outputs inside, and a step costs nanoseconds.

`values` has the tensors of such a kernel, `bodies` evaluates one linalg op on vectors, `conversion` takes a loop with
all that is in it, `replace` makes the dispatch. A loop that holds anything else is left as it is.

CPU only; IREE does not compile such kernels for GPUs.
"""

from axir_compiler.lowering.inner_loops.replace import with_inner_loops

__all__ = ["with_inner_loops"]
