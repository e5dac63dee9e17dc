package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterTable runs ALTER TABLE's actions one after the other.
func (e *Env) alterTable(ctx context.Context, st *ast.AlterTable) error {
	if len(st.Cmds) == 0 { // see makeAwaited
		return nil
	}
	switch st.Kind {
	case ast.ObjTable, ast.ObjView:
		if v, err := e.table(&st.Name); err == nil && v.Kind == catalog.KindView {
			return e.alterView(ctx, v, st)
		} else if err == nil && st.Kind == ast.ObjView {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a view", v.Name)
		} else if err == nil && v.Kind == catalog.KindMatView && !slices.ContainsFunc(st.Cmds, func(c ast.AlterCmd) bool { return !notes(c.Kind) }) {
			return e.noteMatView(ctx, v, st)
		}
	case ast.ObjIndex:
		return e.alterIndex(ctx, st)
	case ast.ObjType:
		return e.alterComposite(ctx, st)
	case ast.ObjSequence:
		return e.alterSequenceActions(ctx, st)
	default:
		return e.alterOther(ctx, st)
	}
	if q, err := e.findSequence(&st.Name); err == nil {
		return e.alterSequenceBy(ctx, q, st)
	}
	if done, err := e.alterOwnerAlone(ctx, st); done {
		return err
	}
	t, err := e.baseTable(&st.Name)
	if err != nil {
		if c := e.compositeByName(&st.Name); c != nil {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", c.Name).WithHint("Use ALTER TYPE instead.")
		}
		if st.IfExists && missing(err) {
			if e.other(&st.Name) == nil {
				e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
				return nil
			}
		}
		if m, _ := e.table(&st.Name); m != nil && m.Kind == catalog.KindMatView {
			for i := range st.Cmds {
				if words := alterAction(&st.Cmds[i]); words != "" && !forMatViews(&st.Cmds[i]) {
					return unsupported("ALTER action "+words+" cannot be performed on", m.Name, "materialized views")
				}
			}
		}
		return e.alterOfOther(ctx, st, err)
	}
	first := e.Catalog
	if err := e.own(ctx, t); err != nil {
		return err
	}
	if err := e.settled(ctx, "ALTER TABLE", t); err != nil {
		return err
	}
	if err := e.prepare(t, st); err != nil {
		return err
	}
	e.change(ctx)
	cmds := slices.Clone(st.Cmds)
	slices.SortStableFunc(cmds, func(a, b ast.AlterCmd) int { return alterPass(&a) - alterPass(&b) })
	return e.runAlter(ctx, t, cmds, alterRun{only: st.Only, first: first})
}

// alterRun is how actions of ALTER TABLE are run: without children (only), as a change of the
// table's type (ofType). first is the catalog before the statement.
type alterRun struct {
	only, ofType bool
	first        *catalog.Snapshot
}

// runAlter runs actions, which are in their order, on a table and its children.
func (e *Env) runAlter(ctx context.Context, t *catalog.Table, cmds []ast.AlterCmd, run alterRun) error {
	for i := 0; i < len(cmds); i++ {
		t, _ = e.Catalog.TableByID(t.ID)
		if reachesChildren(&cmds[i]) && !run.only {
			if err := e.ownsChildren(t); err != nil {
				return err
			}
		}
		if !run.ofType {
			if err := refuseOfTyped(t, &cmds[i]); err != nil {
				return err
			}
		}
		if err := e.refuseOfChild(t, &cmds[i], run.only); err != nil {
			return err
		}
		if cmds[i].Kind == ast.ColumnType {
			n := i + 1
			for ; n < len(cmds) && cmds[n].Kind == ast.ColumnType; n++ {
				if err := e.refuseOfChild(t, &cmds[n], run.only); err != nil {
					return err
				}
			}
			if err := e.alterTypes(ctx, t, cmds[i:n], run.only, run.first); err != nil {
				return err
			}
			i = n - 1
			continue
		}
		if err := e.alter(ctx, t, copyTable(t), &cmds[i]); err != nil {
			return err
		}
		if len(t.Children) == 0 || aboutParents(cmds[i].Kind) {
			continue
		}
		if err := e.propagate(ctx, t, &cmds[i], run.only); err != nil {
			return err
		}
		if !run.only {
			if err := e.switchParts(ctx, t.ID, &cmds[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// alterOwnerAlone is ALTER TABLE … OWNER TO of a sequence or view, which may be called
// tables here: pg_dump does so.
func (e *Env) alterOwnerAlone(ctx context.Context, st *ast.AlterTable) (done bool, err error) {
	if len(st.Cmds) != 1 || st.Cmds[0].Kind != ast.ChangeOwner {
		return false, nil
	}
	found := e.find(&st.Name, func(s catalog.ID) bool {
		_, sequence := e.Catalog.Sequence(s, st.Name.Name)
		t, table := e.Catalog.Table(s, st.Name.Name)
		return sequence || table && t.Kind != catalog.KindTable
	})
	if found != nil {
		return false, nil
	}
	return true, e.changeOwner(ctx, &st.Name, "", st.Cmds[0].Name)
}

// alterPass orders the actions of one ALTER TABLE as PostgreSQL's passes do: what
// drops comes first, what builds on new columns after them.
func alterPass(cmd *ast.AlterCmd) int {
	switch cmd.Kind {
	case ast.DropColumn, ast.DropConstraint, ast.DropNotNull, ast.DropExpression, ast.DropIdentity:
		return 0
	case ast.ColumnType:
		return 1
	case ast.AddColumn:
		return 2
	case ast.SetNotNull:
		return 3
	case ast.AddConstraint:
		if cmd.Constraint.Kind == ast.ConPrimary || cmd.Constraint.Kind == ast.ConUnique || cmd.Constraint.Kind == ast.ConExclusion {
			return 4
		}
		return 5
	case ast.ColumnDefault:
		if cmd.Expr == nil {
			return 0
		}
		return 5
	case ast.AddIdentity:
		return 5
	}
	return 6
}

// alterOther accepts the actions on other objects that mean nothing here.
func (e *Env) alterOther(ctx context.Context, st *ast.AlterTable) error {
	for i := range st.Cmds {
		switch st.Cmds[i].Kind {
		case ast.ChangeOwner:
			if err := e.changeOwner(ctx, &st.Name, st.Kind, st.Cmds[i].Name); err != nil {
				return err
			}
		default:
			t, err := e.table(&st.Name)
			words := alterAction(&st.Cmds[i])
			switch {
			case st.Kind != ast.ObjMatView || !forMatViews(&st.Cmds[i]) && words == "":
				return pgerr.NotSupported(int(st.Pos), "this form of ALTER %s is not supported", st.Kind)
			case st.IfExists && missing(err):
				e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
				return nil
			case err != nil:
				return err
			case t.Kind != catalog.KindMatView:
				return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a materialized view", t.Name)
			case !forMatViews(&st.Cmds[i]):
				return unsupported("ALTER action "+words+" cannot be performed on", t.Name, "materialized views")
			}
			if err := e.noteMatView(ctx, t, &ast.AlterTable{At: st.At, Name: st.Name, Kind: st.Kind, Cmds: st.Cmds[i : i+1]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// alter runs one action: old is the present table, t a copy to change.
func (e *Env) alter(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) error {
	switch cmd.Kind {
	case ast.TableCollation:
		return e.tableCollation(ctx, old, t, cmd)
	case ast.AddColumn:
		return e.addColumn(ctx, old, t, cmd)
	case ast.DropColumn:
		return e.dropColumn(ctx, t, cmd)
	case ast.AddConstraint:
		return e.addConstraint(ctx, old, t, cmd)
	case ast.DropConstraint:
		return e.dropConstraint(ctx, t, cmd)
	case ast.ColumnType:
		return e.columnTypes(ctx, old, t, []ast.AlterCmd{*cmd})
	case ast.AlterConstraint:
		return e.alterConstraint(ctx, t, cmd)
	case ast.AttachPartition, ast.DetachPartition, ast.AddInherit, ast.DropInherit:
		return e.alterParents(ctx, old, cmd)
	case ast.SetTyped, ast.DropTyped:
		return e.alterTyped(t, cmd)
	case ast.ValidateConstraint:
		c := constraintOf(t, cmd.Name)
		if c == nil {
			return noConstraint(t, cmd.Name)
		}
		if c.Kind != catalog.CheckConstraint && c.Kind != catalog.ForeignConstraint {
			return pgerr.Newf(pgerrcode.WrongObjectType, "constraint %q of relation %q is not a foreign key or check constraint", c.Name, t.Name)
		}
		switch {
		case c.Validated && c.Unchecked:
			return e.recheck(ctx, t, c)
		case c.Validated:
			return nil
		}
		if c.Unenforced {
			return pgerr.Newf(pgerrcode.WrongObjectType, "cannot validate NOT ENFORCED constraint")
		}
		v := *c
		v.Validated, v.Unchecked = true, c.Triggers != ""
		replaceConstraint(t, &v)
		if err := e.validate(ctx, t, &v); err != nil {
			return err
		}
		return e.putTable(t)
	case ast.ChangeOwner:
		return e.changeOwner(ctx, &ast.QName{Schema: e.Catalog.SchemaName(old.Schema), Name: old.Name}, "", cmd.Name)
	case ast.EnableRowSecurity, ast.DisableRowSecurity, ast.ForceRowSecurity, ast.NoForceRowSecurity:
		return e.rowSecurity(t, cmd.Kind)
	case ast.SetLogged, ast.SetUnlogged:
		return e.setLogged(t, cmd.Kind == ast.SetLogged)
	case ast.SetStorage:
		return e.setStorage(t, cmd)
	case ast.SetCompression:
		return e.setCompression(t, cmd)
	case ast.SetStatistics:
		return e.setStatistics(t, cmd)
	case ast.ReplicaIdentity:
		return e.replicaIdentity(t, cmd)
	case ast.ClusterOn, ast.WithoutCluster:
		return e.clusterOn(t, cmd.Name)
	case ast.SetOptions, ast.ResetOptions:
		return e.withoutEffect(t, cmd)
	case ast.SetTablespace:
		return placeable(cmd.Name)
	case ast.SetAccessMethod:
		return storedBy(t, cmd.Name)
	case ast.AlterOther:
		switch cmd.Name {
		case "SET WITHOUT OIDS": // tables have had no OIDs since PostgreSQL 12
			return nil
		}
		if cmd.Of != nil && (t.Kind == catalog.KindTable || cmd.Of.Name != "_RETURN") {
			return pgerr.Newf(pgerrcode.UndefinedObject, "rule %q for relation %q does not exist", cmd.Of.Name, t.Name)
		}
	case ast.EnableTrigger, ast.DisableTrigger, ast.EnableAlwaysTrigger, ast.EnableReplicaTrigger:
		return e.switchTriggers(t, cmd)
	case ast.RedefineColumn:
		return e.redefineColumn(ctx, t, cmd)
	case ast.RestartIdentity:
		return e.restartIdentity(ctx, t, cmd)
	case ast.SoundTable:
		return soundTable(t)
	case ast.EnforceCheck, ast.UnenforceCheck:
		return e.enforce(ctx, t, cmd)
	case ast.KeyVisible, ast.KeyInvisible:
		return e.showKey(t, cmd)
	case ast.AddPartitions, ast.DropPartitions, ast.TruncatePartitions, ast.TendPartitions:
		return e.alterPartitions(ctx, old, cmd)
	case ast.ReorganizePartitions, ast.CoalescePartitions, ast.ExchangePartition, ast.RemovePartitioning:
		return e.redividePartitions(ctx, old, cmd)
	case ast.DivideTable:
		return e.divideTable(ctx, old, cmd)
	case ast.MoveColumn:
		if err := e.placeColumn(t, cmd.Name, cmd.Place); err != nil {
			return err
		}
		return e.putTable(t)
	case ast.ColumnOnUpdate, ast.ColumnDefault, ast.SetNotNull, ast.DropNotNull, ast.AddIdentity, ast.SetIdentity, ast.DropIdentity, ast.DropExpression:
		return e.alterColumn(ctx, old, t, cmd)
	}
	return pgerr.NotSupported(int(cmd.Pos), "this form of ALTER TABLE is not supported")
}

// rewrite copies the rows into new storage under the new descriptor; values
// gives the assigned columns' expressions. It returns the table as stored.
func (e *Env) rewrite(ctx context.Context, old, t *catalog.Table, values map[int16]expr.Expr) (*catalog.Table, error) {
	t = copyTable(t)
	choosePrimaryAttr(t)
	if t.IsPartitioned() { // there are no rows
		return t, e.putTable(t)
	}
	var err error
	if t.Storage, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	for i := range t.Columns {
		t.Columns[i].Missing = nil
	}
	for i, x := range t.Indexes {
		c := *x
		if c.IsVector() {
			if err := checkVectorKey(c.Method, &c.Keys[0]); err != nil {
				return nil, err
			}
			if c.ID, err = e.edit.NewID(ctx); err != nil {
				return nil, err
			}
		}
		if c.Storage, err = e.edit.NewID(ctx); err != nil {
			return nil, err
		}
		t.Indexes[i] = &c
		if oldIndex := old.Index(x.ID); oldIndex != nil {
			if err := e.edit.DropIndexStorage(oldIndex); err != nil {
				return nil, err
			}
		}
	}
	if err := e.edit.DropTableStorage(old.Storage); err != nil {
		return nil, err
	}
	if err := e.putTable(t); err != nil {
		return nil, err
	}
	return t, e.Jobs.Rewrite(ctx, e.Txn, e.Catalog, old, t, values)
}
