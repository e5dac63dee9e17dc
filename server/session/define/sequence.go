package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createSequence looks at the options before anything is known of the schema, as
// DefineSequence does.
func (e *Env) createSequence(ctx context.Context, st *ast.CreateSequence) error {
	q := &catalog.Sequence{Name: st.Name.Name, Owner: e.Owner, Type: types.Int8OID, Unlogged: st.Unlogged}
	invalid := e.sequenceOptions(q, st.Options, true)
	if invalid != nil && !st.IfNotExists {
		return invalid
	}
	s, err := e.target(ctx, &st.Name, declared(st.Temp, st.Unlogged))
	if err != nil {
		return err
	}
	q.Schema, q.Temp = s.ID, s.Temp
	if st.IfNotExists && e.Catalog.RelationExists(s.ID, st.Name.Name) {
		e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name.Name)
		return nil
	}
	if invalid != nil {
		return invalid
	}
	if err := e.freeForRelation(s, q.Name); err != nil {
		return err
	}
	edit := e.change(ctx)
	if q.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	if err := e.sequenceOwner(q, st.Options); err != nil {
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
		if st.IfExists && missing(err) {
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
	if err := e.sequenceOwner(q, opts); err != nil {
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
			if at, err = seqNumber(&opts[i]); err != nil {
				return err
			}
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
		return e.restartSequence(ctx, q, at)
	}
	return e.edit.PutSequence(q)
}

// restartSequence stores q, a copy of a sequence, that begins with at. It does so under a new
// position: who has not seen the change yet draws from the old one, as all do again if the
// transaction fails.
func (e *Env) restartSequence(ctx context.Context, q *catalog.Sequence, at int64) (err error) {
	edit := e.change(ctx)
	if err := edit.DropPosition(q); err != nil {
		return err
	}
	if q.Position, err = edit.NewID(ctx); err != nil {
		return err
	}
	if err := e.Positions(q).Set(ctx, q, at, false); err != nil {
		return err
	}
	return edit.PutSequence(q)
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
	refuse := func(name, plural string) error {
		if plural == "views" {
			return pgerr.NotSupported(int(o.Pos), "sequences owned by views are not supported")
		}
		return unsupported("sequence cannot be owned by", name, plural)
	}
	if x := e.other(&name); x != nil && x.kind == ast.ObjIndex {
		return refuse(x.name, "indexes")
	}
	t, err := e.opened(&name, refuse)
	if pgerr.Code(err) == pgerrcode.WrongObjectType && e.compositeByName(&name) != nil {
		return refuse(name.Name, "composite types")
	}
	if err != nil {
		return err
	}
	if t.Owner != q.Owner {
		return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "sequence must have same owner as table it is linked to")
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
