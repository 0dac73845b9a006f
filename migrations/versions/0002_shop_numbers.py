"""a cart known by the shop's own number, what is searched found by an index, the versions that a schema works with

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-28 14:05:00.000000
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Few carts have one, and one without costs an index nothing.
WHERE_GIVEN = {
    "postgresql_where": sa.text("shop_reference IS NOT NULL"),
    "sqlite_where": sa.text("shop_reference IS NOT NULL"),
}
KNOWN = "role IN ('viewer', 'support', 'admin')"
KNOWN_WITH_SHOP = "role IN ('viewer', 'support', 'admin', 'shop')"
# The extension is PostgreSQL's own, and the owner of a database may create it. Where it is out of reach searching is as
# right, and slow in a large catalogue.
ADD_TRIGRAMS = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'no extension pg_trgm: the search of the catalogue has no index';
END $$
"""
BESIDE_THE_LETTERS = (
    r"[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u064b-\u065f"
    r"\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2069\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]"
)
LETTERS = f"lower(regexp_replace(normalize(name || ' ' || sku, NFKD), '{BESIDE_THE_LETTERS}', '', 'g'))"
IN_PLAIN = (
    f"replace(replace(replace(replace(translate({LETTERS}, '\u00f8\u0142\u0111\u0131\u00f0\u0127\u03c2', 'oldidh\u03c3'), "
    "'\u00df', 'ss'), '\u00e6', 'ae'), '\u0153', 'oe'), '\u00fe', 'th')"
)
INDEX_WHAT_IS_SEARCHED = rf"""
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_opclass WHERE opcname = 'gin_trgm_ops' AND pg_opclass_is_visible(oid)) THEN
        CREATE INDEX ix_variants_searched ON variants USING gin
            ((btrim(regexp_replace({IN_PLAIN}, '\s+', ' ', 'g'))) gin_trgm_ops);
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "schema_revisions",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("works_with", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_revisions")),
    )
    op.execute("INSERT INTO schema_revisions (revision, works_with) VALUES ('0002', '0001')")
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shop_reference", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("caller_reference", sa.String(length=64), nullable=True))
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.create_index("uq_carts_shop_reference", ["shop_reference"], unique=True, **WHERE_GIVEN)
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shop_reference", sa.String(length=64), nullable=True))
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_shop_reference", ["shop_reference"], unique=False, **WHERE_GIVEN)
    hold_roles_to(KNOWN_WITH_SHOP)
    if is_postgresql():  # see the model: a coupon is found in any case of its letters
        op.create_index("ix_coupons_lower_code", "coupons", [sa.text("lower(code)")], unique=False)
        op.execute(ADD_TRIGRAMS)
        op.execute(INDEX_WHAT_IS_SEARCHED)
        for table in ("checkout_locks", "orders"):
            op.create_index(f"ix_{table}_lower_email", table, [sa.text("lower(customer_email)"), "id"], unique=False)
    for table in ("carts", "checkout_locks", "orders"):
        op.drop_index(f"ix_{table}_email", table_name=table)


def downgrade() -> None:
    op.create_index("ix_carts_email", "carts", ["email", "id"], unique=False)
    for table in ("checkout_locks", "orders"):
        op.create_index(f"ix_{table}_email", table, ["customer_email", "id"], unique=False)
    if is_postgresql():
        for table in ("checkout_locks", "orders"):
            op.drop_index(f"ix_{table}_lower_email", table_name=table)
        op.execute("DROP INDEX IF EXISTS ix_variants_searched")
        op.drop_index("ix_coupons_lower_code", table_name="coupons")
    op.execute("DELETE FROM api_tokens WHERE role = 'shop'")
    hold_roles_to(KNOWN)
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_shop_reference", **WHERE_GIVEN)
        batch_op.drop_column("shop_reference")
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_index("uq_carts_shop_reference", **WHERE_GIVEN)
        batch_op.drop_column("caller_reference")
        batch_op.drop_column("shop_reference")
    op.drop_table("schema_revisions")


def is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def hold_roles_to(condition: str) -> None:
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_api_tokens_role_known"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_api_tokens_role_known"), condition)
