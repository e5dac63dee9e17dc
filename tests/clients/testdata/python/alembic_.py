"""Alembic finds no difference to what it has just made, and its operations work."""
import sys

import alembic.autogenerate
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects import postgresql as pg

engine = sa.create_engine(sys.argv[1].replace("postgresql://", "postgresql+psycopg://"))
meta = sa.MetaData()
sa.Table(
    "al_user", meta,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("email", sa.String(100), unique=True, nullable=False, comment="mail"),
    sa.Column("age", sa.Integer, server_default="3"),
    sa.Column("kind", sa.Enum("a", "b", name="al_kind")),
    sa.Column("tags", pg.ARRAY(sa.Text)),
    sa.Column("meta", pg.JSONB, server_default="{}"),
    sa.Column("v", Vector(3)),
    sa.Column("n", sa.Numeric(10, 2)),
    sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("twice", sa.Integer, sa.Computed("age * 2", persisted=True)),
    sa.CheckConstraint("age > 0", name="al_age"),
    sa.Index("al_lower", sa.text("lower(email)")),
    sa.Index("al_part", "age", postgresql_where=sa.text("age > 5"), postgresql_include=["n"]),
    comment="users",
)
sa.Table(
    "al_post", meta,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("al_user.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.UniqueConstraint("user_id", "title", name="al_one"),
)


def changes():
    options = {"compare_type": True, "compare_server_default": True,
               "include_name": lambda name, kind, parents: kind != "table" or name.startswith("al_")}
    with engine.connect() as c:
        return alembic.autogenerate.compare_metadata(MigrationContext.configure(c, opts=options), meta)


with engine.begin() as c:
    c.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
meta.drop_all(engine)
assert {d[0] for d in changes()} >= {"add_table", "add_index"}
meta.create_all(engine)
assert changes() == [], changes()
with engine.begin() as c:
    op = Operations(MigrationContext.configure(c))
    op.add_column("al_post", sa.Column("z", sa.String(5), server_default="q"))
    op.alter_column("al_post", "z", type_=sa.Text, nullable=False, server_default=None)
    op.create_index("al_z", "al_post", ["z"])
    op.create_check_constraint("al_zc", "al_post", "z <> 'w'")
assert sorted(d[0] for d in changes()) == ["remove_column", "remove_index"], changes()
with engine.begin() as c:
    op = Operations(MigrationContext.configure(c))
    op.drop_constraint("al_zc", "al_post")
    op.drop_column("al_post", "z")
    op.rename_table("al_post", "al_note")
    op.rename_table("al_note", "al_post")
assert changes() == [], changes()
meta.drop_all(engine)
print("ok")
