"""psycopg2: client-side parameters, COPY, named cursors, execute_values."""
import sys
from decimal import Decimal

import psycopg2
import psycopg2.extras
from pgvector.psycopg2 import register_vector

conn = psycopg2.connect(sys.argv[1])
cur = conn.cursor()
cur.execute("CREATE EXTENSION IF NOT EXISTS vector")
register_vector(conn)
cur.execute("DROP TABLE IF EXISTS p2")
cur.execute("CREATE TABLE p2 (id serial PRIMARY KEY, name varchar(20) UNIQUE, price numeric, at date, raw bytea, e vector(2))")
psycopg2.extras.execute_values(cur, "INSERT INTO p2 (name, price, at, raw, e) VALUES %s RETURNING id",
                               [(f"n{i}", Decimal(i) / 8, "2024-02-29", bytes([0, i, 255]), f"[{i},1]") for i in range(50)])
assert len(cur.fetchall()) == 50
conn.commit()
cur.execute("SELECT name, price, at, raw, e FROM p2 ORDER BY e <-> %s::vector LIMIT 1", ("[7,1]",))
name, price, at, raw, e = cur.fetchone()
assert (name, price, str(at), bytes(raw)) == ("n7", Decimal("0.875"), "2024-02-29", b"\x00\x07\xff"), (name, price, at, raw)
assert [float(x) for x in (e.to_list() if hasattr(e, "to_list") else e)] == [7, 1], e
try:
    cur.execute("INSERT INTO p2 (name) VALUES ('n7')")
    raise AssertionError("no error")
except psycopg2.errors.UniqueViolation as err:
    assert err.diag.constraint_name == "p2_name_key", err.diag.constraint_name
try:
    cur.execute("SELECT 1")
    raise AssertionError("no error")
except psycopg2.errors.InFailedSqlTransaction:
    conn.rollback()
import io
out = io.StringIO()
cur.copy_expert("COPY (SELECT id, name FROM p2 ORDER BY id LIMIT 2) TO STDOUT WITH CSV HEADER", out)
assert out.getvalue() == "id,name\n1,n0\n2,n1\n", out.getvalue()
cur.copy_expert("COPY p2 (name, e) FROM STDIN WITH CSV", io.StringIO('a,"[1,2]"\nb,"[3,4]"\n'))
assert cur.rowcount == 2
with conn.cursor("named", cursor_factory=psycopg2.extras.RealDictCursor) as c:
    c.itersize = 10
    c.execute("SELECT name FROM p2 ORDER BY id")
    assert sum(1 for _ in c) == 52
conn.set_session(isolation_level="REPEATABLE READ", readonly=False) if conn.rollback() is None else None
cur.execute("SELECT count(*) FROM p2")
assert cur.fetchone() == (50,)
conn.close()
print("ok")
