"""Processes that tests start: forked from one that has imported everything, for importing is most of what they cost."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, forkserver

import pytest

IMPORTED = ["pytest", "console.application", "console.testing.gateway_contract", "tests.support.engine.worlds"]


@contextmanager
def forked_from_one() -> Iterator[None]:
    """Let whoever asks for a spawned process have one that is as fresh, but forked from a server without connections.

    Each still connects for itself, and runs whatever it is sent by name. What is started as a program (a web server, a
    worker, a command) is a program.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(IMPORTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(context._concrete_contexts, "spawn", forked)
        yield
    forkserver._forkserver._stop()
