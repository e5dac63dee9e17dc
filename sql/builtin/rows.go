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

// parts gives what a value is taken apart into, piece by piece, for it may be a hundred
// million pieces; ok is false after the last.
type parts func() (d types.Datum, ok bool, err error)

// lookEvery is how many pieces are made between two looks at whether the statement still
// runs.
const lookEvery = 1 << 12

// collect makes an array of the pieces.
func collect(c *Ctx, elem types.OID, next parts) (types.Datum, error) {
	var b types.ArrayBuilder
	b.Reset(elem)
	for {
		d, ok, err := next()
		if err != nil {
			return types.Datum{}, err
		}
		if !ok {
			return b.Array(), nil
		}
		if err := b.Collect(d); err != nil {
			return types.Datum{}, err
		}
		if b.Len()%lookEvery == 0 {
			if err := c.goOn(); err != nil {
				return types.Datum{}, err
			}
		}
	}
}

// partRows is a set of one column, piece by piece.
type partRows struct {
	next parts
}

func (p *partRows) Next(row []types.Datum) (ok bool, err error) {
	row[0], ok, err = p.next()
	return ok, err
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
