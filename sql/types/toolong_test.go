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
