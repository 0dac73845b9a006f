"""The embedded cache keeps no files for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

from console.web.shared.cache_folder import WRITES_BETWEEN, CacheFolder


def test_files_past_their_time_are_deleted_once_in_a_while(tmp_path: Path) -> None:
    old, young = tmp_path / "old", tmp_path / "young"
    old.touch()
    young.touch()
    an_hour_ago = time.time() - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    folder = CacheFolder(str(tmp_path), keep_seconds=1800)

    for _ in range(WRITES_BETWEEN - 1):
        folder.note_write()
    assert old.exists()
    folder.note_write()

    assert [each.name for each in tmp_path.iterdir()] == ["young"]


def test_a_folder_that_is_not_there_yet_is_tidy(tmp_path: Path) -> None:
    CacheFolder(str(tmp_path / "none"), keep_seconds=1).tidy()
