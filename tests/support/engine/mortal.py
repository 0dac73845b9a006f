"""Deaths of a driver around its commits, in a test's own process."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests.support.engine.bank import Killed


class MortalSession(Session):
    """A session of a driver that dies at the n-th point around the commits of its writing transactions."""

    points_left = 0

    def commit(self) -> None:
        """Commit, or die before or after it."""
        writes = self.in_transaction() and "checkout_writes" in self.connection().get_execution_options()
        if writes:
            self._point()
        super().commit()
        if writes:
            self._point()

    def _point(self) -> None:
        self.points_left -= 1
        if self.points_left == 0:
            raise Killed
