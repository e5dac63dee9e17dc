package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

func (b *binder) insertValues(in *insertion) ([][]expr.Expr, error) {
	rows := in.x.Query.Values
	if err := b.with(in.s, in.x.Query.With); err != nil {
		return nil, err
	}
	b.expectRows(in, len(rows))
	out := make([][]expr.Expr, len(rows))
	for r := range rows {
		list, err := b.spread(in.s, rows[r])
		if err != nil {
			return nil, err
		}
		if out[r], err = b.rowValues(in, list, len(out[0])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rowValues binds a row of VALUES. All its values are read before the first of them is
// made one of its column: a parameter that is written twice has no type until then. like is
// the number of those of the first row, 0 for that one.
func (b *binder) rowValues(in *insertion, list []ast.Expr, like int) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		if isDefault(e) {
			continue
		}
		if in.took(b, i, e, &out[i]) {
			continue
		}
		var err error
		if out[i], err = b.exprFor(in.s, e, in.typeOf(i)); err != nil {
			return nil, err
		}
	}
	if like > 0 && len(list) != like {
		return nil, errAt(leftmost(list[0]), pgerrcode.SyntaxError, "VALUES lists must all be the same length")
	}
	var extra ast.Pos = ast.NoPos
	if len(list) > len(in.attrs) {
		extra = leftmost(list[len(in.attrs)])
	}
	if err := in.checkCount(len(list), extra, true); err != nil {
		return nil, err
	}
	for i, e := range list {
		if isDefault(e) {
			if err := in.writable(i); err != nil {
				return nil, err
			}
			if p := in.part(i); p != nil {
				return nil, partDefault(p)
			}
			continue
		}
		if i < len(in.taken) && in.taken[i] {
			continue
		}
		var err error
		if out[i], err = b.insertValue(in, i, out[i], leftmost(e)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// typeOf is the type of the column that target i assigns wholly.
func (in *insertion) typeOf(i int) types.T {
	if i >= len(in.attrs) {
		return types.T{}
	}
	if c := in.table.Column(in.attrs[i]); c != nil && in.part(i) == nil {
		return c.Type
	}
	return types.T{}
}

// writable refuses a view's column that is none of the table.
func (in *insertion) writable(i int) error {
	if in.attrs[i] != 0 {
		return nil
	}
	_, err := in.via.target(&ast.Target{At: ast.At{Pos: ast.NoPos}, Name: in.names[i]}, "insert into")
	return err
}

// part is target i when it is a part of its column, nil for whole columns.
func (in *insertion) part(i int) *ast.Target {
	if i < len(in.parts) && len(in.parts[i].Path) > 0 {
		return in.parts[i]
	}
	return nil
}

// ignoresGenerated reports that values for generated columns are passed over: some dumps
// hold them.
func (b *binder) ignoresGenerated() bool {
	v, _ := b.o.Session.Setting("loxodb.generated_values")
	return v == "ignore"
}

// insertValue coerces a value to its column and checks that it may be given. That of a
// part is an assignment to NULL.
func (b *binder) insertValue(in *insertion, i int, v expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if err := in.writable(i); err != nil {
		return nil, err
	}
	c := in.table.Column(in.attrs[i])
	if p := in.part(i); p != nil {
		var err error
		if v, err = b.assignPart(in.s, c, p, nullConst(c.Type), v, pos); err != nil {
			return nil, err
		}
	}
	if c.Generated != 0 && b.ignoresGenerated() {
		return nil, nil
	}
	switch refused := in.notGiven(c); {
	case in.refused != nil:
	case refused != nil:
		in.refused = refused
	case in.replaced(c):
		return nil, nil
	}
	v, err := b.given(v, c, pos)
	if err != nil || !c.AutoIncrement || in.auto == i+1 {
		return v, err
	}
	return b.autoIncrement(v, c)
}

// notGiven is the error of a value for a column that computes its own, nil for other columns.
func (in *insertion) notGiven(c *catalog.Column) error {
	if c.Generated == 0 && c.Identity != 'a' {
		return nil
	}
	refused := errAt(ast.NoPos, pgerrcode.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name)
	switch {
	case c.Generated != 0:
		return refused.WithDetail("Column \"%s\" is a generated column.", c.Name)
	case c.Identity == 'a' && in.x.Overriding == ast.OverridingNone:
		return refused.WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// replaced says that the default takes the place of a value for a column.
func (in *insertion) replaced(c *catalog.Column) bool {
	return c.Identity != 0 && in.x.Overriding == ast.OverridingUser
}

// defaultOf is the default of a column that the rows leave out. That of a view is a value
// given to the table.
func (in *insertion) defaultOf(c *catalog.Column, o Options) (expr.Expr, error) {
	d, ofView, err := in.via.columnDefault(c, o)
	if err != nil || !ofView {
		return d, err
	}
	if in.replaced(c) {
		return columnDefault(c, o)
	}
	return d, in.notGiven(c)
}

// given coerces a value to its column: a string for a bit field by its bytes.
func (b *binder) given(v expr.Expr, c *catalog.Column, pos ast.Pos) (expr.Expr, error) {
	if b.fitting() {
		var err error
		if v, err = b.fit(v, c, pos); err != nil {
			return nil, err
		}
	}
	if c.Bits > 0 {
		t := v.Type().OID
		digit := false
		k, literal := v.(*unknownLit)
		if literal {
			digit = k.null || c.Bits == 1 && (k.text == "0" || k.text == "1")
		}
		if t == types.ByteaOID || literal && !digit {
			var err error
			name := "to_bits"
			if c.Type.OID == types.NumericOID {
				name = "to_all_bits"
			}
			if v, err = b.callBound(builtin.MySQLSchema, name, []expr.Expr{v}, pos); err != nil {
				return nil, err
			}
		}
	}
	if c.Declared != "" {
		var err error
		if v, err = b.declared(v, c, pos); err != nil {
			return nil, err
		}
	}
	if b.mixedWrites {
		var err error
		if v, err = b.mixedValue(v, c.Type, pos); err != nil {
			return nil, err
		}
	}
	b.showDomain(v, c.Domain)
	v, err := b.assign(v, c.Type, c.Domain, c.Name, pos)
	if err != nil || !b.lenient.nulls {
		return v, err
	}
	return b.fitNull(v, c, givenNull)
}

// autoIncrement is the value of an AUTO_INCREMENT column for one that is given.
func (b *binder) autoIncrement(v expr.Expr, c *catalog.Column) (expr.Expr, error) {
	seq := &expr.Const{T: types.Of(types.Int8OID), D: types.Int(int64(c.SequenceID))}
	e, err := b.callBound(builtin.MySQLSchema, "auto_increment", []expr.Expr{seq, v}, ast.NoPos)
	if err != nil {
		return nil, err
	}
	return b.coerce(e, c.Type, builtin.Assignment, ast.NoPos)
}

// fullRow completes the rows to one value per table column.
func (b *binder) fullRow(in *insertion, vals [][]expr.Expr, tree logical.Node) (logical.Node, []logical.ColID, error) {
	t := in.table
	rows, err := b.fullRows(in, vals)
	if err != nil {
		return nil, nil, err
	}
	numbered := in.auto > 0 && in.numberedApart(vals, rows)
	if in.auto > 0 && !numbered {
		if err := b.numberRows(in, vals, rows); err != nil {
			return nil, nil, err
		}
	}
	if tree != nil {
		n, ids := b.projectAll(tree, rows[0])
		return n, ids, nil
	}
	n := &logical.Values{Rows: rows}
	if len(rows) > 1 && !in.x.Mixed { // a list of rows is computed as it is written, one row by attributes
		n.Order = writtenOrder(in.attrs[:len(vals[0])], len(t.Columns))
	}
	for i := range t.Columns {
		n.Out = append(n.Out, b.meta.Add(logical.ColInfo{Name: t.Columns[i].Name, T: t.Columns[i].Type}))
	}
	if numbered {
		return b.numbered(in, n)
	}
	return n, n.Out, nil
}

// writtenOrder is the order in which the n values of a row are computed: those that are
// written, of the columns attrs, and then the defaults of the others. nil: as they stand.
func writtenOrder(attrs []int16, n int) []int {
	order := make([]int, 0, n)
	add := func(i int) {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	for _, a := range attrs {
		if a != 0 {
			add(int(a) - 1)
		}
	}
	for i := range n {
		add(i)
	}
	if slices.IsSorted(order) {
		return nil
	}
	return order
}

// fullRows gives the columns that the rows leave out their defaults.
func (b *binder) fullRows(in *insertion, vals [][]expr.Expr) ([][]expr.Expr, error) {
	t := in.table
	at := make([]int, len(t.Columns)) // index into a value list + 1
	if len(vals) > 0 {
		for i := range vals[0] {
			if in.attrs[i] == 0 {
				continue
			}
			to := &at[in.attrs[i]-1]
			if *to != 0 { // another part of a column
				for r := range vals {
					a := vals[r][i].(*expr.Assign)
					vals[r][i] = &expr.Assign{X: vals[r][*to-1], V: a.V, Steps: a.Steps}
				}
			}
			*to = i + 1
		}
	}
	defaults := make([]expr.Expr, len(t.Columns))
	def := func(i int) (expr.Expr, error) {
		if defaults[i] == nil {
			d, err := in.defaultOf(&t.Columns[i], b.o)
			if word := b.firstWord(&t.Columns[i]); word != nil && err == nil {
				d = word
			}
			if k, ok := d.(*expr.Const); err == nil && ok && k.D.IsNull() && (b.lenient.on || b.fitting() && len(t.Triggers) == 0) {
				d, err = b.fitNull(d, &t.Columns[i], noDefault)
			}
			if err == nil {
				d, err = b.fittingDefault(&t.Columns[i], d)
			}
			if err != nil {
				return nil, err
			}
			defaults[i] = d
		}
		return defaults[i], nil
	}
	rows := make([][]expr.Expr, len(vals))
	for r, list := range vals {
		row := make([]expr.Expr, len(t.Columns))
		for i := range t.Columns {
			if at[i] > 0 && list[at[i]-1] != nil {
				row[i] = list[at[i]-1]
				continue
			}
			d, err := def(i)
			if err != nil {
				return nil, err
			}
			row[i] = d
		}
		rows[r] = row
	}
	return rows, nil
}

// projectAll is project; every expression gets a number of its own unless it is a column.
func (b *binder) projectAll(in logical.Node, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	return b.project(in, exprs)
}
