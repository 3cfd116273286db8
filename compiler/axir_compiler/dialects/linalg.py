"""Where the MLIR bindings look for the classes of ``linalg`` ops.

The package of that name among IREE's defines all named ops in Python besides, which takes 0.1 s at the first lowering.
"""

from axir_compiler.mlir import linalg as linalg
