"""a cart known by the shop's own number, a coupon found by an index, the versions that a schema works with

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


def downgrade() -> None:
    if is_postgresql():
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
