package charset

import (
	"slices"
	"testing"
)

// Every character set of MySQL's has an encoding that text can be converted from and to, and
// is among the names of it.
func TestMySQLNames(t *testing.T) {
	for _, n := range mysqlNames {
		e := OfMySQL(n[0])
		if e == nil || !e.Convertible() {
			t.Fatalf("%s: %v", n[0], e)
		}
		if !slices.Contains(e.MySQLNames(), n[0]) {
			t.Errorf("%s is not among %v", n[0], e.MySQLNames())
		}
	}
	if got, err := OfMySQL("LATIN1").ToUTF8(nil, []byte{0x80, 0xe9}); err != nil || string(got) != "€é" {
		t.Errorf("latin1: %q, %v", got, err)
	}
	if OfMySQL("utf16") != nil || OfMySQL("tis620") != nil || OfMySQL("") != nil {
		t.Error("a character set without an encoding has one")
	}
	if n := SQLASCII.MySQLNames(); n[0] != "utf8mb4" || len(Lookup("JOHAB").MySQLNames()) > 0 {
		t.Error(n)
	}
}
