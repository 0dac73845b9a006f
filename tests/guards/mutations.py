"""What a guard's code loses: told by what is left out of it, not by how it is written or where in a file it stands.

Names are what code speaks of: variables, attributes, keywords, and whole texts. A mutation concerns the smallest piece of
its kind that mentions all of its names, anywhere in the definition that it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

Place = Callable[[], None]


@dataclass(frozen=True)
class Mutation:
    """A change in a table's words; `places` finds where a definition has room for it, to be made by calling one."""

    words: str
    places: Callable[[ast.AST], list[Place]] = field(compare=False)


@dataclass(frozen=True)
class Slot:
    """Where a node stands in its parent: as a field, or in the list that a field is."""

    node: ast.AST
    parent: ast.AST
    field: str

    def put(self, *nodes: ast.AST) -> None:
        """Let these stand there instead: one, or in a list as many as come; a body without any passes."""
        siblings = getattr(self.parent, self.field)
        if not isinstance(siblings, list):
            setattr(self.parent, self.field, *nodes)
            return
        at = siblings.index(self.node)
        siblings[at : at + 1] = nodes
        if self.field == "body" and not siblings:
            siblings.append(ast.Pass())


def drops(*names: str) -> Mutation:
    """Leave out an argument, an element, a side of `and` or `or`, or a call whose answer nobody takes."""

    def places(tree: ast.AST) -> list[Place]:
        return [slot.put for slot in _smallest(filter(_may_be_missing, _slots(tree)), names)]

    return Mutation(_in_words("drops", *names), places)


def never(*names: str) -> Mutation:
    """Have a condition not hold, whatever is the case: of an `if`, or what is returned."""
    return _decides("never", names, holds=False)


def always(*names: str) -> Mutation:
    """Have a condition hold, whatever is the case: of an `if`, or what is returned."""
    return _decides("always", names, holds=True)


def dissolves(name: str) -> Mutation:
    """Keep what is inside: the body of a `with`, the argument of a call."""

    def places(tree: ast.AST) -> list[Place]:
        inside = ((slot, _inside(slot, name)) for slot in _slots(tree))
        return [partial(slot.put, *nodes) for slot, nodes in inside if nodes]

    return Mutation(_in_words("dissolves", name), places)


def moves(name: str, *, after: str) -> Mutation:
    """Do one statement only after a later one."""

    def places(tree: ast.AST) -> list[Place]:
        statements = [slot for slot in _slots(tree) if isinstance(slot.node, ast.stmt)]
        pairs = [(one, two) for one in _smallest(statements, [name]) for two in _smallest(statements, [after])]
        return [partial(_move_behind, one, two) for one, two in pairs if _is_before(one, two)]

    return Mutation(_in_words("moves", name, after=after), places)


def overwrites(name: str) -> Mutation:
    """Set what is summed up in a variable, forgetting what was there: `=` for `+=`."""

    def places(tree: ast.AST) -> list[Place]:
        sums = [(slot, slot.node) for slot in _slots(tree) if isinstance(slot.node, ast.AugAssign)]
        mine = [(slot, node) for slot, node in sums if name in _mentions(node.target)]
        return [partial(slot.put, ast.Assign([node.target], node.value, lineno=node.lineno)) for slot, node in mine]

    return Mutation(_in_words("overwrites", name), places)


def renews(keyword: str) -> Mutation:
    """Make up the text that is given for a keyword anew each time."""

    def places(tree: ast.AST) -> list[Place]:
        made_up = _expression("__import__('secrets').token_hex(8)")
        given = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == keyword]
        return [partial(setattr, node, "value", made_up) for node in given]

    return Mutation(_in_words("renews", keyword), places)


def loses(name: str) -> Mutation:
    """Have the tuple that a module's name stands for lack one element, whether it is spelled out or cut out of another."""

    def places(tree: ast.AST) -> list[Place]:
        if not isinstance(tree, ast.Assign | ast.AnnAssign) or tree.value is None:
            return []
        rest = _expression(f"tuple(each for each in {ast.unparse(tree.value)} if each is not {name})")
        return [partial(setattr, tree, "value", rest)]

    return Mutation(_in_words("loses", name), places)


def _decides(verb: str, names: Iterable[str], *, holds: bool) -> Mutation:
    def places(tree: ast.AST) -> list[Place]:
        conditions = _smallest(filter(_is_condition, _slots(tree)), names)
        return [partial(slot.put, ast.Constant(holds)) for slot in conditions]

    return Mutation(_in_words(verb, *names), places)


def _slots(tree: ast.AST) -> Iterator[Slot]:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            for node in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.AST):
                    yield Slot(node, parent, name)


def _smallest(slots: Iterable[Slot], names: Iterable[str]) -> list[Slot]:
    """Give those that mention all names, and hold no other that does."""
    fitting = [slot for slot in slots if _mentions(slot.node).issuperset(names)]
    return [slot for slot in fitting if not any(_holds(slot.node, other.node) for other in fitting)]


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return outer is not inner and any(node is inner for node in ast.walk(outer))


def _mentions(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                names.add(name)
    return names


def _may_be_missing(slot: Slot) -> bool:
    match slot.parent:
        case ast.Call():
            return slot.field in ("args", "keywords")
        case ast.Tuple() | ast.List() | ast.Set():
            return slot.field == "elts"
        case ast.BoolOp():
            return slot.field == "values"
    return isinstance(slot.node, ast.Expr) and isinstance(slot.node.value, ast.Call)


def _is_condition(slot: Slot) -> bool:
    return slot.field == "test" or (slot.field == "value" and isinstance(slot.parent, ast.Return))


def _inside(slot: Slot, name: str) -> list[ast.AST]:
    match slot.node:
        case ast.With(items=items, body=body) if any(name in _mentions(item) for item in items):
            return list(body)
        case ast.Call(func=ast.Name(id=called), args=[argument]) if called == name and slot.field != "context_expr":
            return [argument]
    return []


def _is_before(one: Slot, two: Slot) -> bool:
    if one.parent is not two.parent or one.field != two.field:
        return False
    block = getattr(one.parent, one.field)
    return bool(block.index(one.node) < block.index(two.node))


def _move_behind(one: Slot, two: Slot) -> None:
    one.put()
    two.put(two.node, one.node)


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def _in_words(verb: str, *names: str, **named: str) -> str:
    arguments = [repr(name) for name in names] + [f"{key}={name!r}" for key, name in named.items()]
    return f"{verb}({', '.join(arguments)})"
