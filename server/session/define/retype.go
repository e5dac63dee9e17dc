package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// alterTypes does all ALTER COLUMN ... TYPE of a statement to the table and its children,
// which write their rows anew once. The new values are computed of rows as they were before
// the statement: first tells how each table was then.
func (e *Env) alterTypes(ctx context.Context, t *catalog.Table, cmds []ast.AlterCmd, only bool, first *catalog.Snapshot) error {
	family := []*catalog.Table{t}
	if !only {
		family = e.Catalog.Family(t)
	}
	for _, m := range family {
		if m.ID != t.ID {
			if err := e.retypedByAll(m, family, cmds); err != nil {
				return err
			}
			if err := e.own(ctx, m); err != nil {
				return err
			}
		}
		was, ok := first.TableByID(m.ID)
		if !ok || was.Storage != m.Storage {
			was = m
		}
		if err := e.columnTypes(ctx, was, copyTable(m), cmds); err != nil {
			return err
		}
	}
	for _, m := range family {
		if err := e.comparableKeys(m.ID, cmds); err != nil {
			return err
		}
	}
	return nil
}

// retypedByAll refuses to change a column that a table has from others, too.
func (e *Env) retypedByAll(m *catalog.Table, family []*catalog.Table, cmds []ast.AlterCmd) error {
	parents := 0
	for _, p := range m.Parents {
		if slices.ContainsFunc(family, func(f *catalog.Table) bool { return f.ID == p }) {
			parents++
		}
	}
	for i := range cmds {
		if c := m.ColumnByName(cmds[i].Name); c != nil && int(c.InhCount) > parents {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot alter inherited column %q of relation %q", c.Name, m.Name)
		}
	}
	return nil
}

// prepare looks at what PostgreSQL does before any action is run (ATPrepCmd): at parents to
// come, and at columns that get other types.
func (e *Env) prepare(t *catalog.Table, st *ast.AlterTable) error {
	for i := range st.Cmds {
		var err error
		switch cmd := &st.Cmds[i]; {
		case cmd.Kind == ast.AddInherit:
			err = mayGetParents(t)
		case cmd.Kind == ast.ColumnType && cmd.Declared == "":
			err = e.prepareType(t, cmd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prepareType looks at a column that gets another type, and at what its new values are computed
// from (ATPrepAlterColumnType).
func (e *Env) prepareType(t *catalog.Table, cmd *ast.AlterCmd) error {
	if cmd.Expr != nil {
		if _, err := bind.Scalar(cmd.Expr, t, bind.Using, types.T{}, cmd.Name, e.options()); err != nil {
			return err
		}
	}
	if err := refuseOfTyped(t, cmd); err != nil {
		return err
	}
	if t.ColumnByName(cmd.Name) == nil {
		return unaltered(t, cmd.Name)
	}
	return e.refuseOfChild(t, cmd, false)
}

// retypedTwice refuses another type for a column that the statement has given one before.
func retypedTwice(old, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := t.ColumnByName(cmd.Name)
	if c == nil || cmd.Declared != "" || int(c.Num) > len(old.Columns) || old.Columns[c.Num-1].Type.OID == c.Type.OID {
		return nil
	}
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter type of column %q twice", c.Name)
}

// columnTypes changes types of columns: t is a copy to change, old the table whose rows
// there are.
func (e *Env) columnTypes(ctx context.Context, old, t *catalog.Table, cmds []ast.AlterCmd) error {
	values := map[int16]expr.Expr{}
	rewrite := false
	for i := range cmds {
		if err := retypedTwice(old, t, &cmds[i]); err != nil {
			return err
		}
		v, done, err := e.columnType(ctx, old, t, &cmds[i])
		if err != nil {
			return err
		}
		if rewrite = rewrite || !done; v != nil {
			values[t.ColumnByName(cmds[i].Name).Num] = v
		}
	}
	e.recheckTypes(t, cmds)
	if err := e.putTable(t); err != nil || !rewrite {
		return err
	}
	_, err := e.rewrite(ctx, old, t, values)
	return err
}

// recheckTypes writes the CHECK constraints that read the columns anew, as they mean other
// conversions now. What is wrong with them is said when rows are looked at.
func (e *Env) recheckTypes(t *catalog.Table, cmds []ast.AlterCmd) {
	for i, k := range t.Constraints {
		reads := func(cmd ast.AlterCmd) bool {
			c := t.ColumnByName(cmd.Name)
			return c != nil && slices.Contains(k.Columns, c.Num)
		}
		if k.Kind != catalog.CheckConstraint || !slices.ContainsFunc(cmds, reads) {
			continue
		}
		list, err := e.Parser.Parse("SELECT " + k.Expr)
		if err != nil {
			continue
		}
		text, err := e.storedText(list[0].Stmt.(*ast.Select).Targets[0].Expr, t, bind.Check, types.Of(types.BoolOID), "")
		if err != nil || text == k.Expr {
			continue
		}
		n := *k
		n.Expr = text
		t.Constraints[i] = &n
	}
}

// columnType changes the type of a column of t, and returns what computes its values; done
// tells that they stay as they are.
func (e *Env) columnType(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) (value expr.Expr, done bool, err error) {
	c := t.ColumnByName(cmd.Name)
	if c == nil {
		return nil, false, unaltered(t, cmd.Name)
	}
	to, err := bind.TypeName(cmd.Type, e.options())
	if err != nil {
		return nil, false, err
	}
	if err := e.notMemberOfItself(t, to); err != nil {
		return nil, false, err
	}
	if cmd.Expr != nil && c.Generated != 0 && cmd.Generated == nil && cmd.Declared == "" {
		return nil, false, pgerr.New(pgerrcode.InvalidColumnDefinition, "cannot specify USING when altering type of generated column").
			WithDetail("Column %q is a generated column.", c.Name)
	}
	from, was := c.Type, *c
	if cmd.Declared != "" && from == to && c.Domain == 0 && cmd.Generated == nil && e.sameCollation(c, cmd) {
		c.Bits, c.Declared = cmd.Bits, cmd.Declared
		return nil, true, nil
	}
	using := cmd.Expr
	if using == nil {
		if from.OID != to.OID && !builtin.CanCoerce(from.OID, to.OID, builtin.Assignment) {
			shown := to
			if d := bind.UserDomain(cmd.Type, e.options()); d != nil {
				shown = types.Of(d.ID)
			}
			return nil, false, pgerr.Newf(pgerrcode.DatatypeMismatch, "column %q cannot be cast automatically to type %s", c.Name, types.TypeName(shown.OID)).
				WithHint("You might need to specify \"USING %s::%s\".", ast.QuoteIdent(c.Name), types.FormatType(shown))
		}
		using = &ast.ColumnRef{At: ast.At{Pos: ast.NoPos}, Parts: []string{c.Name}}
	}
	if cmd.Generated == nil && cmd.Declared == "" { // what is wrong with USING comes before what depends on the column
		if value, err = bind.Scalar(using, old, bind.Using, to, c.Name, e.options()); err != nil {
			return nil, false, err
		}
	}
	frozen := e.typeFrozen
	if cmd.Declared != "" { // MySQL's
		frozen = e.typeRead
	}
	if err := frozen(t, c.Num); err != nil {
		return nil, false, err
	}
	if err := e.rowTypeFree(t); err != nil {
		return nil, false, err
	}
	if err := e.rowTypeUnread(t); err != nil {
		return nil, false, err
	}
	if err := e.retype(ctx, t, c, to, cmd); err != nil {
		return nil, false, err
	}
	if err := e.regenerate(t, c.Num); err != nil {
		return nil, false, err
	}
	if cmd.Generated == nil && cmd.Declared != "" { // else the values are computed
		value, err = bind.Scalar(using, old, bind.Using, to, c.Name, e.options())
	}
	if err == nil && cmd.Declared == "" && e.keepsValues(value, &was, c) {
		return nil, true, nil
	}
	return value, false, err
}

// keepsValues reports that the new values of a column are its old ones, as they are
// stored and ordered, and that there is nothing to check in them: no row is written then, and the
// indexes stay.
func (e *Env) keepsValues(value expr.Expr, was, is *catalog.Column) bool {
	for {
		same, ok := value.(*expr.Relabel)
		if !ok {
			break
		}
		value = same.X
	}
	c, ok := value.(*expr.Column)
	return ok && c.Index == int(was.Num)-1 && was.Type.OID == is.Type.OID && was.Collation == is.Collation &&
		is.Generated == 0 && !e.demands(is.Domain)
}

// demands reports that a domain, or one that it was made over, has constraints.
func (e *Env) demands(domain catalog.ID) bool {
	for domain != 0 {
		x, ok := e.Catalog.TypeByID(domain)
		if !ok || x.NotNull || len(x.Checks) > 0 {
			return true
		}
		domain = x.Over
	}
	return false
}

// retypedVector checks an index of which a column that the key reads has another type: is, until now was. Where a
// column loses its dimensions the entries stay what they are, and later values must have as many. It
// cannot be built again (rewrite, successor), and what depends on that is refused here: PostgreSQL
// builds partial indexes and those of partitions anew, whatever the type.
func (e *Env) retypedVector(was, is *catalog.Index) error {
	old, k := &was.Keys[0], &is.Keys[0]
	k.Dims = 0
	if k.Attr == 0 || is.Where != "" || is.Parent != 0 || k.Type.Mod >= 1 || k.Type.OID != old.Type.OID {
		return checkVectorKey(is.Method, k)
	}
	k.Dims = old.Dimensions()
	return nil
}

// retype gives a column its new type, and what belongs to it.
func (e *Env) retype(ctx context.Context, t *catalog.Table, c *catalog.Column, to types.T, cmd *ast.AlterCmd) (err error) {
	c.Type, c.NDims, c.Domain, c.Storage, c.Compression = to, int16(len(cmd.Type.ArrayDims)), 0, 0, 0
	c.Bits, c.Declared = cmd.Bits, cmd.Declared
	if x := bind.UserDomain(cmd.Type, e.options()); x != nil {
		c.Domain = x.ID
	}
	if c.Identity != 0 {
		if err := e.retypeIdentity(ctx, c, cmd.Type); err != nil {
			return err
		}
	}
	if cmd.Generated != nil {
		if c.Default, err = e.storedText(cmd.Generated.Expr, t, bind.Generated, to, c.Name); err != nil {
			return err
		}
	}
	if err := e.defaultOfType(t, c); err != nil {
		return err
	}
	was, of := c.Collation, typeCollation(to)
	if x, ok := e.Catalog.TypeByID(c.Domain); ok && c.Domain != 0 {
		of = x.Collation
	}
	if c.Collation, err = e.collationOf(cmd.Collation, to, of); err != nil {
		return err
	}
	for i, x := range t.Indexes {
		if t.Indexes[i], err = e.retypedIndex(t, x, c, was); err != nil {
			return err
		}
	}
	if err := e.forgetStats(t, c.Num); err != nil {
		return err
	}
	return e.retypedStatistics(t, c)
}

// defaultOfType refuses a type that the column's default cannot have.
func (e *Env) defaultOfType(t *catalog.Table, c *catalog.Column) error {
	if c.Default == "" || c.Generated != 0 {
		return nil
	}
	list, err := e.Parser.Parse("SELECT " + c.Default)
	if err != nil {
		return err
	}
	_, err = bind.Scalar(list[0].Stmt.(*ast.Select).Targets[0].Expr, nil, bind.Default, c.Type, c.Name, e.options())
	if pgerr.Code(err) == pgerrcode.DatatypeMismatch {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "default for column %q cannot be cast automatically to type %s", c.Name, types.TypeName(c.Type.OID))
	}
	return placeless(err)
}

// retypeIdentity gives the sequence of an identity column the column's new type.
func (e *Env) retypeIdentity(ctx context.Context, c *catalog.Column, to *ast.TypeName) error {
	if err := identityType(c); err != nil {
		return err
	}
	q, ok := e.Catalog.SequenceByID(c.SequenceID)
	if !ok {
		return nil
	}
	n := *q
	return e.applySequence(ctx, &n, []ast.SeqOption{{Name: "as", Type: to}})
}
