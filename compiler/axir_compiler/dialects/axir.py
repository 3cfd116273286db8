"""Where the MLIR bindings look for the classes of ``axir`` ops; importing it registers them all."""

from axir_compiler import ops as ops
