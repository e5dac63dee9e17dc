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

// createTable is CREATE TABLE; its AS form gives Columns made from a query. Its parts come
// in PostgreSQL's order, as each may refuse the statement: what is written (transformCreateStmt),
// the relation (DefineRelation), what refers to its columns.
func (e *Env) createTable(ctx context.Context, st *ast.CreateTable) error {
	schema, err := e.target(ctx, &st.Name, declared(st.Temp, st.Unlogged))
	if err != nil {
		return placed(err, &st.Name)
	}
	if err := e.makeWay(ctx, schema.ID, st.Name.Name); err != nil {
		return err
	}
	if taken := e.Catalog.RelationExists(schema.ID, st.Name.Name); taken && st.IfNotExists {
		e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name.Name)
		return nil
	} else if taken && ofQuery(st) {
		return e.freeRelation(schema.ID, st.Name.Name)
	}
	e.change(ctx)
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
	if err := e.written(t, schema, st); err != nil {
		return err
	}
	if err := e.storedHow(t, schema, st); err != nil {
		return err
	}
	if err := declaredOnce(st); err != nil {
		return err
	}
	parents, err := e.parents(ctx, t, st)
	if err != nil {
		return err
	}
	columns, err := e.shape(ctx, t, parents, st)
	if err != nil {
		return err
	}
	if err := e.freeForTable(schema, t, st); err != nil {
		return err
	}
	if err := e.columnValues(ctx, t, columns); err != nil {
		return err
	}
	return e.fillIn(ctx, t, parents, st)
}

// ofQuery reports CREATE TABLE AS and its kin, whose columns are those of a query.
func ofQuery(st *ast.CreateTable) bool {
	return st.Materialized || slices.ContainsFunc(st.Columns, func(d ast.ColumnDef) bool { return d.OfQuery })
}

// storedHow is what a new table has beside columns: whether it outlives the session, where and
// how it is kept.
func (e *Env) storedHow(t *catalog.Table, schema *catalog.Schema, st *ast.CreateTable) (err error) {
	if st.OnCommit != 0 && !schema.Temp {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	if st.Materialized {
		if err := e.materialize(t, st); err != nil {
			return err
		}
	}
	if err := e.parentsThere(st); err != nil {
		return err
	}
	if err := e.ownCollations(t, schema, st); err != nil {
		return err
	}
	if err := knownTablespace(st.Tablespace); err != nil {
		return err
	}
	if t.ToastOptions, err = tableOptions(st.With, "toast"); err != nil {
		return err
	}
	if t.Options, err = tableOptions(st.With, ""); err != nil {
		return err
	}
	if st.PartitionBy == nil {
		return checkStorage(st.With)
	}
	if len(st.With) > 0 {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", st.With[0].Name)
	}
	return nil
}

// shape gives a new table its columns, those of its parents and type first.
func (e *Env) shape(ctx context.Context, t *catalog.Table, parents []*catalog.Table, st *ast.CreateTable) ([]madeColumn, error) {
	if err := e.inheritColumns(ctx, t, parents); err != nil {
		return nil, err
	}
	if err := e.columnsOfType(t, st.OfType); err != nil {
		return nil, err
	}
	made, err := e.addColumns(ctx, t, st)
	if err != nil {
		return nil, err
	}
	return made, e.noConflicts(t, st)
}

// freeForTable looks whether a new table, known by its columns, can have its name
// (heap_create_with_catalog).
func (e *Env) freeForTable(schema *catalog.Schema, t *catalog.Table, st *ast.CreateTable) error {
	switch {
	case st.AccessMethod == "" || st.AccessMethod == "heap":
	case st.PartitionBy != nil:
		return pgerr.New(pgerrcode.FeatureNotSupported, "specifying a table access method is not supported on a partitioned table")
	default:
		return pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", st.AccessMethod)
	}
	for i := range t.Columns {
		if name := t.Columns[i].Name; isSystemColumn(name) {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column name %q conflicts with a system column name", name)
		}
	}
	for i := range t.Columns {
		if err := storable(&t.Columns[i]); err != nil {
			return err
		}
	}
	return e.freeForRelation(schema, t.Name)
}

// freeForRelation looks whether a new relation can have its name and be made in its schema.
func (e *Env) freeForRelation(schema *catalog.Schema, name string) error {
	if err := e.freeRelation(schema.ID, name); err != nil {
		return err
	}
	if err := e.freeRowType(schema.ID, name); err != nil {
		return err
	}
	return notOfSystem(schema, name)
}

// fillIn makes a new table's divisions, keys and other constraints, and what
// its parents give it besides columns.
func (e *Env) fillIn(ctx context.Context, t *catalog.Table, parents []*catalog.Table, st *ast.CreateTable) (err error) {
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
	if st.PartitionBy != nil {
		if err := e.partitionBy(t, st.PartitionBy); err != nil {
			return err
		}
	}
	if err := e.inheritChecks(ctx, t, parents); err != nil {
		return err
	}
	all, err := allConstraints(st)
	if err != nil {
		return err
	}
	if err := e.addConstraints(ctx, t, all, beforeForeign...); err != nil {
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
	if err := e.addConstraints(ctx, t, all, foreign); err != nil { // which may need a key of LIKE
		return err
	}
	if err := dividable(t, st.PartitionBy); err != nil {
		return err
	}
	choosePrimaryAttr(t)
	e.Made = t.ID
	if err := e.putTable(t); err != nil {
		return err
	}
	if err := e.joinParents(ctx, t, parents); err != nil {
		return err
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

// joinParents makes a new table a child of its parents; a partition gets their keys and triggers.
func (e *Env) joinParents(ctx context.Context, t *catalog.Table, parents []*catalog.Table) error {
	for _, p := range parents {
		p, _ = e.Catalog.TableByID(p.ID)
		if err := e.join(ctx, p, t, false); err != nil {
			return err
		}
		if !t.IsPartition() {
			continue
		}
		if err := e.cloneKeys(ctx, p, t.ID, nil); err != nil {
			return err
		}
		if err := e.cloneTriggers(ctx, p, t.ID); err != nil {
			return err
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

// A madeColumn is where a declared column is among its table's, and the sequence that it needs.
type madeColumn struct {
	of  *ast.ColumnDef
	at  int
	seq *ast.Constraint
}

// addColumns makes the columns, all of them before their expressions, since generated columns
// refer to others.
func (e *Env) addColumns(ctx context.Context, t *catalog.Table, st *ast.CreateTable) ([]madeColumn, error) {
	inherited := len(t.Columns) > 0 && t.Columns[0].InhCount > 0
	made := make([]madeColumn, len(st.Columns))
	likes := st.Like
	for i := range st.Columns {
		for len(likes) > 0 && likes[0].After <= i {
			if err := e.likeColumns(ctx, t, &likes[0]); err != nil {
				return nil, err
			}
			likes = likes[1:]
		}
		d := &st.Columns[i]
		made[i].of = d
		if t.OfType != 0 {
			k, err := e.optionsOfTyped(t, d, st.Columns[:i])
			if err != nil {
				return nil, err
			}
			made[i].at = k
			continue
		}
		if st.Bound != nil {
			var err error
			if d, err = e.partitionColumn(t, d); err != nil {
				return nil, err
			}
		}
		if old := t.ColumnByName(d.Name); old != nil && !(inherited && old.Inherited) {
			return nil, twice(d.Name)
		}
		c, seq, err := e.newColumn(d, func(w *pgerr.Error) { e.Notice(unplaced(w)) })
		if err != nil {
			return nil, err
		}
		takeCollation(t, &c, d)
		made[i].seq = seq
		if inherited {
			e.declared = i
			k, merged, err := e.mergeColumn(t, &c, d, st.Bound != nil)
			if err != nil {
				return nil, err
			}
			if merged {
				made[i].at = k
				continue
			}
		}
		c.Num, made[i].at = int16(len(t.Columns)+1), len(t.Columns)
		t.Columns = append(t.Columns, c)
	}
	for i := range likes {
		if err := e.likeColumns(ctx, t, &likes[i]); err != nil {
			return nil, err
		}
	}
	if st.Bound != nil { // what a partition says of a column does not make it its own
		for i := range t.Columns {
			t.Columns[i].Inherited = t.Columns[i].InhCount > 0
		}
	}
	return made, nil
}

// columnValues makes the expressions and the sequences of a new table's columns.
func (e *Env) columnValues(ctx context.Context, t *catalog.Table, made []madeColumn) error {
	for _, m := range made {
		c := &t.Columns[m.at]
		if err := e.columnExpressions(ctx, t, c, m.of); err != nil {
			return err
		}
		if m.seq != nil {
			if err := e.ownedSequence(ctx, t, c, m.seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// declaredOnce refuses too many columns, and two of one name.
func declaredOnce(st *ast.CreateTable) error {
	if len(st.Columns) > 1600 {
		return pgerr.New(pgerrcode.TooManyColumns, "tables can have at most 1600 columns")
	}
	seen := map[string]bool{}
	for i := range st.Columns {
		name := st.Columns[i].Name
		if seen[name] {
			return twice(name)
		}
		seen[name] = true
	}
	return nil
}

func twice(column string) error {
	return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", column)
}

func isSystemColumn(name string) bool { return catalog.SystemAttr(name) != 0 }

func checkColumnName(t *catalog.Table, d *ast.ColumnDef) error {
	if isSystemColumn(d.Name) {
		return pgerr.Newf(pgerrcode.DuplicateColumn, "column name %q conflicts with a system column name", d.Name)
	}
	if t.ColumnByName(d.Name) != nil {
		return twice(d.Name)
	}
	return nil
}

// The order in which constraints are made is PostgreSQL's.
var (
	beforeForeign = [][]ast.ConstraintKind{{ast.ConCheck}, {ast.ConPrimary}, {ast.ConUnique, ast.ConExclusion}}
	foreign       = []ast.ConstraintKind{ast.ConForeign}
)

// addConstraints makes those of all constraints that are of the kinds, kinds after kinds.
func (e *Env) addConstraints(ctx context.Context, t *catalog.Table, all []ast.Constraint, order ...[]ast.ConstraintKind) error {
	for _, kinds := range order {
		for i := range all {
			kind := all[i].Kind
			if !slices.Contains(kinds, kind) {
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
