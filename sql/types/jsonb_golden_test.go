package types

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

type jsonbGolden struct {
	Op             string
	Args           []string
	OK, Null       bool
	Out, Code, Msg string
}

func found(b []byte, ok bool) (Datum, error) {
	if !ok {
		return Null, nil
	}
	return Bytes(b), nil
}

func jsonbOp(t *testing.T, g jsonbGolden) (Datum, error) {
	t.Helper()
	a, err := ParseJSONB(nil, g.Args[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	var arg []byte
	var path [][]byte
	n := 0
	if len(g.Args) > 1 {
		arg = []byte(g.Args[1])
		n, _ = strconv.Atoi(g.Args[1])
		if s := strings.Trim(g.Args[1], "{}"); s != "" {
			for _, p := range strings.Split(s, ",") {
				path = append(path, []byte(p))
			}
		}
	}
	owned := func(b []byte, err error) (Datum, error) { return Bytes(b), err }
	truth := func(b bool) (Datum, error) { return String(strconv.FormatBool(b)), nil }
	switch g.Op {
	case "@>", "||", "cmp":
		b, err := ParseJSONB(nil, g.Args[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		switch g.Op {
		case "@>":
			return truth(JSONBContains(a, b))
		case "cmp":
			return String(strconv.Itoa(CompareJSONB(a, b))), nil
		}
		return Bytes(JSONBConcat(a, b)), nil
	case "?":
		return truth(JSONBExists(a, arg))
	case "-":
		return owned(JSONBDeleteKeys(a, arg))
	case "-i":
		return owned(JSONBDeleteIndex(a, n))
	case "->":
		return found(JSONGet(a, arg))
	case "->i":
		return found(JSONBIndex(a, n))
	case "->>":
		if v, ok := JSONGet(a, arg); ok {
			return JSONText(v)
		}
		return Null, nil
	case "#>":
		return found(JSONPath(a, path))
	case "#-":
		return owned(JSONBDeletePath(a, path))
	case "settrue", "setfalse":
		return owned(JSONBSet(a, path, []byte(`"N"`), g.Op == "settrue"))
	case "inserttrue", "insertfalse":
		return owned(JSONBInsert(a, path, []byte(`"N"`), g.Op == "inserttrue"))
	case "strip":
		return Bytes(JSONBStripNulls(a)), nil
	case "pretty":
		return Bytes(JSONBPretty(nil, a)), nil
	case "typeof":
		return String(JSONTypeof(a)), nil
	}
	t.Fatalf("operator %q", g.Op)
	return Datum{}, nil
}

func TestJSONBGoldens(t *testing.T) {
	for _, g := range readGoldens[jsonbGolden](t, "testdata/jsonb.jsonl") {
		d, err := jsonbOp(t, g)
		got := string(d.Bytes())
		if d.IsNull() {
			got = "NULL"
		}
		if err != nil {
			e, _ := pgerr.As(err)
			if e == nil {
				t.Fatal(err)
			}
			got = e.Code + " " + e.Message
		}
		want := g.Out
		switch {
		case !g.OK:
			want = g.Code + " " + g.Msg
		case g.Null:
			want = "NULL"
		}
		if got != want {
			t.Errorf("%s %q:\n got %s\nwant %s", g.Op, g.Args, got, want)
		}
	}
}

func TestJSONBKeyOrder(t *testing.T) {
	for _, g := range readGoldens[jsonbGolden](t, "testdata/jsonb.jsonl") {
		if g.Op != "cmp" {
			continue
		}
		a, _ := ParseJSONB(nil, g.Args[0], nil)
		b, _ := ParseJSONB(nil, g.Args[1], nil)
		ka, kb := AppendKey(nil, Of(JSONBOID), Bytes(a), false), AppendKey(nil, Of(JSONBOID), Bytes(b), false)
		if got := strconv.Itoa(bytes.Compare(ka, kb)); got != g.Out {
			t.Errorf("keys of %s and %s: %s, want %s", a, b, got, g.Out)
		}
	}
}
