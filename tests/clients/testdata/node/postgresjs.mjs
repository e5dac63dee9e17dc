// postgres.js: prepares everything, pipelines, fetches unknown types from the catalog.
import assert from 'node:assert/strict'
import postgres from 'postgres'

const sql = postgres(process.argv[2], { onnotice: () => {} })
await sql`CREATE EXTENSION IF NOT EXISTS vector`
await sql`DROP TABLE IF EXISTS pj`
await sql`CREATE TABLE pj (id int PRIMARY KEY, name text, ok bool, tags text[], doc jsonb, e vector(2))`
await sql`INSERT INTO pj ${sql([...Array(30).keys()].map(i => ({ id: i, name: `n${i}`, ok: i % 2 === 0, tags: ['a', `${i}`], doc: sql.json({ i }), e: `[${i},0]` })))}`
const rows = await sql`SELECT * FROM pj WHERE ok AND id = ANY(${[4, 5, 6, 8]}) ORDER BY e <-> ${'[5.9,0]'} LIMIT 2`
assert.deepEqual([...rows].map(r => r.id), [6, 4])
assert.deepEqual(rows[0].doc, { i: 6 })
assert.deepEqual(rows[0].tags, ['a', '6'])
await assert.rejects(sql`SELECT nothing FROM pj`, e => e.code === '42703')
await assert.rejects(sql.begin(async tx => {
  await tx`DELETE FROM pj`
  await tx.savepoint(async sp => { await sp`SELECT 1/0` })
}), e => e.code === '22012')
assert.equal((await sql`SELECT count(*)::int AS n FROM pj`)[0].n, 30)
let n = 0
for await (const batch of sql`SELECT id FROM pj`.cursor(7)) n += batch.length
assert.equal(n, 30)
const results = await Promise.all([...Array(50).keys()].map(i => sql`SELECT ${i}::int AS i`))
assert.deepEqual(results.map(r => r[0].i), [...Array(50).keys()])
const slow = sql`SELECT pg_sleep(30)`
setTimeout(() => slow.cancel(), 200)
await assert.rejects(slow, e => e.code === '57014')
await sql.end()
console.log('ok')
