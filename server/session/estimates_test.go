package session

import (
	"strings"
	"testing"
)

// TestSetRows: what PostgreSQL 15 expects of set-returning functions is expected here.
func TestSetRows(t *testing.T) {
	s := newTestSession(t)
	for query, want := range map[string]string{
		"SELECT * FROM generate_series(1, 50000)":                                         "50000",
		"SELECT * FROM generate_series(1, 50000, 7)":                                      "7143",
		"SELECT * FROM generate_series(10, 1)":                                            "1",
		"SELECT * FROM generate_series(5, 1, -1)":                                         "5",
		"SELECT * FROM generate_series(1, NULL)":                                          "1",
		"SELECT * FROM generate_series(1, 10, 0)":                                         "1000",
		"SELECT * FROM generate_series(1::bigint, 100)":                                   "100",
		"SELECT * FROM generate_series(1.0, 5)":                                           "1000",
		"SELECT * FROM generate_series(1, (random() * 9)::int)":                           "1000",
		"SELECT * FROM unnest(ARRAY[1, 2, 3])":                                            "3",
		"SELECT * FROM unnest(ARRAY[1, random()::int, 3])":                                "3",
		"SELECT * FROM unnest('{}'::int[])":                                               "1",
		"SELECT * FROM unnest(NULL::int[])":                                               "1",
		"SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY[1, 2])":                               "3",
		"SELECT * FROM ROWS FROM (generate_series(1, 7), generate_series(1, 9))":          "9",
		"SELECT generate_series(1, 77)":                                                   "77",
		"SELECT generate_series(1, 0)":                                                    "1",
		"SELECT unnest(ARRAY[1, x]), generate_series(1, 33) FROM (VALUES (1), (2)) v (x)": "66",
	} {
		plan := simple(t, s, "EXPLAIN "+query)
		if _, after, _ := strings.Cut(plan[0][0], " rows="); !strings.HasPrefix(after, want+" ") {
			t.Errorf("%s: %s, want rows=%s", query, plan[0][0], want)
		}
	}
}
