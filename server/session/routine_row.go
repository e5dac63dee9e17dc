package session

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// wholeRow says that a final statement with these columns gives the function's rows as
// one value each: of its type, or a row that is made one of it.
func (sh *shape) wholeRow(out []types.T) bool {
	return sh.columns != nil && len(out) == 1 &&
		(out[0].OID == sh.T.OID || out[0].OID == types.RecordOID && sh.of != nil)
}

// rowSplitter takes values that are whole rows apart, into the columns of a function's
// result. It belongs to one run of one statement.
type rowSplitter struct {
	a    *activation
	sh   *shape
	of   *types.Composite // the result's type, nil for records
	same bool             // values are of that type
	conv []*expr.Program  // of a row's columns, once its first value has come
	from []types.T
}

func (a *activation) splitter(sh *shape, out types.T) *rowSplitter {
	return &rowSplitter{a: a, sh: sh, of: sh.of, same: out.OID == sh.T.OID}
}

// split puts the columns of a value into row; NULL is a row of NULLs.
func (s *rowSplitter) split(d types.Datum, row []types.Datum) error {
	switch {
	case d.IsNull():
		for k := range row {
			row[k] = types.Null
		}
		return nil
	case s.of == nil:
		if err := builtin.RecordColumns(row, d, s.sh.columns); err != nil {
			return err
		}
		for i := range row {
			if domain := s.sh.columnDomain(i); domain != 0 {
				p, _, err := s.a.s.conversion(s.sh.columns[i], s.sh.columns[i], domain, false)
				if err != nil {
					return err
				}
				if row[i], err = s.a.convert(p, row[i]); err != nil {
					return err
				}
			}
		}
		return nil
	case s.same:
		copy(row, s.of.Split(d))
		return nil
	}
	return s.convert(d, row)
}

// convert makes a record one of the result's type.
func (s *rowSplitter) convert(d types.Datum, row []types.Datum) error {
	it := types.NewRecordIter(d)
	n := 0
	for j, want := range s.sh.columns {
		if want.OID == 0 {
			row[j] = types.Null
			continue
		}
		t, v, ok := it.Next()
		if !ok {
			return s.wrong("Input has too few columns.")
		}
		if n == len(s.from) {
			p, ok, err := s.a.s.conversion(t, want, s.sh.columnDomain(j), false)
			if err != nil {
				return err
			}
			if !ok {
				return s.wrong("Cannot cast type %s to %s in column %d.", types.TypeName(t.OID), types.TypeName(want.OID), n+1)
			}
			s.from, s.conv = append(s.from, t), append(s.conv, p)
		}
		var err error
		if row[j], err = s.a.convert(s.conv[n], v); err != nil {
			return err
		}
		n++
	}
	if _, _, more := it.Next(); more {
		return s.wrong("Input has too many columns.")
	}
	return nil
}

func (s *rowSplitter) wrong(detail string, args ...any) error {
	return pgerr.Newf(pgerrcode.CannotCoerce, "cannot cast type record to %s", types.TypeName(s.sh.T.OID)).WithDetail(detail, args...)
}
