"""psycopg 3 with pgvector's adapter: text and binary, pipelines, COPY, cursors."""
import sys

import numpy  # noqa: F401  pgvector's adapter uses it when it is there
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector

with psycopg.connect(sys.argv[1], autocommit=True) as conn:
    conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
    register_vector(conn)
    conn.execute("DROP TABLE IF EXISTS p3")
    conn.execute("CREATE TABLE p3 (id bigserial PRIMARY KEY, name text, tags text[], at timestamptz DEFAULT now(),"
                 " price numeric(10,2), doc jsonb, e vector(3))")
    for binary in (False, True):
        with conn.cursor(binary=binary) as cur:
            cur.execute("TRUNCATE p3 RESTART IDENTITY")
            cur.executemany("INSERT INTO p3 (name, tags, price, doc, e) VALUES (%s, %s, %s, %s, %s)", [
                (f"n{i}", f"{{a,t{i}}}", i + 0.25, psycopg.types.json.Jsonb({"i": i}), numpy.array([i, 0, 1]))
                for i in range(1, 21)])
            cur.execute("SELECT id, name, tags, price, doc, e FROM p3 WHERE id > %s ORDER BY e <-> %s LIMIT 3",
                        (2, Vector([2, 0, 1])))
            rows = cur.fetchall()
            assert [r[0] for r in rows] == [3, 4, 5], rows
            assert rows[0][1:5] == ("n3", ["a", "t3"], __import__("decimal").Decimal("3.25"), {"i": 3}), rows[0]
            assert list(rows[0][5].to_list() if hasattr(rows[0][5], "to_list") else rows[0][5]) == [3, 0, 1], rows[0][5]
            assert cur.description[5].name == "e"
    # COPY in binary and out in text
    with conn.cursor() as cur:
        with cur.copy("COPY p3 (name, e) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["text", "vector"])
            for i in range(100, 200):
                copy.write_row((f"c{i}", Vector([i, i, i])))
        assert cur.rowcount == 100
        with cur.copy("COPY (SELECT name, e FROM p3 WHERE name LIKE 'c10%' ORDER BY id) TO STDOUT") as copy:
            rows = list(copy.rows())
        assert rows[0] == ("c100", "[100,100,100]") and len(rows) == 10, rows[:2]
    # prepared statements are reused, plans follow ALTER TABLE
    for i in range(8):
        assert conn.execute("SELECT count(*) FROM p3 WHERE id <= %s", (5,), prepare=True).fetchone() == (5,)
    conn.execute("ALTER TABLE p3 ADD COLUMN extra int DEFAULT 7")
    assert conn.execute("SELECT extra FROM p3 WHERE id = %s", (1,), prepare=True).fetchone() == (7,)
    # pipeline mode, an error in the middle
    try:
        with conn.pipeline(), conn.cursor() as cur:
            cur.execute("SELECT 1")
            cur.execute("SELECT 1/0")
            cur.execute("SELECT 2")
        raise AssertionError("no error from the pipeline")
    except psycopg.errors.DivisionByZero as e:
        assert e.sqlstate == "22012", e
    # errors carry what libpq shows
    try:
        conn.execute("SELECT nme FROM p3")
        raise AssertionError("no error")
    except psycopg.errors.UndefinedColumn as e:
        assert e.diag.statement_position == "8", e.diag.statement_position
        assert "p3.name" in (e.diag.message_hint or ""), e.diag.message_hint
    # transactions, savepoints, a server-side cursor
    with conn.transaction():
        conn.execute("UPDATE p3 SET name = 'x'")
        try:
            with conn.transaction():
                conn.execute("DELETE FROM p3")
                raise psycopg.Rollback()
        except psycopg.Rollback:
            pass
        with conn.cursor(name="big") as cur:
            cur.itersize = 7
            cur.execute("SELECT id FROM p3 ORDER BY id")
            assert len(list(cur)) == 120
        raise psycopg.Rollback()
    assert conn.execute("SELECT count(*) FROM p3 WHERE name = 'x'").fetchone() == (0,)
    # notifications and cancel
    conn.execute("LISTEN ch")
    conn.execute("NOTIFY ch, 'hello'")
    note = next(conn.notifies(timeout=5))
    assert (note.channel, note.payload) == ("ch", "hello"), note
    conn.execute("SET statement_timeout = '50ms'")
    try:
        conn.execute("SELECT pg_sleep(10)")
        raise AssertionError("not cancelled")
    except psycopg.errors.QueryCanceled:
        pass
print("ok")
