"""Keeps IREE from fusing what it must not fuse, with optimization barriers on values.

- A kernel of IREE's local devices takes at most 32 buffers. IREE fuses elementwise ops without regard to that: a
  program that returns forty intermediate values becomes one kernel with forty results, which then cannot be
  loaded. ``limit_bindings`` cuts groups of ops that may be fused into pieces that stay below the limit.
- A reduction that one kernel reads through two different index maps (``s[:, None] - s[None, :]``) is fused into that
  kernel as if both reads were the same, which gives wrong numbers. ``separate_reductions`` keeps it out.
- Reshapes in front of or behind a hand-written kernel are moved into it, where they cannot be computed; and those of
  a tensor from which an op reads single elements. ``separate_kernels`` keeps them out.
- ``separate_all_reductions`` and ``separate_all`` keep them or everything apart, for programs whose fused form IREE
  cannot compile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.mlir import arith, ir, tensor

__all__ = [
    "limit_bindings",
    "program_blocks",
    "separate_all",
    "separate_all_reductions",
    "separate_kernels",
    "separate_reductions",
]

# IREE may add buffers of its own, and fuses reshapes and fills that are not counted here.
_LIMIT = 28
_FUSED = ("linalg.generic", "tensor.expand_shape", "tensor.collapse_shape")
_FREE = ("tensor.empty", "arith.constant")
_TERMINATORS = ("func.return", "scf.yield", "scf.condition")

Group = list[int]


def program_blocks(block: ir.Block) -> list[ir.Block]:
    """The body of a function and those of its loops and branches, outer ones first."""
    found = [block]
    for one in found:
        for op in one.operations:
            if op.operation.name.startswith("scf."):
                found.extend(inner for region in op.operation.regions for inner in region.blocks)
    return found


def limit_bindings(block: ir.Block) -> None:
    """Cut groups of fusable ops of a block that read and write too many tensors."""
    graph = _Graph(block)
    for group in graph.groups():
        if graph.bindings(group) > _LIMIT:
            graph.cut(list(graph.pieces(group)))


Paths = dict[ir.Value, frozenset[tuple[str, ...]]]


def separate_reductions(block: ir.Block) -> None:
    """Put a barrier behind each reduction whose elements meet in one op by different index maps."""
    paths: dict[ir.Value, Paths] = {}
    shared: set[ir.Value] = set()
    for op in block.operations:
        if op.operation.name not in _FUSED:
            continue
        met = _met_paths(op, paths)
        shared.update(root for root, found in met.items() if len(found) > 1)
        if _is_parallel(op):
            for result in op.results:
                paths[result] = met
        else:
            for result in op.results:
                if ir.RankedTensorType(result.type).rank:
                    paths[result] = {result: frozenset({()})}
    for root in shared:
        _put_barrier(root, [use for use in root.uses if use.owner.operation.name not in _TERMINATORS])


def _met_paths(op: ir.OpView, paths: dict[ir.Value, Paths]) -> Paths:
    """The reductions that an op reads elements of, each with the ways in which it is indexed."""
    met: Paths = {}
    for operand, step in zip(op.operands, _steps(op), strict=False):
        for root, found in paths.get(operand, {}).items():
            extended = frozenset((*path, step) if step else path for path in found)
            met[root] = met.get(root, frozenset()) | extended
    return met


def _steps(op: ir.OpView) -> list[str]:
    """How the elements of each operand are indexed, empty where they are not moved."""
    if op.operation.name != "linalg.generic":
        return [f"{op.operation.name} {op.results[0].type}"]
    maps = [attribute.value for attribute in op.attributes["indexing_maps"]]
    return ["" if m == maps[-1] else str(m) for m in maps]


def _is_parallel(op: ir.OpView) -> bool:
    if op.operation.name != "linalg.generic":
        return True
    return not any("reduction" in str(kind) for kind in op.attributes["iterator_types"])


_KERNEL = "flow.dispatch.region"


def separate_kernels(block: ir.Block) -> None:
    """Put a barrier on each tensor that a hand-written kernel, or the body of another op, reads or writes.

    Kernels with one operand in common share its barrier, so that equal ones are still computed once.
    """
    for op in list(block.operations):
        for result in list(op.results):
            if not isinstance(result.type, ir.RankedTensorType) or op.operation.name in _FREE:
                continue
            uses = [use for use in result.uses if use.owner.operation.name not in _TERMINATORS]
            if op.operation.name != _KERNEL:
                uses = [use for use in uses if _reads_elements(use.owner, block)]
            if uses:
                _put_barrier(result, uses)


def _reads_elements(op: ir.OpView, block: ir.Block) -> bool:
    """Whether an op lies in the body of a kernel of the block, not of a loop or branch of it."""
    operation = op.operation
    if operation.block == block:
        return False
    while operation.block != block:
        operation = operation.parent.operation
    return not operation.name.startswith("scf.")


def separate_all(block: ir.Block) -> None:
    """Put a barrier behind every op that IREE could fuse with others."""
    for op in list(block.operations):
        if op.operation.name in _FUSED or op.operation.name.startswith(
            ("tensor.extract", "tensor.insert", "tensor.pad")
        ):
            for result in list(op.results):
                if isinstance(result.type, ir.RankedTensorType):
                    _put_barrier(result, list(result.uses))


def separate_all_reductions(block: ir.Block) -> None:
    """Put a barrier behind every reduction.

    What is fused with one on a GPU may read what other threads sum, and IREE does not have it wait.
    """
    for op in list(block.operations):
        if op.operation.name == "linalg.generic" and not _is_parallel(op):
            for result in list(op.results):
                _put_barrier(result, [u for u in result.uses if u.owner.operation.name not in _TERMINATORS])


def _put_barrier(value: ir.Value, uses: Sequence[ir.OpOperand]) -> None:
    with ir.InsertionPoint.after(value.owner), value.owner.location:
        new = _tied(kernel_barrier(value), value)
    for use in uses:
        use.owner.operands[use.operand_number] = new


def _tied(barrier: ir.Value, value: ir.Value) -> ir.Value:
    """The value behind a barrier, where IREE cannot look sizes up that are known only when it runs."""
    kind = ir.RankedTensorType(value.type)
    extents = [
        tensor.dim(value, arith.constant(ir.IndexType.get(), axis))
        for axis in range(kind.rank)
        if kind.is_dynamic_dim(axis)
    ]
    if not extents:
        return barrier
    return ir.Operation.create("flow.tensor.tie_shape", results=[kind], operands=[barrier, *extents]).result


class _Graph:
    """Which op of a block uses the tensors of which other one; ops are numbered in order."""

    def __init__(self, block: ir.Block):
        self.block = block
        self._others: dict[ir.Value, int] = {}
        self.ops = ops = list(block.operations)
        # By results, since the hash of an operation changes with its operands.
        self.number = {r: i for i, op in enumerate(ops) for r in op.results}
        self.users = [{self._place(use.owner) for r in op.results for use in r.uses} for op in ops]
        self.sources: list[set[int]] = [set() for _ in ops]
        for i, op in enumerate(ops):
            if op.operation.name not in _FREE:
                for user in self.users[i]:
                    self.sources[user].add(i)
            # What comes from outside the block has negative numbers.
            self.sources[i] |= {self._outside(x) for x in op.operands if x not in self.number}

    def _outside(self, value: ir.Value) -> int:
        return self._others.setdefault(value, -1 - len(self._others))

    def _place(self, op: ir.OpView) -> int:
        """The number of the op of the block that holds ``op`` or is it; the last one has no results."""
        operation = op.operation
        while operation.block != self.block:
            operation = operation.parent.operation
        return self.number[operation.results[0]] if len(operation.results) else len(self.ops) - 1

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
                    _put_barrier(result, later)


def _is_fusable(op: ir.OpView) -> bool:
    name = op.operation.name
    if name != "linalg.generic":
        return name in _FUSED
    return _is_parallel(op) or len(op.operands) <= 2
