"""Which checkouts the demo shop has seen, and when: mostly bought, some of every other outcome, the last ones live."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, cycle, islice

from console.demo import stories, troubles
from console.demo.rhythm import spread
from console.demo.stories import Story

PREFIX = "demo-"
_BOUGHT = stories.is_bought
# The first thirty have every outcome; of all ninety, five in six are bought.
_THIRTY: tuple[Story, ...] = (
    stories.paid_with("tok_declined"),
    stories.finds_too_little_stock,
    stories.is_cancelled,
    stories.runs_out_of_time,
    stories.loses_a_product,
    stories.is_released,
    stories.meets_a_defect,
    stories.sees_a_price_move,
    stories.sees_a_price_move,
    stories.outlasts_an_outage,
    *[_BOUGHT] * 19,
    stories.is_approved_at_the_bank,
)
_SIXTY: tuple[Story, ...] = (
    *[_BOUGHT] * 46,
    *[stories.is_approved_at_the_bank] * 3,
    stories.paid_with("tok_insufficient_funds"),
    stories.paid_with("tok_capture_declined"),
    stories.paid_with("tok_declined"),
    stories.loses_its_coupon,
    stories.is_cancelled_while_paying,
    stories.runs_out_of_time_while_paying,
    stories.runs_out_of_time,
    stories.is_released,
    stories.sees_a_price_move,
    stories.paid_with("tok_lost_capture"),
    stories.paid_with("tok_error_authorize"),
)
# What is under way now, by importance, and how many minutes ago each began; among it what just went well.
_LATEST: tuple[tuple[float, Story], ...] = (
    (3.0, troubles.waits_for_payment),
    (21.0, troubles.waits_for_the_gateway),
    (4.0, troubles.loses_its_worker),
    (18.5, troubles.waits_for_the_sweep),
    (19.8, troubles.waits_for_the_capture),
    (11.0, troubles.waits_for_the_void),
    (7.0, troubles.waits_for_a_slow_shopper),
    (25.5, _BOUGHT),
    (15.0, _BOUGHT),
    (13.0, stories.paid_with("tok_declined")),
    (12.0, _BOUGHT),
    (1.5, troubles.waits_for_payment),
    (2.5, troubles.waits_for_the_bank),
    (6.0, troubles.waits_for_the_money),
    (9.0, stories.paid_with("tok_late_capture")),  # taken all the same, two seconds from now: the worker gives it back
)


@dataclass(frozen=True)
class Scene:
    """One checkout of the history: whose cart it is, what happens, and how many seconds ago it begins."""

    number: int
    story: Story
    seconds_ago: float

    @property
    def reference(self) -> str:
        """Give our name for the cart."""
        return f"{PREFIX}{self.number:05d}"


def plan(count: int, *, now: datetime) -> list[Scene]:
    """Choose so many checkouts in the order they begin; at most a quarter of them are the latest."""
    latest = sorted(_LATEST[: count // 4], key=lambda each: -each[0])
    ended = _mixed(count - len(latest))
    told = [*zip(spread(len(ended), now=now), ended, strict=True), *((60 * ago, story) for ago, story in latest)]
    return [Scene(number, story, seconds_ago) for number, (seconds_ago, story) in enumerate(told, start=1)]


def _mixed(count: int) -> list[Story]:
    """Mix so many stories, every kind evenly over the days, and no day is without failures or full of them."""
    chance = random.Random("history")  # noqa: S311 - the same demo everywhere, no secret
    kinds = Counter(islice(chain(_THIRTY, cycle(_SIXTY + _THIRTY)), count))
    placed = [((place + chance.random()) / often, story) for story, often in kinds.items() for place in range(often)]
    return [story for _, story in sorted(placed, key=lambda each: each[0])]
