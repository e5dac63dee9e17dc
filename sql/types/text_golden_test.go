package types

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// golden is one answer of a PostgreSQL 15 server: s::t as text, or its error.
type golden struct {
	T, S                   string
	OK                     bool
	Out, Code, Msg, Detail string
	Hint                   string
}

// parseTypeName reads the few spellings that the goldens use.
func parseTypeName(t *testing.T, s string) T {
	t.Helper()
	array := strings.HasSuffix(s, "[]")
	s = strings.TrimSuffix(s, "[]")
	var args []int32
	name, rest, mod := strings.Cut(s, "(")
	if mod {
		for _, a := range strings.Split(strings.TrimSuffix(rest, ")"), ",") {
			n, err := strconv.Atoi(a)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, int32(n))
		}
	}
	if base, fields, ok := strings.Cut(name, " "); ok && base == "interval" {
		for mask, n := range intervalFieldNames {
			if n == " "+fields {
				args = append([]int32{int32(mask)}, args...)
			}
		}
		name = base
	} else if name == "interval" && mod {
		args = append([]int32{ivFullRange}, args...)
	}
	if name == "bit" && !mod && !array {
		args = []int32{1}
	}
	if name == "char" {
		name = "bpchar"
	}
	info := ByName(strings.Trim(name, "\""))
	if info == nil {
		t.Fatalf("no type %q", name)
	}
	typ := Of(info.OID)
	if args != nil {
		m, err := TypmodIn(info.OID, args)
		if err != nil {
			t.Fatal(err)
		}
		typ.Mod = m
	}
	if array {
		return typ.ArrayOf()
	}
	return typ
}

func readGoldens[G any](t *testing.T, file string) []G {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []G
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var g G
		if err := json.Unmarshal(sc.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func testFormat() *Format {
	f := *DefaultFormat
	f.Now = time.Date(2024, 6, 7, 8, 9, 10, 123456000, time.UTC)
	return &f
}

func TestParseTextGoldens(t *testing.T) {
	rows := readGoldens[golden](t, "testdata/text_in.jsonl")
	for _, g := range append(rows, readGoldens[golden](t, "testdata/mutations.jsonl")...) {
		typ := parseTypeName(t, g.T)
		in := Of(typ.OID) // a cast reads without the modifier, then coerces
		if strings.HasPrefix(g.T, "interval") {
			in = typ
		}
		d, err := ParseText(in, g.S, testFormat())
		if err == nil {
			d, err = ApplyTypmod(typ, d, true)
		}
		if !g.OK {
			checkError(t, g, err)
			continue
		}
		if err != nil {
			t.Errorf("%s %q: %v, want %q", g.T, g.S, err, g.Out)
			continue
		}
		if out := string(AppendText(nil, typ, d, testFormat())); out != g.Out {
			t.Errorf("%s %q: got %q, want %q", g.T, g.S, out, g.Out)
		}
	}
}

func checkError(t *testing.T, g golden, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s %q: no error, want %s %s", g.T, g.S, g.Code, g.Msg)
		return
	}
	e, ok := pgerr.As(err)
	if !ok {
		t.Errorf("%s %q: %v is no pgerr", g.T, g.S, err)
		return
	}
	if e.Code != g.Code || e.Message != g.Msg || e.Detail != g.Detail || e.Hint != g.Hint {
		t.Errorf("%s %q:\n got %s %s | %s | %s\nwant %s %s | %s | %s", g.T, g.S, e.Code, e.Message, e.Detail, e.Hint, g.Code, g.Msg, g.Detail, g.Hint)
	}
}
