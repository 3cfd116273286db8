"""Pytrees: order, paths, registration, and errors that say where two trees part."""

import dataclasses
import functools
import pickle
from collections import OrderedDict, defaultdict, namedtuple

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import tree, tree_util
from axir.errors import TreeError
from axir.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, Partial, SequenceKey, keystr

Point = namedtuple("Point", "x y")


class Pair:
    def __init__(self, first, second):
        self.first, self.second = first, second


tree_util.register_pytree_node(Pair, lambda p: ((p.first, p.second), "pair"), lambda _, xs: Pair(*xs))


@tree_util.register_pytree_with_keys_class
class Named:
    def __init__(self, *values):
        self.values = values

    def tree_flatten_with_keys(self):
        return [(GetAttrKey(f"v{i}"), v) for i, v in enumerate(self.values)], len(self.values)

    @classmethod
    def tree_unflatten(cls, count, children):
        assert len(children) == count
        return cls(*children)


@tree_util.register_dataclass
@dataclasses.dataclass
class Layer:
    weight: object
    bias: object = 0.0
    name: str = tree.static(default="layer")


@tree_util.register_static
@dataclasses.dataclass(frozen=True)
class Mode:
    name: str


EXAMPLE = {"b": [1, (2, None)], "a": Point(3, Pair(4, 5)), "o": OrderedDict(z=6, y=7), "n": Named(8, [9])}


def test_paths_follow_the_order_of_flattening():
    found = tree_util.tree_leaves_with_path(EXAMPLE)
    assert [x for _, x in found] == tree.leaves(EXAMPLE) == [3, 4, 5, 1, 2, 8, 9, 6, 7]
    assert [keystr(path) for path, _ in found] == [
        "['a'].x",
        "['a'].y[<flat index 0>]",
        "['a'].y[<flat index 1>]",
        "['b'][0]",
        "['b'][1][0]",
        "['n'].v0",
        "['n'].v1[0]",
        "['o']['z']",
        "['o']['y']",
    ]
    assert keystr(found[4][0], simple=True, separator="/") == "b/1/0"
    assert keystr(found[1][0], simple=True, separator=".") == "a.y.0"


def test_keys_are_values():
    assert DictKey("a") == DictKey("a") != DictKey("b")
    assert DictKey(0) != SequenceKey(0) != FlattenedIndexKey(0)
    assert len({SequenceKey(1), SequenceKey(1), GetAttrKey("x")}) == 2
    assert repr(DictKey("a")) == "DictKey(key='a')"
    match SequenceKey(3):
        case SequenceKey(idx):
            assert idx == 3


def test_flattening_with_paths_gives_the_structure():
    found, treedef = tree.flatten_with_path(EXAMPLE)
    assert treedef == tree.structure(EXAMPLE)
    assert tree.leaves(treedef.unflatten([x for _, x in found])) == tree.leaves(EXAMPLE)


def test_is_leaf_may_take_the_path():
    found, treedef = tree.flatten_with_path(
        {"a": [1, (2,)], "b": (3, 4)}, lambda path, _: path == (DictKey("b"),), is_leaf_takes_path=True
    )
    assert [x for _, x in found] == [1, 2, (3, 4)]
    assert treedef == tree.structure({"a": [0, (0,)], "b": 0})
    doubled = tree.map_with_path(
        lambda path, x: (len(path), x), {"a": [1]}, is_leaf=lambda p, x: len(p) == 1, is_leaf_takes_path=True
    )
    assert doubled == {"a": (1, [1])}


def test_map_with_path():
    found = tree.map_with_path(lambda path, x, y: (keystr(path), x + y), {"a": [1, 2]}, {"a": [10, 20]})
    assert found == {"a": [("['a'][0]", 11), ("['a'][1]", 22)]}


def test_dicts_come_back_with_sorted_keys():
    assert list(tree.map(lambda x: x, {"b": 1, "a": 2})) == ["a", "b"]
    found = tree.map(lambda x: x, defaultdict(list, b=1, a=2))
    assert list(found) == ["a", "b"] and found["c"] == []
    assert list(tree.map(lambda x: x, OrderedDict(b=1, a=2))) == ["b", "a"]


def test_children_are_not_remade_to_sort_keys():
    class Strict:
        def __init__(self, x):
            assert x is not None
            self.x = x

    tree_util.register_pytree_node(Strict, lambda s: ((s.x,), None), lambda _, c: Strict(*c))
    found = tree.map(lambda x: x, defaultdict(int, b=Strict(1), a={"d": Strict(2), "c": 3}))
    assert list(found) == ["a", "b"] and found["b"].x == 1 and list(found["a"]) == ["c", "d"]


def test_compiled_functions_see_dicts_in_one_order():
    stack = axir.jit(lambda d: np.stack(list(d.values())))
    assert stack({"b": 1.0, "a": 2.0}).tolist() == [2.0, 1.0]
    assert stack({"a": 2.0, "b": 1.0}).tolist() == [2.0, 1.0]


def test_none_holds_nothing():
    assert tree.leaves((None, 1, None)) == [1]
    assert tree.map(lambda x: -x, (None, 1)) == (None, -1)
    assert tree.leaves((None, 1), is_leaf=lambda x: x is None) == [None, 1]
    assert tree.structure((None, 1), is_leaf=lambda x: x is None).num_leaves == 2
    assert tree.map(lambda x, y: y, 1, None) is None


def test_reductions():
    assert tree.reduce(lambda a, b: (a, b), [1, (2, 3)]) == ((1, 2), 3)
    assert tree.reduce(lambda a, b: (a, b), [1], 0) == (0, 1)
    assert tree.reduce(lambda a, b: (a, b), [], None) is None
    assert tree.reduce_associative(lambda a, b: (a, b), [1, 2, 3, 4, 5]) == ((1, 2), (3, (4, 5)))
    assert tree.reduce_associative(lambda a, b: (a, b), [], identity=3) == 3
    assert tree.all({"a": [True, 1]}) and not tree.all([1, (0,)]) and tree.all(())
    with pytest.raises(TypeError, match="identity"):
        tree.reduce_associative(lambda a, b: a, [])
    with pytest.raises(TypeError):
        tree.reduce(lambda a, b: a, [])


def test_broadcast():
    assert tree.broadcast((1, None), ({"a": 0, "b": [0]}, None)) == ({"a": 1, "b": [1]}, None)
    assert tree.broadcast([1, 2], [(0, 0), 0], is_leaf=None) == [(1, 1), 2]
    with pytest.raises(TreeError, match=r"at \[1\] prefix_tree has None, full_tree has a list of 1"):
        tree.broadcast((1, None), (0, [0]))


def test_transpose():
    outer, inner = tree.structure([0, 0]), tree.structure((0, {"a": 0}))
    values = [(1, {"a": 2}), (3, {"a": 4})]
    assert (
        tree.transpose(outer, inner, values) == tree.transpose(outer, None, values) == ([1, 3], {"a": [2, 4]})
    )
    with pytest.raises(TypeError, match=r"must be .*; got"):
        tree.transpose(outer, inner, [(1, {"a": 2}), (3, {"b": 4, "a": 5})])


def test_structures_have_parts():
    treedef = tree.structure((1, [2, 3]))
    assert tree_util.treedef_children(treedef) == [tree.structure(0), tree.structure([0, 0])]
    assert tree_util.treedef_children(tree.structure(0)) == []
    assert tree_util.treedef_tuple(tree_util.treedef_children(treedef)) == treedef
    assert tree_util.treedef_is_leaf(tree.structure(0)) and not tree_util.treedef_is_leaf(treedef)
    assert isinstance(treedef, tree_util.PyTreeDef)
    assert (treedef.num_leaves, treedef.num_nodes) == (3, 5)
    assert pickle.loads(pickle.dumps(treedef)) == treedef
    assert tree_util.treedef_tuple([tree.structure(Pair(0, 0))]) == tree.structure((Pair(0, 0),))
    assert tree.structure({"a": 0}) != tree.structure(OrderedDict(a=0))


def test_one_level():
    children, data = tree_util.flatten_one_level({"b": [1], "a": 2})
    assert (list(children), data) == ([2, [1]], ("a", "b"))
    keyed, _ = tree_util.flatten_one_level_with_keys(Pair(1, [2]))
    assert list(keyed) == [(FlattenedIndexKey(0), 1), (FlattenedIndexKey(1), [2])]
    assert tree_util.flatten_one_level(defaultdict(int, b=1, a=2))[1] == (int, ("a", "b"))
    assert tree_util.default_registry.flatten_one_level(3) is None
    assert tree_util.default_registry.flatten_one_level((3,)) is not None
    with pytest.raises(ValueError, match="leaf of type int"):
        tree_util.flatten_one_level(3)


def test_what_is_a_container():
    assert all(map(tree_util.is_tree_node, [dict, list, tuple, Point, type(None), Pair, Mode]))
    assert not tree_util.is_tree_node(int) and not tree_util.is_tree_node(onp.ndarray)
    assert tree_util.all_leaves([1, "x"]) and not tree_util.all_leaves([1, None])
    assert not tree_util.all_leaves([[]]) and tree_util.all_leaves([[1]], is_leaf=lambda x: True)


def test_dataclasses():
    layer = Layer(np.ones(2), 1.0, name="first")
    assert [keystr(path) for path, _ in tree.leaves_with_path(layer)] == [".weight", ".bias"]
    doubled = axir.jit(lambda x: tree.map(lambda leaf: 2 * leaf, x))(layer)
    assert doubled.name == "first" and doubled.weight.tolist() == [2, 2] and doubled.bias == 2
    assert tree.structure(Layer(1, 2, "a")) != tree.structure(Layer(1, 2, "b"))
    gradient = axir.grad(lambda x: (x.weight * x.bias).sum())(layer)
    assert isinstance(gradient, Layer) and gradient.bias == 2


def test_dataclass_fields_may_be_listed():
    class Free:
        def __init__(self, data, size):
            self.data, self.size = data, size

    tree_util.register_dataclass(Free, data_fields=["data"], meta_fields=["size"])
    assert tree.map(lambda x: x + 1, Free(1, 5)).__dict__ == {"data": 2, "size": 5}

    @functools.partial(tree_util.register_dataclass, data_fields=["x"], meta_fields=[], drop_fields=["cache"])
    @dataclasses.dataclass
    class Cached:
        x: int
        cache: object = None

    assert tree.map(lambda x: x, Cached(1, "kept by nobody")) == Cached(1, None)


@pytest.mark.parametrize(
    ("lists", "error", "message"),
    [
        ({"data_fields": ["x"]}, TypeError, "must be given together"),
        ({"data_fields": ["x"], "meta_fields": []}, ValueError, "y is missing"),
        ({"data_fields": ["x", "y", "z"], "meta_fields": []}, ValueError, "z is no such field"),
        ({"data_fields": ["x", "y"], "meta_fields": ["y"]}, ValueError, "overlap in y"),
    ],
)
def test_wrong_fields(lists, error, message):
    @dataclasses.dataclass
    class Fields:
        x: int
        y: int
        z: int = dataclasses.field(init=False, default=0)

    with pytest.raises(error, match=message):
        tree_util.register_dataclass(Fields, **lists)


def test_wrong_registrations():
    with pytest.raises(TypeError, match="no dataclass"):
        tree_util.register_dataclass(int)
    with pytest.raises(ValueError, match="already registered"):
        tree_util.register_pytree_node(Pair, lambda p: ((), None), lambda a, c: None)
    with pytest.raises(TypeError, match="takes a class; got 3"):
        tree_util.register_pytree_node(3, lambda p: ((), None), lambda a, c: None)
    with pytest.raises(TypeError, match="needs functions; got None"):
        tree_util.register_pytree_node(type("T", (), {}), None, None)


def test_keys_are_not_made_where_they_are_not_needed():
    class Quick:
        pass

    def flatten_with_keys(x):
        raise AssertionError("asked for keys")

    tree_util.register_pytree_with_keys(
        Quick, flatten_with_keys, lambda a, c: Quick(), lambda x: ((1, 2), None)
    )
    assert tree.leaves(Quick()) == [1, 2]


def test_static_objects_are_structure():
    traced = []

    @axir.jit
    def scaled(x, mode):
        traced.append(mode)
        return x * (2 if mode.name == "double" else 3)

    assert [scaled(1.0, Mode(m)) for m in ("double", "triple", "double")] == [2, 3, 2]
    assert [m.name for m in traced] == ["double", "triple"]
    assert tree.leaves(Mode("x")) == []


def test_partial_is_a_pytree():
    partial = Partial(lambda a, b, *, c: a * b + c, 2.0, c=1.0)
    assert tree.leaves(partial) == [2.0, 1.0]
    assert axir.jit(lambda f, x: f(x))(partial, 3.0) == 7
    assert axir.grad(lambda f: f(3.0))(partial).args[0] == 3
    outer = Partial(functools.partial(divmod, 7), 2)
    assert tree.leaves(outer) == [2] and outer() == (3, 1)
    assert tree.leaves(Partial(Partial(divmod, 7), 2)) == [2]
    function = functools.partial(divmod, 7)
    assert tree.structure(Partial(function, 2)) == tree.structure(Partial(function, 3))


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}, r"at \['a'\] tree 0 has a tuple of 2, tree 1 has a list of 2"),
        ({"a": (1, 2)}, {"a": (1, 2, 3)}, r"at \['a'\] tree 0 has a tuple of 2, tree 1 has one of 3"),
        ({"a": 1, "b": 2}, {"a": 1}, "; tree 0 has a dict with keys 'a', 'b', tree 1 has one with keys 'a'"),
        ([1, [None]], [1, [2]], r"at \[1\]\[0\] tree 0 has None, tree 1 has a leaf of type int"),
        (
            Layer(1, 2, "x"),
            Layer(1, 2, "y"),
            r"tree 0 has a Layer with data \('x',\), tree 1 has one with .*'y'",
        ),
        (Layer((1, 1)), Layer(1), r"at \.weight tree 0 has a tuple of 2, tree 1 has a leaf of type int"),
        (Point(1, 2), (1, 2), "tree 0 has a namedtuple Point, tree 1 has a tuple of 2"),
    ],
)
def test_errors_say_where_trees_part(one, other, message):
    with pytest.raises(TreeError, match=message):
        tree.map(lambda x, y: x, one, other)
    with pytest.raises(TreeError, match=message):
        tree.map_with_path(lambda path, x, y: x, one, other)


def test_deeper_trees_fit_leaves():
    assert tree.map(lambda x, y: y, [1, 2], [(3, 4), None]) == [(3, 4), None]


def test_errors_of_the_function_stay_what_they_are():
    with pytest.raises(ValueError, match="mine"):
        tree.map(lambda x, y: (_ for _ in ()).throw(ValueError("mine")), 1, 2)


def test_wrong_number_of_leaves():
    for leaves in ([1], [1, 2, 3]):
        with pytest.raises(ValueError, match="leaves"):
            tree.unflatten(tree.structure([0, 0]), leaves)


def test_auxiliary_data_may_lack_a_hash():
    class Odd:
        pass

    tree_util.register_pytree_node(Odd, lambda x: (({"b": 1, "a": 2},), [1]), lambda a, c: c)
    assert tree.map(lambda x: x, Odd()) == ({"a": 2, "b": 1},)


def test_same_as_jax():
    jax = pytest.importorskip("jax")
    plain = {"b": [1, (2, None)], "a": Point(3, {}), "o": OrderedDict(z=6, y=defaultdict(int, q=1, p=2))}
    ours, theirs = tree.leaves_with_path(plain), jax.tree.leaves_with_path(plain)
    assert [(keystr(p), x) for p, x in ours] == [(jax.tree_util.keystr(p), x) for p, x in theirs]
    assert [(repr(p), x) for p, x in ours] == [(repr(p), x) for p, x in theirs]
    missing = [n for n in dir(jax.tree_util) + dir(jax.tree) if not n.startswith("_")]
    assert not [n for n in missing if not hasattr(tree_util, n) and not hasattr(tree, n)]
