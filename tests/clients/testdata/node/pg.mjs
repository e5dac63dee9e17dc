// node-postgres with pgvector's types: pool, prepared statements, cursors, errors.
import assert from 'node:assert/strict'
import pg from 'pg'
import Cursor from 'pg-cursor'
import pgvector from 'pgvector/pg'

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
await client.query('CREATE EXTENSION IF NOT EXISTS vector')
await pgvector.registerTypes(client)
await client.query('DROP TABLE IF EXISTS np')
await client.query('CREATE TABLE np (id serial PRIMARY KEY, name text, at timestamptz, tags text[], doc jsonb, n numeric, big bigint, e vector(3))')
const at = new Date('2024-02-29T12:00:00.123Z')
for (let i = 1; i <= 20; i++) {
  await client.query('INSERT INTO np (name, at, tags, doc, n, big, e) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [`n${i}`, at, ['x', null, `t"${i}`], { i }, '1.50', '9007199254740993', pgvector.toSql([i, 0, 0])])
}
const near = await client.query('SELECT * FROM np ORDER BY e <-> $1 LIMIT 2', [pgvector.toSql([7, 0, 0])])
assert.equal(near.rows[0].name, 'n7')
assert.deepEqual(near.rows[0].e, [7, 0, 0])
assert.deepEqual(near.rows[0].tags, ['x', null, 't"7'])
assert.deepEqual(near.rows[0].doc, { i: 7 })
assert.equal(near.rows[0].at.getTime(), at.getTime())
assert.equal(near.rows[0].n, '1.50')
assert.equal(near.rows[0].big, '9007199254740993')
assert.deepEqual(near.fields.map(f => f.name), ['id', 'name', 'at', 'tags', 'doc', 'n', 'big', 'e'])
for (let i = 0; i < 3; i++) {
  const r = await client.query({ name: 'by-id', text: 'SELECT name FROM np WHERE id = ANY($1::int[]) ORDER BY id', values: [[3, 1]] })
  assert.deepEqual(r.rows.map(x => x.name), ['n1', 'n3'])
}
await assert.rejects(client.query('SELECT * FROM np WHERE nme = 1'), e => e.code === '42703' && e.position === '24')
await assert.rejects(client.query("INSERT INTO np (id) VALUES (1)"), e => e.code === '23505' && e.constraint === 'np_pkey' && e.table === 'np')
await client.query('BEGIN')
await client.query('DELETE FROM np')
await client.query('ROLLBACK')
const cursor = client.query(new Cursor('SELECT id FROM np ORDER BY id'))
let seen = 0
for (let rows = await cursor.read(6); rows.length; rows = await cursor.read(6)) seen += rows.length
assert.equal(seen, 20)
await cursor.close()
const multi = await client.query('SELECT 1 AS a; SELECT 2 AS b')
assert.deepEqual(multi.map(r => r.rows[0]), [{ a: 1 }, { b: 2 }])
const got = new Promise(resolve => client.on('notification', resolve))
await client.query('LISTEN news')
await client.query("SELECT pg_notify('news', 'hi')")
assert.equal((await got).payload, 'hi')
await client.end()
const pool = new pg.Pool({ connectionString: process.argv[2], max: 4 })
const all = await Promise.all([...Array(40).keys()].map(i =>
  pool.query('SELECT id FROM np ORDER BY e <-> $1 LIMIT 1', [pgvector.toSql([i % 20 + 1, 0, 0])])))
assert.deepEqual(all.map(r => r.rows[0].id), [...Array(40).keys()].map(i => i % 20 + 1))
await pool.end()
console.log('ok')
