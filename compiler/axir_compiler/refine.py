"""Plans of evaluation made quicker: constants are computed once, elementwise steps on large arrays run in turns.

A plan evaluates one op after the other, each on whole arrays. Large ones do not stay in the processor's cache from one
step to the next; a run of elementwise steps is therefore applied to one piece of the arrays after the other. The
results are those of the plan, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler.ir.evaluate import Plan, Step, with_last_uses
from axir_compiler.ops.pieces import LARGE, several_in_pieces

__all__ = ["refined"]

_SMALL_BYTES = 4096
"""What a constant may take: plans are kept."""


def refined(plan: Plan) -> Plan:
    """A plan with the same results in fewer steps."""
    plan = _with_constants(_without_broadcasts(plan))
    steps = [_direct(step) for step in _grouped(plan)]
    return _programmed(plan._replace(steps=with_last_uses(steps, plan.inputs, plan.outputs)))


def _programmed(plan: Plan) -> Plan:
    """The plan with a Python function that makes its calls one after the other, without looking at a list of steps.

    Of a small array most operations take less time than a turn of that loop.
    """
    names: dict[str, Any] = {"asarray": np.asarray}
    names.update((f"x{i}", x) for i, x in enumerate(plan.rest, plan.inputs) if x is not None)
    lines = [f"def program({', '.join(f'x{i}' for i in range(plan.inputs))}):"]
    for k, step in enumerate(plan.steps):
        names[f"f{k}"] = step.function
        names.update((f"{name}{k}", value) for name, value in step.attrs.items())
        given = [*_variables(step.operands), *(f"{name}={name}{k}" for name in step.attrs)]
        target = f"{', '.join(_variables(step.results))} = " if step.results else ""
        lines.append(f"    {target}f{k}({', '.join(given)})")
        dead = [i for i in step.last_uses if f"x{i}" not in names]
        if dead:
            lines.append(f"    del {', '.join(_variables(dead))}")
    lines.append(f"    return [{', '.join(f'asarray({x})' for x in _variables(plan.outputs))}]")
    exec("\n".join(lines), names)
    return plan._replace(program=names["program"])


def _variables(slots: Sequence[int]) -> list[str]:
    return [f"x{i}" for i in slots]


def _direct(step: Step, cut: bool = False) -> Step:
    """A step without what only large arrays need, if it does not see them or they are ``cut`` already."""
    if step.whole is None or step.shape is None or (math.prod(step.shape) >= LARGE and not cut):
        return step
    return step._replace(function=step.whole)


def _without_broadcasts(plan: Plan) -> Plan:
    """The plan without repeating what NumPy repeats by itself in elementwise steps, and without steps not needed."""
    source = {s.results[0]: s.operands[0] for s in plan.steps if s.broadcasts}
    steps = [s if s.shape is None else s._replace(operands=_unrepeated(s, source)) for s in plan.steps]
    needed = set(plan.outputs)
    kept: list[Step] = []
    for step in reversed(steps):
        if not step.broadcasts or not needed.isdisjoint(step.results):
            kept.append(step)
            needed.update(step.operands)
    return plan._replace(steps=tuple(reversed(kept)))


def _unrepeated(step: Step, source: dict[int, int]) -> tuple[int, ...]:
    """The operands of an elementwise step before they were repeated, if one is left that has the shape."""
    if all(i in source for i in step.operands):
        return step.operands
    return tuple(source.get(i, i) for i in step.operands)


def _with_constants(plan: Plan) -> Plan:
    """The plan without the steps that do not depend on its inputs, and with what they give."""
    known: dict[int, Any] = {}
    steps: list[Step] = []
    for step in plan.steps:
        found = _evaluated(step, known)
        if found is None:
            steps.append(step)
        else:
            known.update(zip(step.results, found, strict=True))
    rest = tuple(known.get(i, x) for i, x in enumerate(plan.rest, plan.inputs))
    return plan._replace(steps=tuple(steps), rest=rest)


def _evaluated(step: Step, known: dict[int, Any]) -> list[np.ndarray] | None:
    """The results of a step on constants, if there is room for them."""
    if not step.repeatable or not all(i in known for i in step.operands):
        return None
    with np.errstate(all="ignore"):
        found = step.function(*[known[i] for i in step.operands], **step.attrs)
    arrays = [np.asarray(x) for x in (found if len(step.results) != 1 else [found])]
    return arrays if all(x.nbytes <= _SMALL_BYTES or not any(x.strides) for x in arrays) else None


def _grouped(plan: Plan) -> list[Step]:
    """The steps, runs of large elementwise ones of one shape taken together.

    A step between them that needs none of their results goes before them.
    """
    steps: list[Step] = []
    group: list[Step] = []
    made: set[int] = set()

    def close() -> None:
        steps.extend(group if len(group) < 2 else [_together(plan, group)])
        group.clear()
        made.clear()

    for step in plan.steps:
        large = step.shape is not None and math.prod(step.shape) >= LARGE
        fits = large and (not group or step.shape == group[0].shape)
        if not fits and not made.isdisjoint(step.operands):
            close()
            fits = large
        if fits:
            group.append(step)
            made.update(step.results)
        else:
            steps.append(step)
    close()
    return steps


def _together(plan: Plan, group: Sequence[Step]) -> Step:
    """Elementwise steps as one."""
    own = [i for step in group for i in step.results]
    inputs = tuple(dict.fromkeys(i for step in group for i in step.operands if i not in own))
    inside = {id(step) for step in group}
    used = {*plan.outputs, *(i for step in plan.steps if id(step) not in inside for i in step.operands)}
    outputs = tuple(i for i in own if i in used)
    number = {slot: i for i, slot in enumerate((*inputs, *own))}

    def renumbered(slots: Sequence[int]) -> tuple[int, ...]:
        return tuple(number[i] for i in slots)

    steps = [
        _direct(s._replace(operands=renumbered(s.operands), results=renumbered(s.results)), cut=True)
        for s in group
    ]
    kept = renumbered(outputs)
    inner = Plan(with_last_uses(steps, len(inputs), kept), len(inputs), (None,) * len(own), kept)
    return Step(_in_turns(_programmed(inner)), inputs, {}, outputs)


def _in_turns(plan: Plan) -> Callable[..., Any]:
    """A plan of elementwise steps on one piece of the arrays after the other."""
    if len(plan.outputs) == 1:
        return lambda *xs: several_in_pieces(plan.run, xs)[0]
    return lambda *xs: several_in_pieces(plan.run, xs)
