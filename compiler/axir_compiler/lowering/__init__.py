"""From ops of the dialect to linalg.

``scalar`` holds one function for each elementwise op, on single numbers; ``builders`` applies them to
tensors and holds everything that is not elementwise. Both work on *signless* types: ``ui32`` is ``i32``
here, and the signedness comes from the dtype that the caller names.
"""
