package define

import (
	"context"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/keys"
)

// tempAlias is the name of the session's own temporary schema in statements.
const tempAlias = "pg_temp"

// persistence is how long a relation is to live.
type persistence uint8

const (
	permanent persistence = iota
	unlogged
	temporary
)

// declared is the persistence that a statement asks for.
func declared(temp, notLogged bool) persistence {
	switch {
	case temp:
		return temporary
	case notLogged:
		return unlogged
	}
	return permanent
}

// target is the schema in which a relation is made; what is made in the temporary
// schema is temporary (RangeVarGetCreationNamespace, RangeVarAdjustRelationPersistence).
func (e *Env) target(ctx context.Context, n *ast.QName, want persistence) (*catalog.Schema, error) {
	s, err := e.targetSchema(ctx, n, want)
	if err != nil {
		return nil, err
	}
	switch {
	case want == temporary && !s.Temp:
		return nil, errNotTemporary()
	case want == unlogged && s.Temp:
		return nil, pgerr.New(pgerrcode.InvalidTableDefinition, "only temporary relations may be created in temporary schemas")
	case s.Name == "pg_catalog" || s.Name == "information_schema":
		e.unkept = pgerr.NotSupported(-1, "new objects in the schema %s are not supported", s.Name)
	}
	return s, e.mayCreateIn(s)
}

// notOfSystem refuses a relation in the schema of the system's (heap_create).
func notOfSystem(s *catalog.Schema, name string) error {
	if s.Name != "pg_catalog" {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to create \"%s.%s\"", s.Name, name).
		WithDetail("System catalog modifications are currently disallowed.")
}

func errNotTemporary() error {
	return pgerr.New(pgerrcode.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema")
}

func (e *Env) targetSchema(ctx context.Context, n *ast.QName, want persistence) (*catalog.Schema, error) {
	if n.Schema == "" && want == temporary {
		return e.tempSchema(ctx)
	}
	s, err := e.chosenSchema(n)
	if err == nil && s == nil {
		return e.tempSchema(ctx)
	}
	return s, err
}

// chosenSchema is the schema that a new object's name chooses, nil for the session's own of
// temporary objects.
func (e *Env) chosenSchema(n *ast.QName) (*catalog.Schema, error) {
	switch n.Schema {
	case tempAlias:
		return nil, nil
	case "":
	default:
		s, ok := e.Catalog.Schema(n.Schema)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		return s, nil
	}
	for _, p := range e.Targets {
		if p == tempAlias {
			return nil, nil
		}
		if s, ok := e.Catalog.Schema(p); ok && p != "pg_catalog" && (e.Super || e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage)) {
			return s, nil
		}
	}
	return nil, pgerr.New(pgerrcode.InvalidSchemaName, "no schema has been selected to create in")
}

// tempSchema is the session's temporary schema, which is made with its first
// temporary relation.
func (e *Env) tempSchema(ctx context.Context) (*catalog.Schema, error) {
	if s, ok := e.Catalog.TempSchema(); ok {
		return s, nil
	}
	edit := e.change(ctx)
	for _, prefix := range []string{"pg_temp_", "pg_toast_temp_"} {
		id, err := edit.NewID(ctx)
		if err != nil {
			return nil, err
		}
		s := &catalog.Schema{ID: id, Name: prefix + strconv.Itoa(e.TempNumber()), Owner: catalog.BootstrapRoleID, Temp: true}
		if err := edit.PutSchema(s); err != nil {
			return nil, err
		}
	}
	s, _ := e.Catalog.TempSchema()
	return s, nil
}

// own is OwnTable and keeps others from changing the descriptor: of a temporary table there
// are no other writers.
func (e *Env) own(ctx context.Context, t *catalog.Table) error {
	if t.Temp {
		return nil
	}
	if err := e.Txn.OwnTable(ctx, t.ID, t.Storage); err != nil {
		return err
	}
	return e.change(ctx).Own(catalog.Object{Class: catalog.RelationClass, ID: t.ID})
}

// DropTemp drops all temporary relations and functions of the session, and what depends on
// them.
func (e *Env) DropTemp(ctx context.Context) error {
	var all []object
	for _, t := range e.Catalog.TempTables() {
		all = append(all, object{kind: tableObject, id: t.ID})
	}
	for _, q := range e.Catalog.TempSequences() {
		if q.OwnerTable == 0 {
			all = append(all, object{kind: sequenceObject, id: q.ID})
		}
	}
	for _, f := range e.Catalog.TempFunctions() {
		all = append(all, object{kind: functionObject, id: f.ID})
	}
	return e.removeQuietly(ctx, all)
}

// removeQuietly drops objects and what depends on them without a word.
func (e *Env) removeQuietly(ctx context.Context, objects []object) error {
	notice := e.Notice
	e.Notice = func(*pgerr.Error) {}
	defer func() { e.Notice = notice }()
	return e.remove(ctx, objects, true)
}

// EndTransaction does what the ON COMMIT clauses of temporary tables say.
func (e *Env) EndTransaction(ctx context.Context) error {
	var gone []object
	var emptied []*catalog.Table
	for _, t := range e.Catalog.TempTables() {
		switch t.OnCommit {
		case 'D':
			gone = append(gone, object{kind: tableObject, id: t.ID})
		case 'd':
			emptied = append(emptied, t)
		}
	}
	if err := e.emptyTables(ctx, emptied); err != nil {
		return err
	}
	return e.removeQuietly(ctx, gone)
}

// emptyTables takes the rows of tables that delete them at each commit.
func (e *Env) emptyTables(ctx context.Context, tables []*catalog.Table) error {
	in := map[catalog.ID]bool{}
	for _, t := range tables {
		in[t.ID] = true
	}
	for _, t := range tables {
		for _, id := range e.Catalog.Referrers(t.ID) {
			if child, ok := e.Catalog.TableByID(id); ok && !in[id] && child.OnCommit != 'D' {
				return pgerr.New(pgerrcode.FeatureNotSupported, "unsupported ON COMMIT and foreign key combination").
					WithDetail("Table %q references %q, but they do not have the same ON COMMIT setting.", child.Name, t.Name)
			}
		}
	}
	for _, t := range tables {
		any, err := e.hasRows(ctx, t)
		if err != nil {
			return err
		}
		if any {
			if err := e.truncateTable(ctx, t, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) hasRows(ctx context.Context, t *catalog.Table) (bool, error) {
	r := keys.TableRange(t.Storage)
	r.Limit = 1
	it, err := e.Txn.Scan(ctx, r)
	if err != nil {
		return false, err
	}
	defer it.Close()
	return it.Next(), it.Err()
}

// currentViews are the session's temporary views that are up to date.
func (e *Env) currentViews() (out []catalog.ID) {
	e.Catalog.EachTempTable(func(t *catalog.Table) {
		if len(t.Reads) > 0 && e.Catalog.Outdated(t) == "" {
			out = append(out, t.ID)
		}
	})
	return out
}

// renewReads notes what the views read after a statement of the session itself, which
// has changed their texts where it had to.
func (e *Env) renewReads(views []catalog.ID) error {
	if e.edit == nil {
		return nil
	}
	for _, id := range views {
		v, ok := e.Catalog.TableByID(id)
		if !ok || e.Catalog.Outdated(v) == "" {
			continue
		}
		n := copyTable(v)
		n.Reads = nil
		for i := range v.Reads {
			if t, ok := e.Catalog.TableByID(v.Reads[i].Table); ok {
				n.Reads = append(n.Reads, catalog.ReadOf(t))
			}
		}
		if err := e.putTable(n); err != nil {
			return err
		}
	}
	return nil
}

// persistenceOfKey refuses foreign keys between tables that live differently long
// (ATAddForeignKeyConstraint).
func persistenceOfKey(t, parent *catalog.Table) error {
	wrong := ""
	switch {
	case t.Temp && !parent.Temp:
		wrong = "constraints on temporary tables may reference only temporary tables"
	case !t.Temp && !t.Unlogged && (parent.Temp || parent.Unlogged):
		wrong = "constraints on permanent tables may reference only permanent tables"
	case t.Unlogged && parent.Temp:
		wrong = "constraints on unlogged tables may reference only permanent or unlogged tables"
	default:
		return nil
	}
	return pgerr.New(pgerrcode.InvalidTableDefinition, wrong)
}

// setLogged is SET LOGGED and SET UNLOGGED, which only say how the table is kept: all of them
// are kept alike. Foreign keys go from permanent tables to permanent ones.
func (e *Env) setLogged(t *catalog.Table, logged bool) error {
	schema := e.Catalog.SchemaName(t.Schema)
	if t.Temp {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot change logged status of table %q because it is temporary", t.Name).OnTable(schema, t.Name)
	}
	if t.Unlogged == !logged {
		return nil
	}
	wrong := func(format string, other *catalog.Table, k *catalog.Constraint) error {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, format, t.Name, other.Name).OnTable(schema, t.Name).OnConstraint(k.Name)
	}
	for _, u := range e.Catalog.Tables() {
		for _, k := range u.Constraints {
			if k.Kind != catalog.ForeignConstraint || u.ID == k.RefTable {
				continue
			}
			switch {
			case logged && u.ID == t.ID:
				if parent, ok := e.Catalog.TableByID(k.RefTable); ok && parent.Unlogged {
					return wrong("could not change table %q to logged because it references unlogged table %q", parent, k)
				}
			case !logged && k.RefTable == t.ID && !u.Unlogged:
				return wrong("could not change table %q to unlogged because it references logged table %q", u, k)
			}
		}
	}
	if t.IsPartitioned() { // it is nowhere kept
		return nil
	}
	t.Unlogged = !logged
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			if err := e.setSequenceLogged(q, logged); err != nil {
				return err
			}
		}
	}
	return e.putTable(t)
}

// IsTemporary reports a statement on an index or table of the session's own, which
// needs no way around concurrent writers.
func (e *Env) IsTemporary(stmt ast.Stmt) bool {
	var t *catalog.Table
	switch st := stmt.(type) {
	case *ast.CreateIndex:
		t, _ = e.table(&st.Table)
	case *ast.Reindex:
		if st.Kind == "INDEX" || st.Kind == "TABLE" {
			t, _, _ = e.reindexed(st)
		}
	}
	return t != nil && t.Temp
}
