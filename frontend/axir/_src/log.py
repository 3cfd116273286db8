"""The logger of axir: what is compiled and why, with ``AXIR_LOG_COMPILES=1``."""

import logging

__all__ = ["logger"]

logger = logging.getLogger("axir")
