package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// TriggerCall is what a trigger function is told, and what it gives back.
type TriggerCall struct {
	Table *catalog.Table
	// New and Old are the rows, by column with the dropped ones; nil where there is none.
	New, Old              []types.Datum
	Name, When, Level, Op string // as TG_NAME, TG_WHEN, TG_LEVEL and TG_OP have them
	Args                  []string
}

// CallTrigger calls a trigger function. row is what it returns; nil for NULL.
func (s *Session) CallTrigger(ctx context.Context, f *catalog.Function, t *TriggerCall) (row []types.Datum, err error) {
	if f.Language != "plpgsql" {
		return nil, pgerr.NotSupported(-1, "trigger functions in language %s are not supported", f.Language)
	}
	a, leave, err := s.activate(ctx, f, nil)
	if err != nil {
		return nil, err
	}
	defer leave()
	b, err := s.plBodyOf(f, nil, t.Table, 0)
	if err != nil {
		return nil, a.compiling(err)
	}
	r := &plRun{activation: a, b: b, res: s.newResult(shape{T: types.Of(types.VoidOID)}), trig: t, atomic: true}
	a.at.pl = r
	defer r.res.close()
	r.reset()
	r.tell(t)
	if err := r.whole(ctx); err != nil {
		return nil, err
	}
	return r.tuple(t)
}

// tell gives the variables of a trigger function their values.
func (r *plRun) tell(t *TriggerCall) {
	names := r.b.root.names
	for name, row := range map[string][]types.Datum{"new": t.New, "old": t.Old} {
		if row == nil {
			continue
		}
		rec := r.recs[names[name]]
		rec.null, rec.set = false, true
		copy(rec.vals, row)
	}
	text := func(name, v string) { r.vals[names[name]] = types.String(v) }
	text("tg_name", t.Name)
	text("tg_when", t.When)
	text("tg_level", t.Level)
	text("tg_op", t.Op)
	text("tg_relname", t.Table.Name)
	text("tg_table_name", t.Table.Name)
	text("tg_table_schema", r.s.Catalog().SchemaName(t.Table.Schema))
	r.vals[names["tg_relid"]] = types.Int(int64(t.Table.ID))
	r.vals[names["tg_nargs"]] = types.Int(int64(len(t.Args)))
	r.vals[names["tg_argv"]] = textArray(t.Args)
}

// tuple is the row that a trigger function returns, of the table's columns.
func (r *plRun) tuple(t *TriggerCall) ([]types.Datum, error) {
	if r.value.d.IsNull() || t.Level != "ROW" {
		return nil, nil
	}
	if r.value.t.OID != types.RecordOID && !types.IsComposite(r.value.t.OID) {
		return nil, r.where(pgerr.New(pgerrcode.DatatypeMismatch, "cannot return non-composite value from function returning composite type"), "during function exit")
	}
	rec := r.s.splitRecord(r.value)
	row := make([]types.Datum, len(t.Table.Columns))
	k := 0
	for i := range t.Table.Columns {
		c := &t.Table.Columns[i]
		if row[i] = types.Null; c.Dropped {
			continue
		}
		for k < len(rec.ts) && rec.ts[k].OID == 0 {
			k++
		}
		if k >= len(rec.ts) {
			return nil, r.where(pgerr.New(pgerrcode.DatatypeMismatch, "returned row structure does not match the structure of the triggering table").
				WithDetail("Number of returned columns (%d) does not match expected column count (%d).", len(rec.ts), len(t.Table.Columns)), "during function exit")
		}
		d, err := r.cast(plValue{rec.vals[k], rec.ts[k]}, c.Type, 0)
		if err != nil {
			return nil, r.where(err, "during function exit")
		}
		row[i] = d
		k++
	}
	return row, nil
}

// textArray is a text[] with bounds from 0, as TG_ARGV has them.
func textArray(list []string) types.Datum {
	if len(list) == 0 {
		return types.Null
	}
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	for _, s := range list {
		b.Append(types.String(s))
	}
	d, err := b.Shaped([]types.ArrayDim{{Len: len(list)}})
	if err != nil {
		return types.Null
	}
	return d.Clone()
}
