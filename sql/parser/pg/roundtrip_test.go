package pg

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
)

var posType = reflect.TypeFor[ast.Pos]()

// clearPositions zeroes every position below v, so that trees can be compared.
func clearPositions(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			if v.Kind() == reflect.Interface && v.Elem().Kind() != reflect.Pointer {
				return
			}
			clearPositions(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			clearPositions(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.Type() == posType {
				f.SetInt(0)
			} else {
				clearPositions(f)
			}
		}
	}
}

// roundTrip checks that printing and parsing again gives the same tree.
func roundTrip(t *testing.T, sql string) {
	t.Helper()
	first, err := New().Parse(sql)
	if err != nil {
		return
	}
	for _, p := range first {
		if hasNoText(p.Stmt) {
			continue
		}
		text := ast.Print(p.Stmt)
		again, err := New().Parse(text)
		if err != nil {
			t.Errorf("%v\n  from:  %s\n  print: %s", err, sql[p.Start:p.End], text)
			continue
		}
		if len(again) != 1 {
			t.Errorf("%d statements from %s", len(again), text)
			continue
		}
		clearPositions(reflect.ValueOf(&p.Stmt))
		clearPositions(reflect.ValueOf(&again[0].Stmt))
		if !reflect.DeepEqual(p.Stmt, again[0].Stmt) {
			t.Errorf("tree differs\n  from:  %s\n  print: %s\n  again: %s", sql[p.Start:p.End], text, ast.Print(again[0].Stmt))
		}
	}
}

// hasNoText reports trees that keep less than what was written, because the
// statement is refused anyway.
func hasNoText(s ast.Stmt) bool {
	switch v := s.(type) {
	case *ast.Other:
		return true
	case *ast.Explain:
		return hasNoText(v.Stmt)
	case *ast.CreateSchema:
		for _, e := range v.Elems {
			if hasNoText(e) {
				return true
			}
		}
	case *ast.AlterTable:
		for _, c := range v.Cmds {
			if c.Kind == ast.AlterOther {
				return true
			}
		}
	}
	return false
}

func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range strings.Split(string(b), ";\n") {
			roundTrip(t, q)
		}
	}
}
