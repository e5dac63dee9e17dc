package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterSequenceActions is ALTER SEQUENCE with actions of ALTER TABLE.
func (e *Env) alterSequenceActions(ctx context.Context, st *ast.AlterTable) error {
	q, err := e.findSequence(&st.Name)
	if st.IfExists && missing(err) {
		e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
		return nil
	} else if err != nil {
		return err
	}
	return e.alterSequenceBy(ctx, q, st)
}

// alterSequenceBy does to a sequence what actions of ALTER TABLE or ALTER SEQUENCE say:
// only its owner and whether it is logged can be changed so.
func (e *Env) alterSequenceBy(ctx context.Context, q *catalog.Sequence, st *ast.AlterTable) error {
	if err := e.ownsRelation(&st.Name, ""); err != nil {
		return err
	}
	changed := false // whether it is logged
	for i := range st.Cmds {
		switch cmd := &st.Cmds[i]; cmd.Kind {
		case ast.ChangeOwner:
		case ast.SetLogged, ast.SetUnlogged:
			if err := e.loggedOnce(q, cmd.Kind == ast.SetLogged, &changed); err != nil {
				return err
			}
		default:
			words := alterAction(cmd)
			if words == "" {
				return pgerr.NotSupported(int(st.Pos), "this form of ALTER %s is not supported", st.Kind)
			}
			return unsupported("ALTER action "+words+" cannot be performed on", q.Name, "sequences")
		}
	}
	for i := range st.Cmds {
		q, _ = e.Catalog.SequenceByID(q.ID)
		var err error
		if cmd := &st.Cmds[i]; cmd.Kind == ast.ChangeOwner {
			err = e.changeOwner(ctx, &st.Name, st.Kind, cmd.Name)
		} else {
			e.change(ctx)
			err = e.setSequenceLogged(q, cmd.Kind == ast.SetLogged)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loggedOnce refuses SET LOGGED and SET UNLOGGED of a temporary sequence, and after an
// action that changes it.
func (e *Env) loggedOnce(q *catalog.Sequence, logged bool, changed *bool) error {
	if *changed {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot change persistence setting twice")
	}
	if q.Temp {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot change logged status of table %q because it is temporary", q.Name).
			OnTable(e.Catalog.SchemaName(q.Schema), q.Name)
	}
	*changed = q.Unlogged == logged
	return nil
}

// setSequenceLogged notes whether a sequence is logged, which says as little as it does of
// tables.
func (e *Env) setSequenceLogged(q *catalog.Sequence, logged bool) error {
	if q.Unlogged == !logged {
		return nil
	}
	n := *q
	n.Unlogged = !logged
	return e.edit.PutSequence(&n)
}
