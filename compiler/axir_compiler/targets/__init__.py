"""What programs are compiled for: one module for each kind of device, and nothing about them elsewhere."""

from axir_compiler.targets.base import Target
from axir_compiler.targets.cpu import CPU_NAMES, cpu, host

__all__ = ["CPU_NAMES", "Target", "cpu", "host"]
