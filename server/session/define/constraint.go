package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// newConstraint adds a constraint, and its index if it has one, to a table that is being
// made or changed (t is ours to change). Existing rows are not looked at.
func (e *Env) newConstraint(ctx context.Context, t *catalog.Table, k *ast.Constraint) (*catalog.Constraint, *catalog.Index, error) {
	_, altering := e.Catalog.TableByID(t.ID)
	asTheyAre := k.NotValid || k.Kind == ast.ConForeign && e.Unchecked && !t.IsPartitioned()
	valid := (!asTheyAre || !altering) && !k.Unenforced // what a new table has is checked when it comes
	// Where a key's index cannot have the name, that is what is said.
	key := (k.Kind == ast.ConPrimary || k.Kind == ast.ConUnique || k.Kind == ast.ConExclusion) && k.UsingIndex == ""
	if old := constraintOf(t, k.Name); k.Name != "" && old != nil && k.Kind == ast.ConCheck {
		text, err := e.storedText(k.Expr, t, bind.Check, types.Of(types.BoolOID), "")
		if err != nil {
			return nil, nil, err
		}
		c := &catalog.Constraint{Name: k.Name, Expr: text, NoInherit: k.NoInherit, Validated: valid}
		c, err = e.mergeCheck(t, old, c, false, false)
		return c, nil, err
	}
	if k.Name != "" && constraintNamed(t, k.Name) && !(key && e.Catalog.RelationExists(t.Schema, k.Name)) {
		return nil, nil, pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for relation %q already exists", k.Name, t.Name)
	}
	id, err := e.edit.NewID(ctx)
	if err != nil {
		return nil, nil, err
	}
	c := &catalog.Constraint{ID: id, Name: k.Name, Validated: valid, Deferrable: k.Deferrable, Deferred: k.InitiallyDeferred}
	switch k.Kind {
	case ast.ConPrimary, ast.ConUnique:
		x, err := e.keyConstraint(ctx, t, c, k)
		return c, x, err
	case ast.ConCheck:
		return c, nil, e.checkConstraint(t, c, k)
	case ast.ConForeign:
		return c, nil, e.foreignConstraint(ctx, t, c, k)
	}
	x, err := e.exclusionConstraint(ctx, t, c, k)
	return c, x, err
}

// keyConstraint is PRIMARY KEY or UNIQUE: a constraint and a unique index.
func (e *Env) keyConstraint(ctx context.Context, t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) (*catalog.Index, error) {
	if k.UsingIndex != "" {
		return e.constraintUsing(t, c, k)
	}
	what := "unique constraint"
	if k.Kind == ast.ConPrimary {
		what = "primary key constraint"
	}
	cols, err := attrs(t, k.Columns, what, k.Pos)
	if err != nil {
		if _, altering := e.Catalog.TableByID(t.ID); altering && pgerr.Code(err) == pgerrcode.UndefinedColumn {
			err = placeless(err)
			if i := slices.IndexFunc(k.Columns, func(name string) bool { return t.ColumnByName(name) == nil }); i >= 0 && k.Kind == ast.ConPrimary {
				// It fails where the column should become NOT NULL.
				err = pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", k.Columns[i], t.Name)
			}
		}
		return nil, err
	}
	if k.ShortKeys {
		elems := make([]ast.IndexElem, len(k.Columns))
		for i, name := range k.Columns {
			elems[i].Column = name
		}
		if err := checkLengths(t, elems, true); err != nil {
			return nil, err
		}
	}
	if c.Columns = cols; len(cols) > 32 {
		return nil, pgerr.New(pgerrcode.TooManyColumns, "cannot use more than 32 columns in an index")
	}
	c.Kind = catalog.UniqueConstraint
	including, err := attrs(t, k.Including, what, k.Pos)
	if err != nil {
		if _, altering := e.Catalog.TableByID(t.ID); altering {
			err = placeless(err)
		}
		return nil, err
	}
	label, second := "key", joinNames(slices.Concat(k.Columns, k.Including))
	if k.Kind == ast.ConPrimary {
		c.Kind, label, second = catalog.PrimaryConstraint, "pkey", ""
		for _, a := range cols {
			t.Columns[a-1].NotNull = true
		}
	}
	if c.Name == "" {
		c.Name = e.relationName(t.Schema, indexNames(t), t.Name, second, label)
	} else if e.Catalog.RelationExists(t.Schema, c.Name) {
		return nil, pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", c.Name)
	}
	x := &catalog.Index{
		Table: t.ID, Name: c.Name, Method: "btree", Unique: true, Primary: k.Kind == ast.ConPrimary, Comment: k.Comment,
		NullsNotDistinct: k.NullsNotDistinct, Constraint: c.ID, Ready: true, Valid: true, Deferrable: c.Deferrable,
	}
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	x.Storage = x.ID
	for _, a := range cols {
		key, err := columnKey(t, &t.Columns[a-1], "btree")
		if err == nil {
			err = e.orderKey(x, &key, nil, x.Method)
		}
		if err != nil {
			return nil, err
		}
		x.Keys = append(x.Keys, key)
	}
	x.Include = including
	if x.Options, err = orderedOptions(k.With, x.Method); err != nil {
		return nil, err
	}
	if err := uniqueInParts(t, x, strings.ToUpper(strings.TrimSuffix(what, " constraint"))); err != nil {
		return nil, err
	}
	c.Index = x.ID
	t.Constraints, t.Indexes = append(t.Constraints, c), append(t.Indexes, x)
	return x, nil
}

// columnKey is an ascending btree key on a column.
func columnKey(t *catalog.Table, c *catalog.Column, method string) (catalog.IndexKey, error) {
	if err := ordered(c.Type, method); err != nil {
		return catalog.IndexKey{}, err
	}
	return catalog.IndexKey{Attr: c.Num, Type: c.Type, Collation: c.Collation}, nil
}

// ordered refuses types without an operator class for an index of the method, and those
// with parts that have none: PostgreSQL does so when an index has values to compare.
func ordered(t types.T, method string) error {
	switch t.OID {
	case types.XidOID, types.CidOID:
		if method == "hash" { // their numbers have an order that no operator tells
			return nil
		}
		return noDefaultClass(method, t)
	case types.PointOID, types.LsegOID, types.PathOID, types.BoxOID, types.PolygonOID, types.LineOID, types.CircleOID:
		if method == "gist" { // of which some have a class
			return nil
		}
		return noDefaultClass(method, t)
	case types.JSONOID, types.JSONPathOID, types.UnknownOID, types.ACLItemOID, types.PgNodeTreeOID,
		types.PgSnapshotOID, types.TxidSnapshotOID:
		return noDefaultClass(method, t)
	}
	return builtin.Incomparable(t.OID, method)
}

// checkConstraint is CHECK.
func (e *Env) checkConstraint(t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) error {
	c.Kind, c.NoInherit, c.Range, c.Unenforced = catalog.CheckConstraint, k.NoInherit, k.Range, k.Unenforced
	text, err := e.storedText(k.Expr, t, bind.Check, types.Of(types.BoolOID), "")
	if err != nil {
		return err
	}
	c.Expr = text
	seen := map[int16]bool{}
	var named []int16 // tableoid among them
	kept, err := e.parseStored(storedSQL{text: text})
	if err != nil || kept == nil {
		return err
	}
	ast.Walk(kept, func(n ast.Node) bool { // in the order of what is kept
		if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 {
			name := ref.Parts[len(ref.Parts)-1]
			if col := t.ColumnByName(name); col != nil && !seen[col.Num] {
				seen[col.Num] = true
				c.Columns, named = append(c.Columns, col.Num), append(named, col.Num)
			} else if sys := catalog.SystemAttr(name); col == nil && sys != 0 && !seen[sys] {
				seen[sys] = true
				named = append(named, sys)
			}
		}
		return true
	})
	if c.Name == "" {
		var one []int16
		if len(named) == 1 {
			one = named
		}
		c.Name = unnamed(t, k, one, "check")
	}
	t.Constraints = append(t.Constraints, c)
	return nil
}

// isInteger are the types whose values are compared without a conversion.
func isInteger(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID
}

// foreignConstraint is FOREIGN KEY.
func (e *Env) foreignConstraint(ctx context.Context, t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) error {
	c.Kind, c.Match = catalog.ForeignConstraint, k.Match
	if c.Match == 0 {
		c.Match = 's'
	}
	if c.Match == 'p' {
		return pgerr.NotSupported(int(k.Pos), "MATCH PARTIAL not yet implemented")
	}
	c.OnDelete, c.OnUpdate = action(k.OnDelete), action(k.OnUpdate)
	var err error
	parent := t
	if !e.refersToItself(t, &k.RefTable) {
		parent, err = e.opened(&k.RefTable, func(name, _ string) error {
			return pgerr.Newf(pgerrcode.WrongObjectType, "referenced relation %q is not a table", name)
		})
		if err != nil {
			if e.Unchecked && missing(err) && mayAwait(t) {
				if c.Columns, err = foreignAttrs(t, k.Columns); err != nil {
					return err
				}
				return e.await(t, c, k)
			}
			return err
		}
		if err := persistenceOfKey(t, parent); err != nil {
			return err
		}
		// Writers of the parent that do not know the constraint yet must end first,
		// and those that come must begin again: nobody else looks after the children.
		if err := e.own(ctx, parent); err != nil {
			return err
		}
		if !parent.Temp {
			if err := e.Txn.TouchTable(parent.ID); err != nil {
				return err
			}
		}
	}
	if c.Columns, err = foreignAttrs(t, k.Columns); err != nil {
		return err
	}
	if err := referTo(t, parent, c, k); err != nil {
		return err
	}
	if c.OnDeleteCols, err = foreignAttrs(t, k.OnDeleteCols); err != nil {
		return err
	}
	for i, a := range c.OnDeleteCols {
		if !slices.Contains(c.Columns, a) {
			return pgerr.Newf(pgerrcode.InvalidColumnReference, "column %q referenced in ON DELETE SET action must be part of foreign key", k.OnDeleteCols[i])
		}
	}
	if c.Name == "" {
		c.Name = unnamed(t, k, c.Columns, "fkey")
	}
	if k.Numbered != "" { // MySQL's
		for _, a := range c.Columns {
			if column := &t.Columns[a-1]; column.NotNull && setsNull(c, a) {
				return neededNull(column, c)
			}
		}
	}
	t.Constraints = append(t.Constraints, c)
	return nil
}

// referTo makes a foreign key of t refer to a key of parent.
func referTo(t, parent *catalog.Table, c *catalog.Constraint, k *ast.Constraint) error {
	c.RefTable = parent.ID
	if err := referencedKey(parent, c, k); err != nil {
		return err
	}
	if err := generatedKey(t, c); err != nil {
		return err
	}
	name := k.Name
	if name == "" {
		name = constraintName(t, c.Columns, "fkey")
	}
	if err := comparableKey(t, parent, c, name); err != nil {
		return err
	}
	return nil
}

// refersToItself reports that the name in a foreign key of t, which may not be stored
// yet, means t.
func (e *Env) refersToItself(t *catalog.Table, n *ast.QName) bool {
	if n.Name != t.Name {
		return false
	}
	if n.Schema != "" {
		s, ok := e.Catalog.Schema(n.Schema)
		return ok && s.ID == t.Schema
	}
	onPath := func(p string) bool { s, ok := e.Catalog.Schema(p); return ok && s.ID == t.Schema }
	if t.Temp && !slices.ContainsFunc(e.Path, onPath) {
		return true // its schema, before the path, is as new
	}
	for _, p := range e.Path {
		schema, ok := e.Catalog.Schema(p)
		switch {
		case !ok:
		case schema.ID == t.Schema:
			return true
		case e.Catalog.RelationExists(schema.ID, n.Name):
			return false
		}
	}
	return false
}

func action(a ast.RefAction) byte {
	if a == 0 {
		return byte(ast.NoAction)
	}
	return byte(a)
}

func foreignAttrs(t *catalog.Table, names []string) ([]int16, error) {
	var out []int16
	for _, n := range names {
		c := t.ColumnByName(n)
		if c == nil {
			return nil, noForeignColumn(n)
		}
		out = append(out, c.Num)
	}
	return out, nil
}

func noForeignColumn(name string) error {
	if isSystemColumn(name) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "system columns cannot be used in foreign keys")
	}
	return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", name)
}

// referencedKey finds the unique key that the constraint refers to.
func referencedKey(parent *catalog.Table, c *catalog.Constraint, k *ast.Constraint) error {
	if len(k.RefColumns) == 0 {
		pk := parent.PrimaryKey()
		if pk == nil {
			return pgerr.Newf(pgerrcode.UndefinedObject, "there is no primary key for referenced table %q", parent.Name)
		}
		if pk.Deferrable {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "cannot use a deferrable primary key for referenced table %q", parent.Name)
		}
		c.RefColumns, c.Index = pk.Columns, pk.Index
	} else {
		for _, n := range k.RefColumns {
			col := parent.ColumnByName(n)
			if col == nil {
				return noForeignColumn(n)
			}
			c.RefColumns = append(c.RefColumns, col.Num)
		}
	}
	if c.Index == 0 {
		if err := findReferenced(parent, c); err != nil {
			return err
		}
	}
	if len(c.RefColumns) != len(c.Columns) {
		return columnsDisagree()
	}
	return nil
}

// findReferenced finds the index of the unique key that has the columns referred to.
func findReferenced(parent *catalog.Table, c *catalog.Constraint) error {
	late := false
	for _, x := range parent.Indexes {
		if !x.Unique || x.Where != "" || !sameColumns(x, c.RefColumns) {
			continue
		}
		if x.Distinct() {
			c.Index = x.ID
			return nil
		}
		late = true
	}
	if late {
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "cannot use a deferrable unique constraint for referenced table %q", parent.Name)
	}
	return pgerr.Newf(pgerrcode.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", parent.Name)
}

func columnsDisagree() error {
	return pgerr.New(pgerrcode.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
}

// sameColumns reports whether the index's keys are the columns in any order.
func sameColumns(x *catalog.Index, cols []int16) bool {
	if len(x.Keys) != len(cols) {
		return false
	}
	for _, c := range cols {
		found := false
		for i := range x.Keys {
			found = found || x.Keys[i].Attr == c
		}
		if !found {
			return false
		}
	}
	return true
}
