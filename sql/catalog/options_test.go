package catalog

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestOptionsOfStoredDescriptors(t *testing.T) {
	given := Options{{"m", "16"}, {"ef_construction", "64"}}
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]Options{
		string(text):                         given,
		`{"m":"16", "ef_construction":"64"}`: {{"ef_construction", "64"}, {"m", "16"}},
		`null`:                               nil,
		`{}`:                                 nil,
	} {
		var got Options
		if err := json.Unmarshal([]byte(in), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", in, got, err, want)
		}
	}
	if v, ok := given.Get("m"); !ok || v != "16" {
		t.Errorf("m is %q, %v", v, ok)
	}
	if _, ok := given.Get("lists"); ok {
		t.Error("a parameter that was not given")
	}
	if got := given.With("m", "8"); !slices.Equal(got, Options{{"ef_construction", "64"}, {"m", "8"}}) || given[0].Value != "16" {
		t.Errorf("with m = 8: %v, of %v", got, given)
	}
	if err := json.Unmarshal([]byte(`{"m":1}`), new(Options)); err == nil {
		t.Error("a number was read as text")
	}
}
