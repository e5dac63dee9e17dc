package e2e

import "testing"

// A whole row is described with the table or view that it is of, without a column.
func TestWholeRowOrigin(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "wo", "(a int, b text)")
	mustExec(t, c, "create view wov as select a from wo")
	for q, rel := range map[string]string{
		"select x from wo x":                               "wo",
		"select x from wo left join wo x on false":         "wo",
		"select v from (select wov as v from wov) s":       "wov",
		"select row(x.*) from wo x":                        "",
		"select s from (select a from wo) s":               "",
		"select f from json_to_record('{}') f(a int)":      "",
		"select wo from wo union all select wo from wo":    "",
		"select (select x from wo x limit 1) from wo x":    "",
		"select g from generate_series(1, 2) g(a) limit 1": "",
	} {
		var want uint32
		if rel != "" {
			if err := c.QueryRow(t.Context(), "select $1::text::regclass::oid", rel).Scan(&want); err != nil {
				t.Fatal(err)
			}
		}
		d, err := c.Prepare(t.Context(), "", q)
		if err != nil {
			t.Fatal(q, err)
		}
		if f := d.Fields[0]; f.TableOID != want || f.TableAttributeNumber != 0 {
			t.Errorf("%s: of table %d, column %d; want %d, 0", q, f.TableOID, f.TableAttributeNumber, want)
		}
	}
}

// What is wrong with the name of a type is said with the name.
func TestTypeNameContext(t *testing.T) {
	c := connect(t, start(t), "")
	_, err := c.Exec(t.Context(), "select 'a b c'::regtype")
	e := wantError(t, "regtype", err, "42601", `syntax error at or near "b"`)
	if e.Where != `invalid type name "a b c"` {
		t.Errorf("context %q", e.Where)
	}
}
