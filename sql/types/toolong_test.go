package types

import (
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A value in quotes in quotes in quotes … doubles with every level: it is an error
// before it is a gigabyte.
func TestOverlongText(t *testing.T) {
	longest = 1 << 12
	defer func() { longest = MaxText }()
	d, of := String(`"`), Of(TextOID)
	for range 40 {
		d, of = MakeRecord([]T{of}, []Datum{d}), Of(RecordOID)
	}
	_, err := Cast(of, Of(TextOID), d, nil, true)
	e, ok := pgerr.As(err)
	if !ok || e.Code != "54000" || e.Message != "out of memory" || e.Detail == "" {
		t.Errorf("got %v", err)
	}
}

// An array stops growing where a value may not be larger, with an error where its elements
// are collected and with a panic that CatchStop makes one elsewhere.
func TestOverlongArray(t *testing.T) {
	was := longestArray
	longestArray = 1 << 10
	defer func() { longestArray = was }()
	fill := func(add func(*ArrayBuilder) error) (err error) {
		defer CatchStop(&err)
		var b ArrayBuilder
		b.Reset(TextOID)
		for range 1000 {
			if err := add(&b); err != nil {
				return err
			}
		}
		return nil
	}
	for name, add := range map[string]func(*ArrayBuilder) error{
		"collected": func(b *ArrayBuilder) error { return b.Collect(String("abc")) },
		"appended":  func(b *ArrayBuilder) error { b.Append(String("abc")); return nil },
	} {
		e, ok := pgerr.As(fill(add))
		if !ok || e.Code != "54000" || e.Message != "array size exceeds the maximum allowed (1073741823)" {
			t.Errorf("%s: got %v", name, e)
		}
	}
}

// More elements than PostgreSQL can collect are none of an array.
func TestTooManyCollected(t *testing.T) {
	b := ArrayBuilder{elem: Int4OID, n: maxCollected}
	e, ok := pgerr.As(b.Collect(Int(1)))
	if !ok || e.Code != "XX000" || e.Message != "invalid memory alloc request size 1073741824" {
		t.Errorf("got %v", e)
	}
}
