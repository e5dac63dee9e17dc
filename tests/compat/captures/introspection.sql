-- [simple] x1
SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'depot') ORDER BY c.oid;

-- [simple] x2
SELECT a.attname, a.atttypid, a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS d
FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = '26397' AND a.attnum > 0 ORDER BY a.attnum;

-- [extended] x1
-- parameters: $1 = '{26397,26409}'
SELECT conrelid, conname, contype, conindid, confrelid, pg_catalog.pg_get_constraintdef(oid) AS def FROM pg_catalog.pg_constraint
WHERE conrelid = ANY($1::pg_catalog.oid[]) ORDER BY conname;

-- [extended,named] x1
-- parameters: $1 = 'depot', $2 = NULL
SELECT table_name, $2::text AS no FROM information_schema.tables WHERE table_schema = $1;

-- [simple] x1
BEGIN;

-- [simple] x1
CREATE TABLE made (id int PRIMARY KEY, q amount);

-- [simple] x1
SELECT attrelid, attname, atttypid FROM pg_catalog.pg_attribute WHERE attrelid = 'made'::regclass AND attnum > 0;

-- [simple] x1
ROLLBACK;

-- [simple] x1
INSERT INTO goods (name, left_over) VALUES ('axe', -1);

-- [extended] x1
-- parameters: $1 = 'saw'
SELECT id, name, now() AS seen, pg_backend_pid() AS pid FROM goods WHERE name = $1;

-- [simple] x1
SELECT 1; SELECT 2;

-- [simple] x1
SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = 26386 ORDER BY enumsortorder;

-- [simple] x1
EXPLAIN (FORMAT JSON) SELECT * FROM goods WHERE id = 1;
