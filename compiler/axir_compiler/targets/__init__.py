"""What programs are compiled for: one module for each kind of device, and nothing about them elsewhere."""

from axir_compiler.targets.base import OPTIMIZATIONS, Target
from axir_compiler.targets.cpu import CPU_NAMES, cpu, host
from axir_compiler.targets.deployment import DEPLOYMENT_NAMES, Deployment, deployment
from axir_compiler.targets.gpu import GPU_NAMES, gpu
from axir_compiler.targets.vulkan import PORTABLE, VULKAN_NAMES, VulkanProfile, vulkan

__all__ = [
    "CPU_NAMES",
    "DEPLOYMENT_NAMES",
    "GPU_NAMES",
    "OPTIMIZATIONS",
    "PORTABLE",
    "VULKAN_NAMES",
    "Deployment",
    "Target",
    "VulkanProfile",
    "cpu",
    "deployment",
    "gpu",
    "host",
    "vulkan",
]
