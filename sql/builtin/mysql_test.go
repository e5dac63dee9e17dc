package builtin

import (
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// callMySQL runs a function of the schema mysql on texts; "NULL" is NULL.
func callMySQL(t *testing.T, name string, args ...string) string {
	t.Helper()
	oids := make([]types.OID, len(args))
	ts := make([]types.T, len(args))
	in := make([]types.Datum, len(args))
	for i, a := range args {
		oids[i], ts[i], in[i] = types.TextOID, types.Of(types.TextOID), types.String(a)
		if a == "NULL" {
			in[i] = types.Null
		}
	}
	r, err := ResolveFunc(MySQLSchema, name, oids, CallShape{})
	if err != nil {
		t.Fatal(err)
	}
	c := &Ctx{Format: types.DefaultFormat, StmtTime: time.Unix(1e9, 0), Site: &Site{Args: ts, Ret: types.Of(r.Ret)}}
	d, err := r.Fn.Eval(c, in)
	if err != nil {
		return err.Error()
	}
	if d.IsNull() {
		return "NULL"
	}
	return string(types.AppendText(nil, types.Of(r.Ret), d, types.DefaultFormat))
}

// Values convert as MySQL converts them, whatever type the caller has.
func TestMySQLConvertsArguments(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"truth", []string{"0.0"}, "f"}, {"truth", []string{"1x"}, "t"}, {"truth", []string{"x"}, "f"},
		{"to_signed", []string{" -12abc"}, "-12"}, {"to_signed", []string{"99999999999999999999"}, "9223372036854775807"},
		{"to_double", []string{"1.5e2x"}, "150"}, {"to_decimal", []string{".5."}, "0.5"},
		{"year", []string{"not a date"}, "NULL"}, {"day", []string{"2024-02-30"}, "NULL"}, {"day", []string{"20240229"}, "29"},
		{"year", []string{"99/1/2"}, "1999"}, {"hour", []string{"2024-01-01T13:14:15"}, "13"}, {"hour", []string{"-27:10"}, "27"},
		{"concat", []string{"a", "NULL"}, "NULL"}, {"concat_ws", []string{",", "NULL", "b"}, "b"},
		{"left", []string{"añb", "2"}, "añ"}, {"lpad", []string{"x", "-1", "y"}, "NULL"}, {"repeat", []string{"x", "99999999999"}, "NULL"},
		{"json_extract", []string{`{"a b": [1, {"c": 2}]}`, `$."a b"[last].c`}, "2"}, {"json_extract", []string{`[1, 2]`, "$[last-1]"}, "1"},
		{"json_extract", []string{`{"a": {"b": 1}, "c": {"b": 2}}`, "$**.b"}, "[1, 2]"}, {"json_extract", []string{`5`, "$[0]"}, "5"},
		{"json_remove", []string{`[1, 2, 3]`, "$[last]"}, "[1, 2]"}, {"json_set", []string{`{"a": [1]}`, "$.a[5]", "x"}, `{"a": [1, "x"]}`},
		{"unhex", []string{"zz"}, "NULL"}, {"conv", []string{"zz", "36", "10"}, "1295"}, {"inet_aton", []string{"1.2.3"}, "16908291"}, {"inet_aton", []string{"127.1"}, "2130706433"},
		{"inet_aton", []string{"1.2.3."}, "NULL"}, {"inet_aton", []string{"1.256"}, "NULL"}, {"inet_aton", []string{"7"}, "7"}, {"inet_aton", []string{""}, "NULL"},
	} {
		if got := callMySQL(t, c.name, c.args...); got != c.want {
			t.Errorf("%s%q = %s, not %s", c.name, c.args, got, c.want)
		}
	}
}

// The functions are called by their schema's name only: without it, names mean what
// they mean in PostgreSQL.
func TestMySQLFunctionsNeedTheirSchema(t *testing.T) {
	if got := Functions("", "substring_index"); len(got) > 0 {
		t.Errorf("substring_index is found without its schema: %v", got[0])
	}
	for _, f := range AllFunctions() {
		if f.Schema == MySQLSchema {
			t.Fatalf("%s is listed in pg_proc", f.Name)
		}
	}
}

// Each function has a name of its own, and an argument letter that mysqlValue knows.
func TestMySQLFunctionsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, family := range mysqlFamilies {
		for _, f := range family {
			if seen[f.name] || f.eval == nil || (f.ret == 0) == (f.by == nil) {
				t.Errorf("%s: twice, without code, or with no or two result types", f.name)
			}
			seen[f.name] = true
			for _, k := range f.args {
				switch k {
				case 't', 'b', 'i', 'f', 'n', 'd', 'j', '*', '?', '+':
				default:
					t.Errorf("%s: argument %q", f.name, k)
				}
			}
		}
	}
}
