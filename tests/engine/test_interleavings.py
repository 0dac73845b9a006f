"""trial"""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import event, text, select
from sqlalchemy.orm import Session

from console.engine import CheckoutError
from console.engine.actions import release
from console.engine.database import create_database, load, transact
from console.engine.errors import LostRace
from console.engine.legs import enter_authorization, enter_capture
from console.engine.locks import Seen, new_drive, read_lock
from console.engine.payments.facts import record_answer
from console.engine.payments.operations import request_for
from console.engine.rollback import expire_row
from console.engine.runtime import CheckoutConfig, attach
from console.models import CheckoutLock
from tests.engine.bank import Bank
from tests.engine.interleaving import Stage
from tests.engine.watch import assert_sound
from tests.factories import VISA, Shop
from tests.installation import Prepared
from console.engine import actions
actions.settle = lambda session, row: row

class Scene:
    def __init__(self, engine):
        self.engine=engine
        self.bank=Bank()
        attach(engine, config=CheckoutConfig(), gateway=self.bank)
        self.session=Session(engine, expire_on_commit=False)
        self.shop=Shop(self.session)
        self.shop.sell("MUG", stock=100000)
    def capture(self):
        s=self.session
        lock=self.shop.checkout()
        drive=new_drive(s, Seen.of(lock)); began=time.monotonic()
        progress=transact(s, lambda: enter_authorization(s, drive, VISA, None))
        drive.saw(progress.lock, leased_at=began)
        [op]=progress.operations
        request=request_for(op, progress.lock, others={}, public_url="")
        s.commit()
        heard=(op, self.bank.authorize(request, timeout_seconds=1))
        self.lock_id=lock.id
        def job(session):
            try:
                return transact(session, lambda: enter_capture(session, drive, heard)).lock.state
            except LostRace:
                transact(session, lambda: record_answer(session, lock.id, *heard))
                return "lost"
        return job
    def sweep(self):
        lock_id=self.lock_id
        def job(session):
            try:
                return transact(session, lambda: expire_row(session, read_lock(session, lock_id))).outcome
            except LostRace: return "lost"
        return job
    def release(self):
        lock_id=self.lock_id
        with Session(self.engine) as r:
            lock=r.get_one(CheckoutLock, lock_id)
        def job(session):
            try:
                return release(session, lock, actor="ada", reason="x", version=None).outcome
            except CheckoutError as e: return e.code
        return job

@pytest.mark.parametrize("names", ["cs","cr","sr","csr"])
@pytest.mark.parametrize("tables", ["carts checkout_locks", "checkout_locks"])
def test_x(prepared_postgresql, tmp_path, names, tables):
    engine=create_database(prepared_postgresql.fresh(tmp_path))
    event.listen(engine,"connect",lambda c,_: c.execute("SET lock_timeout=0"))
    sc=Scene(engine)
    stage=Stage(engine, tables=tuple(tables.split()), on_commit=lambda: assert_sound(engine))
    def jobs():
        all={"capture":sc.capture(),"sweep":sc.sweep(),"release":sc.release()}
        return {k:v for k,v in all.items() if k[0] in names}
    C=Counter(); n=0
    t=time.monotonic()
    for p in stage.play_all(jobs):
        C[str(p.results)]+=1; n+=1
        if n<3: print(p)
        if n>=300 or time.monotonic()-t>60: print("capped"); break
    print(names, tables, n, time.monotonic()-t, C)
    engine.dispose()
