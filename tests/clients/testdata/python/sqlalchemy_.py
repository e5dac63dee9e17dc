"""SQLAlchemy's ORM and reflection with pgvector's types, over psycopg 3."""
import sys

from pgvector.sqlalchemy import Vector
from sqlalchemy import ForeignKey, Index, String, create_engine, func, inspect, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "sa_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    docs: Mapped[list["Doc"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Doc(Base):
    __tablename__ = "sa_doc"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    meta: Mapped[dict] = mapped_column(JSONB, default=dict)
    author_id: Mapped[int] = mapped_column(ForeignKey("sa_author.id", ondelete="CASCADE"))
    author: Mapped[Author] = relationship(back_populates="docs")
    e = mapped_column(Vector(3))
    __table_args__ = (Index("sa_doc_e", "e", postgresql_using="hnsw", postgresql_with={"m": 16, "ef_construction": 64},
                            postgresql_ops={"e": "vector_cosine_ops"}),)


engine = create_engine(sys.argv[1].replace("postgresql://", "postgresql+psycopg://"))
with engine.begin() as c:
    c.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)
with Session(engine) as s:
    s.add_all(Author(name=f"a{i}", docs=[Doc(title=f"d{i}{j}", meta={"j": j}, e=[i, j, 1]) for j in range(5)]) for i in range(10))
    s.commit()
    q = select(Doc).options(joinedload(Doc.author)).where(Doc.meta["j"].as_integer() < 3).order_by(Doc.e.cosine_distance([5, 1, 1])).limit(3)
    docs = s.scalars(q).unique().all()
    assert docs[0].title == "d51" and docs[0].author.name == "a5", docs[0].title
    d = s.scalar(select(func.avg(Doc.e.l2_distance([0, 0, 1]))))
    assert 4 < d < 7, d
    s.delete(s.get(Author, docs[0].author_id))
    s.commit()
    assert s.scalar(select(func.count()).select_from(Doc)) == 45
    up = insert(Author).values(name="a1").on_conflict_do_update(index_elements=["name"], set_={"name": "b1"}).returning(Author.name)
    assert s.scalar(up) == "b1"
    s.commit()
    s.add(Author(name="b1"))
    try:
        s.commit()
        raise AssertionError("no error")
    except IntegrityError as e:
        assert e.orig.sqlstate == "23505"
        s.rollback()
insp = inspect(engine)
assert {"sa_author", "sa_doc"} <= set(insp.get_table_names())
cols = {c["name"]: c for c in insp.get_columns("sa_doc")}
assert isinstance(cols["e"]["type"], Vector) and cols["e"]["type"].dim == 3, cols["e"]
assert insp.get_foreign_keys("sa_doc")[0]["options"] == {"ondelete": "CASCADE"}
ix = {i["name"]: i for i in insp.get_indexes("sa_doc")}
assert ix["sa_doc_e"]["dialect_options"]["postgresql_using"] == "hnsw", ix
assert insp.get_pk_constraint("sa_doc")["constrained_columns"] == ["id"]
assert insp.get_unique_constraints("sa_author")[0]["column_names"] == ["name"]
Base.metadata.drop_all(engine)
print("ok")
