"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    op.execute("INSERT INTO schema_revisions (revision, works_with) VALUES ('${up_revision}', '${down_revision}')")
    ${upgrades if upgrades else ""}


def downgrade() -> None:
    ${downgrades if downgrades else ""}
    op.execute("DELETE FROM schema_revisions WHERE revision = '${up_revision}'")
