"""Keeps IREE from fusing more than a kernel can bind.

A kernel of IREE's local devices takes at most 32 buffers. IREE fuses elementwise ops without regard to that:
a program that returns forty intermediate values becomes one kernel with forty results, which then cannot be
loaded. Here, groups of ops that may be fused are cut into pieces that stay below the limit, with optimization
barriers on the values that go from one piece to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from axir_compiler.mlir import ir

__all__ = ["limit_bindings"]

# IREE may add buffers of its own, and fuses reshapes and fills that are not counted here.
_LIMIT = 28
_FUSED = ("linalg.generic", "tensor.expand_shape", "tensor.collapse_shape")
_FREE = ("tensor.empty", "arith.constant")

Group = list[int]


def limit_bindings(block: ir.Block) -> None:
    """Cut groups of fusable ops of a function's body that read and write too many tensors."""
    graph = _Graph(list(block.operations))
    for group in graph.groups():
        if graph.bindings(group) > _LIMIT:
            graph.cut(list(graph.pieces(group)))


class _Graph:
    """Which op of a block uses the tensors of which other one; ops are numbered in order."""

    def __init__(self, ops: Sequence[ir.OpView]):
        self.ops = ops
        # By results, since the hash of an operation changes with its operands.
        self.number = {r: i for i, op in enumerate(ops) for r in op.results}
        self.users = [{self._place(use.owner) for r in op.results for use in r.uses} for op in ops]
        self.sources: list[set[int]] = [set() for _ in ops]
        for i, op in enumerate(ops):
            if op.operation.name not in _FREE:
                for user in self.users[i]:
                    self.sources[user].add(i)
            # Arguments of the function have negative numbers.
            self.sources[i] |= {-1 - x.arg_number for x in op.operands if isinstance(x.owner, ir.Block)}

    def _place(self, op: ir.OpView) -> int:
        """The number of the op of the block that holds ``op`` or is it; the last one has no results."""
        operation = op.operation
        while operation.name != "func.return":
            if len(operation.results) and operation.results[0] in self.number:
                return self.number[operation.results[0]]
            operation = operation.parent.operation
        return len(self.ops) - 1

    def groups(self) -> list[Group]:
        """Fusable ops that are connected with each other."""
        leader = list(range(len(self.ops)))

        def find(i: int) -> int:
            while leader[i] != i:
                leader[i] = i = leader[leader[i]]
            return i

        fusable = [_is_fusable(op) for op in self.ops]
        for i, sources in enumerate(self.sources):
            for source in sources:
                if source >= 0 and fusable[i] and fusable[source]:
                    leader[find(i)] = find(source)
        found: dict[int, Group] = {}
        for i in range(len(self.ops)):
            if fusable[i]:
                found.setdefault(find(i), []).append(i)
        return list(found.values())

    def bindings(self, group: Iterable[int]) -> int:
        """How many tensors the ops read from elsewhere and write for elsewhere."""
        members = set(group)
        read = set().union(*(self.sources[i] for i in members)) - members
        written = sum(not self.users[i] <= members for i in members)
        return len(read) + written

    def pieces(self, group: Group) -> Iterable[Group]:
        """Consecutive parts of a group, each as long as the limit allows."""
        start = 0
        while start < len(group):
            ends = range(start + 1, min(len(group), start + 8 * _LIMIT) + 1)
            fitting = [end for end in ends if self.bindings(group[start:end]) <= _LIMIT]
            end = fitting[-1] if fitting else start + 1
            yield group[start:end]
            start = end

    def cut(self, pieces: list[Group]) -> None:
        """Put barriers on the values that go from one piece to a later one."""
        piece_of = {i: number for number, piece in enumerate(pieces) for i in piece}
        for i, number in piece_of.items():
            for result in list(self.ops[i].results):
                later = [u for u in result.uses if piece_of.get(self._place(u.owner), -1) > number]
                if later:
                    self._put_barrier(self.ops[i], result, later)

    def _put_barrier(self, op: ir.OpView, value: ir.Value, uses: Sequence[ir.OpOperand]) -> None:
        with ir.InsertionPoint.after(op), op.location:
            barrier = ir.Operation.create(
                "util.optimization_barrier", results=[value.type], operands=[value]
            ).result
        for use in uses:
            use.owner.operands[use.operand_number] = barrier


def _is_fusable(op: ir.OpView) -> bool:
    name = op.operation.name
    if name != "linalg.generic":
        return name in _FUSED
    reduces = any("reduction" in str(kind) for kind in op.attributes["iterator_types"])
    return not (reduces and len(op.operands) > 2)
