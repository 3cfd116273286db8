"""Pytrees under JAX's names: nested containers of arrays, their structures, paths and registration."""

from axir._src.key_paths import DictKey as DictKey
from axir._src.key_paths import FlattenedIndexKey as FlattenedIndexKey
from axir._src.key_paths import GetAttrKey as GetAttrKey
from axir._src.key_paths import KeyEntry as KeyEntry
from axir._src.key_paths import KeyPath as KeyPath
from axir._src.key_paths import SequenceKey as SequenceKey
from axir._src.key_paths import keystr as keystr
from axir._src.pytree import TreeDef as PyTreeDef
from axir._src.pytree import register_pytree_node as register_pytree_node
from axir._src.pytree import register_pytree_node_class as register_pytree_node_class
from axir._src.pytree import unflatten as tree_unflatten
from axir._src.tree_functions import all_leaves as all_leaves
from axir._src.tree_functions import flatten_one_level as flatten_one_level
from axir._src.tree_functions import flatten_one_level_with_keys as flatten_one_level_with_keys
from axir._src.tree_functions import is_tree_node as is_tree_node
from axir._src.tree_functions import tree_all as tree_all
from axir._src.tree_functions import tree_broadcast as tree_broadcast
from axir._src.tree_functions import tree_flatten_with_path as tree_flatten_with_path
from axir._src.tree_functions import tree_leaves_with_path as tree_leaves_with_path
from axir._src.tree_functions import tree_map_with_path as tree_map_with_path
from axir._src.tree_functions import tree_reduce as tree_reduce
from axir._src.tree_functions import tree_reduce_associative as tree_reduce_associative
from axir._src.tree_functions import tree_transpose as tree_transpose
from axir._src.tree_functions import treedef_children as treedef_children
from axir._src.tree_functions import treedef_is_leaf as treedef_is_leaf
from axir._src.tree_functions import treedef_tuple as treedef_tuple
from axir._src.tree_registration import Partial as Partial
from axir._src.tree_registration import register_dataclass as register_dataclass
from axir._src.tree_registration import register_pytree_with_keys as register_pytree_with_keys
from axir._src.tree_registration import register_pytree_with_keys_class as register_pytree_with_keys_class
from axir._src.tree_registration import register_static as register_static
from axir._src.tree_registry import default_registry as default_registry
from axir._src.trees import flatten as tree_flatten
from axir._src.trees import leaves as tree_leaves
from axir._src.trees import map_tree as tree_map
from axir._src.trees import structure as tree_structure

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyEntry",
    "KeyPath",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all_leaves",
    "default_registry",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "is_tree_node",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "tree_all",
    "tree_broadcast",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_with_path",
    "tree_reduce",
    "tree_reduce_associative",
    "tree_structure",
    "tree_transpose",
    "tree_unflatten",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
]
