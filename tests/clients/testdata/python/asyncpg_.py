"""asyncpg: binary throughout, introspects unknown types, prepares everything."""
import asyncio
import datetime
import decimal
import sys
import uuid

import asyncpg
from pgvector.asyncpg import register_vector


async def main(dsn):
    conn = await asyncpg.connect(dsn)
    await conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
    await register_vector(conn)
    await conn.execute("DROP TABLE IF EXISTS ap")
    await conn.execute("CREATE TABLE ap (id bigint PRIMARY KEY, u uuid, n numeric, ts timestamptz, d date, iv interval,"
                       " j jsonb, a int[], b bool, f float8, e vector(3))")
    when = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)
    row = (1, uuid.UUID(int=5), decimal.Decimal("12345.678900"), when, datetime.date(1999, 12, 31),
           datetime.timedelta(days=3, seconds=7), '{"k": [1, 2]}', [1, None, 3], True, 1.5e-7, [1, 2, 3])
    await conn.execute("INSERT INTO ap VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)", *row)
    got = await conn.fetchrow("SELECT * FROM ap WHERE id = $1", 1)
    for want, have in zip(row[:-1], got):
        assert want == have, (want, have)
    assert list(got["e"].to_list() if hasattr(got["e"], "to_list") else got["e"]) == [1, 2, 3], got["e"]
    await conn.executemany("INSERT INTO ap (id, e) VALUES ($1, $2)", [(i, [i, i, i]) for i in range(2, 300)])
    near = await conn.fetch("SELECT id FROM ap ORDER BY e <-> $1 LIMIT $2", [100, 100, 100], 3)
    assert near[0]["id"] == 100 and {r["id"] for r in near} == {99, 100, 101}, near
    assert await conn.fetchval("SELECT count(*) FROM ap WHERE id = ANY($1::bigint[])", [1, 2, 3, 999]) == 3
    res = await conn.copy_records_to_table("ap", records=[(1000 + i, [i, 0, 0]) for i in range(500)], columns=["id", "e"])
    assert res == "COPY 500", res
    try:
        async with conn.transaction():
            await conn.execute("DELETE FROM ap")
            async with conn.transaction():
                await conn.execute("SELECT 1/0")
    except asyncpg.DivisionByZeroError:
        pass
    assert await conn.fetchval("SELECT count(*) FROM ap") == 799
    async with conn.transaction(isolation="repeatable_read"):
        ids = [r["id"] async for r in conn.cursor("SELECT id FROM ap ORDER BY id", prefetch=50)]
        assert len(ids) == 799
    st = await conn.prepare("SELECT e <=> $1 AS d, id FROM ap WHERE id < $2 ORDER BY d LIMIT 1")
    assert [a.name for a in st.get_attributes()] == ["d", "id"]
    assert [p.name for p in st.get_parameters()] == ["vector", "int8"], st.get_parameters()
    try:
        await asyncio.wait_for(conn.execute("SELECT pg_sleep(30)"), 0.2)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    assert await conn.fetchval("SELECT 1") == 1
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=4, init=register_vector)
    async def one(i):
        async with pool.acquire() as c:
            return await c.fetchval("SELECT id FROM ap ORDER BY e <-> $1 LIMIT 1", [i, i, i])
    assert await asyncio.gather(*(one(i) for i in range(2, 60))) == list(range(2, 60))
    await pool.close()
    await conn.close()


asyncio.run(main(sys.argv[1]))
print("ok")
