"""Names of values for the policies of ``axir.checkpoint``."""

from axir._src.custom import checkpoint, checkpoint_name, checkpoint_policies

__all__ = ["checkpoint", "checkpoint_name", "checkpoint_policies"]
