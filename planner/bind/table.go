package bind

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Place says what a stored expression is for: what it may contain and how its
// errors read.
type Place clause

const (
	Default   = Place(inDefault)
	Check     = Place(inCheck)
	IndexKey  = Place(inIndexExpr)
	PartKey   = Place(inPartKey)
	PartBound = Place(inPartBound)
	IndexPred = Place(inIndexPred)
	Statistic = Place(inStatistics)
	Generated = Place(inGenerated)
	Using     = Place(inUsing) // ALTER TABLE … TYPE … USING
	CopyWhere = Place(inCopyWhere)
	Argument  = Place(inExecute) // of EXECUTE; its errors call the column "parameter $n"
)

// Scalar binds an expression of DDL. The columns of t (nil: none are allowed)
// are expr.Column by attribute number − 1. With want.OID 0 the expression keeps
// its own type; else it is coerced as by assignment to the column named column.
func Scalar(e ast.Expr, t *catalog.Table, place Place, want types.T, column string, o Options) (expr.Expr, error) {
	x, b, err := scalar(e, t, place, want, column, o)
	if err != nil {
		return nil, o.visible(err)
	}
	if x, err = b.collated(x); err != nil {
		return nil, err
	}
	return expr.Fold(attributes(x)), nil
}

// ScalarCollation is the collation that an expression of DDL has, 0 for types without
// one and logical.NoCollation where none can be determined.
func ScalarCollation(e ast.Expr, t *catalog.Table, place Place, o Options) (catalog.ID, error) {
	x, b, err := scalar(e, t, place, types.T{}, "", o)
	if err != nil {
		return 0, err
	}
	a := b.newCollator()
	_, c := a.expr(x)
	switch {
	case a.err != nil:
		return 0, a.err
	case c.strength == conflict, c.strength == none && typeCollation(x.Type()) != 0:
		return logical.NoCollation, nil
	}
	return c.id, nil
}

// AsWritten is Scalar with the conversions of constants left in place, as
// PostgreSQL keeps stored expressions and prints them: price >= (0)::numeric.
func AsWritten(e ast.Expr, t *catalog.Table, place Place, want types.T, column string, o Options) (expr.Expr, error) {
	o.CallsAsWritten = true
	x, b, err := scalar(e, t, place, want, column, o)
	if err != nil {
		return nil, o.visible(err)
	}
	if _, err := b.collated(x); err != nil {
		return nil, err
	}
	return attributes(x), nil
}

// scalar binds an expression of DDL; columns are ColIDs yet, and collations as written.
func scalar(e ast.Expr, t *catalog.Table, place Place, want types.T, column string, o Options) (expr.Expr, *binder, error) {
	o.ParamTypes, o.Vars = nil, nil
	b := newBinder(o)
	b.noParams, b.asWritten = true, true
	s := &scope{in: clause(place)}
	if t != nil {
		it := b.rowItem(t, t.Name)
		if t.Name != "" && (place == Check || place == Generated) { // of a table, not of a domain
			it.hidden = append(it.hidden, nsCol{"tableoid", ownOID(t)})
		}
		s.items = []*nsItem{it}
	}
	x, err := b.expr(s, e)
	if err != nil {
		return nil, nil, misplacedColumn(err, e, t, place)
	}
	if place == Generated { // what the conversion to the column's type does is not looked at
		if err := b.readsGenerated(x, t); err != nil {
			return nil, nil, err
		}
		if err := checkStored(x, inGenerated); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case want.OID == 0:
		if x, err = b.known(x); err != nil {
			return nil, nil, err
		}
	case place == Check || place == IndexPred || place == CopyWhere:
		what := "CHECK"
		if place != Check {
			what = "WHERE"
		}
		if x, err = b.asBool(x, e, what); err != nil {
			return nil, nil, err
		}
	default:
		if x, err = b.stored(x, e, want, place, column); err != nil {
			return nil, nil, err
		}
	}
	if b.keepCalls && b.meta.Calls {
		o.CallsAsWritten = false // what bodies do counts, where they stand in the place of calls
		_, _, err := scalar(e, t, place, want, column, o)
		return x, b, err
	}
	if place != Generated {
		if err := checkStored(x, clause(place)); err != nil {
			return nil, nil, err
		}
	}
	if !o.Defining || place == PartBound || place == Using { // else whoever makes it run is asked
		if err := b.mayCall(x); err != nil {
			return nil, nil, err
		}
	}
	return x, b, nil
}

// asks reports that there are functions which the user of a statement may not be allowed to call.
func (o *Options) asks() bool { return !o.Super && o.Role != 0 && o.Catalog.GuardsFunctions() }

// MayCompute refuses an expression that is stored, and about to run for rows there are, if it
// calls what the statement's user may not.
func MayCompute(text string, t *catalog.Table, place Place, want types.T, column string, o Options) error {
	if text == "" || !o.asks() {
		return nil
	}
	calls, err := storedCalls(text, t, place, want, column, o)
	for _, f := range calls {
		x := catalog.Object{Class: catalog.FunctionClass, ID: f.OID}
		if err == nil && o.Catalog.Allowed(x, catalog.BootstrapRoleID, o.Role, catalog.PrivExecute) == 0 {
			err = errAt(-1, pgerrcode.InsufficientPrivilege, "permission denied for function %s", f.Name)
		}
	}
	return err
}

func (b *binder) stored(x expr.Expr, e ast.Expr, want types.T, place Place, column string) (expr.Expr, error) {
	y, err := b.coerceOrNil(x, want, builtin.Assignment, leftmost(e))
	if err != nil || y != nil {
		return y, err
	}
	switch place {
	case Default, Generated:
		what := "default expression"
		if place == Generated {
			what = "generation expression"
			what = "default expression"
		}
		return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "column \"%s\" is of type %s but %s is of type %s",
			column, types.TypeName(want.OID), what, builtin.TypeName(x.Type().OID)).
			WithHint("You will need to rewrite or cast the expression.")
	case Argument:
		return nil, errAt(leftmost(e), pgerrcode.DatatypeMismatch, "%s of type %s cannot be coerced to the expected type %s",
			column, builtin.TypeName(x.Type().OID), types.TypeName(want.OID)).
			WithHint("You will need to rewrite or cast the expression.")
	case PartBound:
		return nil, errAt(leftmost(e), pgerrcode.DatatypeMismatch, "specified value cannot be cast to type %s for column \"%s\"", types.TypeName(want.OID), column)
	case Using:
		return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "result of USING clause for column \"%s\" cannot be cast automatically to type %s",
			column, types.TypeName(want.OID)).WithHint("You might need to add an explicit cast.")
	}
	return b.assign(x, want, 0, column, leftmost(e))
}

// readsGenerated refuses the whole row and generated columns in a generation expression,
// the first of them (check_nested_generated).
func (b *binder) readsGenerated(x expr.Expr, t *catalog.Table) (err error) {
	logical.Walk(x, func(n expr.Expr) bool {
		switch n := n.(type) {
		case *expr.RowOf:
			if b.wholeRows[n] != nil && err == nil {
				err = errAt(b.wholeAt[n], pgerrcode.InvalidObjectDefinition, "cannot use whole-row variable in column generation expression").
					WithDetail("This would cause the generated column to depend on its own value.")
			}
		case *expr.Column:
			if col := &t.Columns[n.Index-1]; col.Generated != 0 && err == nil {
				err = errAt(b.pos[n], pgerrcode.InvalidObjectDefinition, "cannot use generated column %q in column generation expression", col.Name).
					WithDetail("A generated column cannot reference another generated column.")
			}
		}
		return err == nil
	})
	return err
}

// checkStored refuses functions and conversions that are not immutable where results are stored.
func checkStored(x expr.Expr, c clause) error {
	msg := ""
	switch c {
	case inIndexExpr:
		msg = "functions in index expression must be marked IMMUTABLE"
	case inIndexPred:
		msg = "functions in index predicate must be marked IMMUTABLE"
	case inPartKey:
		msg = "functions in partition key expression must be marked IMMUTABLE"
	case inGenerated:
		msg = "generation expression is not immutable"
	default:
		return nil
	}
	if !expr.Storable(x) {
		return pgerr.New(pgerrcode.InvalidObjectDefinition, msg)
	}
	return nil
}

// rowItem is a table's row as a name: column i is ColID i+1.
func (b *binder) rowItem(t *catalog.Table, name string) *nsItem {
	it := &nsItem{name: name, relVisible: true, colsVisible: true, lateralOK: true, rel: &relation{table: t, alias: name}}
	for i := range t.Columns {
		c := &t.Columns[i]
		id := b.meta.Add(logical.ColInfo{Name: c.Name, Rel: name, T: c.Type, Table: t, Attr: c.Num, Collation: b.columnCollation(t, c.Num)})
		if !c.Dropped {
			it.cols = append(it.cols, nsCol{c.Name, b.meta.Column(id)})
		}
	}
	it.cols = listed(t, it.cols)
	return it
}

// attributes renumbers ColIDs 1… to positions 0….
func attributes(e expr.Expr) expr.Expr {
	return logical.Rewrite(e, func(n expr.Expr) expr.Expr {
		if c, ok := n.(*expr.Column); ok {
			return &expr.Column{Index: c.Index - 1, T: c.T, Name: c.Name}
		}
		return n
	})
}

// storedScalar binds stored SQL text over a table's row.
func storedScalar(text string, t *catalog.Table, place Place, want types.T, column string, o Options) (expr.Expr, error) {
	e, err := parseScalar(text, o)
	if err != nil {
		return nil, err
	}
	if place == Default && o.asks() { // the calls are what the statement's user is asked about
		o.CallsAsWritten = true
	}
	o.Role = 0 // its names were looked up when it was made
	x, err := Scalar(e, t, place, want, column, o)
	return x, withoutPosNil(err)
}

func withoutPosNil(err error) error {
	if err == nil {
		return nil
	}
	return withoutPos(err)
}

// parseScalar reads a stored expression.
func parseScalar(text string, o Options) (ast.Expr, error) {
	parsed, err := o.Parser.Parse("SELECT (" + text + ")")
	if err != nil {
		return nil, withoutPos(err)
	}
	if len(parsed) == 1 {
		if sel, ok := parsed[0].Stmt.(*ast.Select); ok && len(sel.Targets) == 1 {
			return sel.Targets[0].Expr, nil
		}
	}
	return nil, pgerr.Newf(pgerrcode.InternalError, "stored expression %q is not an expression", text)
}

// TableWrite binds everything that writers of a table compute.
func TableWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	if w, ok := tableWrites.get(t); ok {
		return w, nil
	}
	w, err := bindTableWrite(t, o)
	if err == nil {
		tableWrites.put(t, w)
	}
	return w, err
}

func bindTableWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	w := &physical.TableWrite{Table: t}
	boolT := types.Of(types.BoolOID)
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped || c.Generated == 0 {
			continue
		}
		x, err := storedScalar(c.Default, t, Generated, c.Type, c.Name, o)
		if err != nil {
			return nil, err
		}
		w.Generated = append(w.Generated, physical.GeneratedColumn{Attr: c.Num, Expr: x})
	}
	var err error
	if w.Domains, err = domainColumns(t, o); err != nil {
		return nil, err
	}
	checks := slices.Clone(t.Constraints) // PostgreSQL tests them by name
	slices.SortFunc(checks, func(a, b *catalog.Constraint) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range checks {
		if c.Kind != catalog.CheckConstraint || c.Unenforced {
			continue
		}
		x, err := storedScalar(c.Expr, t, Check, boolT, "", o)
		if err != nil {
			return nil, err
		}
		w.Checks = append(w.Checks, physical.Check{Constraint: c, Cond: x})
	}
	if w.Within, err = within(t, o); err != nil {
		return nil, err
	}
	for _, x := range t.Indexes {
		iw, err := IndexWrite(t, x, o)
		if err != nil {
			return nil, err
		}
		w.Indexes = append(w.Indexes, iw)
	}
	if w.Calls, err = rowCalls(t, w, o); err != nil {
		return nil, err
	}
	w.Triggers, err = triggers(t, o)
	return w, err
}

// IndexWrite binds the keys and the predicate of an index.
func IndexWrite(t *catalog.Table, x *catalog.Index, o Options) (physical.IndexWrite, error) {
	if iw, ok := indexWrites.get(indexOf{t, x}); ok {
		return iw, nil
	}
	iw, err := bindIndexWrite(t, x, o)
	if err == nil {
		indexWrites.put(indexOf{t, x}, iw)
	}
	return iw, err
}

func bindIndexWrite(t *catalog.Table, x *catalog.Index, o Options) (physical.IndexWrite, error) {
	iw := physical.IndexWrite{Index: x}
	for _, k := range x.Keys {
		if k.Attr != 0 {
			c := t.Column(k.Attr)
			if c == nil {
				return iw, pgerr.Newf(pgerrcode.InternalError, "index %q has a key on a missing column", x.Name)
			}
			iw.Keys = append(iw.Keys, indexKey(&k, &expr.Column{Index: int(k.Attr) - 1, T: c.Type, Name: c.Name}, o))
			continue
		}
		e, err := storedScalar(k.Expr, t, IndexKey, types.T{}, "", o)
		if err != nil {
			return iw, err
		}
		iw.Keys = append(iw.Keys, indexKey(&k, e, o))
	}
	if x.Where != "" {
		e, err := storedScalar(x.Where, t, IndexPred, types.Of(types.BoolOID), "", o)
		if err != nil {
			return iw, err
		}
		iw.Where = e
	}
	if len(x.Exclude) > 0 {
		iw.Exclude = exclusion(x)
	}
	return iw, nil
}

// exclusion is the condition of an exclusion constraint over two keys.
func exclusion(x *catalog.Index) expr.Expr {
	var all []expr.Expr
	for i := range x.Keys {
		op, t := builtin.OperatorByOID(x.Exclude[i]), x.Keys[i].Type
		all = append(all, &expr.Call{Fn: op.Func, Op: op, T: types.Of(types.BoolOID), Pos: -1,
			Args: []expr.Expr{&expr.Column{Index: i, T: t}, &expr.Column{Index: len(x.Keys) + i, T: t}}})
	}
	return logical.Conjoin(all)
}

// indexKey is what the entries of an index are ordered by.
func indexKey(k *catalog.IndexKey, e expr.Expr, o Options) expr.Expr {
	if k.Order == "" {
		return e
	}
	name := k.Order
	if c, ok := o.Catalog.CollationByID(k.Collation); ok {
		name = collationName(c, o)
	}
	return collationKey(e, k.Order, name)
}
