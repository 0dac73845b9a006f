"""Whether the disk takes a write: tried now and then, since whoever asks for health asks often."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

TRY_EVERY_SECONDS = 10.0
TRIED_BYTES = 4096


class DiskTrial:
    """Writes to a folder's disk, at most every ten seconds; answers from the last try in between."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._due_at = float("-inf")
        self._fault: str | None = None

    def fault(self) -> str | None:
        """Say what kept the last write from the disk, None when nothing did."""
        with self._lock:
            if self._clock() >= self._due_at:
                self._fault = self._write()
                self._due_at = self._clock() + TRY_EVERY_SECONDS
            return self._fault

    def _write(self) -> str | None:
        try:
            with TemporaryFile(dir=self._folder) as file:
                file.write(bytes(TRIED_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return error.strerror or type(error).__name__
        return None


_TRIALS: dict[Path, DiskTrial] = {}


def disk_fault(folder: Path) -> str | None:
    """Say what kept the last write from a folder's disk, None when nothing did; one trial a process and folder."""
    return _TRIALS.setdefault(folder, DiskTrial(folder)).fault()
