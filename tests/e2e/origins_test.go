package e2e

import "testing"

// Clients are told which table's column a result's column is, system columns of system
// relations included.
func TestColumnOrigins(t *testing.T) {
	c := connect(t, start(t), "")
	if _, err := c.Exec(t.Context(), "CREATE TEMP TABLE o (a int)"); err != nil {
		t.Fatal(err)
	}
	var o uint32
	if err := c.QueryRow(t.Context(), "SELECT 'o'::regclass::oid").Scan(&o); err != nil {
		t.Fatal(err)
	}
	type origin struct {
		table uint32
		attr  int16
	}
	none := origin{}
	for sql, want := range map[string][]origin{
		"SELECT tableoid, oid, nspname FROM pg_namespace":                          {{2615, -6}, {2615, 1}, {2615, 2}},
		"SELECT n.tableoid AS x, tableoid::int8, 1 FROM pg_namespace n":            {{2615, -6}, none, none},
		"SELECT tableoid, a, a + 1 FROM o":                                         {{o, -6}, {o, 1}, none},
		"SELECT s.tableoid FROM (SELECT tableoid FROM pg_class) s":                 {{1259, -6}},
		"SELECT c.tableoid, t.tableoid FROM pg_class c JOIN pg_type t USING (oid)": {{1259, -6}, {1247, -6}},
	} {
		d, err := c.Prepare(t.Context(), "", sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		for i, f := range d.Fields {
			if got := (origin{f.TableOID, int16(f.TableAttributeNumber)}); got != want[i] {
				t.Errorf("%s: column %d is of %v, want %v", sql, i+1, got, want[i])
			}
		}
	}
}
