"""the tables

Revision ID: 0001
Revises:
Create Date: 2026-11-22 10:47:24.065109
"""

import sqlalchemy as sa
from alembic import op

from console.models.types import ExactDecimal, JsonDocument, NullableJson, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'support', 'admin')", name=op.f("ck_api_tokens_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=255), nullable=True),
        sa.Column("before", NullableJson, nullable=True),
        sa.Column("after", NullableJson, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entries_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_entries_previous_hash")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_action", ["action", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_actor", ["actor", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_created_at", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_object", ["object_type", "object_id", "id"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "carts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("currency_code", sa.String(length=3), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("coupon_code", sa.String(length=64), nullable=True),
        sa.Column("shipping_address", NullableJson, nullable=True),
        sa.Column("billing_address", NullableJson, nullable=True),
        sa.Column("external_reference", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("lock_id IS NULL OR status = 'open'", name=op.f("ck_carts_held_only_while_open")),
        sa.CheckConstraint("status IN ('open', 'ordered')", name=op.f("ck_carts_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_carts_token_hash")),
    )
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.create_index("ix_carts_email", ["email", "id"], unique=False)
        batch_op.create_index("ix_carts_external_reference", ["external_reference"], unique=False)
        batch_op.create_index(
            "ix_carts_lock_id",
            ["lock_id"],
            unique=False,
            postgresql_where=sa.text("lock_id IS NOT NULL"),
            sqlite_where=sa.text("lock_id IS NOT NULL"),
        )
        batch_op.create_index("ix_carts_status", ["status", "id"], unique=False)

    op.create_table(
        "coupons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", ExactDecimal(), nullable=False),
        sa.Column("currency_code", sa.String(length=3), nullable=True),
        sa.Column("minimum_amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("max_uses_per_cart", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("kind <> 'fixed' OR currency_code IS NOT NULL", name=op.f("ck_coupons_fixed_has_currency")),
        sa.CheckConstraint("kind IN ('percent', 'fixed')", name=op.f("ck_coupons_kind_known")),
        sa.CheckConstraint(
            "uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name=op.f("ck_coupons_uses_within_limit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("base_currency", sa.String(length=3), nullable=False),
        sa.Column("quote_currency", sa.String(length=3), nullable=False),
        sa.Column("rate", ExactDecimal(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rates")),
        sa.UniqueConstraint(
            "base_currency", "quote_currency", name=op.f("uq_exchange_rates_base_currency_quote_currency")
        ),
    )
    op.create_table(
        "shipping_methods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("currency_code", sa.String(length=3), nullable=False),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("free_above", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tax_class", sa.String(length=32), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint(
            "free_above IS NULL OR free_above >= 0", name=op.f("ck_shipping_methods_free_above_not_negative")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_shipping_methods_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_methods")),
        sa.UniqueConstraint("code", name=op.f("uq_shipping_methods_code")),
    )
    with op.batch_alter_table("shipping_methods", schema=None) as batch_op:
        batch_op.create_index("ix_shipping_methods_country", ["active", "country", "priority", "id"], unique=False)

    op.create_table(
        "tax_rates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("tax_class", sa.String(length=32), server_default="standard", nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rate", ExactDecimal(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
        sa.UniqueConstraint("country", "tax_class", name=op.f("uq_tax_rates_country_tax_class")),
    )
    op.create_table(
        "ticks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_ticks")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_login_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'support', 'admin')", name=op.f("ck_users_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "variants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("tax_class", sa.String(length=32), server_default="standard", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("sku", name=op.f("uq_variants_sku")),
    )
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.create_index("ix_variants_active_name", ["active", "name", "id"], unique=False)

    op.create_table(
        "warehouses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouses")),
        sa.UniqueConstraint("code", name=op.f("uq_warehouses_code")),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("worker_id", sa.String(length=128), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker_heartbeats")),
    )
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("agreed_unit_price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "agreed_unit_price IS NULL OR agreed_unit_price >= 0", name=op.f("ck_cart_lines_agreed_not_negative")
        ),
        sa.CheckConstraint("quantity BETWEEN 1 AND 100000", name=op.f("ck_cart_lines_quantity_in_bounds")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id_carts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_cart_lines_variant_id_variants")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
    )
    with op.batch_alter_table("cart_lines", schema=None) as batch_op:
        batch_op.create_index("ix_cart_lines_cart", ["cart_id", "id"], unique=False)
        batch_op.create_index(
            "uq_cart_lines_cart_variant",
            ["cart_id", "variant_id"],
            unique=True,
            postgresql_where=sa.text("agreed_unit_price IS NULL"),
            sqlite_where=sa.text("agreed_unit_price IS NULL"),
        )

    op.create_table(
        "checkout_locks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("customer_email", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("holds_cart", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("needs_attention", sa.Text(), nullable=True),
        sa.Column("locked_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("processed_at", UtcDateTime(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("metadata", JsonDocument, nullable=False),
        sa.CheckConstraint(
            "(state = 'completed') = (completed_at IS NOT NULL)", name=op.f("ck_checkout_locks_completed_at_set")
        ),
        sa.CheckConstraint(
            "(state IN ('rolling_back', 'failed')) = (outcome IS NOT NULL)",
            name=op.f("ck_checkout_locks_outcome_when_undone"),
        ),
        sa.CheckConstraint(
            "holds_cart = (state IN ('pending', 'locking_prices', 'authorizing', 'capturing'))",
            name=op.f("ck_checkout_locks_holds_cart_until_decided"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('declined', 'out_of_stock', 'invalid_cart', 'cancelled', 'expired', 'released', 'error')",
            name=op.f("ck_checkout_locks_outcome_known"),
        ),
        sa.CheckConstraint(
            "phase IS NULL OR phase IN ('cart_validation', 'inventory_reservation', 'price_lock', 'payment_authorization', 'order_creation', 'payment_capture', 'stock_commit')",
            name=op.f("ck_checkout_locks_phase_known"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'locking_prices', 'authorizing', 'capturing', 'completed', 'rolling_back', 'failed')",
            name=op.f("ck_checkout_locks_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('completed', 'failed') OR (lease_owner IS NULL AND lease_until IS NULL)",
            name=op.f("ck_checkout_locks_no_lease_at_the_end"),
        ),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_checkout_locks_cart_id_carts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout_locks")),
        sa.UniqueConstraint("reference", name=op.f("uq_checkout_locks_reference")),
    )
    with op.batch_alter_table("checkout_locks", schema=None) as batch_op:
        batch_op.create_index("ix_checkout_locks_cart", ["cart_id", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_completed_at", ["completed_at", "id"], unique=False)
        batch_op.create_index(
            "ix_checkout_locks_driven",
            ["lease_until"],
            unique=False,
            postgresql_where=sa.text("state IN ('authorizing', 'capturing', 'rolling_back')"),
            sqlite_where=sa.text("state IN ('authorizing', 'capturing', 'rolling_back')"),
        )
        batch_op.create_index(
            "ix_checkout_locks_due",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("state IN ('pending', 'locking_prices', 'authorizing')"),
            sqlite_where=sa.text("state IN ('pending', 'locking_prices', 'authorizing')"),
        )
        batch_op.create_index("ix_checkout_locks_email", ["customer_email", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_failed_at", ["failed_at", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_locked_at", ["locked_at", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_outcome", ["outcome", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_phase", ["phase", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_session", ["session_id", "id"], unique=False)
        batch_op.create_index("ix_checkout_locks_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "ix_checkout_locks_troubled",
            ["id"],
            unique=False,
            postgresql_where=sa.text("needs_attention IS NOT NULL"),
            sqlite_where=sa.text("needs_attention IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_checkout_locks_holds_cart",
            ["cart_id"],
            unique=True,
            postgresql_where=sa.text("holds_cart"),
            sqlite_where=sa.text("holds_cart"),
        )

    op.create_table(
        "coupon_variants",
        sa.Column("coupon_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_variants_coupon_id_coupons"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_coupon_variants_variant_id_variants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("coupon_id", "variant_id", name=op.f("pk_coupon_variants")),
    )
    op.create_table(
        "stock_levels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_hand", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 AND reserved <= on_hand", name=op.f("ck_stock_levels_reserved_within_on_hand")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_levels_variant_id_variants")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.id"], name=op.f("fk_stock_levels_warehouse_id_warehouses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_levels")),
        sa.UniqueConstraint("variant_id", "warehouse_id", name=op.f("uq_stock_levels_variant_id_warehouse_id")),
    )
    with op.batch_alter_table("stock_levels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_levels_warehouse_id"), ["warehouse_id"], unique=False)

    op.create_table(
        "variant_prices",
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency_code", sa.String(length=3), nullable=False),
        sa.Column("unit_price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_variant_prices_not_negative")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_variant_prices_variant_id_variants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", "currency_code", name=op.f("pk_variant_prices")),
    )
    op.create_table(
        "checkout_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("is_compensation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("detail", NullableJson, nullable=True),
        sa.CheckConstraint(
            "is_compensation = (status IN ('compensating', 'compensated'))",
            name=op.f("ck_checkout_steps_direction_fits_status"),
        ),
        sa.CheckConstraint(
            "phase IN ('cart_validation', 'inventory_reservation', 'price_lock', 'payment_authorization', 'order_creation', 'payment_capture', 'stock_commit')",
            name=op.f("ck_checkout_steps_phase_known"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'validating', 'reserving', 'locking_prices', 'authorizing', 'creating_order', 'capturing', 'committing', 'completed', 'rolling_back', 'failed')",
            name=op.f("ck_checkout_steps_state_known"),
        ),
        sa.CheckConstraint(
            "status IN ('started', 'completed', 'failed', 'compensating', 'compensated')",
            name=op.f("ck_checkout_steps_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_checkout_steps_lock_id_checkout_locks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout_steps")),
        sa.UniqueConstraint(
            "lock_id", "phase", "is_compensation", name=op.f("uq_checkout_steps_lock_id_phase_is_compensation")
        ),
    )
    op.create_table(
        "coupon_redemptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coupon_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('held', 'final', 'returned')", name=op.f("ck_coupon_redemptions_status_known")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_coupon_redemptions_cart_id_carts")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_redemptions_coupon_id_coupons")),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_coupon_redemptions_lock_id_checkout_locks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_redemptions")),
        sa.UniqueConstraint("lock_id", name=op.f("uq_coupon_redemptions_lock_id")),
    )
    with op.batch_alter_table("coupon_redemptions", schema=None) as batch_op:
        batch_op.create_index("ix_coupon_redemptions_coupon_cart", ["coupon_id", "cart_id", "status"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_idempotency_keys_lock_id_checkout_locks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("lock_id", "call", "key", name=op.f("uq_idempotency_keys_lock_id_call_key")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("customer_email", sa.String(length=255), nullable=True),
        sa.Column("sub_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("discount_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipping_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("coupon_code", sa.String(length=64), nullable=True),
        sa.Column("external_reference", sa.String(length=64), nullable=True),
        sa.Column("shipping_address", NullableJson, nullable=True),
        sa.Column("billing_address", NullableJson, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_orders_paid_at_when_paid")),
        sa.CheckConstraint("status IN ('pending', 'paid', 'cancelled')", name=op.f("ck_orders_status_known")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_orders_total_not_negative")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_orders_cart_id_carts")),
        sa.ForeignKeyConstraint(["lock_id"], ["checkout_locks.id"], name=op.f("fk_orders_lock_id_checkout_locks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("lock_id", name=op.f("uq_orders_lock_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_cart", ["cart_id"], unique=False)
        batch_op.create_index("ix_orders_created_at", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_orders_email", ["customer_email", "id"], unique=False)
        batch_op.create_index("ix_orders_external_reference", ["external_reference"], unique=False)
        batch_op.create_index("ix_orders_status", ["status", "id"], unique=False)

    op.create_table(
        "outbox_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("is_terminal", sa.Boolean(), nullable=False),
        sa.Column("payload", JsonDocument, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_outbox_events_lock_id_checkout_locks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
    )
    with op.batch_alter_table("outbox_events", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_events_lock", ["lock_id", "id"], unique=False)
        batch_op.create_index("ix_outbox_events_topic", ["topic", "id"], unique=False)
        batch_op.create_index(
            "ix_outbox_events_undelivered",
            ["id"],
            unique=False,
            postgresql_where=sa.text("delivered_at IS NULL"),
            sqlite_where=sa.text("delivered_at IS NULL"),
        )
        batch_op.create_index(
            "uq_outbox_events_terminal",
            ["lock_id"],
            unique=True,
            postgresql_where=sa.text("is_terminal"),
            sqlite_where=sa.text("is_terminal"),
        )

    op.create_table(
        "payment_operations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("payment_method", sa.String(length=32), nullable=True),
        sa.Column("payment_token", sa.String(length=255), nullable=True),
        sa.Column("next_action", NullableJson, nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("answer", NullableJson, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=255), nullable=True),
        sa.CheckConstraint(
            "(status IN ('refused', 'succeeded')) = (resolved_at IS NOT NULL)",
            name=op.f("ck_payment_operations_resolved_at_set"),
        ),
        sa.CheckConstraint(
            "kind IN ('authorize', 'capture', 'void', 'refund')", name=op.f("ck_payment_operations_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'unknown', 'waiting', 'refused', 'succeeded')",
            name=op.f("ck_payment_operations_status_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_operations_amount_not_negative")),
        sa.CheckConstraint(
            "resolved_at IS NULL OR payment_token IS NULL", name=op.f("ck_payment_operations_token_erased")
        ),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_payment_operations_lock_id_checkout_locks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_operations")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_operations_idempotency_key")),
        sa.UniqueConstraint("lock_id", "kind", name=op.f("uq_payment_operations_lock_id_kind")),
    )
    with op.batch_alter_table("payment_operations", schema=None) as batch_op:
        batch_op.create_index("ix_payment_operations_created_at", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_payment_operations_kind", ["kind", "id"], unique=False)
        batch_op.create_index(
            "ix_payment_operations_open",
            ["next_attempt_at"],
            unique=False,
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.create_index("ix_payment_operations_provider_reference", ["provider_reference"], unique=False)
        batch_op.create_index("ix_payment_operations_status", ["status", "id"], unique=False)

    op.create_table(
        "price_snapshots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checkout_lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sku", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sub_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("discount_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "shipping_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("discount_breakdown", JsonDocument, nullable=False),
        sa.Column("applied_discounts", JsonDocument, nullable=False),
        sa.Column("tax_breakdown", JsonDocument, nullable=False),
        sa.Column("tax_rate", ExactDecimal(), nullable=True),
        sa.Column("shipping_method", sa.String(length=255), nullable=True),
        sa.Column("currency_code", sa.String(length=3), nullable=False),
        sa.Column("compare_currency_code", sa.String(length=3), nullable=False),
        sa.Column("exchange_rate", ExactDecimal(), nullable=False),
        sa.Column("coupon_code", sa.String(length=64), nullable=True),
        sa.Column("promotion_details", NullableJson, nullable=True),
        sa.Column("snapshot_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_price_snapshots_cart_id_carts")),
        sa.ForeignKeyConstraint(
            ["checkout_lock_id"], ["checkout_locks.id"], name=op.f("fk_price_snapshots_checkout_lock_id_checkout_locks")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_price_snapshots_variant_id_variants")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_snapshots")),
        sa.UniqueConstraint(
            "checkout_lock_id", "cart_line_id", name=op.f("uq_price_snapshots_checkout_lock_id_cart_line_id")
        ),
    )
    with op.batch_alter_table("price_snapshots", schema=None) as batch_op:
        batch_op.create_index("ix_price_snapshots_cart", ["cart_id", "id"], unique=False)
        batch_op.create_index("ix_price_snapshots_snapshot_at", ["snapshot_at", "id"], unique=False)
        batch_op.create_index(
            "uq_price_snapshots_cart",
            ["checkout_lock_id"],
            unique=True,
            postgresql_where=sa.text("cart_line_id IS NULL"),
            sqlite_where=sa.text("cart_line_id IS NULL"),
        )

    op.create_table(
        "stock_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('receipt', 'sale', 'correction')", name=op.f("ck_stock_movements_kind_known")),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_stock_movements_lock_id_checkout_locks")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_movements_variant_id_variants")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.id"], name=op.f("fk_stock_movements_warehouse_id_warehouses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index("ix_stock_movements_level", ["variant_id", "warehouse_id", "id"], unique=False)
        batch_op.create_index("ix_stock_movements_lock", ["lock_id"], unique=False)

    op.create_table(
        "stock_reservations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stock_level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('held', 'pinned')) = (resolved_at IS NULL)",
            name=op.f("ck_stock_reservations_resolved_at_when_resolved"),
        ),
        sa.CheckConstraint(
            "status IN ('held', 'pinned', 'committed', 'released')", name=op.f("ck_stock_reservations_status_known")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_reservations_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["checkout_locks.id"], name=op.f("fk_stock_reservations_lock_id_checkout_locks")
        ),
        sa.ForeignKeyConstraint(
            ["stock_level_id"], ["stock_levels.id"], name=op.f("fk_stock_reservations_stock_level_id_stock_levels")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_stock_reservations_variant_id_variants")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.id"], name=op.f("fk_stock_reservations_warehouse_id_warehouses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_reservations")),
        sa.UniqueConstraint("lock_id", "stock_level_id", name=op.f("uq_stock_reservations_lock_id_stock_level_id")),
    )
    with op.batch_alter_table("stock_reservations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_reservations_open",
            ["stock_level_id"],
            unique=False,
            postgresql_where=sa.text("status IN ('held', 'pinned')"),
            sqlite_where=sa.text("status IN ('held', 'pinned')"),
        )
        batch_op.create_index("ix_stock_reservations_status", ["status", "id"], unique=False)
        batch_op.create_index("ix_stock_reservations_variant", ["variant_id", "id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sub_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("discount_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_order_lines_variant_id_variants")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index("ix_order_lines_order", ["order_id", "id"], unique=False)

    _seed()


def _seed() -> None:
    """Write the rows that every installation needs: a default warehouse, the empty audit chain."""
    warehouses = sa.table("warehouses", sa.column("code"), sa.column("name"))
    op.bulk_insert(warehouses, [{"code": "main", "name": "Main warehouse"}])
    audit_head = sa.table("audit_head", sa.column("id"), sa.column("hash"), sa.column("entries"))
    op.bulk_insert(audit_head, [{"id": 1, "hash": "0" * 64, "entries": 0}])


def downgrade() -> None:
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_order_lines_order")

    op.drop_table("order_lines")
    with op.batch_alter_table("stock_reservations", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_reservations_variant")
        batch_op.drop_index("ix_stock_reservations_status")
        batch_op.drop_index(
            "ix_stock_reservations_open",
            postgresql_where=sa.text("status IN ('held', 'pinned')"),
            sqlite_where=sa.text("status IN ('held', 'pinned')"),
        )

    op.drop_table("stock_reservations")
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_movements_lock")
        batch_op.drop_index("ix_stock_movements_level")

    op.drop_table("stock_movements")
    with op.batch_alter_table("price_snapshots", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_price_snapshots_cart",
            postgresql_where=sa.text("cart_line_id IS NULL"),
            sqlite_where=sa.text("cart_line_id IS NULL"),
        )
        batch_op.drop_index("ix_price_snapshots_snapshot_at")
        batch_op.drop_index("ix_price_snapshots_cart")

    op.drop_table("price_snapshots")
    with op.batch_alter_table("payment_operations", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_operations_status")
        batch_op.drop_index("ix_payment_operations_provider_reference")
        batch_op.drop_index(
            "ix_payment_operations_open",
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.drop_index("ix_payment_operations_kind")
        batch_op.drop_index("ix_payment_operations_created_at")

    op.drop_table("payment_operations")
    with op.batch_alter_table("outbox_events", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outbox_events_terminal", postgresql_where=sa.text("is_terminal"), sqlite_where=sa.text("is_terminal")
        )
        batch_op.drop_index(
            "ix_outbox_events_undelivered",
            postgresql_where=sa.text("delivered_at IS NULL"),
            sqlite_where=sa.text("delivered_at IS NULL"),
        )
        batch_op.drop_index("ix_outbox_events_topic")
        batch_op.drop_index("ix_outbox_events_lock")

    op.drop_table("outbox_events")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_status")
        batch_op.drop_index("ix_orders_external_reference")
        batch_op.drop_index("ix_orders_email")
        batch_op.drop_index("ix_orders_created_at")
        batch_op.drop_index("ix_orders_cart")

    op.drop_table("orders")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("coupon_redemptions", schema=None) as batch_op:
        batch_op.drop_index("ix_coupon_redemptions_coupon_cart")

    op.drop_table("coupon_redemptions")
    op.drop_table("checkout_steps")
    op.drop_table("variant_prices")
    with op.batch_alter_table("stock_levels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stock_levels_warehouse_id"))

    op.drop_table("stock_levels")
    op.drop_table("coupon_variants")
    with op.batch_alter_table("checkout_locks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_checkout_locks_holds_cart", postgresql_where=sa.text("holds_cart"), sqlite_where=sa.text("holds_cart")
        )
        batch_op.drop_index(
            "ix_checkout_locks_troubled",
            postgresql_where=sa.text("needs_attention IS NOT NULL"),
            sqlite_where=sa.text("needs_attention IS NOT NULL"),
        )
        batch_op.drop_index("ix_checkout_locks_state")
        batch_op.drop_index("ix_checkout_locks_session")
        batch_op.drop_index("ix_checkout_locks_phase")
        batch_op.drop_index("ix_checkout_locks_outcome")
        batch_op.drop_index("ix_checkout_locks_locked_at")
        batch_op.drop_index("ix_checkout_locks_failed_at")
        batch_op.drop_index("ix_checkout_locks_email")
        batch_op.drop_index(
            "ix_checkout_locks_due",
            postgresql_where=sa.text("state IN ('pending', 'locking_prices', 'authorizing')"),
            sqlite_where=sa.text("state IN ('pending', 'locking_prices', 'authorizing')"),
        )
        batch_op.drop_index(
            "ix_checkout_locks_driven",
            postgresql_where=sa.text("state IN ('authorizing', 'capturing', 'rolling_back')"),
            sqlite_where=sa.text("state IN ('authorizing', 'capturing', 'rolling_back')"),
        )
        batch_op.drop_index("ix_checkout_locks_completed_at")
        batch_op.drop_index("ix_checkout_locks_cart")

    op.drop_table("checkout_locks")
    with op.batch_alter_table("cart_lines", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_cart_lines_cart_variant",
            postgresql_where=sa.text("agreed_unit_price IS NULL"),
            sqlite_where=sa.text("agreed_unit_price IS NULL"),
        )
        batch_op.drop_index("ix_cart_lines_cart")

    op.drop_table("cart_lines")
    op.drop_table("worker_heartbeats")
    op.drop_table("warehouses")
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.drop_index("ix_variants_active_name")

    op.drop_table("variants")
    op.drop_table("users")
    op.drop_table("ticks")
    op.drop_table("tax_rates")
    with op.batch_alter_table("shipping_methods", schema=None) as batch_op:
        batch_op.drop_index("ix_shipping_methods_country")

    op.drop_table("shipping_methods")
    op.drop_table("exchange_rates")
    op.drop_table("coupons")
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_index("ix_carts_status")
        batch_op.drop_index(
            "ix_carts_lock_id",
            postgresql_where=sa.text("lock_id IS NOT NULL"),
            sqlite_where=sa.text("lock_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_carts_external_reference")
        batch_op.drop_index("ix_carts_email")

    op.drop_table("carts")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_object")
        batch_op.drop_index("ix_audit_entries_created_at")
        batch_op.drop_index("ix_audit_entries_actor")
        batch_op.drop_index("ix_audit_entries_action")

    op.drop_table("audit_entries")
    op.drop_table("api_tokens")
