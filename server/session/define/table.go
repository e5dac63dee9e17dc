package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createTable is CREATE TABLE; its AS form gives Columns made from a query.
func (e *Env) createTable(ctx context.Context, st *ast.CreateTable) error {
	if err := refuseTable(st); err != nil {
		return err
	}
	schema, err := e.target(ctx, &st.Name, declared(st.Temp, st.Unlogged))
	if err != nil {
		return placed(err, &st.Name)
	}
	if err := e.makeWay(ctx, schema.ID, st.Name.Name); err != nil {
		return err
	}
	if e.Catalog.RelationExists(schema.ID, st.Name.Name) {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name.Name)
			return nil
		}
		if err := e.beforeTaken(ctx, schema, st); err != nil {
			return err
		}
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", st.Name.Name).At(-1)
	}
	if err := e.freeRowType(schema.ID, st.Name.Name); err != nil {
		return err
	}
	e.change(ctx)
	if st.OnCommit != 0 && !schema.Temp {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	t := &catalog.Table{
		Schema: schema.ID, Name: st.Name.Name, Kind: catalog.KindTable, Owner: e.Owner, Unlogged: st.Unlogged, Temp: schema.Temp,
	}
	if st.OnCommit != 'p' {
		t.OnCommit = st.OnCommit
	}
	if t.ID, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	t.Storage = t.ID
	if st.Materialized {
		if err := e.materialize(t, st); err != nil {
			return err
		}
	}
	if t.ToastOptions, err = tableOptions(st.With, "toast"); err != nil {
		return err
	}
	if t.Options, err = tableOptions(st.With, ""); err != nil {
		return err
	}
	if err := checkStorage(st.With); err != nil && st.PartitionBy == nil {
		return err
	}
	if st.PartitionBy != nil && len(st.With) > 0 {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", st.With[0].Name)
	}
	if err := e.ownCollations(t, schema, st); err != nil {
		return err
	}
	parents, err := e.parents(ctx, t, st)
	if err != nil {
		return err
	}
	if err := e.inheritColumns(ctx, t, parents); err != nil {
		return err
	}
	if err := e.columnsOfType(t, st.OfType); err != nil {
		return err
	}
	if err := e.addColumns(ctx, t, st); err != nil {
		return err
	}
	if err := e.noConflicts(t, st); err != nil {
		return err
	}
	if st.PartitionBy != nil {
		if err := e.partitionBy(t, st.PartitionBy); err != nil {
			return err
		}
	}
	for _, p := range parents {
		t.Parents = append(t.Parents, p.ID)
	}
	if st.Bound != nil {
		if t.Bound, err = e.bound(parents[0], st.Bound); err != nil {
			return err
		}
		if err := e.checkBound(parents[0], t.Name, t.Bound, st.Bound); err != nil {
			return err
		}
	}
	if err := e.inheritChecks(ctx, t, parents); err != nil {
		return err
	}
	if err := e.addConstraints(ctx, t, st); err != nil {
		return err
	}
	for i := range st.Like {
		if err := e.likeIndexes(ctx, t, &st.Like[i]); err != nil {
			return err
		}
		if err := e.likeStatistics(ctx, t, &st.Like[i]); err != nil {
			return err
		}
	}
	if err := dividable(t, st.PartitionBy); err != nil {
		return err
	}
	choosePrimaryAttr(t)
	e.Made = t.ID
	if err := e.putTable(t); err != nil {
		return err
	}
	for _, p := range parents {
		p, _ = e.Catalog.TableByID(p.ID)
		if err := e.join(ctx, p, t, false); err != nil {
			return err
		}
		if t.IsPartition() {
			if err := e.cloneKeys(ctx, p, t.ID, nil); err != nil {
				return err
			}
			if err := e.cloneTriggers(ctx, p, t.ID); err != nil {
				return err
			}
		}
	}
	for _, x := range t.Indexes {
		if x.IsVector() { // of LIKE
			if err := e.Jobs.Build(ctx, e.Txn, e.Catalog, t, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// placed is an error at a relation's name.
func placed(err error, n *ast.QName) error {
	if pe, ok := pgerr.As(err); ok && (pe.Code != pgerrcode.InsufficientPrivilege || strings.HasPrefix(pe.Message, "permission denied for schema")) {
		return pe.At(int(n.Pos))
	}
	return err
}

func refuseTable(st *ast.CreateTable) error {
	if st.AccessMethod != "" && st.AccessMethod != "heap" {
		return pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", st.AccessMethod)
	}
	return knownTablespace(st.Tablespace)
}

// tableOptions keeps storage parameters; they have no effect here. Those of a table of long
// values are in the namespace toast, others in none.
func tableOptions(with []ast.Option, namespace string) (catalog.Options, error) {
	var list catalog.Options
	for i := range with {
		if with[i].Namespace != namespace || with[i].Name == "oids" { // which has no effect
			continue
		}
		var err error
		if list, err = addOption(list, with[i].Name, optionValue(&with[i])); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// addOption adds a storage parameter, which may be given once.
func addOption(list catalog.Options, name, value string) (catalog.Options, error) {
	if _, given := list.Get(name); given {
		return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "parameter %q specified more than once", name)
	}
	return append(list, catalog.Option{Name: name, Value: value}), nil
}

// addColumns makes the columns: all of them first, then their expressions,
// since generated columns refer to others, then their sequences.
func (e *Env) addColumns(ctx context.Context, t *catalog.Table, st *ast.CreateTable) error {
	if len(st.Columns) > 1600 {
		return pgerr.New(pgerrcode.TooManyColumns, "tables can have at most 1600 columns")
	}
	inherited := len(t.Columns) > 0 && t.Columns[0].InhCount > 0
	seqs := make([]*ast.Constraint, len(st.Columns))
	at := make([]int, len(st.Columns)) // where they are in the table
	likes := st.Like
	for i := range st.Columns {
		for len(likes) > 0 && likes[0].After <= i {
			if err := e.likeColumns(ctx, t, &likes[0]); err != nil {
				return err
			}
			likes = likes[1:]
		}
		d := &st.Columns[i]
		if t.OfType != 0 {
			k, err := e.optionsOfTyped(t, d, st.Columns[:i])
			if err != nil {
				return err
			}
			at[i] = k
			continue
		}
		if st.Bound != nil {
			var err error
			if d, err = e.partitionColumn(t, d); err != nil {
				return err
			}
			for i := range d.Constraints {
				switch d.Constraints[i].Kind {
				case ast.ConIdentity:
					return pgerr.New(pgerrcode.FeatureNotSupported, "identity columns are not supported on partitions")
				case ast.ConGenerated:
					return pgerr.New(pgerrcode.FeatureNotSupported, "generated columns are not supported on partitions")
				}
			}
		}
		if old := t.ColumnByName(d.Name); old == nil || !inherited || !old.Inherited {
			if err := checkColumnName(t, d); err != nil {
				return err
			}
		}
		if err := checkDeclarations(t.Name, d); err != nil {
			return err
		}
		c, seq, err := e.newColumn(d)
		if err != nil {
			return err
		}
		takeCollation(t, &c, d)
		if inherited {
			e.declared = i
			k, merged, err := e.mergeColumn(t, &c, d, st.Bound != nil)
			if err != nil {
				return err
			}
			if merged {
				seqs[i], at[i] = seq, k
				continue
			}
		}
		c.Num, seqs[i], at[i] = int16(len(t.Columns)+1), seq, len(t.Columns)
		t.Columns = append(t.Columns, c)
	}
	for i := range likes {
		if err := e.likeColumns(ctx, t, &likes[i]); err != nil {
			return err
		}
	}
	if st.Bound != nil { // what a partition says of a column does not make it its own
		for i := range t.Columns {
			t.Columns[i].Inherited = t.Columns[i].InhCount > 0
		}
	}
	for i := range st.Columns {
		c := &t.Columns[at[i]]
		if err := e.columnExpressions(ctx, t, c, &st.Columns[i]); err != nil {
			return err
		}
		if seqs[i] != nil {
			if err := e.ownedSequence(ctx, t, c, seqs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func isSystemColumn(name string) bool { return catalog.SystemAttr(name) != 0 }

func checkColumnName(t *catalog.Table, d *ast.ColumnDef) error {
	if isSystemColumn(d.Name) {
		return pgerr.Newf(pgerrcode.DuplicateColumn, "column name %q conflicts with a system column name", d.Name)
	}
	if t.ColumnByName(d.Name) != nil {
		return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", d.Name)
	}
	return nil
}

// addConstraints makes the constraints of columns and of the table: primary key
// first, as it decides how rows are kept.
func (e *Env) addConstraints(ctx context.Context, t *catalog.Table, st *ast.CreateTable) error {
	all, err := allConstraints(st)
	if err != nil {
		return err
	}
	for _, kind := range []ast.ConstraintKind{ast.ConPrimary, ast.ConUnique, ast.ConCheck, ast.ConForeign, ast.ConExclusion} {
		for i := range all {
			if all[i].Kind != kind {
				continue
			}
			if kind == ast.ConPrimary && t.PrimaryKey() != nil {
				return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name).At(int(all[i].Pos))
			}
			if kind == ast.ConCheck && all[i].Name != "" && slices.ContainsFunc(all[:i], func(k ast.Constraint) bool { return k.Kind == kind && k.Name == all[i].Name }) {
				return pgerr.Newf(pgerrcode.DuplicateObject, "check constraint %q already exists", all[i].Name)
			}
			if _, _, err := e.newConstraint(ctx, t, &all[i]); err != nil {
				return err
			}
			if kind == ast.ConPrimary {
				choosePrimaryAttr(t)
			}
		}
	}
	return nil
}

// allConstraints are the constraints of columns, each with its column, and of the table.
func allConstraints(st *ast.CreateTable) ([]ast.Constraint, error) {
	var all []ast.Constraint
	for i := range st.Columns {
		list, err := attributed(st.Columns[i].Constraints)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			switch k.Kind {
			case ast.ConPrimary, ast.ConUnique, ast.ConCheck, ast.ConForeign:
				if len(k.Columns) == 0 && k.Kind != ast.ConCheck {
					k.Columns = []string{st.Columns[i].Name}
				}
				all = append(all, k)
			}
		}
	}
	return append(all, st.Constraints...), nil
}

// choosePrimaryAttr makes a primary key of one integer column the table key.
func choosePrimaryAttr(t *catalog.Table) {
	t.PrimaryAttr = 0
	pk := t.PrimaryKey()
	if t.IsPartitioned() || pk == nil || len(pk.Columns) != 1 || pk.Deferrable { // of two rows with one key each has its place
		return
	}
	switch t.Columns[pk.Columns[0]-1].Type.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		t.PrimaryAttr = pk.Columns[0]
	}
}
