# Types of MLIR's pass manager as far as axir uses it.

from typing import Any

class PassManager:
    @staticmethod
    def parse(pipeline: str, context: Any = None) -> PassManager: ...
    def run(self, operation: Any) -> None: ...
