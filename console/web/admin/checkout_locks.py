"""Checkouts in the console: the list, and one of them with all that belongs to it and can be done to it."""

from __future__ import annotations

from flask import request, url_for

from console.web.admin.action_pages import LockActions
from console.web.admin.list_view import ListView
from console.web.admin.lock_details import LockDetails
from console.web.shared.listing.keyset import Page
from console.web.shared.listing.listing import Question


class CheckoutLocks(LockDetails, LockActions, ListView):
    """The checkouts, to be looked at and acted upon."""

    def find_destination(self, question: Question, page: Page) -> str | None:
        """Go straight to the one checkout that a search found."""
        if "q" not in question.wanted or "cursor" in request.args or len(page.rows) != 1:
            return None
        return url_for(f"{self.endpoint}.details_view", id=page.rows[0].id)
