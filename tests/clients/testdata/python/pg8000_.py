"""pg8000: pure Python, prepares with parameter types unknown."""
import sys
import urllib.parse

import pg8000.native

u = urllib.parse.urlparse(sys.argv[1])
conn = pg8000.native.Connection("postgres", host=u.hostname, port=u.port, database="postgres")
conn.run("CREATE EXTENSION IF NOT EXISTS vector")
conn.run("DROP TABLE IF EXISTS p8")
conn.run("CREATE TABLE p8 (id int PRIMARY KEY, t text, e vector(2))")
for i in range(10):
    conn.run("INSERT INTO p8 VALUES (:i, :t, CAST(:e AS vector))", i=i, t=f"it's {i}", e=f"[{i},0]")
rows = conn.run("SELECT id, t, e FROM p8 WHERE id >= :low ORDER BY e <-> CAST(:q AS vector) LIMIT 2", low=4, q="[3.9,0]")
assert rows == [[4, "it's 4", "[4,0]"], [5, "it's 5", "[5,0]"]], rows
assert [c["name"] for c in conn.columns] == ["id", "t", "e"]
try:
    conn.run("SELECT * FROM nothing")
    raise AssertionError("no error")
except pg8000.native.DatabaseError as e:
    assert e.args[0]["C"] == "42P01" and e.args[0]["P"] == "15", e.args
conn.run("START TRANSACTION")
conn.run("DELETE FROM p8")
conn.run("ROLLBACK")
assert conn.run("SELECT count(*) FROM p8") == [[10]]
conn.close()
print("ok")
