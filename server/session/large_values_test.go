package session

import (
	"testing"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// TestLargeValues builds values in every way that can make large ones of small ones, where the
// memory of the server allows a megabyte to each.
func TestLargeValues(t *testing.T) {
	types.BoundValues(1 << 20) // while nothing else runs
	t.Cleanup(func() { types.BoundValues(types.MaxText) })
	s := newTestSession(t)
	for _, tc := range []struct{ small, large string }{
		{"repeat('ab', 1 << 19)", "repeat('ab', (1 << 19) + 1)"},
		{"lpad('a', 1 << 20, 'b')", "lpad('a', (1 << 20) + 1, 'b')"},
		{"rpad('a', 1 << 19, 'é')", "rpad('a', 1 << 20, 'é')"},
		{"replace(repeat('a', 1000), 'a', repeat('b', 1000))", "replace(repeat('a', 1000), 'a', repeat('b', 2000))"},
		{"repeat('a', 1 << 19) || repeat('b', 1 << 19)", "repeat('a', 1 << 19) || repeat('b', 1 << 20)"},
		{"concat(repeat('a', 1 << 19), repeat('b', 1 << 18))", "concat(repeat('a', 1 << 19), 1, repeat('b', 1 << 19))"},
		{"concat_ws(repeat('a', 1 << 18), 1, 2, 3)", "concat_ws(repeat('a', 1 << 19), 1, 2, 3)"},
		{"format('%s%s', repeat('a', 1 << 18), 1)", "format('%1$s%1$s%1$s', repeat('a', 1 << 19))"},
		{"format('%1000000s', 1)", "format('%2000000s', 1)"},
		{"regexp_replace(repeat('a', 1000), 'a', repeat('b', 1000), 'g')", "regexp_replace(repeat('a', 1000), 'a', repeat('b', 2000), 'g')"},
		{"array_to_string(array_fill(1, ARRAY[10000]), 'ab')", "array_to_string(array_fill(1, ARRAY[10000]), repeat('a', 1000))"},
		{"array_fill(1, ARRAY[50000])", "array_fill(1, ARRAY[500000])"},
		{"string_agg('x', repeat('a', 1000)) FROM generate_series(1, 1000)", "string_agg('x', repeat('a', 1000)) FROM generate_series(1, 2000)"},
		{"json_agg(repeat('a', 1000)) FROM generate_series(1, 1000)", "json_agg(repeat('a', 1000)) FROM generate_series(1, 2000)"},
		{"jsonb_agg(repeat('a', 1000)) FROM generate_series(1, 1000)", "jsonb_agg(repeat('a', 1000)) FROM generate_series(1, 2000)"},
		{"ARRAY[ROW(repeat('a', 1 << 18))]::text", "ARRAY[ROW(repeat('\"', 1 << 18))]::text"},
	} {
		simple(t, s, "SELECT "+tc.small)
		_, err := run(s, "SELECT "+tc.large)
		if e, ok := pgerr.As(err); !ok || e.Code != pgerrcode.OutOfMemory || e.Hint == "" {
			t.Errorf("%s: %v", tc.large, err)
		}
	}
}
