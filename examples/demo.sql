-- A table with a vector column, an index, and three ways to ask for neighbours.
CREATE TABLE items (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  price numeric(8,2),
  embedding vector(3)
);

INSERT INTO items VALUES
  (1, 'red apple',   0.50, '[0.90, 0.10, 0.05]'),
  (2, 'green apple', 0.60, '[0.30, 0.85, 0.05]'),
  (3, 'banana',      0.25, '[0.85, 0.80, 0.05]'),
  (4, 'blueberry',   3.00, '[0.15, 0.10, 0.90]'),
  (5, 'plum',        0.80, '[0.55, 0.05, 0.60]');

CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops);

\echo
\echo The three items nearest to a pale red:
SELECT id, name, round((embedding <=> '[1, 0.2, 0.1]')::numeric, 4) AS distance
FROM items ORDER BY embedding <=> '[1, 0.2, 0.1]' LIMIT 3;

\echo The same among the cheap ones:
SELECT id, name, price
FROM items WHERE price < 0.60 ORDER BY embedding <=> '[1, 0.2, 0.1]' LIMIT 3;

\echo Items like item 4:
SELECT b.name, round((a.embedding <-> b.embedding)::numeric, 4) AS distance
FROM items a, items b WHERE a.id = 4 AND b.id <> a.id
ORDER BY a.embedding <-> b.embedding LIMIT 2;
