"""``axir.debug.breakpoint``: a prompt on the user's frames, with the values that traced arrays have then."""

from __future__ import annotations

import cmd
import linecache
import pprint
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO, Any

from axir._src import pytree
from axir._src.callbacks import call_for_effect
from axir._src.source import is_user_frame
from axir._src.trace import Tracer

__all__ = ["enter"]

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class _Place:
    """A frame of the user's as it was when the program was traced."""

    file: str
    line: int
    function: str
    names: dict[str, Any]
    surroundings: dict[str, Any]

    @staticmethod
    def of(frame: FrameType) -> _Place:
        code = frame.f_code
        return _Place(code.co_filename, frame.f_lineno, code.co_name, dict(frame.f_locals), frame.f_globals)

    def shown(self, around: int) -> str:
        """The lines around the one that was being executed, with an arrow at that one."""
        text = [f"> {self.file}({self.line}){self.function}()"]
        for number in range(max(1, self.line - around), self.line + around + 1):
            source = linecache.getline(self.file, number).rstrip()
            text += [f"{'->' if number == self.line else '  '}  {source}"] if source else []
        return "\n".join(text)


class _Prompt(cmd.Cmd):
    """The commands of a breakpoint; anything else is an expression, whose value is shown."""

    prompt = "(axir) "
    intro = "Entering axir's debugger; help lists the commands."

    def __init__(self, places: Sequence[_Place], stdin: IO[str] | None, stdout: IO[str] | None):
        super().__init__(stdin=stdin, stdout=stdout)
        self.use_rawinput = stdin is None
        self._places = places
        self._at = 0

    def emptyline(self) -> bool:
        """An empty line does nothing."""
        return False

    def default(self, line: str) -> None:
        """Show the value of an expression."""
        self._show(line, repr)

    def do_p(self, arg: str) -> None:
        """p expression: show its value."""
        self._show(arg, repr)

    def do_pp(self, arg: str) -> None:
        """pp expression: show its value on several lines."""
        self._show(arg, pprint.pformat)

    def do_up(self, _: str) -> None:
        """u(p): go to the frame that called this one."""
        self._move(1, "This is the outermost frame.")

    def do_down(self, _: str) -> None:
        """d(own): go to the frame that this one called."""
        self._move(-1, "This is the innermost frame.")

    def do_list(self, _: str) -> None:
        """l(ist): show the lines around."""
        self._say(self._places[self._at].shown(5))

    def do_where(self, _: str) -> None:
        """w(here), bt: show all frames, the innermost last."""
        self._say("\n".join(place.shown(0) for place in reversed(self._places)))

    def do_continue(self, _: str) -> bool:
        """c(ont(inue)): go on with the program."""
        return True

    def do_quit(self, _: str) -> None:
        """q(uit), exit: leave Python."""
        sys.exit(0)

    do_u, do_d, do_l = do_up, do_down, do_list
    do_w = do_bt = do_where
    do_c = do_cont = do_continue
    do_q = do_exit = do_EOF = do_quit

    def _say(self, text: str) -> None:
        self.stdout.write(text + "\n")

    def _show(self, expression: str, shown: Callable[[Any], str]) -> None:
        place = self._places[self._at]
        try:
            self._say(shown(eval(expression, {**place.surroundings, **place.names})))
        except Exception as error:  # of the expression: the prompt goes on
            self._say(f"*** {type(error).__name__}: {error}")

    def _move(self, step: int, end: str) -> None:
        if not 0 <= self._at + step < len(self._places):
            self._say(end)
            return
        self._at += step
        self._say(self._places[self._at].shown(2))


def _frames(all_of_them: bool) -> Iterator[FrameType]:
    """The frames outside of this file from the innermost on; axir's own only if ``all_of_them``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if (all_of_them and frame.f_code.co_filename != __file__) or is_user_frame(frame):
            yield frame
        frame = frame.f_back


def _traced(leaf: Any) -> bool:
    """Whether a leaf has a value only when the program runs, and is no left-over of another trace."""
    return isinstance(leaf, Tracer) and not leaf.frame.closed


def enter(
    filter_frames: bool,
    num_frames: int | None,
    ordered: bool,
    token: Any,
    stdin: IO[str] | None,
    stdout: IO[str] | None,
) -> None:
    """Have a program stop at a prompt; see ``axir.debug.breakpoint``."""
    places = [_Place.of(frame) for frame in _frames(not filter_frames)][:num_frames]
    leaves, tree = pytree.flatten([place.names for place in places])
    at = [i for i, x in enumerate(leaves) if _traced(x)]

    def stop(values: Sequence[Any], _: Any) -> None:
        filled = list(leaves)
        for i, value in zip(at, values, strict=True):
            filled[i] = value
        names = pytree.unflatten(tree, filled)
        known = [
            _Place(p.file, p.line, p.function, n, p.surroundings) for p, n in zip(places, names, strict=True)
        ]
        with _one_at_a_time:
            _Prompt(known, stdin, stdout).cmdloop()

    call_for_effect("debug.breakpoint", stop, ([leaves[i] for i in at], token), {}, ordered)
