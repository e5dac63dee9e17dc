package main

import "fmt"

// The tables that ordinary SQL is measured on, the same rows in every server.
const (
	bigTable   = "sql_big"
	smallTable = "sql_small"
	bigRows    = 1_000_000
	smallRows  = 100_000
)

// sqlLoad makes the tables. Floats are eighths, so that sums of them are the same
// in every order.
var sqlLoad = []string{
	"CREATE TABLE " + bigTable + " (id int PRIMARY KEY, g int NOT NULL, k int NOT NULL, v float8, n numeric(12,2), t text)",
	"CREATE TABLE " + smallTable + " (id int PRIMARY KEY, c int NOT NULL, w int, t text)",
	fmt.Sprintf("INSERT INTO %s SELECT i, (i::bigint * 7919 %% 1000)::int, (i::bigint * 104729 %% 1000003 %% %d)::int, (i::bigint * 31 %% 8000)::float8 / 8,"+
		" ((i::bigint * 65537 %% 100000)::numeric / 100)::numeric(12,2), md5((i %% 50000)::text) FROM generate_series(1, %d) AS s(i)", bigTable, smallRows, bigRows),
	fmt.Sprintf("INSERT INTO %s SELECT i - 1, i %% 100, i * 7 %% 1000, md5(i::text) FROM generate_series(1, %d) AS s(i)", smallTable, smallRows),
	"VACUUM (ANALYZE) " + bigTable,
	"VACUUM (ANALYZE) " + smallTable,
}

// sqlKind is a kind of work that has a goal of its own.
type sqlKind int

const (
	grouping sqlKind = iota
	joining
	sorting
	windowing
	kindCount
)

var kindNames = [kindCount]string{
	grouping:  "GROUP BY over 1M rows",
	joining:   "join of 1M and 100k rows",
	sorting:   "sort of 1M rows",
	windowing: "window functions over 1M rows",
}

// sqlStatement is one statement that is timed. Its answer must be the same everywhere,
// row by row if it is ordered.
type sqlStatement struct {
	kind    sqlKind
	what    string
	sql     string
	ordered bool
}

var sqlStatements = []sqlStatement{
	{grouping, "five aggregates of ints and floats, 1,000 groups", "SELECT g, count(*), sum(k), min(k), max(v), avg(v) FROM sql_big GROUP BY g", false},
	{grouping, "numeric sum and average, 1,000 groups", "SELECT g, sum(n), avg(n) FROM sql_big GROUP BY g", false},
	{grouping, "by an int, 100,000 groups", "SELECT k, count(*), sum(v) FROM sql_big GROUP BY k", false},
	{grouping, "by a text, 50,000 groups", "SELECT t, count(*), sum(k) FROM sql_big GROUP BY t", false},
	{grouping, "by a numeric, 100,000 groups", "SELECT n, count(*) FROM sql_big GROUP BY n", false},
	{grouping, "by two keys, with a filter", "SELECT g % 10, k % 100, count(*), sum(v) FROM sql_big WHERE v < 500 GROUP BY 1, 2", false},
	{grouping, "count(DISTINCT), 1,000 groups", "SELECT g, count(DISTINCT k) FROM sql_big GROUP BY g", false},
	{grouping, "one group", "SELECT count(*), sum(k), avg(v), sum(n), min(t), max(t) FROM sql_big", false},

	{joining, "counted", "SELECT count(*), sum(s.w) FROM sql_big b JOIN sql_small s ON b.k = s.id", false},
	{joining, "filters on both sides", "SELECT count(*), sum(b.v) FROM sql_big b JOIN sql_small s ON b.k = s.id WHERE s.w < 500 AND b.v < 750", false},
	{joining, "grouped by a column of the smaller", "SELECT s.c, count(*), sum(b.v), max(b.k) FROM sql_big b JOIN sql_small s ON b.k = s.id GROUP BY s.c", false},
	{joining, "by a text key", "SELECT count(*), sum(s.w) FROM sql_big b JOIN sql_small s ON b.t = s.t", false},
	{joining, "left join, rows without a partner", "SELECT count(*), count(s.id) FROM sql_big b LEFT JOIN sql_small s ON b.k = s.id AND s.c < 50", false},
	{joining, "NOT EXISTS", "SELECT count(*) FROM sql_big b WHERE NOT EXISTS (SELECT 1 FROM sql_small s WHERE s.id = b.k AND s.c < 50)", false},
	{joining, "100,000 rows of the result", "SELECT b.id, b.t, s.w FROM sql_big b JOIN sql_small s ON b.k = s.id WHERE b.g < 100", false},

	{sorting, "by two ints, all rows returned", "SELECT id FROM sql_big ORDER BY k, id", true},
	{sorting, "by an int, the last row", "SELECT k FROM sql_big ORDER BY k OFFSET 999999", true},
	{sorting, "by a text, the last row", "SELECT t FROM sql_big ORDER BY t OFFSET 999999", true},
	{sorting, "by a numeric and a float, the last row", "SELECT n, v FROM sql_big ORDER BY n DESC, v OFFSET 999999", true},
	{sorting, "whole rows by a float, the last one", "SELECT * FROM sql_big ORDER BY v, id OFFSET 999999", true},
	{sorting, "the first 100", "SELECT id, v FROM sql_big ORDER BY v DESC, id LIMIT 100", true},

	{windowing, "row_number by group and int", "SELECT sum(r * (id % 7)) FROM (SELECT id, row_number() OVER (PARTITION BY g ORDER BY k, id) AS r FROM sql_big) w", false},
	{windowing, "rank over all", "SELECT sum(r * (id % 7)) FROM (SELECT id, rank() OVER (ORDER BY v) AS r FROM sql_big) w", false},
	{windowing, "sum of the partition", "SELECT sum(k::float8 / s) > 0 FROM (SELECT k, sum(k + 1) OVER (PARTITION BY g) AS s FROM sql_big) w", false},
	{windowing, "running sum and count", "SELECT sum(s % 1000), sum(c) FROM (SELECT sum(k) OVER w AS s, count(*) OVER w AS c FROM sql_big WINDOW w AS (PARTITION BY g ORDER BY id)) w", false},
	{windowing, "moving average of 11 rows", "SELECT sum(a) FROM (SELECT (avg(k) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 10 PRECEDING AND CURRENT ROW))::int AS a FROM sql_big) w", false},
	{windowing, "lag and first_value", "SELECT sum(k - l), sum(f) FROM (SELECT k, lag(k) OVER w AS l, first_value(k) OVER w AS f FROM sql_big WINDOW w AS (PARTITION BY g ORDER BY id)) w", false},
}

// planShape is a statement that is planned with another number in each text.
type planShape struct{ what, format string }

// text is the shape's text of number n.
func (s planShape) text(n int) string { return fmt.Sprintf(s.format, n) }

var planShapes = []planShape{
	{"one row by its key", "SELECT id, t FROM sql_big WHERE id = %d"},
	{"filter, groups and order", "SELECT g, count(*), sum(v) FROM sql_big WHERE k < %d AND t LIKE 'a%%' GROUP BY g HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 10"},
	{"join of two tables with groups", "SELECT s.c, count(*), avg(b.v) FROM sql_big b JOIN sql_small s ON b.k = s.id WHERE s.w < %d GROUP BY s.c ORDER BY 1"},
	{"join of three with a subquery", "SELECT a.id, s.w FROM sql_big a JOIN sql_big b ON a.k = b.id LEFT JOIN sql_small s ON s.id = b.k WHERE a.id < %d AND EXISTS (SELECT 1 FROM sql_small x WHERE x.c = a.g) ORDER BY a.id LIMIT 5"},
}
