package e2e

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// recallTable fills t with random vectors, clustered, of 12 dimensions.
const recallTable = `CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE %[1]s (id int PRIMARY KEY, grp int NOT NULL, e vector(12));
INSERT INTO %[1]s SELECT i, i %% 7,
  (SELECT ('[' || string_agg(((i * 7919 + j * 104729) %% 97 + (i * 31 + j) %% 13 * 0.37)::text, ',') || ']')::vector FROM generate_series(1, 12) j)
  FROM generate_series(1, 6000) i`

// A search reaches its target: it can be named by the session and by the index, and
// the effort that a user sets rules over both.
func TestTargetRecall(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	exec := func(sql string) { t.Helper(); mustExec(t, c, sql) }
	for _, sql := range strings.Split(fmt.Sprintf(recallTable, "recall_t"), ";") {
		exec(sql)
	}
	for _, method := range []string{"hnsw", "ivf", "ivfflat"} {
		exec("RESET ALL")
		exec(fmt.Sprintf("CREATE INDEX recall_%s ON recall_t USING %s (e vector_l2_ops) WITH (target_recall = 0.9)", method, method))
		plan := func(set string) string {
			exec(set)
			return strings.Join(query[string](t, c, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT id FROM recall_t ORDER BY e <-> (SELECT e FROM recall_t WHERE id = 5) LIMIT 10"), "\n")
		}
		for _, want := range []struct{ set, text string }{
			{"SELECT 1", "Recall Target: 0.9"},
			{"SET loxodb.target_recall = 0.99", "Recall Target: 0.99"},
			{"SET loxodb.target_recall = 1", "Search Effort: every entry (exact)"},
		} {
			if got := plan(want.set); !strings.Contains(got, want.text) {
				t.Errorf("%s, %s: no %q in\n%s", method, want.set, want.text, got)
			}
		}
		set, text := "SET hnsw.ef_search = 77", "ef 77 (set by the user)"
		if method != "hnsw" {
			set, text = "SET ivfflat.probes = 7", "probes 22 (set by the user)" // hundredths of 309 lists
		}
		if got := plan(set); !strings.Contains(got, text) || strings.Contains(got, "Recall Target") {
			t.Errorf("%s: no %q alone in\n%s", method, text, got)
		}
		exec("RESET ALL")
		exec("SET loxodb.target_recall = 0.95")
		for _, call := range []string{"'recall_%s'", "'recall_%s', queries => 60", "'recall_%s', k => 5", "'recall_%s', 60, 5"} {
			got := query[float64](t, c, "SELECT vector_index_recall("+fmt.Sprintf(call, method)+")")
			if len(got) != 1 || got[0] < 0.93 || got[0] > 1 || math.IsNaN(got[0]) {
				t.Errorf("%s, %s: recall %v", method, call, got)
			}
		}
		if n := query[int64](t, c, "SELECT count(*) FROM loxodb_stat_vector_recall WHERE indexrelname = 'recall_"+method+"' AND target = 0.95 AND recall > 0.9 AND seconds > 0"); n[0] != 4 {
			t.Errorf("%s: %d measurements in the history", method, n[0])
		}
		exec("DROP INDEX recall_" + method)
	}
}

// query returns the only column of all rows.
func query[T any](t *testing.T, c *pgx.Conn, sql string) []T {
	t.Helper()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func TestTargetRecallErrors(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	ctx := context.Background()
	mustExec(t, c, "CREATE EXTENSION IF NOT EXISTS vector")
	mustExec(t, c, "CREATE TABLE recall_e (id int PRIMARY KEY, e vector(3))")
	mustExec(t, c, "CREATE INDEX recall_e_e ON recall_e USING hnsw (e vector_l2_ops)")
	for _, x := range []struct{ sql, code, text string }{
		{"SET loxodb.target_recall = 0", "22023", `0 is outside the valid range for parameter "loxodb.target_recall" (0.001 .. 1)`},
		{"SET loxodb.target_recall = 1.01", "22023", `1.01 is outside the valid range for parameter "loxodb.target_recall" (0.001 .. 1)`},
		{"SET loxodb.target_recall = high", "22023", `invalid value for parameter "loxodb.target_recall": "high"`},
		{"SET loxodb.recall_replay = off", "55P02", `parameter "loxodb.recall_replay" cannot be changed without restarting the server`},
		{"CREATE INDEX ON recall_e USING hnsw (e vector_l2_ops) WITH (target_recall = 2)", "22023", `value 2 out of bounds for option "target_recall"`},
		{"CREATE INDEX ON recall_e USING ivfflat (e vector_l2_ops) WITH (target_recall = much)", "22023", `invalid value for floating point option "target_recall": much`},
		{"CREATE INDEX ON recall_e USING flat (e vector_l2_ops) WITH (target_recall = 1)", "22023", `unrecognized parameter "target_recall"`},
		{"SELECT vector_index_recall('recall_e')", "42809", `"recall_e" is not an index`},
		{"SELECT vector_index_recall('recall_e_pkey')", "42809", `"recall_e_pkey" is not a vector index`},
		{"SELECT vector_index_recall('recall_none')", "42P01", `relation "recall_none" does not exist`},
		{"SELECT vector_index_recall('recall_e_e', 0)", "22023", "queries must be between 1 and 10000"},
		{"SELECT vector_index_recall('recall_e_e', k => 0)", "22023", "k must be between 1 and 10000"},
	} {
		_, err := c.Exec(ctx, x.sql)
		wantError(t, x.sql, err, x.code, x.text)
	}
	if got := query[float64](t, c, "SELECT vector_index_recall('recall_e_e')"); got[0] != 1 {
		t.Errorf("recall of an index of nothing: %v", got)
	}
}
