package session

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkPlan is Parse, Bind and Sync of a text that was not seen before: what a statement
// costs before its first row.
func BenchmarkPlan(b *testing.B) {
	s := newTestSession(b)
	simple(b, s, `CREATE TABLE big (id int PRIMARY KEY, g int NOT NULL, k int NOT NULL, v float8, n numeric(12,2), t text);
		CREATE TABLE small (id int PRIMARY KEY, c int NOT NULL, w int, t text);
		INSERT INTO big SELECT i, i % 1000, i % 100, i / 8, i, md5(i::text) FROM generate_series(1, 20000) AS s(i);
		INSERT INTO small SELECT i - 1, i % 100, i * 7 % 1000, md5(i::text) FROM generate_series(1, 2000) AS s(i);
		ANALYZE`)
	unseen := 1000
	for _, shape := range []struct{ name, format string }{
		{"key", "SELECT id, t FROM big WHERE id = %d"},
		{"groups", "SELECT g, count(*), sum(v) FROM big WHERE k < %d AND t LIKE 'a%%' GROUP BY g HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 10"},
		{"join", "SELECT s.c, count(*), avg(b.v) FROM big b JOIN small s ON b.k = s.id WHERE s.w < %d GROUP BY s.c ORDER BY 1"},
		{"three", "SELECT a.id, s.w FROM big a JOIN big b ON a.k = b.id LEFT JOIN small s ON s.id = b.k" +
			" WHERE a.id < %d AND EXISTS (SELECT 1 FROM small x WHERE x.c = a.g) ORDER BY a.id LIMIT 5"},
	} {
		b.Run(shape.name, func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				unseen++
				if err := s.Parse(ctx, "", fmt.Sprintf(shape.format, unseen), nil); err != nil {
					b.Fatal(err)
				}
				if err := s.Bind(ctx, "", "", nil, nil, nil); err != nil {
					b.Fatal(err)
				}
				if err := s.Sync(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
