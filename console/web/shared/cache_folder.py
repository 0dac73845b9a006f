"""The embedded cache's files, taken away when they are past their time: its own way lists them at every write."""

from __future__ import annotations

import itertools
import os
import time
from contextlib import suppress
from pathlib import Path

WRITES_BETWEEN = 1000


class CacheFolder:
    """A folder of cache files; every so many writes what was not written for `keep_seconds` is deleted."""

    def __init__(self, folder: str, *, keep_seconds: float) -> None:
        self._folder = Path(folder)
        self._keep_seconds = keep_seconds
        self._writes = itertools.count(1)

    def note_write(self) -> None:
        """Count a write, and tidy up when it is time."""
        if next(self._writes) % WRITES_BETWEEN == 0:
            self.tidy()

    def tidy(self) -> None:
        """Delete the files that are past their time."""
        if not self._folder.is_dir():
            return
        oldest = time.time() - self._keep_seconds
        with os.scandir(self._folder) as entries:
            for entry in entries:
                _delete_if_older(entry, than=oldest)


def _delete_if_older(entry: os.DirEntry[str], *, than: float) -> None:
    with suppress(FileNotFoundError):  # another process may be at it too
        if entry.stat().st_mtime < than:
            os.remove(entry.path)
