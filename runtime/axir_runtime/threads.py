"""How many worker threads large programs get."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

_MAX_WORKERS = 64  # IREE's task executor has no room for more


def worker_count() -> int:
    """``AXIR_NUM_THREADS``, or the physical cores this process may use, between 1 and 64.

    Hyperthreads of one core share its vector units, which our kernels saturate; affinity masks and
    container quotas count, because workers beyond them only wait for each other.
    """
    asked = os.environ.get("AXIR_NUM_THREADS", "").strip()
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"AXIR_NUM_THREADS must be a positive whole number; got {asked!r}")
        return min(int(asked), _MAX_WORKERS)
    cores = physical_cores(usable_cpus())
    return max(1, min(cores, cgroup_cpus(), _MAX_WORKERS))


def usable_cpus() -> set[int]:
    """Logical CPUs that the scheduler may give this process."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def physical_cores(cpus: Iterable[int], root: Path = Path("/sys/devices/system/cpu")) -> int:
    """Distinct cores among logical ``cpus``; each CPU counts as a core where the system does not tell."""
    groups: set[str] = set()
    for cpu in cpus:
        try:
            siblings = (root / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
        except OSError:
            siblings = str(cpu)
        groups.add(siblings)
    return len(groups)


def cgroup_cpus(quota_file: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """CPUs that the container's quota (cgroup v2, ``"<microseconds> <period>"``) pays for; many if none."""
    try:
        quota, period = quota_file.read_text().split()
        return max(1, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max": no limit
        return _MAX_WORKERS
