"""YAML whose aliases stand for no more than a file of parameters may hold."""

from __future__ import annotations

from typing import Any

import yaml

_MOST_NODES = 1_000_000


def load_yaml(content: str | bytes, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """The one document. Raises YAMLError; ValueError where aliases make it endless or too large."""
    reader = loader(content)
    try:
        node = reader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _MOST_NODES:
            raise ValueError("its aliases stand for too much")
        return reader.construct_document(node)
    finally:
        reader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are once each alias is written out; a node inside itself is too many."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1
        children = node.value if not isinstance(node, yaml.ScalarNode) else ()
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return known[id(node)]
