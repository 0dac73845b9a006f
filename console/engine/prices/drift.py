"""Price drift: what the goods of a checkout would cost today, against the prices it has frozen.

The snapshot wins: drift changes no checkout. It is recorded with the order, and told by an event, once a checkout,
where it is beyond `CHECKOUT_PRICE_DRIFT_TOLERANCE`. What moves it are prices and exchange rates; taxes, discounts and
shipping are not compared, and a line at an agreed price never drifts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, bindparam, exists, func, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from console.engine.driving.locks import change
from console.engine.errors import LostRace
from console.engine.machine import State
from console.engine.prices.money import convert
from console.engine.record import events
from console.engine.runtime import runtime_of
from console.engine.store.clauses import Clause, words
from console.engine.store.database import Reader, look, transact
from console.engine.store.tables import cart_lines, exchange_rates, locks, snapshots, variant_prices
from console.engine.store.tables import events as outbox

HOLDING_PRICES = (State.LOCKING_PRICES, State.AUTHORIZING)  # later the order is made, and drift was looked at
_MOST_LINES_TOLD = 20
_AT_ONCE = 200

_line, _own, _shop = aliased(snapshots), aliased(variant_prices), aliased(variant_prices)
_OWN_PRICE = and_(_own.c.variant_id == _line.c.variant_id, _own.c.currency_code == _line.c.currency_code)
_SHOP_PRICE = and_(_shop.c.variant_id == _line.c.variant_id, _shop.c.currency_code == _line.c.compare_currency_code)
_RATE = and_(
    exchange_rates.c.base_currency == _line.c.compare_currency_code,
    exchange_rates.c.quote_currency == _line.c.currency_code,
)
_IS_CONVERTED = _line.c.currency_code != _line.c.compare_currency_code
_MOVED = func.sum((_own.c.unit_price - _line.c.unit_price) * _line.c.quantity)
_TODAY = (
    select(
        _line.c.checkout_lock_id,
        *_line.c["cart_line_id", "sku", "quantity", "currency_code", "compare_currency_code"],
        _line.c.unit_price.label("frozen"),
        cart_lines.c.agreed_unit_price,
        _own.c.unit_price.label("own_price"),
        _shop.c.unit_price.label("shop_price"),
        exchange_rates.c.rate,
    )
    .outerjoin(_own, _OWN_PRICE)
    .outerjoin(_shop, _SHOP_PRICE)
    .outerjoin(exchange_rates, _RATE)
    .outerjoin(cart_lines, cart_lines.c.id == _line.c.cart_line_id)
    .where(_line.c.cart_line_id.is_not(None))
    .order_by(_line.c.id)
)
_IDS = _line.c.checkout_lock_id.in_(bindparam("lock_ids", expanding=True))
_OF_LOCKS = _TODAY.where(_IDS)
_HOLDS_PRICES = Clause(locks.c.state.in_(words(HOLDING_PRICES)))


@dataclass(frozen=True)
class LineDrift:
    """A frozen line and what one piece of it costs today, in minor units; `today` None where it has no price."""

    cart_line_id: int
    sku: str
    quantity: int
    frozen: int
    today: int | None

    @property
    def amount(self) -> int:
        """Tell how much more the line would cost today."""
        return 0 if self.today is None else (self.today - self.frozen) * self.quantity


@dataclass(frozen=True)
class Drift:
    """How far the prices of a checkout have moved since it froze them; amounts in minor units of `currency`."""

    currency: str
    lines: tuple[LineDrift, ...]

    @property
    def amount(self) -> int:
        """Tell how much more the goods would cost today, before discount and tax; less than 0 is cheaper."""
        return sum(line.amount for line in self.lines)

    @property
    def prices_today(self) -> dict[int, int | None]:
        """Give today's unit prices by cart line."""
        return {line.cart_line_id: line.today for line in self.lines}


def read_drifts(reader: Reader, lock_ids: Iterable[int]) -> dict[int, Drift]:
    """Compare the frozen prices of checkouts with today's, in one statement; without frozen lines there is none."""
    return _by_lock(reader.execute(_OF_LOCKS, {"lock_ids": list(lock_ids)}).all())


def _by_lock(rows: Iterable[Row[Any]]) -> dict[int, Drift]:
    lines: dict[int, list[LineDrift]] = defaultdict(list)
    currencies: dict[int, str] = {}
    for row in rows:
        lines[row.checkout_lock_id].append(
            LineDrift(row.cart_line_id, row.sku, row.quantity, row.frozen, _price_today(row))
        )
        currencies[row.checkout_lock_id] = row.currency_code
    return {lock_id: Drift(currencies[lock_id], tuple(of_lock)) for lock_id, of_lock in lines.items()}


def _price_today(row: Row[Any]) -> int | None:
    """Price a frozen line as `lines.price_lines` would: as agreed, as the variant is, or converted."""
    for price in (row.agreed_unit_price, row.own_price):
        if price is not None:
            return int(price)
    if row.shop_price is None or row.rate is None:
        return None
    return convert(row.shop_price, rate=row.rate, base=row.compare_currency_code, quote=row.currency_code)


class _Qualified(FunctionElement[int]):
    """A subquery whose columns name their tables even in RETURNING, where SQLAlchemy leaves them out on SQLite."""

    inherit_cache = True
    type = BigInteger()


@compiles(_Qualified)
def _qualified(element: _Qualified, compiler: SQLCompiler, **kw: Any) -> str:
    kw.pop("include_table", None)
    return compiler.process(element.clauses, **kw)


def moved_by_price(lock_id: ColumnElement[int]) -> ColumnElement[int]:
    """Build the drift of one checkout in the shop's own currency, to be read by a statement that runs anyway."""
    return _Qualified(_moved().where(_line.c.checkout_lock_id == lock_id).scalar_subquery())


def _moved() -> Select[Any]:
    return (
        select(_MOVED)
        .select_from(_line)
        .join(_own, _OWN_PRICE)
        .outerjoin(cart_lines, cart_lines.c.id == _line.c.cart_line_id)
        .where(_line.c.cart_line_id.is_not(None), cart_lines.c.agreed_unit_price.is_(None))
    )


def record_drift(session: Session, lock: Row[Any], *, currency: str, moved: int | None) -> dict[str, Any] | None:
    """Give a checkout's drift for its history as the order is made; beyond the tolerance, write the event.

    Caller commits.

    `moved` is what `moved_by_price` found, which holds in the shop's own currency. The lock row is held: who else
    tells of drift holds it too, so that it is told once.
    """
    if not moved and currency == runtime_of(session).config.currency:
        return None
    drift = read_drifts(session, [lock.id]).get(lock.id)
    if drift is None or not drift.amount:
        return None
    _tell(session, lock, drift)
    return {"price_drift": drift.amount, "currency": drift.currency}


def _tell(session: Session, lock: Row[Any], drift: Drift) -> bool:
    """Write the event if the drift is beyond the tolerance and was not told yet."""
    if not _is_beyond(session, drift) or session.scalar(select(_is_told(lock.id))):
        return False
    moved = [
        {"sku": line.sku, "quantity": line.quantity, "frozen": line.frozen, "today": line.today}
        for line in drift.lines
        if line.amount
    ]
    facts = {"drift": drift.amount, "currency": drift.currency, "lines": moved[:_MOST_LINES_TOLD]}
    events.write_event(session, lock, topic=events.PRICE_DRIFT, **facts)
    return True


def _is_beyond(session: Session, drift: Drift) -> bool:
    return abs(drift.amount) > runtime_of(session).config.price_drift_tolerance_minor


def _is_told(lock_id: Any) -> ColumnElement[bool]:
    return exists().where(outbox.c.lock_id == lock_id, outbox.c.topic == events.PRICE_DRIFT)


def detect_drift(session: Session, *, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Tell of the drift of live checkouts that hold prices, each once; say how many.

    Own transactions, one a checkout.
    """
    has_prices = exists().where(snapshots.c.checkout_lock_id == locks.c.id)
    untold = select(locks.c.id).where(_HOLDS_PRICES.sql, has_prices, ~_is_told(locks.c.id)).order_by(locks.c.id)
    ids = look(session, lambda reader: list(reader.scalars(untold)))
    told = 0
    for first in range(0, len(ids), _AT_ONCE):
        if is_stopped():
            break
        told += _tell_of(session, ids[first : first + _AT_ONCE])
    return told


def _tell_of(session: Session, lock_ids: Sequence[int]) -> int:
    drifts: Mapping[int, Drift] = look(session, lambda reader: read_drifts(reader, lock_ids))
    beyond = [lock_id for lock_id, drift in drifts.items() if _is_beyond(session, drift)]
    return sum(_tell_one(session, lock_id) for lock_id in beyond)


def _tell_one(session: Session, lock_id: int) -> bool:
    def tell() -> bool:
        lock = change(session, lock_id, _HOLDS_PRICES)
        if not _tell(session, lock, read_drifts(session, [lock_id])[lock_id]):
            raise LostRace(f"the drift of checkout {lock_id} was told, or is gone")
        return True

    try:
        return transact(session, tell)
    except LostRace:
        return False


def count_drifted(reader: Reader, *, since: datetime, tolerance_minor: int) -> int:
    """Count the checkouts begun since a moment whose prices moved beyond the tolerance, exactly.

    They have moved as of today, or had during the checkout, as its event says. Where no rate is at work the database
    adds up; converted carts are compared one by one.
    """
    begun = locks.c.locked_at >= since
    of_lock = locks.c.id == _line.c.checkout_lock_id
    moved = (
        _moved()
        .with_only_columns(_line.c.checkout_lock_id)
        .join(locks, of_lock)
        .where(begun, ~_IS_CONVERTED)
        .group_by(_line.c.checkout_lock_id)
        .having(func.abs(_MOVED) > tolerance_minor)
    )
    told = select(outbox.c.lock_id).join(locks, locks.c.id == outbox.c.lock_id)
    told = told.where(begun, outbox.c.topic == events.PRICE_DRIFT)
    counted = reader.execute(select(func.count()).select_from(union(moved, told).subquery())).scalar_one()
    converted = _TODAY.join(locks, of_lock).where(begun, _IS_CONVERTED, ~_is_told(locks.c.id))
    drifts = _by_lock(reader.execute(converted).all()).values()
    return int(counted) + sum(abs(drift.amount) > tolerance_minor for drift in drifts)
