package tsearch

import (
	"strconv"
	"testing"
)

func TestHeadlineOptions(t *testing.T) {
	h := NewHeadline()
	err := h.Set(`MaxWords = 9,"MinWords"=2 StartSel='it''s \\', StopSel=E'x', FragmentDelimiter="a ""b"" \\",, HighlightAll=Yes`, strconv.Atoi)
	if err != nil {
		t.Fatal(err)
	}
	want := Headline{MaxWords: 9, MinWords: 2, ShortWord: 3, All: true, Start: `it's \`, Stop: "x", Delimiter: `a "b" \\`}
	if h != want {
		t.Errorf("got %+v", h)
	}
	for _, bad := range []string{"a", "a b=1", "MaxWords=", `StartSel="x`, "StartSel='x''", `"MaxWords=3`} {
		if err := h.Set(bad, strconv.Atoi); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
}

func FuzzHeadline(f *testing.F) {
	f.Add("a quick brown fox <b>jumps</b> over well-known dogs", "fox & dog | quick <-> brown", 5, 2, 2)
	f.Add("", "a & !b", 9, 1, 0)
	f.Fuzz(func(t *testing.T, text, query string, most, least, fragments int) {
		q, err := ParseQuery(query)
		if err != nil {
			return
		}
		h := Headliner{Config: Configs[1], Headline: NewHeadline(), Query: q}
		h.MaxWords, h.MinWords, h.MaxFragments = most, least, fragments
		if h.check() == nil {
			h.Text(text)
		}
	})
}
