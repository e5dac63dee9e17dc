package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// clause says where an expression stands: what it may contain and how errors name it.
type clause uint8

const (
	inNone clause = iota
	inTarget
	inWhere
	inHaving
	inGroupBy
	inOrderBy
	inDistinctOn
	inJoinOn
	inLimit
	inOffset
	inValues
	inReturning
	inUpdateSet
	inFromFunction
	inFromQuery
	inDefault
	inCheck
	inIndexExpr
	inPartKey
	inPartBound
	inIndexPred
	inStatistics
	inGenerated
	inFilter
	inOnConflict
	inUsing
	inCopyWhere
	inMergeWhen
	inCycleMark
	inTriggerWhen
	inPolicy
	inExecute
	inCall
	inWindowDef
	inFrame // RANGE, then ROWS and GROUPS in the order of ast.FrameMode
)

var clauseName = [...]string{inTarget: "SELECT", inWhere: "WHERE", inHaving: "HAVING", inGroupBy: "GROUP BY",
	inOrderBy: "ORDER BY", inDistinctOn: "DISTINCT ON", inJoinOn: "JOIN conditions", inLimit: "LIMIT", inOffset: "OFFSET",
	inValues: "VALUES", inReturning: "RETURNING", inUpdateSet: "UPDATE", inFromFunction: "functions in FROM", inFromQuery: "FROM clause of their own query level",
	inDefault: "DEFAULT expressions", inCheck: "check constraints", inIndexExpr: "index expressions", inPartKey: "partition key expressions", inPartBound: "partition bound",
	inIndexPred: "index predicates", inStatistics: "statistics expressions", inGenerated: "column generation expressions", inFilter: "FILTER",
	inOnConflict: "ON CONFLICT", inUsing: "transform expressions", inCopyWhere: "COPY FROM WHERE conditions", inMergeWhen: "MERGE WHEN conditions", inCycleMark: "CYCLE",
	inTriggerWhen: "trigger WHEN conditions", inPolicy: "policy expressions", inExecute: "EXECUTE parameters", inCall: "CALL arguments",
	inWindowDef: "window definitions", inFrame: "window RANGE", inFrame + 1: "window ROWS", inFrame + 2: "window GROUPS"}

// scope is what names mean at one query level.
type scope struct {
	parent *scope
	items  []*nsItem
	// unseen are FROM items that exist but cannot be referenced from here.
	unseen []*nsItem
	// united are queries of a set operation, which cannot be referenced from here either.
	united *query
	// seen are all FROM items bound at this level so far, wherever they can be referenced.
	seen *[]*nsItem
	ctes []*cteEntry
	// future are the WITH queries of the level that cannot be referenced yet.
	future []string
	// grouping collects the level's aggregates; nil where none may stand.
	grouping *grouping
	// srfs collects set-returning calls of the select list; nil where none may stand.
	srfs *srfList
	in   clause
	// branch is CASE or COALESCE while their parts are bound, which may not be evaluated.
	branch string
	// inAgg is set while the arguments of an aggregate are bound.
	inAgg *nesting
	// calls collects window functions; nil where none may stand.
	calls *windowList
	// inWindow is set while the parts of a window function are bound.
	inWindow *nesting
	// locking are the level's FOR UPDATE and its kin, while FROM is bound.
	locking []ast.Locking
	// windows are the level's named windows.
	windows []ast.NamedWindow
}

// nsItem is one entry of FROM as names see it (PostgreSQL's ParseNamespaceItem).
type nsItem struct {
	name        string // alias; "" for unnamed joins and VALUES
	schema      string // of a table without alias
	cols        []nsCol
	rel         *relation // nil for joins
	relVisible  bool      // t.a works
	colsVisible bool      // a works
	hidden      []nsCol   // found by name, not by *
	lateralOnly bool      // seen only by LATERAL
	lateralOK   bool
	merged      bool // the columns that USING (…) AS name has
	target      bool // the table that a statement changes, while its FROM is bound
	reads       reads
}

// nsCol is a column as a name sees it. e is what a reference means.
type nsCol struct {
	name string
	e    expr.Expr
}

// relation is a table, subquery or function in FROM.
type relation struct {
	table   *catalog.Table // nil unless a stored table
	scan    *logical.Scan
	alias   string
	scalar  bool   // a function returning a scalar: its name as a value is its column
	derived bool   // a subquery, view or WITH query
	work    bool   // the working table of a recursive query
	what    string // what no lock can be applied to: VALUES, a function, …; "" for others
	// rowType is the composite type of its rows, of a view or function; 0 = none, or the table's
	rowType types.OID
	// nullable: an outer join can put NULLs in the place of its rows. slot is where the
	// join has its node, nil for tables.
	nullable bool
	slot     *logical.Node
	mark     logical.ColID // see rowMark; 0 = none yet
	use      int           // see logical.ColInfo.Use
}

// findColumn resolves an unqualified name, innermost level first. nil: not found.
func (b *binder) findColumn(s *scope, name string, pos ast.Pos) (expr.Expr, error) {
	for level := s; level != nil; level = level.parent {
		var found expr.Expr
		for _, it := range level.items {
			if !it.colsVisible {
				continue
			}
			e, err := b.columnOf(it, name, pos)
			if err != nil {
				return nil, err
			}
			if e == nil {
				continue
			}
			if it.lateralOnly && !it.lateralOK {
				return nil, it.notLateral(pos)
			}
			if found != nil {
				return nil, ambiguous(name, pos)
			}
			found = e
		}
		if found != nil {
			return found, systemAmbiguous(level, name, pos)
		}
		if e, err := b.systemColumn(s, level, name, pos); e != nil || err != nil {
			return e, err
		}
	}
	return nil, nil
}

// notLateral is the error for a reference to an item that LATERAL does not reach.
func (it *nsItem) notLateral(pos ast.Pos) error {
	e := errAt(pos, pgerrcode.InvalidColumnReference, "invalid reference to FROM-clause entry for table \"%s\"", it.name)
	if it.target {
		return e.WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", it.name)
	}
	return e.WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.")
}

func ambiguous(name string, pos ast.Pos) error {
	return errAt(pos, pgerrcode.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
}

// columnOf finds a column of an item; several of one name are ambiguous.
func (b *binder) columnOf(it *nsItem, name string, pos ast.Pos) (expr.Expr, error) {
	var found expr.Expr
	for i := range it.cols {
		if it.cols[i].name != name {
			continue
		}
		if found != nil {
			return nil, ambiguous(name, pos)
		}
		found = it.cols[i].e
		b.reads(it, i)
	}
	work := it.rel != nil && it.rel.work // SEARCH and CYCLE may add a name that is there
	if found == nil || work {
		for i := range it.hidden {
			switch {
			case it.hidden[i].name != name:
			case found != nil:
				return nil, ambiguous(name, pos)
			default:
				return it.hidden[i].e, nil
			}
		}
	}
	return found, nil
}

// scanColumn adds a column to a table's scan, or finds it there.
func (b *binder) scanColumn(r *relation, attr int16, name string, t types.T) *expr.Column {
	for i, a := range r.scan.Attrs {
		if a == attr {
			return b.meta.Column(r.scan.Out[i])
		}
	}
	id := b.meta.Add(logical.ColInfo{Name: name, Rel: r.alias, T: t, Table: r.table, Attr: attr, Collation: b.columnCollation(r.table, attr), Use: r.use})
	r.scan.Attrs, r.scan.Out = append(r.scan.Attrs, attr), append(r.scan.Out, id)
	return b.meta.Column(id)
}

// findItem resolves a relation name. nil: no such FROM item.
func (b *binder) findItem(s *scope, schema, name string, pos ast.Pos) (*nsItem, error) {
	if sc, ok := b.o.Catalog.Schema(schema); ok {
		schema = sc.Name // of pg_temp
	}
	for level := s; level != nil; level = level.parent {
		var found *nsItem
		for _, it := range level.items {
			if !it.relVisible || it.name != name || (schema != "" && it.schema != schema) {
				continue
			}
			if it.lateralOnly && !it.lateralOK {
				return nil, it.notLateral(pos)
			}
			if found != nil {
				return nil, errAt(pos, pgerrcode.AmbiguousAlias, "table reference \"%s\" is ambiguous", name)
			}
			found = it
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// columnRef binds a, t.a, s.t.a and whole-row references.
func (b *binder) columnRef(s *scope, x *ast.ColumnRef) (expr.Expr, error) {
	if x.Star {
		return b.starValue(s, x)
	}
	if b.o.Vars != nil {
		return b.columnOrVariable(x, func() (expr.Expr, error) { return b.columnOfParts(s, x) })
	}
	return b.columnOfParts(s, x)
}

// columnOfParts binds a column by the parts of its name.
func (b *binder) columnOfParts(s *scope, x *ast.ColumnRef) (expr.Expr, error) {
	switch len(x.Parts) {
	case 1:
		return b.bareColumn(s, x)
	case 2:
		return b.qualifiedColumn(s, x, "", x.Parts[0], x.Parts[1])
	case 3:
		return b.qualifiedColumn(s, x, x.Parts[0], x.Parts[1], x.Parts[2])
	case 4:
		if x.Parts[0] != b.o.Session.Database() {
			return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(x.Parts, "."))
		}
		return b.qualifiedColumn(s, x, x.Parts[1], x.Parts[2], x.Parts[3])
	}
	return nil, errAt(x.Pos, pgerrcode.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(x.Parts, "."))
}

// starValue is t.* where one value stands: the whole row, as t would be.
func (b *binder) starValue(s *scope, x *ast.ColumnRef) (expr.Expr, error) {
	if len(x.Parts) == 0 {
		return nil, noStar(x)
	}
	schema, rel := "", x.Parts[len(x.Parts)-1]
	if len(x.Parts) > 1 {
		schema = x.Parts[len(x.Parts)-2]
	}
	it, err := b.findItem(s, schema, rel, x.Pos)
	if err != nil {
		return nil, err
	}
	if it == nil {
		if v := b.variable(x.Parts); v != nil {
			return v, nil
		}
		return nil, b.missingItem(s, rel, x.Pos)
	}
	b.traceWhole(x, it)
	return b.wholeRow(it, x.Pos)
}

func noStar(x *ast.ColumnRef) error {
	return errAt(x.Pos, pgerrcode.SyntaxError, "row expansion via \"*\" is not supported here")
}

func (b *binder) bareColumn(s *scope, x *ast.ColumnRef) (expr.Expr, error) {
	name := x.Parts[0]
	e, err := b.findColumn(s, name, x.Pos)
	if err != nil {
		return nil, err
	}
	if e != nil {
		b.traceColumn(x, e)
		return b.reference(e, x.Pos), nil
	}
	it, err := b.findItem(s, "", name, x.Pos)
	if err != nil {
		return nil, err
	}
	if it != nil {
		b.traceWhole(x, it)
		return b.wholeRow(it, x.Pos)
	}
	missing := errAt(x.Pos, pgerrcode.UndefinedColumn, "column \"%s\" does not exist", name)
	return nil, b.columnHint(s, "", name, missing)
}

func (b *binder) qualifiedColumn(s *scope, x *ast.ColumnRef, schema, rel, name string) (expr.Expr, error) {
	it, err := b.findItem(s, schema, rel, x.Pos)
	if err != nil {
		return nil, err
	}
	if it == nil {
		return nil, b.missingItem(s, rel, x.Pos)
	}
	e, err := b.columnOf(it, name, x.Pos)
	if err != nil {
		return nil, err
	}
	b.traceRef(x, it, e)
	if e == nil && it.rel != nil && it.rel.scan != nil {
		if _, ok := systemColumns[name]; ok {
			if e, err = b.systemOf(s, it.rel, name, x.Pos); err != nil {
				return nil, err
			}
		}
	}
	if e != nil {
		return b.reference(e, x.Pos), nil
	}
	missing := b.columnHint(s, it.name, name, errAt(x.Pos, pgerrcode.UndefinedColumn, "column %s.%s does not exist", rel, name))
	return b.callAsColumn(s, &ast.ColumnRef{At: x.At, Parts: x.Parts[:len(x.Parts)-1], Star: true}, name, x.Pos, missing)
}

// reference makes a fresh column node and remembers where it stands.
func (b *binder) reference(e expr.Expr, pos ast.Pos) expr.Expr {
	b.traceValue(e)
	return b.placed(e, pos)
}

// placed is reference without a note that the column is read.
func (b *binder) placed(e expr.Expr, pos ast.Pos) expr.Expr {
	if c, ok := e.(*expr.Column); ok {
		n := *c
		b.pos[&n] = pos
		return &n
	}
	if f, ok := e.(*expr.Field); ok && b.trace() != nil { // of a function's row: each name is its own
		n := *f
		return &n
	}
	return e
}

// wholeRow is t as a value: its row, or the value of a scalar function.
func (b *binder) wholeRow(it *nsItem, pos ast.Pos) (expr.Expr, error) {
	b.readsAll(it)
	if it.rel != nil && it.rel.scalar && len(it.cols) == 1 {
		return b.reference(it.cols[0].e, pos), nil
	}
	if row := b.tableRow(it, pos); row != nil {
		var sh []field
		for at, f := range b.shape(row) { // by the names that the alias gives them
			sh = append(sh, field{it.cols[at].name, f.t, f.at, f.domain})
		}
		b.isWhole(row, sh, it, pos)
		return b.rowOrNull(it, row), nil
	}
	row := &expr.RowOf{}
	var sh []field
	names := make([]string, 0, len(it.cols))
	for i, c := range it.cols {
		row.Args = append(row.Args, b.reference(c.e, pos))
		sh = append(sh, field{c.name, c.e.Type(), i, b.exprDomain(c.e)})
		names = append(names, c.name)
	}
	b.isWhole(row, sh, it, pos)
	var err error
	if row.T, err = builtin.RowType(names); err != nil {
		return nil, err
	}
	return b.rowOrNull(it, row), nil
}

// isWhole notes that row, of the shape sh, is a whole row of it, written at pos.
func (b *binder) isWhole(row *expr.RowOf, sh []field, it *nsItem, pos ast.Pos) {
	put(&b.rowShapes, row, sh)
	put(&b.wholeRows, row, it)
	put(&b.wholeAt, row, pos)
}

// rowOrNull is a whole row, or NULL where an outer join has none: not a row of NULLs.
func (b *binder) rowOrNull(it *nsItem, row *expr.RowOf) expr.Expr {
	if it.rel == nil || !it.rel.nullable {
		return row
	}
	var there expr.Expr
	switch {
	case it.rel.scan != nil:
		there = b.scanColumn(it.rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID))
	case it.rel.slot != nil:
		there = b.rowMark(it.rel)
	default:
		return row
	}
	e := &expr.Case{Whens: []expr.When{{Cond: &expr.IsNull{X: there, Not: true}, Result: row}}, Else: nullConst(row.T), T: row.T}
	put(&b.caseRows, e, row)
	return e
}

// rowMark is a column that every row of a derived item has, before an outer join adds
// rows of NULLs.
func (b *binder) rowMark(rel *relation) expr.Expr {
	if rel.mark != 0 {
		return b.meta.Column(rel.mark)
	}
	in := *rel.slot
	p := &logical.Project{Input: in}
	for _, c := range in.Cols() {
		p.Exprs, p.Out = append(p.Exprs, b.meta.Column(c)), append(p.Out, c)
	}
	mark := b.meta.Add(logical.ColInfo{Name: "row", Rel: rel.alias, T: types.Of(types.BoolOID)})
	p.Exprs, p.Out = append(p.Exprs, boolConst(true)), append(p.Out, mark)
	*rel.slot, rel.mark = p, mark
	return b.meta.Column(mark)
}
