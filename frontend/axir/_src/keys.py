"""Arrays of typed random keys: ``axir.random.key(0)`` and what ``split`` makes of it.

A typed key array holds words ``u32[*shape, 2]`` and shows ``shape``. Transformations see the words alone: for them it
is a container (see ``axir._src.pytree``). Functions that only move elements, such as ``axir.numpy.stack``, are
applied to the words by ``vmap`` along their last axis.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NoReturn

import numpy as np

from axir._src import pytree, trees
from axir._src.array import Array
from axir._src.messages import located
from axir_compiler.errors import DTypeError, ShapeError

__all__ = [
    "IMPLEMENTATION",
    "WORDS",
    "KeyArray",
    "KeyDType",
    "accept_keys",
    "check_steps",
    "extended",
    "key_flags",
    "map_arrays",
    "prng_key",
]

IMPLEMENTATION = "threefry2x32"
WORDS = 2
"""32-bit words of one key."""


class extended(np.generic):
    """What dtypes of axir are subdtypes of that NumPy does not know."""


class prng_key(extended):
    """What the dtypes of typed keys are subdtypes of: ``axir.numpy.issubdtype(key.dtype, axir.dtypes.prng_key)``."""


class KeyDType:
    """The dtype of typed keys; all are equal, since there is one generator."""

    __slots__ = ()
    type: ClassVar[type] = prng_key
    kind: ClassVar[str] = "V"
    name: ClassVar[str] = "key<fry>"
    itemsize: ClassVar[int] = 4 * WORDS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyDType)

    def __hash__(self) -> int:
        return hash(KeyDType)

    def __repr__(self) -> str:
        return self.name


class KeyArray:
    """An array of keys of the random number generator; made by ``axir.random.key`` and ``axir.random.split``.

    It has shape, indexing, equality and the methods that move elements, but no arithmetic.
    ``axir.random.key_data`` gives its words.
    """

    __slots__ = ("__weakref__", "words")
    __array_priority__: ClassVar[int] = 1000
    __hash__: ClassVar[None] = None  # pyright: ignore[reportIncompatibleMethodOverride]

    words: Array
    """``u32[*shape, 2]``."""

    def __init__(self, words: Any):
        self.words = words

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of each axis."""
        return tuple(self.words.shape[:-1])

    @property
    def dtype(self) -> KeyDType:
        """``key<fry>``."""
        return KeyDType()

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of keys."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one key."""
        return KeyDType.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all keys."""
        return self.size * self.itemsize

    @property
    def weak_type(self) -> bool:
        """Keys take no part in promotion."""
        return False

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("random: len() of a single key.")
        return self.shape[0]

    def __iter__(self) -> Iterator[KeyArray]:
        if not self.ndim:
            raise TypeError(
                "random: a single key cannot be iterated over. Make several with axir.random.split."
            )
        return (KeyArray(row) for row in self.words)

    def __getitem__(self, index: Any) -> KeyArray:
        return KeyArray(self.words[_of_words(index)])

    @property
    def at(self) -> KeyAt:
        """``keys.at[index].set(key)``: keys with some of them replaced."""
        return KeyAt(self)

    def __eq__(self, other: object) -> Any:
        return _equal(self, other) if isinstance(other, KeyArray) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return ~_equal(self, other) if isinstance(other, KeyArray) else NotImplemented

    def __bool__(self) -> NoReturn:
        raise TypeError("random: a key has no truth value.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise located(
            DTypeError(
                "array: an array of typed keys is no array of numbers. Use axir.random.key_data for its words."
            )
        )

    def __jax_array__(self) -> NoReturn:
        self.__array__()

    def __repr__(self) -> str:
        return f"Array({self.shape}, dtype={self.dtype}) overlaying:\n{self.words}"

    def __reduce__(self) -> Any:
        return KeyArray, (self.words,)

    def reshape(self, *shape: Any, order: str = "C") -> KeyArray:
        """The keys in another shape."""
        return _moved("reshape", self, shape[0] if len(shape) == 1 else shape, order)

    def flatten(self, order: str = "C") -> KeyArray:
        """The keys along one axis."""
        return _moved("ravel", self, order)

    ravel = flatten

    def squeeze(self, axis: Any = None) -> KeyArray:
        """The keys without axes of size 1."""
        return _moved("squeeze", self, axis)

    def transpose(self, *axes: Any) -> KeyArray:
        """The keys with their axes in another order."""
        return _moved("transpose", self, None if not axes else axes[0] if len(axes) == 1 else axes)

    @property
    def T(self) -> KeyArray:
        """The keys with their axes reversed."""
        return self.transpose()

    def swapaxes(self, axis1: int, axis2: int) -> KeyArray:
        """The keys with two axes exchanged."""
        return _moved("swapaxes", self, axis1, axis2)

    def take(self, indices: Any, axis: int | None = None, **options: Any) -> KeyArray:
        """The keys at some positions of an axis."""
        return _moved("take", self, indices, axis, **options)

    def repeat(self, repeats: Any, axis: int | None = None, **options: Any) -> KeyArray:
        """Each of the keys several times."""
        return _moved("repeat", self, repeats, axis, **options)

    @property
    def device(self) -> Any:
        """The device that holds the keys."""
        return self.words.device

    def copy(self) -> KeyArray:
        """The keys; they are immutable."""
        return self

    def block_until_ready(self) -> KeyArray:
        """Wait until the keys are computed; gives the array itself."""
        self.words.block_until_ready()  # pyright: ignore[reportAttributeAccessIssue]
        return self

    def devices(self) -> Any:
        """The devices that hold the keys."""
        return self.words.devices()  # pyright: ignore[reportAttributeAccessIssue]


class KeyAt:
    """``keys.at``, which is indexed and then asked to ``set`` or ``get``."""

    __slots__ = ("_index", "_keys")

    def __init__(self, keys: KeyArray, index: Any = ()):
        self._keys = keys
        self._index = index

    def __getitem__(self, index: Any) -> KeyAt:
        return KeyAt(self._keys, index)

    def set(self, values: KeyArray, **options: Any) -> KeyArray:
        """The array with other keys at the index."""
        if not isinstance(values, KeyArray):
            raise located(
                DTypeError(f"random: only keys can be set among keys; got {type(values).__name__}.")
            )
        return KeyArray(self._keys.words.at[_of_words(self._index)].set(values.words, **options))

    def get(self, **options: Any) -> KeyArray:
        """The keys at the index."""
        return KeyArray(self._keys.words.at[_of_words(self._index)].get(**options))


pytree.register_pytree_node(
    KeyArray,
    lambda keys: ((keys.words,), None),
    lambda _, words: KeyArray(*words),
    namespaces=(pytree.NAMESPACE,),
)


def _of_words(index: Any) -> tuple[Any, ...]:
    """An index of keys as one of their words."""
    entries = index if isinstance(index, tuple) else (index,)
    rest = () if any(entry is Ellipsis for entry in entries) else (Ellipsis,)
    return (*entries, *rest, slice(None))


def _equal(a: KeyArray, b: KeyArray) -> Array:
    from axir import numpy as anp

    first, second = (anp.moveaxis(k.words, -1, 0) for k in (a, b))
    return anp.logical_and(anp.equal(first[0], second[0]), anp.equal(first[1], second[1]))


def _moved(name: str, *args: Any, **options: Any) -> Any:
    from axir import numpy as anp

    return getattr(anp, name)(*args, **options)


def _has_keys(x: Any) -> bool:
    """Whether an argument is keys, or a list of them; one look at long lists of numbers is enough."""
    kind = type(x)
    return kind is KeyArray or ((kind is list or kind is tuple) and bool(x) and type(x[0]) is KeyArray)


def _on_words(function: Callable[..., Any], args: Any, options: Any) -> Any:
    """A function that moves elements, applied to both words of the keys among its arguments."""
    from axir._src.vectorize import vmap

    leaves, treedef = trees.flatten((args, options))
    places = [i for i, x in enumerate(leaves) if isinstance(x, KeyArray)]

    def on_one_word(*words: Array) -> Any:
        filled = list(leaves)
        for i, word in zip(places, words, strict=True):
            filled[i] = word
        given, named = pytree.unflatten(treedef, filled)
        return function(*given, **named)

    on_one_word.__name__ = function.__name__
    words = [leaves[i].words for i in places]
    found = vmap(on_one_word, in_axes=-1, out_axes=-1)(*words)
    return pytree.map_tree(functools.partial(_rewrapped, function.__name__), found)


def _rewrapped(name: str, words: Array) -> KeyArray:
    if words.dtype != np.uint32:
        raise located(DTypeError(f"{name}: keys do not mix with numbers; got {words.dtype} for their words."))
    return KeyArray(words)


def _accepting(function: Callable[..., Any], on_keys: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        if not any(map(_has_keys, args)) and not any(map(_has_keys, options.values())):
            return function(*args, **options)
        return on_keys(args, options)

    return wrapped


def _moving(function: Callable[..., Any]) -> Callable[..., Any]:
    return _accepting(function, functools.partial(_on_words, function))


def _comparing(
    function: Callable[..., Any], combine: Callable[[KeyArray, KeyArray], Any]
) -> Callable[..., Any]:
    def on_keys(args: Any, options: Any) -> Any:
        if options or len(args) != 2 or not all(isinstance(x, KeyArray) for x in args):
            raise located(DTypeError(f"{function.__name__}: keys can be compared with keys only."))
        return combine(*args)

    return _accepting(function, on_keys)


def _array_equal(a: KeyArray, b: KeyArray) -> Any:
    from axir import numpy as anp

    return anp.array_equal(a.words, b.words)


_COMPARISONS: dict[str, Callable[[KeyArray, KeyArray], Any]] = {
    "equal": _equal,
    "not_equal": lambda a, b: ~_equal(a, b),
    "array_equal": _array_equal,
}
_READINGS: dict[str, Callable[[KeyArray], Any]] = {
    "shape": lambda keys: keys.shape,
    "ndim": lambda keys: keys.ndim,
    "size": lambda keys: keys.size,
}


def accept_keys(functions: dict[str, Any], names: str) -> None:
    """Let functions of a module take typed keys: comparisons, ``shape`` and its like, those that move elements.

    Args:
        functions: The module's names, which are changed.
        names: The functions, separated by spaces.
    """
    for name in names.split():
        function = functions[name]
        if name in _COMPARISONS:
            functions[name] = _comparing(function, _COMPARISONS[name])
        elif name in _READINGS:
            read = _READINGS[name]
            functions[name] = _accepting(function, lambda args, options, read=read: read(*args, **options))
        else:
            functions[name] = _moving(function)


def key_flags(tree: Any) -> list[bool]:
    """Whether each leaf of ``axir._src.pytree.flatten`` holds the words of keys."""
    leaves = trees.leaves(tree)
    return [isinstance(x, KeyArray) for x in leaves]


def map_arrays(function: Callable[[Any], Any], tree: Any) -> Any:
    """A pytree with a function applied to its leaves, where typed keys are leaves."""
    leaves, treedef = trees.flatten(tree)
    return pytree.unflatten(treedef, [function(x) for x in leaves])


def check_steps(title: str, tree: Any) -> None:
    """Refuse single keys among arrays that are to be taken apart along their first axis."""
    leaves = trees.leaves(tree)
    if any(isinstance(x, KeyArray) and not x.ndim for x in leaves):
        raise located(ShapeError(f"{title}: the arrays of xs need a first axis; got a single key."))
