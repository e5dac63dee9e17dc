package define

import (
	"context"
	"math"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// serialType is the integer type behind serial and its kin; 0 for other types.
func serialType(t *ast.TypeName) types.OID {
	if t.Name.Schema != "" || len(t.ArrayDims) > 0 {
		return 0
	}
	switch strings.ToLower(t.Name.Name) {
	case "serial", "serial4":
		return types.Int4OID
	case "bigserial", "serial8":
		return types.Int8OID
	case "smallserial", "serial2":
		return types.Int2OID
	}
	return 0
}

// newColumn makes a column's descriptor without its expressions, which may refer
// to other columns. seq is the sequence that a serial or identity column needs; warn is told
// what is to be said of its type.
func (e *Env) newColumn(d *ast.ColumnDef, warn func(*pgerr.Error)) (c catalog.Column, seq *ast.Constraint, err error) {
	c = catalog.Column{Name: d.Name, Bits: d.Bits, Declared: d.Declared}
	if err := e.writtenType(&c, d, warn); err != nil {
		return c, nil, err
	}
	if serialType(&d.Type) != 0 {
		c.NotNull, seq = true, &ast.Constraint{}
	}
	if d.Type.SetOf {
		return c, nil, pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q cannot be declared SETOF", d.Name)
	}
	if c.Compression, err = compressionOf(&c, d.Compression); err != nil {
		return c, nil, err
	}
	for i := range d.Constraints {
		k := &d.Constraints[i]
		switch k.Kind {
		case ast.ConNotNull, ast.ConPrimary:
			c.NotNull = true
		case ast.ConGenerated:
			c.Generated = 's'
		case ast.ConIdentity:
			if err := identityType(&c); err != nil {
				return c, nil, err
			}
			if c.Identity = 'd'; k.Always {
				c.Identity = 'a'
			}
			c.NotNull, seq, c.AutoIncrement = true, k, k.AutoIncrement
		}
	}
	return c, seq, nil
}

// writtenType gives a new column the type and the collation that are written of it
// (transformColumnType).
func (e *Env) writtenType(c *catalog.Column, d *ast.ColumnDef, warn func(*pgerr.Error)) (err error) {
	if serial := serialType(&d.Type); serial != 0 {
		c.Type = types.Of(serial)
	} else {
		o := e.options()
		o.Warn = warn
		one := d.Type
		one.SetOf = false // which is refused when the type is known
		if c.Type, err = bind.TypeName(&one, o); err != nil {
			return err
		}
		if x := bind.UserDomain(&one, e.options()); x != nil {
			c.Domain = x.ID
		}
		if !d.OfQuery {
			c.NDims = int16(len(d.Type.ArrayDims))
		}
	}
	of := typeCollation(c.Type)
	if x, ok := e.Catalog.TypeByID(c.Domain); ok && c.Domain != 0 {
		of = x.Collation
	}
	c.Collation, err = e.collationOf(d.Collation, c.Type, of)
	return err
}

// identityType refuses identity columns that are not of integers.
func identityType(c *catalog.Column) error {
	switch c.Type.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		if c.Domain == 0 {
			return nil
		}
	}
	return pgerr.New(pgerrcode.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
}

// storable refuses pseudo-types.
func storable(c *catalog.Column) error {
	if unstorable(c.Type) {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q has pseudo-type %s", c.Name, types.FormatType(c.Type))
	}
	return nil
}

// unstorable reports a pseudo-type, of which nothing has values for long.
func unstorable(t types.T) bool {
	info := types.Lookup(t.OID)
	return info != nil && info.Type == 'p'
}

// columnExpressions binds a column's DEFAULT and GENERATED expressions.
func (e *Env) columnExpressions(ctx context.Context, t *catalog.Table, c *catalog.Column, d *ast.ColumnDef) error {
	for i := range d.Constraints {
		k := &d.Constraints[i]
		place, generated := bind.Default, false
		switch k.Kind {
		case ast.ConDefault:
			if d.Declared != "" {
				if err := e.takesDefault(c, k.Expr); err != nil {
					return err
				}
			}
		case ast.ConOnUpdate:
			text, err := e.storedText(k.Expr, t, place, c.Type, c.Name)
			if err != nil {
				return err
			}
			c.OnUpdate = text
			continue
		case ast.ConGenerated:
			place, generated = bind.Generated, true
		default:
			continue
		}
		text, err := e.storedText(k.Expr, t, place, c.Type, c.Name)
		if err != nil {
			return err
		}
		if text == "" {
			text = nullOver(c)
		}
		id, err := e.edit.NewID(ctx)
		if err != nil {
			return err
		}
		if c.Default, c.DefaultID = text, id; generated {
			c.Generated = 's'
		}
	}
	return nil
}

// nullOver is how DEFAULT NULL is kept: not at all, unless the column is of a domain, whose
// own default it stands before, or of a type with a length or precision, to which PostgreSQL
// makes it fit as it does every other value. Intervals are read with theirs.
func nullOver(c *catalog.Column) string {
	switch {
	case c.Domain != 0:
		return "NULL::" + types.FormatType(c.Type)
	case c.Type.Mod >= 0 && c.Type.OID != types.IntervalOID:
		return "NULL::" + types.FormatType(types.Of(c.Type.OID))
	}
	return ""
}

// storedText checks an expression and returns the SQL text by which it is kept:
// as PostgreSQL prints it, if that text reads back, else as it was written.
func (e *Env) storedText(x ast.Expr, t *catalog.Table, place bind.Place, want types.T, column string) (string, error) {
	if place == bind.Default {
		t = nil
	}
	b, err := bind.AsWritten(x, t, place, want, column, e.options())
	if err == nil {
		err = bind.NoRoles(b)
	}
	if err != nil {
		return "", err
	}
	if lit, ok := b.(*expr.Const); ok && place == bind.Default {
		if lit.D.IsNull() {
			return "", nil
		}
		if lit.T.OID == want.OID { // the column's modifier stands for the one that is written
			c := *lit
			c.T.Mod, b = want.Mod, &c
		}
	}
	if lit, ok := x.(*ast.Lit); ok && (lit.Kind == ast.LitInt || lit.Kind == ast.LitNumeric) {
		b, err := bind.AsWritten(x, t, place, types.T{}, column, e.options())
		return expr.Definition(b, nil), err // of its own type: PostgreSQL hides the conversion, too
	}
	var names []string
	if t != nil {
		for i := range t.Columns {
			names = append(names, ast.QuoteIdent(t.Columns[i].Name))
		}
	}
	text := expr.Definition(b, names)
	list, err := e.Parser.Parse("SELECT " + text)
	if err != nil || len(list) != 1 {
		return ast.Print(x), nil
	}
	sel, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(sel.Targets) != 1 {
		return ast.Print(x), nil
	}
	again := sel.Targets[0].Expr
	if bare, ok := e.withoutTarget(x, t, place, want, column, names, text); ok {
		return bare, nil
	}
	if a, err := bind.AsWritten(again, t, place, want, column, e.options()); err == nil && expr.Definition(a, names) == text {
		return text, nil
	}
	// The conversion of an array is read back as one of its elements.
	one, err := bind.Scalar(x, t, place, want, column, e.options())
	if err != nil {
		return ast.Print(x), nil
	}
	if two, err := bind.Scalar(again, t, place, want, column, e.options()); err == nil && expr.String(one, names) == expr.String(two, names) {
		return text, nil
	}
	return ast.Print(x), nil
}

// withoutTarget is the text of an expression before it is made one of the column's type,
// which PostgreSQL does not show, if that means the same.
func (e *Env) withoutTarget(x ast.Expr, t *catalog.Table, place bind.Place, want types.T, column string, names []string, text string) (string, bool) {
	if want.OID == 0 || place != bind.Default && place != bind.Generated {
		return "", false
	}
	b, err := bind.AsWritten(x, t, place, types.T{}, column, e.options())
	if err != nil {
		return "", false
	}
	bare := expr.Definition(b, names)
	if _, constant := b.(*expr.Const); constant || bare == text {
		return "", false
	}
	list, err := e.Parser.Parse("SELECT " + bare)
	if err != nil || len(list) != 1 {
		return "", false
	}
	sel, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(sel.Targets) != 1 {
		return "", false
	}
	a, err := bind.AsWritten(sel.Targets[0].Expr, t, place, want, column, e.options())
	return bare, err == nil && expr.Definition(a, names) == text
}

// storedTextOf is storedText of a value for the column.
func (e *Env) storedTextOf(t *catalog.Table, c *catalog.Column, x ast.Expr) (string, error) {
	text, err := e.storedText(x, t, bind.Default, c.Type, c.Name)
	return text, placeless(err)
}

// seqLimits are the bounds of a sequence's type.
func seqLimits(t types.OID) (lo, hi int64) {
	switch t {
	case types.Int2OID:
		return math.MinInt16, math.MaxInt16
	case types.Int4OID:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

// ownedSequence makes the sequence of a serial or identity column.
func (e *Env) ownedSequence(ctx context.Context, t *catalog.Table, c *catalog.Column, k *ast.Constraint) error {
	id, err := e.edit.NewID(ctx)
	if err != nil {
		return err
	}
	q := &catalog.Sequence{
		ID: id, Schema: t.Schema, Owner: t.Owner, Type: c.Type.OID,
		Name:       e.relationName(t.Schema, nil, t.Name, c.Name, "seq"),
		OwnerTable: t.ID, OwnerAttr: c.Num, Identity: c.Identity != 0, Temp: t.Temp, Unlogged: t.Unlogged,
	}
	if err := e.sequenceOptions(q, k.Options, true); err != nil {
		return err
	}
	if err := e.sequenceOwner(q, k.Options); err != nil {
		return err
	}
	c.SequenceID = id
	if c.Identity == 0 {
		c.Default = bind.SerialDefault(e.Catalog, q)
		if c.DefaultID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
	}
	return e.edit.PutSequence(q)
}

// freeSequenceName refuses options that name a sequence as another relation is called.
func (e *Env) freeSequenceName(t *catalog.Table, k *ast.Constraint) error {
	return e.sequenceOptions(&catalog.Sequence{Schema: t.Schema, Type: types.Int8OID}, k.Options, true)
}
