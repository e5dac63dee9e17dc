package session

import (
	"context"

	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// SystemRows implements builtin.Session: the named columns of a system relation's rows,
// whose values are borrowed for the call.
func (s *Session) SystemRows(ctx context.Context, relation string, columns []string, each func(row []types.Datum)) error {
	t, _ := syscat.Lookup("pg_catalog", relation)
	from := make([]int, len(columns))
	for i, name := range columns {
		from[i] = -1
		for k := range t.Columns {
			if t.Columns[k].Name == name {
				from[i] = k
			}
		}
	}
	if t.Rows == nil {
		return nil
	}
	return t.Rows(ctx, system{s}, func(row []types.Datum) error {
		out := make([]types.Datum, len(columns))
		for i, k := range from {
			if out[i] = types.Null; k >= 0 {
				out[i] = row[k]
			}
		}
		each(out)
		return nil
	})
}
