package types

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func TestJSONNavigationKeepsText(t *testing.T) {
	doc := []byte(" { \"a\" : [ 1 , {\"b\":\"x\\u00e9\\\"\"} ,null ] , \"k\\n\": true, \"a2\":1.50, \"dup\":1,\"dup\": 2 } ")
	get := func(path ...string) string {
		steps := make([][]byte, len(path))
		for i, p := range path {
			steps[i] = []byte(p)
		}
		v, ok := JSONPath(doc, steps)
		if !ok {
			return "none"
		}
		return string(v)
	}
	for want, path := range map[string][]string{
		"1": {"a", "0"}, "{\"b\":\"x\\u00e9\\\"\"}": {"a", "1"}, "\"x\\u00e9\\\"\"": {"a", "1", "b"}, "null": {"a", "-1"},
		"true": {"k\n"}, "1.50": {"a2"}, "2": {"dup"}, "none": {"a", "7"},
	} {
		if got := get(path...); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
	v, _ := JSONPath(doc, [][]byte{[]byte("a"), []byte("1"), []byte("b")})
	if d, err := JSONText(v); err != nil || d.Text() != "xé\"" {
		t.Errorf("got %q, %v", d.Text(), err)
	}
	if d, err := JSONText([]byte(" null")); err != nil || !d.IsNull() {
		t.Errorf("got %v, %v", d, err)
	}
	if n := JSONArrayLength([]byte("[1, [2,3], {\"a\":[]}]")); n != 3 {
		t.Errorf("got %d", n)
	}
	if n := JSONArrayLength([]byte("{}")); n != -1 {
		t.Errorf("got %d", n)
	}
}

func TestJSONDepth(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	if err := validateJSON(deep, nil); pgerr.Code(err) != "54001" {
		t.Errorf("got %v", err)
	}
	ok := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	if err := validateJSON(ok, nil); err != nil {
		t.Error(err)
	}
	if b, err := ParseJSONB(nil, ok, nil); err != nil || string(b) != ok {
		t.Errorf("got %v", err)
	}
}

func TestJSONErrorContext(t *testing.T) {
	_, err := ParseText(Of(JSONOID), "{\"a\": 1,\n \"b\": oops}", nil)
	e, _ := pgerr.As(err)
	if e == nil || e.Detail != `Token "oops" is invalid.` || e.Where != `JSON data, line 2:  "b": oops...` {
		t.Errorf("got %+v", e)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"{}", "[1,2]", `{"a":[{"b":null}]}`, `"x\u0041"`, "1e5", " true ", `[[],{}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseJSONB(nil, s, nil)
		if err != nil {
			return
		}
		var v any
		if jerr := json.Unmarshal(b, &v); jerr != nil && !strings.Contains(jerr.Error(), "exceeded max depth") && !strings.Contains(jerr.Error(), "cannot unmarshal number") {
			t.Fatalf("%q became %q, which is no JSON: %v", s, b, jerr)
		}
		if arr, ok := v.([]any); ok && JSONArrayLength(b) != len(arr) {
			t.Fatalf("%q: %d elements, want %d", b, JSONArrayLength(b), len(arr))
		}
		if obj, ok := v.(map[string]any); ok {
			n := 0
			JSONEach(b, func(k, val []byte) bool {
				if got, found := JSONGet(b, k); !found || string(got) != string(val) {
					t.Fatalf("%q: key %q gives %q, want %q", b, k, got, val)
				}
				n++
				return true
			})
			if n != len(obj) {
				t.Fatalf("%q: %d pairs, want %d", b, n, len(obj))
			}
		}
		again, err := ParseJSONB(nil, string(b), nil)
		if err != nil || string(again) != string(b) {
			t.Fatalf("%q: canonical text %q becomes %q (%v)", s, b, again, err)
		}
		if CompareJSONB(b, again) != 0 || !JSONBContains(b, again) {
			t.Fatalf("%q is not itself", b)
		}
	})
}
