package types

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func TestParseJSONBOrdersKeys(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`{"b":1,"a":2}`, `{"a": 2, "b": 1}`},
		{`{"bb":1,"a":2,"bb":3,"a":4}`, `{"a": 4, "bb": 3}`},
		{`{"a":1,"a":{"d":1,"c":[{"f":1,"e":{}}]}}`, `{"a": {"c": [{"e": {}, "f": 1}], "d": 1}}`},
		{`[{"x":{"z":1,"y":2}},{},[],{"x":{"z":[{"q":1,"p":{"s":1,"r":2}}],"y":2},"w":3}]`,
			`[{"x": {"y": 2, "z": 1}}, {}, [], {"w": 3, "x": {"y": 2, "z": [{"p": {"r": 2, "s": 1}, "q": 1}]}}]`},
		{`{"\u0062":1,"a":2,"b":3}`, `{"a": 2, "b": 3}`},
		{`{"é":1,"\"":2,"\\":3,"ab":4}`, `{"\"": 2, "\\": 3, "ab": 4, "é": 1}`},
		{`[-0, -0.0, 1e3, 1.50, 0.10, 12E-2, "\u00e9\n"]`, `[0, 0.0, 1000, 1.50, 0.10, 0.12, "é\n"]`},
		{` "a" `, `"a"`},
	} {
		got, err := ParseJSONB([]byte("kept"), tc.in, nil)
		if err != nil || string(got) != "kept"+tc.want {
			t.Errorf("%s: %s, %v", tc.in, got, err)
		}
		if v := parseCanonical([]byte(tc.want)); string(v.append(nil)) != tc.want {
			t.Errorf("%s read again: %s", tc.want, v.append(nil))
		}
	}
}

// TestParseJSONBMemory holds reading to a small multiple of the text: values are not
// kept apart while it is read.
func TestParseJSONBMemory(t *testing.T) {
	for _, text := range []string{
		"[" + strings.Repeat("1,", 1<<17) + "1]",
		"[" + strings.Repeat(`{"a":[1,{"b":"c"}]},`, 1<<14) + "1]",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := ParseJSONB(nil, text, nil); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(12*len(text)) {
			t.Errorf("%.20s…: %d bytes for a text of %d", text, got, len(text))
		}
		if got := after.Mallocs - before.Mallocs; got > 200 {
			t.Errorf("%.20s…: %d allocations", text, got)
		}
	}
}

func TestParseJSONBBounds(t *testing.T) {
	full := func(kind jsonKind, count int) *jsonbWriter {
		w := &jsonbWriter{}
		if err := w.open(kind); err != nil {
			t.Fatal(err)
		}
		w.up[0].count = count
		if kind == jsonObject {
			w.pairs = append(w.pairs, jsonbPair{})
		}
		return w
	}
	want := func(what string, err error, code, message string) {
		t.Helper()
		var e *pgerr.Error
		if !errors.As(err, &e) || e.Code != code || e.Message != message {
			t.Errorf("%s: %v", what, err)
		}
	}
	w := full(jsonArray, maxJSONBElements-1)
	if err := w.scalar(jsonTrue, ""); err != nil {
		t.Errorf("the last element: %v", err)
	}
	want("one more", w.scalar(jsonTrue, ""), "XX000", "invalid memory alloc request size 1073741824")
	want("one array more", w.open(jsonArray), "XX000", "invalid memory alloc request size 1073741824")
	w = full(jsonObject, maxJSONBPairs-1)
	if err := w.key("a"); err != nil {
		t.Errorf("the last pair: %v", err)
	}
	want("one more", w.key("b"), "XX000", "invalid memory alloc request size 1207959552")

	long := strings.Repeat("a", maxJSONBBytes+1)
	want("long string", full(jsonArray, 0).scalar(jsonString, long), "54000", "string too long to represent as jsonb string")
	want("long key", full(jsonObject, 0).key(long), "54000", "string too long to represent as jsonb string")
	for kind, name := range map[jsonKind]string{jsonArray: "array", jsonObject: "object"} {
		w := full(kind, 1)
		w.up[0].bytes = maxJSONBBytes - 7
		if err := w.end(3); err != nil || w.large != nil {
			t.Errorf("%s: %v, %v", name, err, w.large)
		}
		if err := w.end(0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want(name, w.large, "54000", fmt.Sprintf("total size of jsonb %s elements exceeds the maximum of 268435455 bytes", name))
	}
}
