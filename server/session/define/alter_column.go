package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// addColumn is ADD COLUMN: a constant default is kept for old rows in the
// descriptor; any other one makes the table be written anew.
func (e *Env) addColumn(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) error {
	d := cmd.Column
	if t.ColumnByName(d.Name) != nil {
		if cmd.IfExists {
			e.notice(pgerrcode.DuplicateColumn, "column %q of relation %q already exists, skipping", d.Name, t.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q already exists", d.Name, t.Name)
	}
	if err := checkColumnName(t, d); err != nil {
		return err
	}
	if err := checkDeclarations(t.Name, d, ""); err != nil {
		return err
	}
	if len(t.Columns) >= 1600 {
		return pgerr.New(pgerrcode.TooManyColumns, "tables can have at most 1600 columns")
	}
	c, seq, err := e.newColumn(d, e.warnTwice)
	if err == nil {
		err = storable(&c)
	}
	if err != nil {
		return err
	}
	if err := e.notMemberOfItself(t, c.Type); err != nil {
		return err
	}
	if err := e.attributesFixed(old, false); err != nil {
		return err
	}
	takeCollation(t, &c, d)
	c.Num = int16(len(t.Columns) + 1)
	t.Columns = append(t.Columns, c)
	if cmd.Place != nil {
		if err := e.placeColumn(t, c.Name, cmd.Place); err != nil {
			return err
		}
	}
	col := &t.Columns[c.Num-1]
	if err := e.columnExpressions(ctx, t, col, d); err != nil {
		return placeless(err)
	}
	if seq != nil {
		if err := e.ownedSequence(ctx, t, col, seq); err != nil {
			return err
		}
	}
	place, of := bind.Default, (*catalog.Table)(nil)
	if col.Generated != 0 {
		place, of = bind.Generated, t
	}
	if err := bind.MayCompute(col.Default, of, place, col.Type, col.Name, e.options()); err != nil {
		return err
	}
	all, err := allConstraints(&ast.CreateTable{Columns: []ast.ColumnDef{*d}})
	if err != nil {
		return placeless(err)
	}
	before := len(t.Indexes)
	if err := e.addConstraints(ctx, t, all, slices.Concat(beforeForeign, [][]ast.ConstraintKind{foreign})...); err != nil {
		return placeless(err)
	}
	fill := col.Default != "" || col.Identity != 0 || col.Domain != 0
	if fill {
		if err := e.rowTypeFree(old); err != nil {
			return err
		}
	}
	var value expr.Expr
	if fill && col.Generated == 0 {
		if value, err = bind.ColumnDefault(col, e.options()); err != nil {
			return err
		}
		if k, ok := value.(*expr.Const); ok && !col.Type.IsVector() && col.Domain == 0 {
			fill = false // rows that have no such column yet are read as if they had this
			if !k.D.IsNull() {
				col.Missing = rowcodec.AppendDatum(nil, col.Type, k.D)
			}
		}
	}
	rekey := t.PrimaryKey() != nil && old.PrimaryKey() == nil
	if err := e.putTable(t); err != nil {
		return err
	}
	switch {
	case fill || rekey:
		values := map[int16]expr.Expr{}
		if value != nil {
			values[col.Num] = value
		}
		if t, err = e.rewrite(ctx, old, t, values); err != nil {
			return err
		}
	case col.NotNull && col.Missing == nil:
		if err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, t, col.Num); err != nil {
			return err
		}
	}
	return e.settleConstraints(ctx, old, t, before, fill || rekey)
}

// alterColumn is ALTER COLUMN … DEFAULT, NOT NULL, IDENTITY.
func (e *Env) alterColumn(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := t.ColumnByName(cmd.Name)
	if c == nil {
		return unaltered(t, cmd.Name)
	}
	switch cmd.Kind {
	case ast.ColumnDefault:
		if c.Identity != 0 {
			err := pgerr.Newf(pgerrcode.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
			if cmd.Expr == nil {
				err = err.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
			}
			return err
		}
		if c.Generated != 0 {
			err := pgerr.Newf(pgerrcode.SyntaxError, "column %q of relation %q is a generated column", c.Name, t.Name)
			if cmd.Expr == nil {
				err = err.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.")
			}
			return err
		}
		c.Default = ""
		if cmd.Expr != nil {
			x := cmd.Expr
			if cmd.TimeExpr != nil && bind.IsTime(c) {
				x = cmd.TimeExpr
			}
			if cmd.TimeExpr != nil && c.Declared != "" {
				if err := e.takesDefault(c, x); err != nil {
					return err
				}
			}
			text, err := e.storedText(x, t, bind.Default, c.Type, c.Name)
			if err != nil {
				return placeless(err) // PostgreSQL has lost the statement's text by then
			}
			if text == "" {
				text = nullOver(c)
			}
			id, err := e.edit.NewID(ctx)
			if err != nil {
				return err
			}
			c.Default, c.DefaultID = text, id
		}
	case ast.ColumnOnUpdate:
		if err := e.onUpdate(t, c, cmd); err != nil {
			return err
		}
	case ast.SetNotNull:
		if !c.NotNull {
			if err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, old, c.Num); err != nil {
				return err
			}
		}
		c.NotNull = true
	case ast.DropNotNull:
		if c.Identity != 0 {
			return pgerr.Newf(pgerrcode.SyntaxError, "column %q of relation %q is an identity column", c.Name, t.Name)
		}
		if pk := t.PrimaryKey(); pk != nil {
			for _, a := range pk.Columns {
				if a == c.Num {
					return pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q is in a primary key", c.Name)
				}
			}
		}
		for _, x := range t.Indexes {
			if x.ReplicaIdentity && slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Attr == c.Num }) {
				return pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q is in index used as replica identity", c.Name)
			}
		}
		c.NotNull = false
	case ast.DropExpression:
		if c.Generated == 0 && !cmd.IfExists {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q is not a stored generated column", c.Name, t.Name)
		}
		if c.Generated == 0 {
			e.notice("00000", "column %q of relation %q is not a stored generated column, skipping", c.Name, t.Name)
			return nil
		}
		c.Generated, c.Default = 0, ""
	default:
		if err := e.alterIdentity(ctx, t, c, cmd); err != nil {
			return err
		}
	}
	return e.putTable(t)
}

// unaltered is the error for ALTER COLUMN of a column that is the system's or nobody's.
func unaltered(t *catalog.Table, name string) error {
	if isSystemColumn(name) {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter system column %q", name)
	}
	return noColumn(t, name)
}

func noColumn(t *catalog.Table, name string) error {
	return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
}

func (e *Env) alterIdentity(ctx context.Context, t *catalog.Table, c *catalog.Column, cmd *ast.AlterCmd) error {
	switch cmd.Kind {
	case ast.AddIdentity:
		if err := identityType(c); err != nil {
			return err
		}
		if err := e.freeSequenceName(t, cmd.Constraint); err != nil {
			return err
		}
		if !c.NotNull {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q must be declared NOT NULL before identity can be added", c.Name, t.Name)
		}
		if c.Identity != 0 {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q is already an identity column", c.Name, t.Name)
		}
		if c.Default != "" {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q already has a default value", c.Name, t.Name)
		}
		if c.Identity = 'd'; cmd.Constraint.Always {
			c.Identity = 'a'
		}
		c.AutoIncrement = cmd.Constraint.AutoIncrement
		return e.ownedSequence(ctx, t, c, cmd.Constraint)
	case ast.DropIdentity:
		if c.Identity == 0 {
			if cmd.IfExists {
				e.notice("00000", "column %q of relation %q is not an identity column, skipping", c.Name, t.Name)
				return nil
			}
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q is not an identity column", c.Name, t.Name)
		}
		c.Identity, c.AutoIncrement = 0, false
		q, _ := e.Catalog.SequenceByID(c.SequenceID)
		c.SequenceID = 0
		return e.edit.RemoveSequence(q)
	}
	if c.Identity == 0 {
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "column %q of relation %q is not an identity column", c.Name, t.Name)
	}
	q, _ := e.Catalog.SequenceByID(c.SequenceID)
	n := *q
	for i := range cmd.SeqOptions {
		if cmd.SeqOptions[i].Name == "generated" && cmd.SeqOptions[i].Value != nil {
			c.Identity = 'd'
			if cmd.SeqOptions[i].Value.Text == "a" || cmd.SeqOptions[i].Value.Bool {
				c.Identity = 'a'
			}
		}
	}
	return e.applySequence(ctx, &n, cmd.SeqOptions)
}

// dropColumn is DROP COLUMN: the values stay in old rows and are not read again.
func (e *Env) dropColumn(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := t.ColumnByName(cmd.Name)
	if isSystemColumn(cmd.Name) {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot drop system column %q", cmd.Name)
	}
	if c == nil {
		if cmd.IfExists {
			e.notice("00000", "column %q of relation %q does not exist, skipping", cmd.Name, t.Name)
			return nil
		}
		return noColumn(t, cmd.Name)
	}
	if err := e.attributesFixed(t, true); err != nil {
		return err
	}
	if cmd.Guarded {
		if err := e.columnNeeded(t, c); err != nil {
			return err
		}
	}
	if err := e.fieldUnnamed(t, c.Name, "dropping"); err != nil {
		return err
	}
	if err := e.remove(ctx, []object{{kind: columnObject, id: t.ID, attr: c.Num}}, cmd.Cascade); err != nil {
		return err
	}
	return e.freeRows(ctx, t.ID)
}

// takeColumn takes a column off a table (a copy) with the indexes and
// constraints that need it.
func (e *Env) takeColumn(t *catalog.Table, num int16) error {
	for _, x := range append([]*catalog.Index(nil), t.Indexes...) {
		if usesColumn(e, t, x, num) {
			if err := e.removeIndex(t, x.ID); err != nil {
				return err
			}
		}
	}
	for _, k := range append([]*catalog.Constraint(nil), t.Constraints...) {
		if slices.Contains(k.Columns, num) {
			removeConstraint(t, k.ID)
		}
	}
	if err := e.columnLost(t, num); err != nil {
		return err
	}
	if err := e.functionColumnLost(t, num); err != nil {
		return err
	}
	c := &t.Columns[num-1]
	c.Dropped, c.NotNull, c.Default, c.Generated, c.Identity, c.SequenceID, c.Missing = true, false, "", 0, 0, 0, nil
	return nil
}

// usesColumn reports whether an index needs a column as key, included, or in an expression.
func usesColumn(e *Env, t *catalog.Table, x *catalog.Index, num int16) bool {
	for i := range x.Keys {
		if x.Keys[i].Attr == num || x.Keys[i].Expr != "" && e.mentions(t, x.Keys[i].Expr, num) {
			return true
		}
	}
	for _, a := range x.Include {
		if a == num {
			return true
		}
	}
	return x.Where != "" && e.mentions(t, x.Where, num)
}

// mentions reports whether stored SQL text names the column.
func (e *Env) mentions(t *catalog.Table, text string, num int16) bool {
	list, err := e.Parser.Parse("SELECT " + text)
	if err != nil || len(list) != 1 {
		return true
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 && ref.Parts[len(ref.Parts)-1] == t.Columns[num-1].Name {
			found = true
		}
		return !found
	})
	return found
}

// retypedIndex is an index of t after its column c has another type; was is the collation
// that it had.
func (e *Env) retypedIndex(t *catalog.Table, x *catalog.Index, c *catalog.Column, was catalog.ID) (*catalog.Index, error) {
	n := *x
	n.Keys = append([]catalog.IndexKey(nil), x.Keys...)
	for i := range n.Keys {
		k := &n.Keys[i]
		if k.Attr == c.Num {
			if k.Type = c.Type; k.Collation == was || c.Collation == 0 || k.Collation == 0 {
				k.Collation = c.Collation
			}
			if err := e.orderKey(x, k, nil, x.Method); err != nil {
				return nil, err
			}
		}
		if k.Expr != "" && e.mentions(t, k.Expr, c.Num) {
			again, err := e.reboundKey(t, x, k)
			if err != nil {
				return nil, err
			}
			*k = again
		}
	}
	if x.IsVector() {
		return &n, e.retypedVector(x, &n)
	}
	if x.IsInverted() {
		return &n, e.retypeInverted(x, &n)
	}
	if len(x.Exclude) > 0 {
		return &n, e.retypeExclusion(x, &n)
	}
	return &n, nil
}

// reboundKey is a key on an expression, made again from its text.
func (e *Env) reboundKey(t *catalog.Table, x *catalog.Index, old *catalog.IndexKey) (k catalog.IndexKey, err error) {
	list, err := e.Parser.Parse("SELECT " + old.Expr)
	if err != nil {
		return k, err
	}
	el := &ast.IndexElem{At: ast.At{Pos: ast.NoPos}, Expr: list[0].Stmt.(*ast.Select).Targets[0].Expr}
	switch {
	case x.IsVector():
		k, err = e.vectorKey(t, el)
	case x.IsInverted():
		if k, err = e.partedKey(t, el); err == nil {
			err = e.collatedKey(t, x, el, &k, x.Method)
		}
	default:
		if k, err = e.expressionKey(t, el, x.AccessMethod()); err == nil {
			err = e.collatedKey(t, x, el, &k, x.Method)
		}
		if err == nil && old.Collation != old.Derived && k.Collation != 0 { // the definition's own
			k.Collation = old.Collation
			err = e.orderKey(x, &k, nil, x.Method)
		}
	}
	k.OpClass, k.Desc, k.NullsFirst = old.OpClass, old.Desc, old.NullsFirst
	return k, err
}
