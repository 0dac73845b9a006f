"""Each mutation leaves out what it says, wherever that stands and however it is written, and nothing else."""

from __future__ import annotations

import ast

import pytest

from tests.guards.mutations import Mutation, always, dissolves, drops, loses, moves, never, overwrites, renews

CHANGES = {
    "an argument": (drops("DUE"), "go(row, DUE, reason=late)", "go(row, reason=late)"),
    "an argument that is a call": (drops("under_fence"), "change(row, under_fence(row.fence))", "change(row)"),
    "an argument that compares": (drops("on_hand"), "where(a.id == 1, a.on_hand - a.held >= 2)", "where(a.id == 1)"),
    "the innermost of arguments": (
        drops("lower"),
        "run(session, *change_row(2, [lower]))",
        "run(session, *change_row(2, []))",
    ),
    "a keyword, whatever it is given": (drops("settles"), "expire(stop, settles=False)", "expire(stop)"),
    "an element of a tuple": (drops("fence"), "mine = (state, fence)", "mine = (state,)"),
    "an element of a set that two names tell": (
        drops("CAPTURE", "done"),
        "_DONE = {(Kind.CAPTURE, 'done'), (Kind.VOID, 'done'), (Kind.CAPTURE, 'gone')}",
        "_DONE = {(Kind.VOID, 'done'), (Kind.CAPTURE, 'gone')}",
    ),
    "a side of an and": (drops("about"), "met = cause and about.kind == 2 and x", "met = cause and x"),
    "one of two sides": (drops("about"), "met = cause or about", "met = cause"),
    "a call for its effect": (drops("require"), "def f():\n    require(2)\n    return 1", "def f():\n    return 1"),
    "all that there was to do": (drops("require"), "def f():\n    require(2)", "def f():\n    pass"),
    "the condition of an if": (never("covers"), "if not a.covers(2):\n    x()", "if False:\n    x()"),
    "the condition of an expression": (always("fresh"), "return_ = a if fresh else b", "return_ = a if True else b"),
    "what is returned": (always("amount"), "def f():\n    return x.amount == 2", "def f():\n    return True"),
    "the condition within what is returned": (
        never("fresh"),
        "def f():\n    return a if fresh else b",
        "def f():\n    return a if False else b",
    ),
    "what is around a block": (
        dissolves("savepoint"),
        "with savepoint(leg.session):\n    run(leg)\n    take(leg)",
        "run(leg)\ntake(leg)",
    ),
    "a call around its argument": (dissolves("sorted"), "[x for x in sorted(changes)]", "[x for x in changes]"),
    "an order": (
        moves("let_go", after="decide"),
        "let_go(cart)\nend = 1\nlock = decide(cart)\nwrite(lock)",
        "end = 1\nlock = decide(cart)\nlet_go(cart)\nwrite(lock)",
    ),
    "a sum": (overwrites("wanted"), "wanted[line.id] += line.quantity", "wanted[line.id] = line.quantity"),
    "a key for life": (
        renews("key"),
        "Request(key=operation.key, kind=operation.kind)",
        "Request(key=__import__('secrets').token_hex(8), kind=operation.kind)",
    ),
    "one of a slice": (
        loses("capture"),
        "LEG = PHASES[4:6]",
        "LEG = tuple((each for each in PHASES[4:6] if each is not capture))",
    ),
    "one of a tuple with a type": (
        loses("capture"),
        "LEG: Phases = (order, capture)",
        "LEG: Phases = tuple((each for each in (order, capture) if each is not capture))",
    ),
}
# The mutation, the code, and how many places there are for it: a guard has exactly one.
PLACES = {
    "nothing by that name": (drops("DUE"), "go(row)", 0),
    "a name that is only set": (drops("fits"), "fits = a >= b", 0),
    "a part of a name or text": (drops("due"), "go(overdue, 'over due')", 0),
    "an answer that is taken": (drops("require"), "x = require(2)", 0),
    "two calls": (drops("DUE"), "go(DUE)\ncome(DUE)", 2),
    "no condition": (never("covers"), "covers(2)", 0),
    "two conditions": (always("x"), "if x:\n    if not x:\n        y()", 2),
    "another block": (dissolves("savepoint"), "with lock:\n    savepoint(2, 3)", 0),
    "an order that is the other way round": (moves("let_go", after="decide"), "decide(1)\nlet_go(2)", 0),
    "another block's order": (moves("let_go", after="decide"), "let_go(2)\nif x:\n    decide(1)", 0),
    "no sum": (overwrites("wanted"), "wanted[1] = 2", 0),
    "no such keyword": (renews("key"), "Request(operation.key)", 0),
    "no name of a module": (loses("capture"), "def f(): ...", 0),
}


@pytest.mark.parametrize(("mutation", "before", "after"), CHANGES.values(), ids=CHANGES)
def test_a_mutation_takes_away(mutation: Mutation, before: str, after: str) -> None:
    tree, node = parse(before)

    (make,) = mutation.places(node)
    make()

    assert ast.unparse(tree) == after


@pytest.mark.parametrize(("mutation", "code", "count"), PLACES.values(), ids=PLACES)
def test_a_mutation_counts_its_places(mutation: Mutation, code: str, count: int) -> None:
    tree, node = parse(code)

    assert len(mutation.places(node)) == count
    assert ast.unparse(tree) == ast.unparse(ast.parse(code))


def test_a_mutation_is_told_as_the_table_spells_it() -> None:
    assert drops("CAPTURE", "done").words == "drops('CAPTURE', 'done')"
    assert moves("let_go", after="decide").words == "moves('let_go', after='decide')"


def parse(code: str) -> tuple[ast.Module, ast.AST]:
    """Give the module, and the definition that a mutation is given: its only statement, or all of them."""
    tree = ast.parse(code)
    return tree, tree.body[0] if len(tree.body) == 1 and isinstance(tree.body[0], ast.Assign | ast.AnnAssign) else tree
