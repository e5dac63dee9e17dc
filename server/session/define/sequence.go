package define

import (
	"context"
	"math"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func (e *Env) createSequence(ctx context.Context, st *ast.CreateSequence) error {
	s, err := e.target(ctx, &st.Name, declared(st.Temp, false))
	if err != nil {
		return err
	}
	if e.Catalog.RelationExists(s.ID, st.Name.Name) {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", st.Name.Name)
	}
	if err := e.freeRowType(s.ID, st.Name.Name); err != nil {
		return err
	}
	edit := e.change(ctx)
	id, err := edit.NewID(ctx)
	if err != nil {
		return err
	}
	q := &catalog.Sequence{ID: id, Schema: s.ID, Name: st.Name.Name, Owner: e.Owner, Type: types.Int8OID, Temp: s.Temp}
	if err := e.sequenceOptions(q, st.Options, true); err != nil {
		return err
	}
	return edit.PutSequence(q)
}

func (e *Env) findSequence(n *ast.QName) (q *catalog.Sequence, err error) {
	err = e.find(n, func(s catalog.ID) (ok bool) { q, ok = e.Catalog.Sequence(s, n.Name); return ok })
	return q, e.misnamed(n, "a sequence", err)
}

func (e *Env) alterSequence(ctx context.Context, st *ast.AlterSequence) error {
	q, err := e.findSequence(&st.Name)
	if err != nil {
		if st.IfExists && pgerr.Code(err) == pgerrcode.UndefinedTable {
			e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
			return nil
		}
		return err
	}
	n := *q
	e.change(ctx)
	return e.applySequence(ctx, &n, st.Options)
}

// applySequence changes a sequence's options, and its position for RESTART.
func (e *Env) applySequence(ctx context.Context, q *catalog.Sequence, opts []ast.SeqOption) error {
	was := *q
	if err := e.sequenceOptions(q, opts, false); err != nil {
		return err
	}
	at, _, err := e.Positions(&was).Get(ctx, &was)
	if err != nil {
		return err
	}
	restart := false
	for i := range opts {
		if opts[i].Name != "restart" {
			continue
		}
		if restart = true; opts[i].Value != nil {
			at = seqInt(&opts[i])
		} else {
			at = q.Start
		}
	}
	switch {
	case at < q.Min:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "RESTART value (%d) cannot be less than MINVALUE (%d)", at, q.Min)
	case at > q.Max:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "RESTART value (%d) cannot be greater than MAXVALUE (%d)", at, q.Max)
	case restart:
		if err := e.Positions(q).Set(ctx, q, at, false); err != nil {
			return err
		}
	}
	return e.edit.PutSequence(q)
}

func seqInt(o *ast.SeqOption) int64 {
	if o.Value.Kind == ast.LitNumeric {
		if d, err := types.ParseText(types.Of(types.Int8OID), o.Value.Text, types.DefaultFormat); err == nil {
			return d.Int()
		}
		if strings.HasPrefix(o.Value.Text, "-") {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return o.Value.Int
}

// sequenceOptions reads the options of CREATE and ALTER SEQUENCE; fresh fills in
// the defaults of a new one.
func (e *Env) sequenceOptions(q *catalog.Sequence, opts []ast.SeqOption, fresh bool) error {
	minSet, maxSet, startSet := !fresh, !fresh, !fresh
	least, greatest := false, false // the limits become the new type's
	if fresh {
		q.Increment, q.Cache = 1, 1
	}
	for i := range opts {
		o := &opts[i]
		switch o.Name {
		case "as":
			t, err := bind.TypeName(o.Type, e.options())
			if err != nil {
				return err
			}
			oldLo, oldHi := seqLimits(q.Type)
			if !fresh && q.Min == oldLo { // limits that were the old type's
				minSet, least = false, true
			}
			if !fresh && q.Max == oldHi {
				maxSet, greatest = false, true
			}
			if q.Type = t.OID; t.OID != types.Int2OID && t.OID != types.Int4OID && t.OID != types.Int8OID {
				return pgerr.New(pgerrcode.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
			}
		case "increment":
			if q.Increment = seqInt(o); q.Increment == 0 {
				return pgerr.New(pgerrcode.InvalidParameterValue, "INCREMENT must not be zero")
			}
		case "minvalue":
			if minSet = o.Value != nil; minSet {
				q.Min = seqInt(o)
			}
		case "maxvalue":
			if maxSet = o.Value != nil; maxSet {
				q.Max = seqInt(o)
			}
		case "start":
			q.Start, startSet = seqInt(o), true
		case "cache":
			if q.Cache = seqInt(o); q.Cache < 1 {
				return pgerr.Newf(pgerrcode.InvalidParameterValue, "CACHE (%d) must be greater than zero", q.Cache)
			}
		case "cycle":
			q.Cycle = o.Value == nil || o.Value.Bool
		case "sequence_name": // of identity columns
			if err := e.sequenceName(q, o); err != nil {
				return err
			}
		case "owned_by":
			if err := e.ownedBy(q, o); err != nil {
				return err
			}
		}
	}
	lo, hi := seqLimits(q.Type)
	if !minSet {
		if q.Min = 1; q.Increment < 0 || least {
			q.Min = lo
		}
	}
	if !maxSet {
		if q.Max = hi; q.Increment < 0 && !greatest {
			q.Max = -1
		}
	}
	if !startSet {
		if q.Start = q.Min; q.Increment < 0 {
			q.Start = q.Max
		}
	}
	return checkSequence(q, lo, hi)
}

func checkSequence(q *catalog.Sequence, lo, hi int64) error {
	name := types.TypeName(q.Type)
	switch {
	case q.Max > hi:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MAXVALUE (%d) is out of range for sequence data type %s", q.Max, name)
	case q.Min < lo:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MINVALUE (%d) is out of range for sequence data type %s", q.Min, name)
	case q.Min >= q.Max:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	case q.Start < q.Min:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	case q.Start > q.Max:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	return nil
}

// sequenceName is SEQUENCE NAME, which pg_dump writes.
func (e *Env) sequenceName(q *catalog.Sequence, o *ast.SeqOption) error {
	n := len(o.Names)
	if q.Name = o.Names[n-1]; n > 1 {
		s, ok := e.Catalog.Schema(o.Names[n-2])
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", o.Names[n-2])
		}
		q.Schema = s.ID
	}
	if e.Catalog.RelationExists(q.Schema, q.Name) {
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", q.Name)
	}
	return nil
}

// ownedBy is OWNED BY table.column or NONE.
func (e *Env) ownedBy(q *catalog.Sequence, o *ast.SeqOption) error {
	if len(o.Names) == 1 && o.Names[0] != "none" {
		return pgerr.New(pgerrcode.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	if q.Identity {
		t, _ := e.Catalog.TableByID(q.OwnerTable)
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot change ownership of identity sequence").
			WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name)
	}
	if len(o.Names) < 2 {
		q.OwnerTable, q.OwnerAttr = 0, 0
		return nil
	}
	n := len(o.Names)
	name := ast.QName{At: o.At, Name: o.Names[n-2]}
	if n > 2 {
		name.Schema = o.Names[n-3]
	}
	t, err := e.baseTable(&name)
	if err != nil {
		return err
	}
	if t.Schema != q.Schema {
		return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	c := t.ColumnByName(o.Names[n-1])
	if c == nil {
		return noColumn(t, o.Names[n-1])
	}
	q.OwnerTable, q.OwnerAttr = t.ID, c.Num
	return nil
}
