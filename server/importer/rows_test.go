package importer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestInsertionOf: an INSERT comes apart into its rows, each with its line.
func TestInsertionOf(t *testing.T) {
	for text, want := range map[string]string{
		"INSERT INTO `t` VALUES (1,'a),(b'),(2,'it\\'s'),\n(3,\"x\"\"y\");":                                 "INSERT INTO `t` VALUES|(1,'a),(b')@0|(2,'it\\'s')@0|(3,\"x\"\"y\")@1|;",
		"insert into t (`values`, b)\nvalues\n  (1, (2)),\n\n(3,\n4) on duplicate key update b = values(b)": "insert into t (`values`, b) values|(1, (2))@2|(3,\n4)@4| on duplicate key update b = values(b)",
		"INSERT INTO t VALUES (1)":            "INSERT INTO t VALUES|(1)@0|",
		"INSERT INTO t SELECT 1":              "",
		"INSERT INTO t VALUES (1),(2":         "",
		"INSERT INTO t VALUES (1),":           "",
		"UPDATE t SET a = values":             "",
		"REPLACE INTO revalues VALUES(1),(2)": "REPLACE INTO revalues VALUES|(1)@0|(2)@0|",
		"INSERT INTO t VALUES":                "",
	} {
		got := ""
		if in, ok := insertionOf(text); ok {
			got = in.head
			for _, r := range in.rows {
				got += fmt.Sprintf("|%s@%d", r.text, r.line)
			}
			got += "|" + in.tail
		}
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

// TestClearDates: the zero dates of the column that an error points at become NULL, no other
// value.
func TestClearDates(t *testing.T) {
	const text = "INSERT INTO t VALUES (1,'0000-00-00', '0000-00-00 00:00:00'),(2,'(é,',\n '2024-01-01'),(3,'x','0000-00-00 00:00:00.000')"
	in, _ := insertionOf(text)
	again := in.text()
	at := strings.Index(again, "'0000-00-00 00:00:00'") + 1
	for code, n := range map[string]int{"22P02": 0, "22008": 2} {
		if got := in.clearDates(again, &pgconn.PgError{Code: code, Position: int32(at)}); got != n {
			t.Errorf("%s: %d", code, got)
		}
	}
	if got, want := in.text(), "INSERT INTO t VALUES (1,'0000-00-00', NULL),(2,'(é,',\n '2024-01-01'),(3,'x',NULL)"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for _, position := range []int{0, 1, len(again), len(again) + 9, strings.Index(again, "'x'") + 1} {
		if n := in.clearDates(again, &pgconn.PgError{Code: "22008", Position: int32(position)}); n != 0 {
			t.Errorf("%d: %d", position, n)
		}
	}
}
