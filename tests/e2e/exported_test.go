package e2e

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A transaction can begin with the view of another, and keeps it when that has ended.
func TestExportedSnapshot(t *testing.T) {
	ctx, addr := t.Context(), start(t)
	exporter, writer, reader := connect(t, addr, ""), connect(t, addr, ""), connect(t, addr, "")
	exec := func(c *pgx.Conn, sql string) {
		t.Helper()
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	one := func(c *pgx.Conn, sql string) (v string) {
		t.Helper()
		if err := c.QueryRow(ctx, sql).Scan(&v); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return v
	}
	defer func() {
		if _, err := writer.Exec(context.Background(), "DROP TABLE IF EXISTS lent"); err != nil {
			t.Error(err)
		}
	}()
	exec(writer, "CREATE TABLE lent AS SELECT 1 AS n")
	for _, level := range []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"} {
		exec(exporter, "BEGIN ISOLATION LEVEL "+level)
		before := one(exporter, "SELECT count(*)::text FROM lent")
		name := one(exporter, "SELECT pg_export_snapshot()")
		exec(exporter, "INSERT INTO lent VALUES (0)") // nobody else's
		exec(writer, "INSERT INTO lent VALUES (2)")
		_ = one(exporter, "SELECT count(*)::text FROM lent") // READ COMMITTED goes on
		exec(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '"+name+"'")
		exec(exporter, "ROLLBACK")
		if got := one(reader, "SELECT count(*)::text FROM lent"); got != before {
			t.Errorf("%s: %s rows with the snapshot, want %s", level, got, before)
		}
		exec(reader, "COMMIT")
		_, err := reader.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '"+name+"'")
		wantError(t, "import", err, "22023", "")
		exec(reader, "ROLLBACK")
	}
	exec(exporter, "BEGIN ISOLATION LEVEL SERIALIZABLE")
	name := one(exporter, "SELECT pg_export_snapshot()")
	_, err := reader.Exec(ctx, "BEGIN ISOLATION LEVEL SERIALIZABLE; SET TRANSACTION SNAPSHOT '"+name+"'")
	wantError(t, "import", err, "0A000", "")
	exec(reader, "ROLLBACK")
	exec(exporter, "ROLLBACK")
}
