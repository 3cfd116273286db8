"""What reverse mode keeps: names of values for the policies of ``axir.checkpoint``, and a listing."""

from axir._src.custom import checkpoint, checkpoint_name, checkpoint_policies
from axir._src.residuals import print_saved_residuals

__all__ = ["checkpoint", "checkpoint_name", "checkpoint_policies", "print_saved_residuals"]
