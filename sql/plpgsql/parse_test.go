package plpgsql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func TestParse(t *testing.T) {
	f, err := Parse(`#variable_conflict use_column
<<whole>>
declare
  a int := 1; b constant text not null default 'x;y';
  c cursor (k int) for select * from t where x > k;
  d alias for a;
begin
  a := a + 1; r.f[1] := 'then';
  if a > 1 then null; elsif b = 'then' then null; else null; end if;
  for i in reverse 10..1 by 2 loop continue when i = 3; end loop;
  for r in select 1 loop exit whole; end loop;
  for r in c(1) loop null; end loop;
  select x, y into strict a, b from t where z = (select 1); -- into
  insert into t values (1) returning x into a;
  execute 'q' using a, b into c;
  raise exception using errcode = '22012', message = 'm';
  return query execute 'x' using 1;
exception when division_by_zero or sqlstate '22012' then raise;
end whole;`)
	if err != nil {
		t.Fatal(err)
	}
	b := f.Block
	if f.Conflict != "use_column" || b.Label != "whole" || len(b.Decls) != 4 || len(b.Body) != 11 || len(b.Handlers) != 1 {
		t.Fatalf("%+v", b)
	}
	if d := b.Decls[1]; !d.Constant || !d.NotNull || d.Default.SQL != "'x;y'" || d.Type.SQL != "text" {
		t.Errorf("declaration: %+v", d)
	}
	if d := b.Decls[2]; !d.Cursor || len(d.Args) != 1 || d.Query.SQL != "select * from t where x > k" {
		t.Errorf("cursor: %+v", d)
	}
	if s := b.Body[1].(*Assign); s.Target.Index.SQL != "[1]" || fmt.Sprint(s.Target.Parts) != "[r f]" {
		t.Errorf("target: %+v", s.Target)
	}
	if s := b.Body[6].(*SQL); !s.Strict || len(s.Into) != 2 || strings.Join(strings.Fields(s.Text.SQL), " ") != "select x, y from t where z = (select 1)" {
		t.Errorf("into: %+v", s)
	}
	if s := b.Body[7].(*SQL); len(s.Into) != 1 || !strings.HasPrefix(s.Text.SQL, "insert into t values (1) returning x") {
		t.Errorf("returning into: %+v", s)
	}
	if s := b.Body[3].(*ForInt); !s.Reverse || s.From.SQL != "10" || s.To.SQL != "1" || s.By.SQL != "2" || s.At() != 10 {
		t.Errorf("for: %+v", s)
	}
	if s := b.Body[5].(*ForQuery); s.Cursor != "c" || len(s.Args) != 1 || s.Args[0].SQL != "1" {
		t.Errorf("for over cursor: %+v", s)
	}
}

func TestParseErrors(t *testing.T) {
	for src, want := range map[string]string{
		"beginn end":                            "1 syntax error at or near \"beginn\"",
		"begin":                                 "6 syntax error at end of input",
		"begin return 1 end":                    "19 syntax error at end of input",
		"begin if a then null; end; end":        "26 syntax error at or near \";\"",
		"begin x := ; end":                      "12 missing expression at or near \";\"",
		"begin if a; null; end if; end":         "11 missing \"THEN\" at end of SQL expression",
		"begin raise 'a % b'; end":              "0 too few parameters specified for RAISE",
		"begin raise 'a', 1; end":               "0 too many parameters specified for RAISE",
		"<<a>> begin end b":                     "17 end label \"b\" differs from block's label \"a\"",
		"begin get diagnostics x = nosuch; end": "27 unrecognized GET DIAGNOSTICS item at or near \"nosuch\"",
		"declare x int begin end":               "24 syntax error at end of input",
		"declare c cursor (a int, b int) for select a, b; begin open c(1); end":               "64 not enough arguments for cursor \"c\"",
		"declare c cursor (a int, b int) for select a, b; begin open c(b := 1, 2); end":       "71 value for parameter \"b\" of cursor \"c\" specified more than once",
		"declare c cursor for select 1; begin for r in c(1) loop end loop; end":               "48 cursor \"c\" has no arguments",
		"declare c cursor (a int) for select a; begin declare c text; begin open c; end; end": "74 syntax error at or near \";\", expected \"FOR\"",
		"begin select 'a; end": "14 unterminated quoted string at or near \"'a; end\"",
	} {
		_, err := Parse(src)
		e, ok := pgerr.As(err)
		if !ok {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := fmt.Sprintf("%d %s", e.Position, e.Message); got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("begin a := 1; end")
	f.Add("declare c cursor for select 1; begin for r in c loop exit; end loop; exception when others then null; end")
	f.Fuzz(func(t *testing.T, src string) {
		_, _ = Parse(src) // no panic, no endless loop
	})
}

// Statements within statements are bounded, whatever their kind.
func TestNestingIsBounded(t *testing.T) {
	for _, level := range [][2]string{{"BEGIN ", "END; "}, {"IF true THEN ", "END IF; "}, {"LOOP ", "END LOOP; "}} {
		src := "BEGIN " + strings.Repeat(level[0], 7000) + "NULL; " + strings.Repeat(level[1], 7000) + "END"
		if _, err := Parse(src); pgerr.Code(err) != "54001" {
			t.Errorf("%s: %v", level[0], err)
		}
	}
}
