package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// rename is ALTER … RENAME.
func (e *Env) rename(ctx context.Context, st *ast.Rename) error {
	err := e.renameOne(ctx, st)
	if err != nil && st.IfExists && missing(err) {
		e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
		return nil
	}
	return err
}

func (e *Env) renameOne(ctx context.Context, st *ast.Rename) error {
	switch st.Kind {
	case ast.ObjConstraint:
		if st.Of == ast.ObjDomain {
			return e.renameDomainConstraint(ctx, st)
		}
		return e.renameInTable(ctx, st)
	case ast.ObjSchema:
		return e.renameSchema(ctx, st)
	case ast.ObjDatabase:
		return e.renameDatabase(ctx, st)
	case ast.ObjRole:
		return e.renameRole(ctx, st)
	case "POLICY":
		return e.renamePolicy(ctx, st)
	case ast.ObjSequence:
		q, err := e.findSequence(&st.Name)
		if err != nil {
			return err
		}
		return e.renameSequence(ctx, q, st.New)
	case ast.ObjIndex:
		if st.Key {
			return e.renameKey(ctx, st)
		}
		t, x, err := e.index(&st.Name)
		if err != nil {
			if pgerr.Code(err) == pgerrcode.WrongObjectType { // any relation may be called an index here
				other := *st
				other.Kind = ast.ObjTable
				return e.renameInTable(ctx, &other)
			}
			return err
		}
		return e.renameIndex(ctx, t, x, st.New)
	case ast.ObjType, ast.ObjDomain:
		if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
			if st.New == c.Name {
				return e.freeRelation(c.Schema, c.Name)
			}
			s, _ := e.Catalog.SchemaByID(c.Schema)
			return e.renameComposite(ctx, c, s, st.New)
		}
		t, err := e.alteredType(st.Kind, &st.Name)
		if err != nil {
			return err
		}
		if st.New == t.Name { // which is taken like any other
			return e.freeType(t.Schema, t.Name)
		}
		s, _ := e.Catalog.SchemaByID(t.Schema)
		return e.renameType(ctx, t, s, st.New)
	case ast.ObjTrigger:
		return e.renameTrigger(ctx, st)
	case ast.ObjStatistics:
		return e.renameStatistics(ctx, st)
	case ast.ObjCollation:
		return e.renameCollation(ctx, &st.Name, nil, st.New)
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
		if err != nil {
			return err
		}
		return e.renameFunction(ctx, f, f.Schema, st.New)
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjColumn:
		return e.renameInTable(ctx, st)
	}
	if err := e.needed(&ast.Need{Kind: st.Kind, Name: st.Name, Own: st.Old}); err != nil {
		return err
	}
	if st.Kind == ast.ObjRule && st.Old == "_RETURN" {
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "renaming an ON SELECT rule is not allowed")
	}
	return pgerr.NotSupported(int(st.Pos), "ALTER %s ... RENAME is not supported", st.Kind)
}

func (e *Env) renameSchema(ctx context.Context, st *ast.Rename) error {
	s, ok := e.Catalog.Schema(st.Name.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
	}
	if _, taken := e.Catalog.Schema(st.New); taken {
		return pgerr.Newf(pgerrcode.DuplicateSchema, "schema %q already exists", st.New)
	}
	edit := e.change(ctx)
	if err := e.renameStoredSchema(s.Name, st.New); err != nil {
		return err
	}
	c := *s
	c.Name = st.New
	if err := edit.PutSchema(&c); err != nil {
		return err
	}
	if err := e.showIn(&c); err != nil {
		return err
	}
	for _, q := range e.Catalog.Sequences() {
		t, ok := e.Catalog.TableByID(q.OwnerTable)
		if !ok || q.Schema != s.ID {
			continue
		}
		n := copyTable(t)
		e.nameSerial(n, q)
		if err := e.putTable(n); err != nil {
			return err
		}
	}
	return nil
}

// showIn writes anew how types that are in a schema are shown.
func (e *Env) showIn(s *catalog.Schema) error {
	for _, t := range e.Catalog.Tables() {
		if t.Schema == s.ID && t.HasRowType() {
			if err := e.putTable(copyTable(t)); err != nil {
				return err
			}
		}
	}
	for _, t := range e.Catalog.Types() {
		if t.Schema == s.ID {
			n := *t
			n.Shown = e.shownType(s.ID, t.Name)
			if err := e.edit.PutType(&n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) freeRelation(schema catalog.ID, name string) error {
	if e.Catalog.RelationExists(schema, name) {
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", name)
	}
	return nil
}

// freeRowType makes sure that no type stands in the way of the one that a new relation of the name has.
func (e *Env) freeRowType(schema catalog.ID, name string) error {
	if _, taken := e.Catalog.Type(schema, name); !taken && !e.extensionType(schema, name) {
		return nil
	}
	return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists", name).
		WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.")
}

func (e *Env) renameSequence(ctx context.Context, q *catalog.Sequence, name string) error {
	if err := e.freeRelation(q.Schema, name); err != nil {
		return err
	}
	edit := e.change(ctx)
	if err := e.moveInViews(relation{q.ID, q.Schema, q.Name}, e.Catalog.SchemaName(q.Schema), name); err != nil {
		return err
	}
	c := *q
	c.Name = name
	if err := edit.PutSequence(&c); err != nil {
		return err
	}
	t, ok := e.Catalog.TableByID(q.OwnerTable)
	if !ok || q.Identity {
		return nil
	}
	n := copyTable(t)
	e.nameSerial(n, &c)
	return e.putTable(n)
}

func (e *Env) renameIndex(ctx context.Context, t *catalog.Table, x *catalog.Index, name string) error {
	if err := e.freeRelation(t.Schema, name); err != nil {
		return err
	}
	e.change(ctx)
	c := copyTable(t)
	for i := range c.Indexes {
		if c.Indexes[i].ID == x.ID {
			n := *x
			n.Name, n.Key = name, ""
			c.Indexes[i] = &n
		}
	}
	for i := range c.Constraints {
		if x.Constraint != 0 && c.Constraints[i].ID == x.Constraint {
			n := *c.Constraints[i]
			n.Name = name
			c.Constraints[i] = &n
		}
	}
	return e.putTable(c)
}

func (e *Env) renameInTable(ctx context.Context, st *ast.Rename) error {
	t, err := e.table(&st.Name)
	if err != nil {
		if st.Kind == ast.ObjTable { // ALTER TABLE renames indexes and sequences, too
			if t, x, err := e.index(&st.Name); err == nil {
				return e.renameIndex(ctx, t, x, st.New)
			}
			if q, err := e.findSequence(&st.Name); err == nil {
				return e.renameSequence(ctx, q, st.New)
			}
		}
		return e.renameOfOther(st, err)
	}
	switch {
	case st.Kind == ast.ObjView && t.Kind != catalog.KindView:
		return notKind(t.Name, "a view")
	case st.Kind == ast.ObjMatView && t.Kind != catalog.KindMatView:
		return notKind(t.Name, "a materialized view")
	case st.Kind == ast.ObjTable && t.Kind == catalog.KindComposite:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", t.Name).WithHint("Use ALTER TYPE instead.")
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if st.Kind == ast.ObjColumn && t.OfType != 0 {
		return pgerr.New(pgerrcode.WrongObjectType, "cannot rename column of typed table")
	}
	if err := e.renameOfChild(t, st); err != nil {
		return err
	}
	if st.Kind == ast.ObjColumn && t.Kind == catalog.KindComposite {
		if err := e.renameInTyped(ctx, t, st); err != nil {
			return err
		}
	}
	if err := e.renameIn(ctx, t, st); err != nil || st.Kind != ast.ObjTable || !t.IsPartitioned() {
		return err
	}
	return e.renameParts(ctx, t, st.New)
}

// renameParts gives partitions whose names begin with their table's, as those of MySQL's
// dialect, the new one of that.
func (e *Env) renameParts(ctx context.Context, t *catalog.Table, name string) error {
	for _, id := range t.Children {
		part, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		rest, ok := strings.CutPrefix(part.Name, t.Name+catalog.PartitionMark)
		if !ok {
			continue
		}
		if err := e.Txn.LockTable(ctx, id, kv.Exclusive); err != nil {
			return err
		}
		err := e.renameIn(ctx, part, &ast.Rename{Kind: ast.ObjTable, Of: ast.ObjTable, Old: part.Name, New: name + catalog.PartitionMark + rest})
		if err != nil {
			return err
		}
	}
	return nil
}

// renameOfOther is a RENAME of a name that no table has; missing is what its look-up answered.
func (e *Env) renameOfOther(st *ast.Rename, missing error) error {
	switch o := e.other(&st.Name); {
	case o == nil:
	case o.kind == "":
		return systemCatalog(o.name)
	case st.Kind == ast.ObjView || st.Of == ast.ObjView:
		return notKind(o.name, "a view")
	case st.Kind == ast.ObjMatView || st.Of == ast.ObjMatView:
		return notKind(o.name, "a materialized view")
	case o.kind == ast.ObjSequence && (st.Kind == ast.ObjColumn || st.Kind == ast.ObjConstraint):
		return unsupported("cannot rename columns of", o.name, o.plural)
	case st.Kind == ast.ObjColumn:
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", st.Old)
	case st.Kind == ast.ObjConstraint:
		return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for table %q does not exist", st.Old, o.name)
	}
	return missing
}

// renameOfChild refuses what the table has from its parents, or its children from it.
func (e *Env) renameOfChild(t *catalog.Table, st *ast.Rename) error {
	switch st.Kind {
	case ast.ObjColumn:
		switch c := t.ColumnByName(st.Old); {
		case len(t.Children) > 0 && st.Only: // there or not
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "inherited column %q must be renamed in child tables too", st.Old)
		case c != nil && c.InhCount > 0:
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot rename inherited column %q", c.Name)
		}
		family := e.Catalog.Family(t)
		for _, m := range family[1:] { // a column that another parent has, too, cannot have two names
			parents := 0
			for _, p := range family {
				if slices.Contains(m.Parents, p.ID) {
					parents++
				}
			}
			if c := m.ColumnByName(st.Old); c != nil && c.InhCount > parents {
				return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot rename inherited column %q", c.Name)
			}
		}
	case ast.ObjConstraint:
		switch k := constraintOf(t, st.Old); {
		case k == nil || k.Kind != catalog.CheckConstraint:
		case len(t.Children) > 0 && st.Only && !k.NoInherit:
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "inherited constraint %q must be renamed in child tables too", k.Name)
		case k.InhCount > 0:
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot rename inherited constraint %q", k.Name)
		}
	}
	return nil
}

// renameIn renames a table, or something of it and of its children.
func (e *Env) renameIn(ctx context.Context, t *catalog.Table, st *ast.Rename) error {
	e.change(ctx)
	t, _ = e.Catalog.TableByID(t.ID)
	if k := constraintOf(t, st.Old); st.Kind == ast.ObjColumn || st.Kind == ast.ObjConstraint && k != nil && k.Kind == catalog.CheckConstraint && !k.NoInherit {
		for _, id := range t.Children {
			c, _ := e.Catalog.TableByID(id)
			if !e.Super && !e.Catalog.Owns(e.Owner, c.Owner) {
				return notOwner("table", c.Name)
			}
			if err := e.own(ctx, c); err != nil {
				return err
			}
			if st.Kind == ast.ObjColumn && c.ColumnByName(st.Old) == nil || st.Kind == ast.ObjConstraint && constraintOf(c, st.Old) == nil {
				continue // by way of another parent
			}
			if err := e.renameIn(ctx, c, st); err != nil {
				return err
			}
		}
	}
	n := copyTable(t)
	switch st.Kind {
	case ast.ObjColumn:
		c := n.ColumnByName(st.Old)
		if c == nil && isSystemColumn(st.Old) {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot rename system column %q", st.Old)
		}
		if c == nil {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", st.Old)
		}
		if isSystemColumn(st.New) && t.Kind != catalog.KindComposite {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column name %q conflicts with a system column name", st.New)
		}
		if n.ColumnByName(st.New) != nil {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q already exists", st.New, t.Name)
		}
		if err := e.renameField(t, c.Num, st.New); err != nil {
			return err
		}
		if err := e.rewriteMentions(relationOf(t), func(found *mentions) error { return renameColumnIn(found.stmt, found.refs, t, c.Num, st.New) }); err != nil {
			return err
		}
		again, _ := e.Catalog.TableByID(t.ID) // its own policies may have named the column
		var err error
		if n, err = e.renameInExpressions(again, c.Num, st.New); err != nil {
			return err
		}
		n.ColumnByName(st.Old).Name = st.New
	case ast.ObjConstraint:
		k := constraintOf(t, st.Old)
		part, _ := partNamed(t, st.Old)
		if k == nil && part == nil {
			return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for table %q does not exist", st.Old, t.Name)
		}
		if k != nil {
			if x := t.Index(k.Index); x != nil && x.Constraint == k.ID {
				return e.renameIndex(ctx, t, x, st.New)
			}
		}
		if constraintNamed(t, st.New) {
			return pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for relation %q already exists", st.New, t.Name)
		}
		if k == nil {
			renamePart(n, st.Old, st.New)
			break
		}
		c := *k
		c.Name = st.New
		replaceConstraint(n, &c)
	default:
		if err := e.makeWay(ctx, t.Schema, st.New); err != nil {
			return err
		}
		if err := e.freeRelation(t.Schema, st.New); err != nil {
			return err
		}
		if e.freeRowType(t.Schema, st.New) != nil {
			return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists", st.New)
		}
		if err := e.moveInViews(relationOf(t), e.Catalog.SchemaName(t.Schema), st.New); err != nil {
			return err
		}
		s, _ := e.Catalog.SchemaByID(t.Schema)
		if err := e.renameRowType(t, s, st.New); err != nil {
			return err
		}
		if again, ok := e.Catalog.TableByID(t.ID); ok { // its own text may have named the type
			n = copyTable(again)
		}
		n.Name = st.New
	}
	return e.putTable(n)
}

// renameInExpressions is a table with the column's new name in the expressions over its rows.
// Those that have queries name their table: see rewriteMentions.
func (e *Env) renameInExpressions(t *catalog.Table, num int16, name string) (*catalog.Table, error) {
	old := t.Columns[num-1].Name
	w := &storedWriter{fix: func(s storedSQL) (string, error) {
		if s.statement || !e.mentions(t, s.text, num) {
			return s.text, nil
		}
		return e.changeStored(s, func(q ast.Stmt) bool {
			x := q.(*ast.Select).Targets[0].Expr
			if ast.HasQuery(x) {
				return false
			}
			ast.Walk(x, func(n ast.Node) bool {
				if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 && ref.Parts[len(ref.Parts)-1] == old {
					ref.Parts[len(ref.Parts)-1] = name
				}
				return true
			})
			return true
		})
	}}
	n := w.table(t)
	return n, w.err
}
