package tidb

import "testing"

// BenchmarkParse is what a statement of the dialect costs before it is planned.
func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, query string }{
		{"point", "SELECT a, b FROM t WHERE id = ?"},
		{"join", "SELECT o.id, c.name, SUM(i.price * i.n) AS total FROM orders o JOIN customer c ON c.id = o.customer_id JOIN item i ON i.order_id = o.id WHERE o.at >= '2024-01-01' GROUP BY o.id, c.name ORDER BY total DESC LIMIT 10"},
		{"insert", "INSERT INTO t (a, b, c) VALUES (1, 'two', 3.5), (2, 'three', 4.5)"},
		{"update", "UPDATE t SET a = a + 1, b = ? WHERE id = ?"},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := New()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Parse(c.query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
