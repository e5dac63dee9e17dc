package session

import (
	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// shape is what the rows of a function's result are: values of T, or, where columns is not nil,
// rows that as values are records of T.
type shape struct {
	T       types.T
	domain  catalog.ID
	columns []types.T // with their places in a composite type, whose dropped columns are 0
	names   []string
	domains []catalog.ID     // of the columns, 0 for none; nil: there are none
	listed  bool             // columns are those of a column definition list
	of      *types.Composite // what T is, nil where it is none
	set     bool
	open    bool // a record whose columns the caller does not know
}

func (s *Session) shapeOf(f *builtin.Func, ret types.T) shape {
	sh := shape{T: ret, domain: f.User.RetDomain, set: f.User.RetSet}
	switch c := s.composite(ret.OID); {
	case c != nil:
		sh.of = c
		for i := range c.Fields {
			t := c.Fields[i].T
			if c.Fields[i].Dropped {
				t = types.T{}
			}
			sh.columns, sh.names = append(sh.columns, t), append(sh.names, c.Fields[i].Name)
			sh.domains = append(sh.domains, c.Fields[i].Domain)
		}
	case ret.OID == types.RecordOID && len(f.OutTypes) > 0, len(f.OutTypes) > 1:
		for i, t := range f.OutTypes {
			sh.columns, sh.names = append(sh.columns, types.Of(t)), append(sh.names, f.OutNames[i])
		}
		if f.OutColumns != nil {
			sh.columns, sh.listed = f.OutColumns, true
		}
		for i := range f.OutTypes {
			sh.domains = append(sh.domains, f.OutDomain(i))
		}
	case ret.OID == types.RecordOID:
		sh.open = true
	}
	return sh
}

// columnDomain is the domain of a column, 0 for none.
func (sh *shape) columnDomain(i int) catalog.ID {
	if i >= len(sh.domains) {
		return 0
	}
	return sh.domains[i]
}

// checkRow holds a row against the domain over a composite type that the function gives.
func (a *activation) checkRow(r *result, row []types.Datum) error {
	if r.domain == 0 || r.columns == nil {
		return nil
	}
	p, _, err := a.s.conversion(r.T, r.T, r.domain, false)
	if err != nil {
		return err
	}
	_, err = a.convert(p, r.record(row))
	return err
}

// result holds the rows of a function's result.
type result struct {
	shape
	buf   *executor.Buffer
	b     *batch.Batch
	at    int
	row   []types.Datum
	whole bool // rows are given as one value
	least int  // rows that there are at least
	given int
	one   []types.Datum // the only row of a result that is no set
	has   bool
}

func (s *Session) newResult(sh shape) *result {
	r := &result{shape: sh}
	if sh.set {
		r.buf = s.newBuffer()
	}
	return r
}

// add keeps a row of the result's columns, or its one value.
func (r *result) add(row []types.Datum) error {
	if r.buf == nil {
		r.one, r.has = r.one[:0], true
		for i, d := range row {
			if r.columns == nil && i > 0 {
				break
			}
			r.one = append(r.one, d.Clone())
		}
		return nil
	}
	ts := r.columns
	if ts == nil {
		ts = []types.T{r.T}
	}
	b := batch.New(ts, 1)
	for i := range ts {
		if ts[i].OID == 0 {
			b.Cols[i].Init(types.Of(types.Int4OID), 1)
			b.Cols[i].SetNull(0)
			continue
		}
		b.Cols[i].Init(ts[i], 1)
		b.Cols[i].Set(0, row[i])
	}
	b.Sel = batch.Identity(1)
	return r.buf.Append(b)
}

// next is the next row, valid until the next call.
func (r *result) next() (row []types.Datum, ok bool, err error) {
	if r.buf == nil {
		ok, r.has = r.has, false
		return r.one, ok, nil
	}
	for r.b == nil || r.at >= len(r.b.Sel) {
		if r.b, err = r.buf.Next(); r.b == nil {
			return nil, false, err
		}
		r.at = 0
	}
	i := int(r.b.Sel[r.at])
	r.at++
	r.row = r.row[:0]
	for k := range r.b.Cols {
		r.row = append(r.row, r.b.Cols[k].Datum(i))
	}
	return r.row, true, nil
}

// Next implements builtin.RowIter.
func (r *result) Next(out []types.Datum) (bool, error) {
	row, ok, err := r.next()
	if err != nil {
		return false, err
	}
	if !ok {
		defer r.close()
		if r.given >= r.least {
			return false, nil
		}
		r.given++
		for i := range out {
			out[i] = types.Null
		}
		return true, nil
	}
	r.given++
	if r.whole {
		out[0] = r.record(row)
		return true, nil
	}
	copy(out, row)
	return true, nil
}

// record is a row as one value.
func (r *result) record(row []types.Datum) types.Datum {
	if r.of != nil {
		return r.of.Make(row).Clone()
	}
	return types.MakeRecord(r.columns, row).Clone()
}

func (r *result) close() {
	if r.buf != nil {
		r.buf.Close()
	}
}
