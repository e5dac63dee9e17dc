package importer

import (
	"fmt"
	"testing"
)

// TestInsertionOf: an INSERT comes apart into its rows, each with its line.
func TestInsertionOf(t *testing.T) {
	for text, want := range map[string]string{
		"INSERT INTO `t` VALUES (1,'a),(b'),(2,'it\\'s'),\n(3,\"x\"\"y\");":                                 "INSERT INTO `t` VALUES|(1,'a),(b')@0|(2,'it\\'s')@0|(3,\"x\"\"y\")@1|;",
		"insert into t (`values`, b)\nvalues\n  (1, (2)),\n\n(3,\n4) on duplicate key update b = values(b)": "insert into t (`values`, b) values|(1, (2))@2|(3,\n4)@4| on duplicate key update b = values(b)",
		"INSERT INTO t VALUES (1)":            "",
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
