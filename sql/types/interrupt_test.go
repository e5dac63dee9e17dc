package types

import (
	"errors"
	"strings"
	"testing"
)

// TestLongValuesAreInterrupted reads and prints values of many elements, which must ask
// whether to go on, and end when told so.
func TestLongValuesAreInterrupted(t *testing.T) {
	ended := errors.New("ended")
	list := strings.Repeat("1,", 4*each) + "1"
	ints := Of(Int4ArrayOID)
	array, err := ParseText(ints, "{"+list+"}", DefaultFormat)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(oid OID, text string) func(f *Format) error {
		return func(f *Format) error {
			_, err := ParseText(Of(oid), text, f)
			return err
		}
	}
	for name, do := range map[string]func(f *Format) error{
		"array read":    parse(Int4ArrayOID, "{"+list+"}"),
		"json read":     parse(JSONOID, "["+list+"]"),
		"jsonb read":    parse(JSONBOID, "["+list+"]"),
		"array printed": func(f *Format) error { _, err := boundedText(ints, array, f); return err },
	} {
		asked, f := 0, *DefaultFormat
		f.Interrupted = func() error { asked++; return nil }
		if err := do(&f); err != nil || asked < 4 {
			t.Errorf("%s: asked %d times whether to go on, %v", name, asked, err)
		}
		f.Interrupted = func() error { return ended }
		if err := do(&f); !errors.Is(err, ended) {
			t.Errorf("%s, ended: %v", name, err)
		}
	}
}
