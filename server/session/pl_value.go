package session

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// splitRecord takes a value of a row type or a record apart.
func (s *Session) splitRecord(v plValue) *plRecord {
	rec := &plRecord{set: true, null: v.d.IsNull()}
	if c := s.composite(v.t.OID); c != nil {
		var vals []types.Datum
		if !rec.null {
			vals = c.Split(v.d)
		}
		for i := range c.Fields {
			t, d := c.Fields[i].T, types.Null
			if c.Fields[i].Dropped {
				t = types.T{}
			}
			if i < len(vals) {
				d = vals[i].Clone()
			}
			rec.names, rec.ts, rec.vals = append(rec.names, c.Fields[i].Name), append(rec.ts, t), append(rec.vals, d)
		}
		return rec
	}
	if rec.null {
		rec.set = false
		return rec
	}
	names := builtin.RowNames(v.t)
	it := types.NewRecordIter(v.d)
	for i := 0; ; i++ {
		t, d, ok := it.Next()
		if !ok {
			return rec
		}
		name := "f" + strconv.Itoa(i+1)
		if i < len(names) {
			name = names[i]
		}
		rec.names, rec.ts, rec.vals = append(rec.names, name), append(rec.ts, t), append(rec.vals, d.Clone())
	}
}

// get is the value of a variable.
func (r *plRun) get(slot int) types.Datum {
	v := &r.b.vars[slot]
	if !v.record {
		return r.vals[slot]
	}
	rec := r.recs[slot]
	if rec.null || !rec.set {
		return types.Null
	}
	if c := r.s.composite(v.t.OID); c != nil {
		return c.Make(rec.vals)
	}
	return types.MakeRecord(rec.ts, rec.vals)
}

// store assigns to a variable.
func (r *plRun) store(slot int, v plValue) error {
	x := &r.b.vars[slot]
	if x.record {
		if v.d.IsNull() {
			r.clear(slot)
			return r.notNull(x, v.d)
		}
		if v.t.OID != types.RecordOID && !types.IsComposite(v.t.OID) {
			return pgerr.New(pgerrcode.DatatypeMismatch, "cannot assign non-composite value to a record variable")
		}
		return r.storeRow(slot, r.s.splitRecord(v))
	}
	d, err := r.cast(v, x.t, x.domain)
	if err != nil {
		return err
	}
	if err := r.notNull(x, d); err != nil {
		return err
	}
	r.vals[slot] = d.Clone()
	return nil
}

func (r *plRun) notNull(x *plVar, d types.Datum) error {
	if x.notNull && d.IsNull() {
		return pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "null value cannot be assigned to variable \"%s\" declared NOT NULL", x.name)
	}
	return nil
}

// storeRow assigns a row to a variable with fields: those of its type, or any.
func (r *plRun) storeRow(slot int, from *plRecord) error {
	x := &r.b.vars[slot]
	if !types.IsComposite(x.t.OID) {
		r.recs[slot] = from
		return nil
	}
	r.clear(slot)
	to := r.recs[slot]
	to.null = false
	k := 0
	for i, t := range to.ts {
		if t.OID == 0 {
			continue
		}
		for k < len(from.ts) && from.ts[k].OID == 0 {
			k++
		}
		if k >= len(from.ts) {
			break
		}
		d, err := r.cast(plValue{from.vals[k], from.ts[k]}, t, 0)
		if err != nil {
			return err
		}
		to.vals[i] = d
		k++
	}
	return nil
}

// variables are the names in sight of SQL in a scope.
func (r *plRun) variables(sc *plScope) *bind.Variables {
	v := &bind.Variables{Prefer: r.b.prefer, Language: "PL/pgSQL", Collation: r.b.collation}
	v.Find = func(parts []string) (bind.Variable, bool) { return r.lookUp(sc, parts) }
	v.Fields = func(parts []string) []string {
		slot, rest, ok := sc.find(parts)
		if !ok || len(rest) > 0 || !r.b.vars[slot].record {
			return nil
		}
		var out []string
		for i, n := range r.recs[slot].names {
			if r.recs[slot].ts[i].OID != 0 {
				out = append(out, n)
			}
		}
		return out
	}
	return v
}

func (r *plRun) lookUp(sc *plScope, parts []string) (bind.Variable, bool) {
	slot, rest, ok := sc.find(parts)
	if !ok || len(rest) > 1 {
		return bind.Variable{}, false
	}
	x := &r.b.vars[slot]
	if len(rest) == 0 {
		if x.record && x.t.OID == types.RecordOID && !r.recs[slot].set && !r.recs[slot].null {
			return bind.Variable{}, false
		}
		t := types.Of(x.t.OID)
		if x.t.OID == types.RecordOID {
			if named, err := builtin.RowType(r.recs[slot].names); err == nil && len(r.recs[slot].names) > 0 {
				t = named
			}
		}
		return bind.Variable{Slot: slot, T: t, Collation: x.collation}, true
	}
	if !x.record {
		return bind.Variable{}, false
	}
	rec := r.recs[slot]
	if !rec.set {
		r.lookup = notAssigned(x.name)
		return bind.Variable{}, false
	}
	for i, n := range rec.names {
		if n == rest[0] && rec.ts[i].OID != 0 {
			return bind.Variable{Slot: slot, Field: n, T: types.Of(rec.ts[i].OID)}, true
		}
	}
	r.lookup = pgerr.Newf(pgerrcode.UndefinedColumn, "record \"%s\" has no field \"%s\"", x.name, rest[0])
	return bind.Variable{}, false
}

func notAssigned(name string) error {
	return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "record \"%s\" is not assigned yet", name).
		WithDetail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

// slot is the value of a variable that SQL uses.
func (r *plRun) slot(v bind.Variable) types.Datum {
	if v.Field == "" {
		return r.get(v.Slot)
	}
	rec := r.recs[v.Slot]
	for i, n := range rec.names {
		if n == v.Field && rec.ts[i].OID != 0 {
			return rec.vals[i]
		}
	}
	return types.Null
}

// stale reports that fields have other types than when SQL was bound.
func (r *plRun) stale(vars *bind.Variables) bool {
	for _, v := range vars.Used {
		if v.Field == "" {
			continue
		}
		rec := r.recs[v.Slot]
		same := false
		for i, n := range rec.names {
			same = same || n == v.Field && rec.ts[i].OID == v.T.OID
		}
		if !same {
			return true
		}
	}
	return false
}

// bound prefers the error of a name that stands for nothing yet to that of one that is
// not there.
func (r *plRun) bound(err error) error {
	found := r.lookup
	if r.lookup = nil; found != nil && (err != nil || r.b.prefer != bind.PreferColumn) {
		return found // though the name may be a column's, too
	}
	return err
}
