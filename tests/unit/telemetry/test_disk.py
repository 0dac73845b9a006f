"""The disk is written to now and then, and answered for in between."""

from __future__ import annotations

from pathlib import Path

from console.telemetry.disk import TRY_EVERY_SECONDS, DiskTrial


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_disk_is_tried_again_after_ten_seconds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path / "instance"
    folder.mkdir()
    trial = DiskTrial(folder, clock=clock)
    assert trial.fault() is None
    assert list(folder.iterdir()) == []

    folder.rmdir()
    folder.write_text("")
    clock.now += TRY_EVERY_SECONDS - 1
    assert trial.fault() is None

    clock.now += 1
    assert trial.fault() is not None
