// TypeORM: makes a schema, finds nothing to change in it, and works with it.
import assert from 'node:assert/strict'
import 'reflect-metadata'
import typeorm from 'typeorm'

const { DataSource, EntitySchema, TableColumn } = typeorm
const User = new EntitySchema({
  name: 'ToUser',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    email: { type: 'varchar', length: 200, unique: true },
    age: { type: 'int', default: 3, nullable: true },
    kind: { type: 'enum', enum: ['a', 'b'], default: 'a' },
    tags: { type: 'text', array: true, nullable: true },
    meta: { type: 'jsonb', nullable: true },
    price: { type: 'numeric', precision: 10, scale: 2, default: 0 },
    full: { type: 'varchar', generatedType: 'STORED', asExpression: `"email" || 'x'`, nullable: true },
    made: { type: 'timestamptz', createDate: true },
    gone: { type: 'timestamptz', deleteDate: true },
    ver: { type: 'int', version: true },
    note: { type: 'text', comment: 'a note', nullable: true },
  },
  indices: [{ columns: ['age', 'kind'] }, { name: 'to_part', columns: ['price'], where: '"price" > 5' }],
  checks: [{ expression: '"age" > 0' }],
  relations: { posts: { type: 'one-to-many', target: 'ToPost', inverseSide: 'user' } },
})
const Post = new EntitySchema({
  name: 'ToPost',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'identity', generatedIdentity: 'ALWAYS' },
    title: { type: 'text' },
    d: { type: 'date', nullable: true },
    ip: { type: 'inet', nullable: true },
    r: { type: 'int4range', nullable: true },
  },
  uniques: [{ columns: ['title', 'user'] }],
  relations: {
    user: { type: 'many-to-one', target: 'ToUser', joinColumn: { name: 'userId' }, onDelete: 'CASCADE', inverseSide: 'posts' },
    cats: { type: 'many-to-many', target: 'ToCat', joinTable: true },
  },
})
const Cat = new EntitySchema({ name: 'ToCat', columns: { id: { type: 'int', primary: true }, name: { type: 'varchar', default: 'x' } } })
const Busy = new EntitySchema({
  name: 'ToBusy',
  type: 'view',
  expression: 'SELECT "u"."id" AS "id", count(*) AS "n" FROM "to_user" "u" JOIN "to_post" "p" ON "p"."userId" = "u"."id" GROUP BY "u"."id"',
  columns: { id: { type: 'int' }, n: { type: 'bigint' } },
})

const db = new DataSource({ type: 'postgres', url: process.argv[2], entities: [User, Post, Cat, Busy], installExtensions: false })
await db.initialize()
await db.synchronize()
const again = await db.driver.createSchemaBuilder().log()
assert.deepEqual(again.upQueries.map(q => q.query), [])

const users = db.getRepository('ToUser')
const posts = db.getRepository('ToPost')
const user = await users.save({ email: 'e1', tags: ['p', 'q'], meta: { a: [1] } })
assert.deepEqual([user.kind, user.age, user.ver, user.price], ['a', 3, 1, '0.00'])
const cat = await db.getRepository('ToCat').save({ id: 1 })
await posts.save([{ title: 't1', user, cats: [cat], d: '2024-01-01', ip: '10.0.0.1', r: '[1,5)' }, { title: 't2', user }])
const [first] = await posts.find({ relations: { user: true, cats: true }, order: { id: 'ASC' }, take: 1 })
assert.deepEqual([first.title, first.user.full, first.cats[0].name, first.d, first.ip, first.r], ['t1', 'e1x', 'x', '2024-01-01', '10.0.0.1', '[1,5)'])
await posts.upsert({ title: 't1', user, d: '2024-02-02' }, ['title', 'user'])
assert.equal((await posts.findOneBy({ title: 't1' })).d, '2024-02-02')
user.email = 'e2'
assert.equal((await users.save(user)).ver, 2)
assert.equal((await db.getRepository('ToBusy').find())[0].n, '2')
await db.transaction('SERIALIZABLE', m => m.increment('ToUser', { id: user.id }, 'age', 2))
await users.softDelete(user.id)
assert.deepEqual([await users.count(), await users.count({ withDeleted: true })], [0, 1])
await assert.rejects(users.insert({ email: 'e2' }), { code: '23505', table: 'to_user' })
await assert.rejects(users.insert({ email: 'e9', age: -1 }), { code: '23514' })

const runner = db.createQueryRunner()
const table = await runner.getTable('to_user')
const column = name => table.columns.find(c => c.name === name)
assert.deepEqual([column('kind').type, column('kind').default, column('note').comment, column('full').asExpression, column('tags').isArray],
  ['enum', "'a'", 'a note', `"email" || 'x'`, true])
assert.ok(table.indices.some(i => i.name === 'to_part' && /price > /.test(i.where)))
assert.equal(table.checks[0].expression, '(age > 0)')
await runner.renameColumn('to_user', 'note', 'memo')
await runner.changeColumn('to_user', 'memo', new TableColumn({ name: 'memo', type: 'varchar', isNullable: true }))
await runner.release()
await db.query('DROP VIEW to_busy; DROP TABLE to_post_cats_to_cat, to_cat, to_post, to_user, typeorm_metadata')
await db.destroy()
console.log('ok')
