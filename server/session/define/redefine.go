package define

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// redefineColumn is MODIFY and CHANGE of MySQL: the column becomes what the definition
// says as a whole, and what it does not say is gone.
func (e *Env) redefineColumn(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	d := cmd.Column
	c := t.ColumnByName(d.Name)
	if c == nil {
		return noColumn(t, d.Name)
	}
	kind, _, _ := strings.Cut(d.Declared, "(")
	r := redefinition{Env: e, table: t.ID, name: d.Name, kind: kind}
	given := map[ast.ConstraintKind]*ast.Constraint{}
	for i := range d.Constraints {
		given[d.Constraints[i].Kind] = &d.Constraints[i]
	}
	generated, identity := given[ast.ConGenerated], given[ast.ConIdentity]
	if generated != nil && c.Generated == 0 {
		return pgerr.NotSupported(int(cmd.Pos), "making column %q a generated one is not supported", d.Name)
	}
	if given[ast.ConNotNull] != nil || identity != nil {
		if i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return setsNull(k, c.Num) }); i >= 0 {
			return neededNull(c, t.Constraints[i])
		}
	}
	// What stands in the way of another type goes first.
	r.do(ctx, ast.AlterCmd{Kind: ast.DropConstraint, RangeOf: d.Name})
	switch {
	case c.Generated != 0 && generated == nil:
		r.do(ctx, ast.AlterCmd{Kind: ast.DropExpression, Name: d.Name})
	case c.Identity != 0 && identity == nil:
		r.do(ctx, ast.AlterCmd{Kind: ast.DropIdentity, Name: d.Name})
	case c.Identity == 0 && c.Generated == 0 && c.Default != "":
		r.do(ctx, ast.AlterCmd{Kind: ast.ColumnDefault, Name: d.Name})
	}
	r.do(ctx, ast.AlterCmd{Kind: ast.ColumnType, Name: d.Name, Type: &d.Type, Bits: d.Bits, Declared: d.Declared, Collation: e.redefinedCollation(t, d),
		Expr: redefinedValue(c, cmd), Generated: generated})
	if given[ast.ConNotNull] != nil || identity != nil {
		r.do(ctx, ast.AlterCmd{Kind: ast.SetNotNull, Name: d.Name})
	} else if pk := t.PrimaryKey(); pk == nil || !slices.Contains(pk.Columns, c.Num) {
		r.do(ctx, ast.AlterCmd{Kind: ast.DropNotNull, Name: d.Name})
	}
	if k := given[ast.ConDefault]; k != nil {
		r.do(ctx, ast.AlterCmd{Kind: ast.ColumnDefault, Name: d.Name, Expr: k.Expr, TimeExpr: k.Expr})
	}
	onUpdate := ast.AlterCmd{Kind: ast.ColumnOnUpdate, Name: d.Name}
	if k := given[ast.ConOnUpdate]; k != nil {
		onUpdate.Expr = k.Expr
	}
	r.do(ctx, onUpdate)
	if identity != nil && c.Identity == 0 {
		r.do(ctx, ast.AlterCmd{Kind: ast.AddIdentity, Name: d.Name, Constraint: identity})
		r.do(ctx, ast.AlterCmd{Kind: ast.RestartIdentity})
	}
	for i := range d.Constraints {
		if k := &d.Constraints[i]; k.Kind == ast.ConCheck {
			r.do(ctx, ast.AlterCmd{Kind: ast.AddConstraint, Constraint: k})
		}
	}
	if cmd.Place != nil {
		r.do(ctx, ast.AlterCmd{Kind: ast.MoveColumn, Name: d.Name, Place: cmd.Place})
	}
	return r.err
}

// redefinedValue is what becomes of a value of column c: what PostgreSQL does not convert, or not
// as MySQL does, is taken for its number or its bytes there.
func redefinedValue(c *catalog.Column, cmd *ast.AlterCmd) ast.Expr {
	nowhere := ast.At{Pos: ast.NoPos}
	as := func(function string) ast.Expr {
		value := &ast.ColumnRef{At: nowhere, Parts: []string{c.Name}}
		call := &ast.Func{At: nowhere, Name: ast.QName{At: nowhere, Schema: builtin.MySQLSchema, Name: function}, Args: []ast.Expr{value}}
		return &ast.Cast{At: nowhere, X: call, To: cmd.Column.Type}
	}
	words := strings.HasPrefix(c.Declared, "enum(") || strings.HasPrefix(c.Declared, "set(")
	if kind, list, ok := strings.Cut(strings.TrimSuffix(cmd.Column.Declared, ")"), "("); ok && wordOf[kind] != "" && isNumeric(c.Type) {
		call := as(wordOf[kind]).(*ast.Cast).X.(*ast.Func)
		call.Args = append(call.Args, &ast.Lit{At: nowhere, Kind: ast.LitString, Text: list})
		return call
	}
	switch cmd.Column.Type.Name.Name {
	case "int2", "int4", "int8", "numeric", "float4", "float8":
		if words || isMoment(c.Type) || c.Type.OID == types.IntervalOID {
			return as("to_decimal")
		}
	case "date", "timestamp", "timestamptz":
		if isNumeric(c.Type) { // 20240506
			return as("strict_stamp")
		}
	case "bytea":
		if !words && c.Type.OID != types.ByteaOID {
			return as("to_binary")
		}
	}
	return cmd.Expr
}

// wordOf are the functions that give the words that a number stands for.
var wordOf = map[string]string{"enum": "enum_word", "set": "set_words"}

func isNumeric(t types.T) bool {
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID, types.Float4OID, types.Float8OID:
		return true
	}
	return false
}

// redefinition is the steps of one, up to the first error.
type redefinition struct {
	*Env
	table catalog.ID
	name  string
	kind  string // the new type's name
	err   error
}

func (r *redefinition) do(ctx context.Context, cmd ast.AlterCmd) {
	if r.err == nil {
		t, _ := r.Catalog.TableByID(r.table)
		r.err = r.alter(ctx, t, copyTable(t), &cmd)
		r.err = r.inWords(r.err, &cmd)
	}
}

// inWords is what MySQL says of a value that the new definition does not take.
func (r *redefinition) inWords(err error, cmd *ast.AlterCmd) error {
	e, ok := pgerr.As(err)
	switch {
	case !ok:
	case e.Code == pgerrcode.NotNullViolation && cmd.Kind == ast.SetNotNull:
		return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "Invalid use of NULL value")
	case e.Code != pgerrcode.CheckViolation || cmd.Kind != ast.ColumnType && (cmd.Constraint == nil || !cmd.Constraint.Range):
	case wordOf[r.kind] != "":
		return pgerr.Newf(pgerrcode.StringDataRightTruncationDataException, "Data truncated for column '%s'", r.name)
	case r.kind == "binary" || r.kind == "varbinary":
		return pgerr.Newf(pgerrcode.StringDataRightTruncationDataException, "Data too long for column '%s'", r.name)
	default:
		return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", r.name)
	}
	return err
}

// rangeOf finds the check that keeps the range of a column's declared type.
func rangeOf(t *catalog.Table, column string) *catalog.Constraint {
	c := t.ColumnByName(column)
	for _, k := range t.Constraints {
		if c != nil && k.Range && len(k.Columns) == 1 && k.Columns[0] == c.Num {
			return k
		}
	}
	return nil
}

// onUpdate gives a column the value that it takes in every UPDATE, or none.
func (e *Env) onUpdate(t *catalog.Table, c *catalog.Column, cmd *ast.AlterCmd) (err error) {
	c.OnUpdate = ""
	if cmd.Expr != nil {
		c.OnUpdate, err = e.storedTextOf(t, c, cmd.Expr)
	}
	return err
}

// restartIdentity lets the sequence of the AUTO_INCREMENT column go on after the
// greatest value that is there, or at a greater one that is given.
func (e *Env) restartIdentity(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped || c.Identity == 0 || !c.AutoIncrement {
			continue
		}
		q, ok := e.Catalog.SequenceByID(c.SequenceID)
		if !ok {
			continue
		}
		at := int64(math.MinInt64)
		err := e.Jobs.EachValue(ctx, e.Txn, e.Catalog, t, c.Num, func(d types.Datum) {
			if !d.IsNull() {
				at = max(at, d.Int())
			}
		})
		if err != nil {
			return err
		}
		next := max(at, 0) + 1
		if len(cmd.SeqOptions) > 0 {
			next = max(next, seqInt(&cmd.SeqOptions[0]))
		}
		n := *q
		return e.restartSequence(ctx, &n, next)
	}
	return nil // MySQL takes the option for tables without such a column, too
}

// placeColumn puts a column where the columns of its table are listed.
func (e *Env) placeColumn(t *catalog.Table, name string, to *ast.ColumnPlace) error {
	c := t.ColumnByName(name)
	if c == nil {
		return noColumn(t, name)
	}
	var order []int16
	for _, x := range t.Listed() {
		if x.Num != c.Num {
			order = append(order, x.Num)
		}
	}
	at := 0
	if !to.First {
		after := t.ColumnByName(to.After)
		if after == nil {
			return noColumn(t, to.After)
		}
		if after.Num == c.Num {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q cannot stand after itself", name)
		}
		at = slices.Index(order, after.Num) + 1
	}
	t.Order = slices.Insert(order, at, c.Num)
	if slices.IsSorted(t.Order) {
		t.Order = nil
	}
	return nil
}
