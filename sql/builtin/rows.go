package builtin

import "github.com/loxodb/loxodb/sql/types"

// listRows is a set of one column that is ready.
type listRows struct {
	list []types.Datum
	at   int
}

func (l *listRows) Next(row []types.Datum) (bool, error) {
	if l.at >= len(l.list) {
		return false, nil
	}
	row[0] = l.list[l.at]
	l.at++
	return true, nil
}

// tableRows is a set of rows that is ready.
type tableRows struct {
	rows [][]types.Datum
	at   int
}

func (t *tableRows) Next(row []types.Datum) (bool, error) {
	if t.at >= len(t.rows) {
		return false, nil
	}
	copy(row, t.rows[t.at])
	t.at++
	return true, nil
}

// funcRows makes rows by a function.
type funcRows func(row []types.Datum) (bool, error)

func (f funcRows) Next(row []types.Datum) (bool, error) { return f(row) }
