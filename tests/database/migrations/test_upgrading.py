"""A filled database of each version that was released goes up to the newest, is used there, goes back, and up again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from tests.support.databases import KINDS, empty_database
from tests.support.dumps import dumped_revisions, path_of, read_dump
from tests.support.journey import MIGRATIONS, Journey, open_site, travel

VERSIONS = dumped_revisions()
NEXT = dict(pairwise([*VERSIONS, "head"]))


@pytest.fixture(scope="module", params=[(version, kind) for version in VERSIONS for kind in KINDS], ids="-".join)
def journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """Take a version's filled database there and back."""
    version, kind = request.param
    folder = tmp_path_factory.mktemp("journey")
    with empty_database(kind, folder) as url, open_site(url, folder) as site:
        yield travel(site, read_dump(path_of(version)), until=NEXT[version])


def test_every_table_and_column_of_the_version_was_filled(journey: Journey) -> None:
    schema = {table: set(seen.columns) for table, seen in journey.schemas[0].items()}

    assert {table.name: set(table.columns) for table in journey.dump.tables if table.rows} == schema
    assert journey.dump.columns_without_value() == []


def test_nothing_is_lost_or_changed_on_the_way(journey: Journey) -> None:
    assert journey.lost == {"up": [], "down": [], "up again": []}


def test_the_schema_is_what_the_models_describe(journey: Journey) -> None:
    assert journey.unlike == []


def test_every_invariant_holds_after_the_upgrade_and_after_use(journey: Journey) -> None:
    assert journey.broken == {"upgraded": [], "used": []}


def test_what_was_under_way_comes_to_its_end_and_more_is_sold(journey: Journey) -> None:
    assert journey.ends == {
        ("new", "completed"),
        ("pending", "pending"),
        ("pending", "failed"),  # its time had run out
        ("locking_prices", "locking_prices"),
        ("authorizing", "completed"),
        ("capturing", "completed"),
        ("rolling_back", "failed"),
    }


def test_the_version_before_still_runs_beside_the_next(journey: Journey) -> None:
    assert journey.breaking == {}, (
        "The version before would break: see docs/decisions/0006-migrations.md. A migration that knows better says so: "
        "harmless = {name: reason}."
    )


def test_what_a_migration_calls_harmless_needs_the_excuse(journey: Journey) -> None:
    assert journey.excused_in_vain == set()


# Made-up migrations after the newest, which show that a journey is told as it was.
HEAD = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "made_up", "{head}", None, None
"""
GOOD = """
def upgrade():
    op.create_table("made_up", sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("orders.id"), primary_key=True))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("made_up_number", sa.String(64), nullable=True))
        orders.add_column(sa.Column("made_up_amount", sa.BigInteger(), server_default="0", nullable=False))
        orders.alter_column("customer_email", existing_type=sa.String(255), type_=sa.String(320))
    op.execute("UPDATE orders SET made_up_number = number")
    op.execute("INSERT INTO made_up SELECT id FROM orders")


def downgrade():
    with op.batch_alter_table("orders") as orders:
        orders.alter_column("customer_email", existing_type=sa.String(320), type_=sa.String(255))
        orders.drop_column("made_up_amount")
        orders.drop_column("made_up_number")
    op.drop_table("made_up")
"""
CARELESS = """
harmless = {"users.last_login_at": "nobody asks for it any more", "ck_users_role_known": "it stays as it is"}


def upgrade():
    op.execute("DELETE FROM ticks WHERE name = 'sweep'")
    op.drop_index("uq_checkout_locks_holds_cart", "checkout_locks")
    with op.batch_alter_table("users") as users:
        users.drop_column("last_login_at")


def downgrade():
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("last_login_at", sa.String(26)))
    holds = sa.text("holds_cart")
    op.create_index("uq_checkout_locks_holds_cart", "checkout_locks", ["cart_id"], unique=True, sqlite_where=holds)
    op.execute("UPDATE tax_rates SET name = 'tax'")
"""


def travel_on(made_up: str, kind: str, folder: Path) -> Journey:
    """Take the filled database of the version before to a made-up migration after the newest, and back."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(migrations)).get_current_head()
    (migrations / "versions" / "made_up.py").write_text(HEAD.format(head=head) + made_up)
    with empty_database(kind, folder) as url, open_site(url, folder, migrations) as site:
        return travel(site, read_dump(path_of(VERSIONS[-1])))


@pytest.mark.parametrize("kind", KINDS)
def test_a_migration_that_only_adds_passes(kind: str, tmp_path: Path) -> None:
    journey = travel_on(GOOD, kind, tmp_path)

    assert journey.breaking == {}
    assert journey.lost == {"up": [], "down": [], "up again": []}
    assert journey.broken == {"upgraded": [], "used": []}
    assert journey.unlike != [], "the models know nothing of it"


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Go by a migration that loses rows on both ways, breaks one thing unsaid, and excuses one in vain."""
    return travel_on(CARELESS, "sqlite", tmp_path_factory.mktemp("careless"))


def test_what_a_migration_loses_is_told(careless: Journey) -> None:
    [up], [down], [again] = careless.lost.values()

    assert (up.startswith("ticks ('sweep'"), up.endswith("gone")) == (True, True)
    assert "'name': ('VAT', 'tax')" in down
    assert again == down


def test_a_migration_excuses_what_it_says_is_harmless_and_nothing_else(careless: Journey) -> None:
    assert "users.last_login_at" in careless.harmless
    assert careless.breaking.keys() == {"uq_checkout_locks_holds_cart"}
    assert careless.excused_in_vain == {"ck_users_role_known"}
