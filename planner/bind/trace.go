package bind

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Trace notes what the names of a query mean while it is bound: for a query
// that is kept as text and must go on meaning the same, whatever the search
// path and whatever columns its tables get later.
type Trace struct {
	schemas map[*ast.TableRef]string
	// owners are the names by which columns can be qualified.
	owners  map[expr.Expr]string
	columns map[*ast.ColumnRef]string
	stars   map[*ast.ColumnRef][]ast.Target
	reads   map[Attribute]bool
	// keys are the primary keys that let columns stand beside groups.
	keys map[catalog.ID]bool
	// origins are the expressions as they were written, casts the types that their context
	// converts them to without a word.
	origins map[expr.Expr]ast.Expr
	casts   map[ast.Expr]types.T
	// functions are the columns of functions in FROM.
	functions map[*ast.FuncRef]*nsItem
	// literals are strings and NULLs that got a type.
	literals map[*ast.Lit]types.T
	// constants are the values of strings, texts how stored SQL has them: see trace_constant.go.
	constants map[*ast.Lit]*expr.Const
	texts     map[*ast.Lit]string
	// typeSchemas are the schemas of users' types that are not in public.
	typeSchemas map[*ast.TypeName]string
	// callSchemas are the schemas of users' functions; "" of those of extensions, as of their
	// types: they are found wherever the extension is. Before operators stands the extension.
	callSchemas map[*ast.Func]string
	opSchemas   map[*ast.Op]string
	// spelled are the schemas of the operators that constructs stand for, where extensions have
	// some of them, and extensions those of the calls of extensions' functions: see trace_operators.go.
	spelled    map[ast.Expr][]string
	extensions map[*ast.Func]string
	// patterns are those of SUBSTRING by a pattern.
	patterns map[*ast.Func]bool
	// apart are constructs written as the comparisons that they are: see trace_apart.go.
	apart map[ast.Expr]ast.Expr
	// froms are the items of FROM as they are written, refs what columns are of, wholes
	// those that stand for whole rows: see trace_names.go.
	froms      map[*nsItem]ast.TableExpr
	refs       map[*ast.ColumnRef]*nsItem
	wholes     map[*ast.ColumnRef]bool
	scalars    map[*ast.ColumnRef]string // names of functions that stand for the column of this name
	listed     map[*ast.ColumnRef]bool   // wholes that are items of a select list
	ownerItems map[expr.Expr]*nsItem
	elses      map[*ast.Case]types.T
	naturals   map[*ast.Join][]string
	merges     map[*ast.Join]bool // see trace_using.go
	// fields are the attributes that fields of row types name, members those of the variables
	// of a function; rowStars what (x).* in a select list stands for.
	fields   map[*ast.FieldSel]Attribute
	members  map[*ast.ColumnRef]Attribute
	rowStars map[*ast.FieldSel][]ast.Target
	// plain are the operators of MySQL's that PostgreSQL's of their name are.
	plain map[ast.Expr]bool
	// operands are the queries that set operations are over, united how their columns are converted.
	operands map[*query]*ast.Select
	united   map[*ast.Select]*operand
	// groups are those that a query has besides the ones that it names.
	groups map[*ast.Select][]ast.GroupItem
	// oneSet are queries whose grouping sets come to one.
	oneSet map[*ast.Select]bool
	// called are the casts that functions make, true for values that are taken as of the type
	// first and then made to fit; idle those that change nothing.
	called, idle map[*ast.Cast]bool
	// named are the casts that say only of which type a constant is.
	named map[*ast.Cast]bool
	// domains are the casts to domains.
	domains map[*ast.Cast]bool
	// collated are the casts to types that have collations.
	collated map[*ast.Cast]bool
	// What trace_list.go is about: casts of ARRAY[…] with the modifiers of their types and the
	// elements that they convert, the array types of lists, where VARIADIC arguments begin.
	arrays   map[*ast.Cast]int32
	elements map[*ast.Array][]element
	lists    map[*ast.In]types.T
	// subqueries are those of FROM.
	subqueries map[*ast.SubqueryRef]*nsItem
	variadics  map[*ast.Func]int
	// given are the columns that an INSERT without a list of them gives values to.
	given map[*ast.Insert][]string
	// arguments are what stands for arguments of the function that the statement is of.
	arguments map[ast.Expr]ast.Expr
	// aliased are the items of FROM that have names for some of their columns at least.
	aliased map[*ast.Alias]*nsItem
}

// Attribute is a column of a stored table or view.
type Attribute struct {
	Table catalog.ID
	Attr  int16
}

// NewTrace returns an empty trace, for Options.Trace.
func NewTrace() *Trace {
	return &Trace{schemas: map[*ast.TableRef]string{}, owners: map[expr.Expr]string{}, columns: map[*ast.ColumnRef]string{},
		stars: map[*ast.ColumnRef][]ast.Target{}, reads: map[Attribute]bool{}, keys: map[catalog.ID]bool{},
		origins: map[expr.Expr]ast.Expr{}, casts: map[ast.Expr]types.T{}, constants: map[*ast.Lit]*expr.Const{}, texts: map[*ast.Lit]string{}, functions: map[*ast.FuncRef]*nsItem{},
		literals: map[*ast.Lit]types.T{}, typeSchemas: map[*ast.TypeName]string{}, callSchemas: map[*ast.Func]string{}, opSchemas: map[*ast.Op]string{}, spelled: map[ast.Expr][]string{}, extensions: map[*ast.Func]string{}, patterns: map[*ast.Func]bool{}, apart: map[ast.Expr]ast.Expr{},
		froms: map[*nsItem]ast.TableExpr{}, refs: map[*ast.ColumnRef]*nsItem{}, wholes: map[*ast.ColumnRef]bool{}, scalars: map[*ast.ColumnRef]string{}, listed: map[*ast.ColumnRef]bool{},
		ownerItems: map[expr.Expr]*nsItem{}, elses: map[*ast.Case]types.T{}, naturals: map[*ast.Join][]string{}, merges: map[*ast.Join]bool{},
		fields: map[*ast.FieldSel]Attribute{}, members: map[*ast.ColumnRef]Attribute{}, rowStars: map[*ast.FieldSel][]ast.Target{}, groups: map[*ast.Select][]ast.GroupItem{}, oneSet: map[*ast.Select]bool{}, called: map[*ast.Cast]bool{}, idle: map[*ast.Cast]bool{}, named: map[*ast.Cast]bool{}, domains: map[*ast.Cast]bool{}, collated: map[*ast.Cast]bool{}, arrays: map[*ast.Cast]int32{}, elements: map[*ast.Array][]element{}, lists: map[*ast.In]types.T{}, subqueries: map[*ast.SubqueryRef]*nsItem{}, variadics: map[*ast.Func]int{}, aliased: map[*ast.Alias]*nsItem{}, given: map[*ast.Insert][]string{}, plain: map[ast.Expr]bool{}, operands: map[*query]*ast.Select{}, united: map[*ast.Select]*operand{}, arguments: map[ast.Expr]ast.Expr{}}
}

// Reads reports whether the query names the column, directly or by a star.
func (t *Trace) Reads(a Attribute) bool { return t.reads[a] }

// NeedsKey reports whether the query means something only by a primary key: columns that
// are not grouped depend on it.
func (t *Trace) NeedsKey(constraint catalog.ID) bool { return t.keys[constraint] }

// Qualify rewrites the traced query in place: relations get their schema,
// columns their relation, strings their type, output columns their names, and
// stars become the columns they stand for.
func (t *Trace) Qualify(q ast.Stmt) {
	t.takeApart(q)
	ast.Walk(q, func(n ast.Node) bool {
		t.unmix(n)
		switch x := n.(type) {
		case *ast.TableRef:
			if schema, ok := t.schemas[x]; ok {
				x.Name.Schema = schema
			}
		case *ast.ColumnRef:
			if owner, ok := t.columns[x]; ok {
				x.Parts = []string{owner, x.Parts[0]}
			}
			if column := t.scalars[x]; column != "" {
				x.Parts, x.Star = []string{t.refs[x].name, column}, false
			}
		case *ast.Cast:
			if schema, ok := t.typeSchemas[&x.To]; ok {
				x.To.Name.Schema = schema
			}
		case *ast.Func:
			if schema, ok := t.callSchemas[x]; ok {
				x.Name.Schema = schema
			}
		case *ast.Op:
			if schema, ok := t.opSchemas[x]; ok {
				x.Schema = schema
			}
		case *ast.Lit:
			if typ, ok := t.literals[x]; ok {
				typed(x, typ)
			}
			if text, ok := t.texts[x]; ok {
				x.Text = text
				asConstant(x, t.constants[x].T.OID)
			}
		case *ast.FuncRef:
			t.nameColumns(x)
		case *ast.SubqueryRef:
			t.nameAlike(x)
		case *ast.Case:
			if typ, ok := t.elses[x]; ok && typ.OID < types.FirstTypeOID { // users' types go by the path
				x.Else = &ast.Lit{At: ast.At{Pos: ast.NoPos}, Kind: ast.LitNull, As: types.FormatType(typ)}
			}
		case *ast.Join:
			if using := t.naturals[x]; using != nil {
				x.Natural, x.Using = false, using
				if len(using) == 0 && x.Kind != ast.InnerJoin {
					x.On = ast.NoCondition()
				}
			}
		case *ast.Row:
			t.listWholes(x.Args)
			x.Args = t.expandList(x.Args)
		case *ast.Insert:
			for _, name := range t.given[x] {
				x.Columns = append(x.Columns, ast.Target{At: ast.At{Pos: ast.NoPos}, Name: name})
			}
			x.Returning = t.outputs(x.Returning)
		case *ast.Update:
			x.Returning = t.outputs(x.Returning)
		case *ast.Delete:
			x.Returning = t.outputs(x.Returning)
		case *ast.Select:
			x.Targets = t.expand(x.Targets)
			for i := range x.Values {
				t.listWholes(x.Values[i])
				x.Values[i] = t.expandList(x.Values[i])
			}
			x.GroupBy = append(x.GroupBy, t.groups[x]...)
			nameWindows(x)
			t.nameWholes(x.Targets)
			nameOutputs(x.Targets)
		}
		return true
	})
	t.distinguish(q)
	t.unite()
}

// outputs is what RETURNING lists, stars written out and each with its name.
func (t *Trace) outputs(list []ast.Target) []ast.Target {
	list = t.expand(list)
	nameOutputs(list)
	return list
}

// nameOutputs names the columns that nobody gave a name.
func nameOutputs(list []ast.Target) {
	for i := range list {
		if o := &list[i]; o.Name == "" && !ownName(o.Expr) {
			o.Name = figureName(o.Expr)
		}
	}
}

// typed gives a string the type of its context: integers and booleans as such.
func typed(x *ast.Lit, t types.T) {
	if x.Kind == ast.LitString && t.OID == types.Int4OID {
		if n, err := strconv.ParseInt(strings.TrimSpace(x.Text), 10, 32); err == nil && n >= 0 {
			x.Kind, x.Int = ast.LitInt, n
			return
		}
	}
	x.As = types.FormatType(t)
}

// nameColumns gives a function in FROM its columns' names.
func (t *Trace) nameColumns(x *ast.FuncRef) {
	it := t.functions[x]
	if it == nil || x.Alias != nil && len(x.Alias.ColDefs) > 0 {
		return
	}
	x.Alias = &ast.Alias{Name: it.name, Columns: it.ownNames()}
}

// Convert writes out the conversions that the traced query's contexts make, with the
// types' names as parse reads them.
func (t *Trace) Convert(q ast.Stmt, parse func(string) (ast.TypeName, bool)) {
	t.unconverted(q)
	replaceExprs(reflect.ValueOf(q), func(x ast.Expr) ast.Expr {
		if c, ok := x.(*ast.Collate); ok && t.withoutCollation(c.X) {
			return c.X
		}
		to, ok := t.casts[x]
		x = t.withElements(x)
		if _, written := x.(*ast.Lit); !ok || written && t.literals[x.(*ast.Lit)].OID != 0 {
			return x
		}
		name, ok := parse(types.FormatType(to))
		if !ok {
			return x
		}
		if c, ok := x.(*ast.Collate); ok { // a collation is of the converted value
			c.X = &ast.Cast{At: ast.At{Pos: ast.NoPos}, X: c.X, To: name}
			return x
		}
		return &ast.Cast{At: ast.At{Pos: ast.NoPos}, X: x, To: name}
	})
}

// unconverted leaves out the conversions of what has a syntax of its own, which shows none.
func (t *Trace) unconverted(q ast.Stmt) {
	ast.Walk(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AtTimeZone:
			delete(t.casts, x.X)
			delete(t.casts, x.Zone)
		case *ast.Func:
			if x.SQLSyntax() && !(t.patterns[x] && len(x.Args) == 2) { // SUBSTRING of a pattern is a call
				for _, a := range x.Args {
					delete(t.casts, a)
				}
			}
		}
		return true
	})
}

// withElements is a cast of ARRAY[…], or IN, with what it converts.
func (t *Trace) withElements(x ast.Expr) ast.Expr {
	switch v := x.(type) {
	case *ast.Cast:
		if mod, ok := t.arrays[v]; ok {
			return t.castElements(v, mod)
		}
		if a, ok := v.X.(*ast.Array); ok && t.idle[v] && len(a.Elems) > 0 { // of another cast
			return a
		}
	case *ast.In:
		return t.castList(v)
	}
	return x
}

// withoutCollation reports an untyped constant that what is around its COLLATE made one of a
// type without collations.
func (t *Trace) withoutCollation(x ast.Expr) bool {
	l, ok := x.(*ast.Lit)
	if !ok {
		return false
	}
	of := t.literals[l]
	return of.OID != 0 && of.OID != types.UnknownOID && typeCollation(of) == 0
}

var exprType = reflect.TypeFor[ast.Expr]()

// replaceExprs puts what f makes of each expression of a tree in its place, inner ones first.
func replaceExprs(v reflect.Value, f func(ast.Expr) ast.Expr) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			replaceExprs(v.Elem(), f)
		}
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		replaceExprs(v.Elem(), f)
		if v.Type() != exprType || !v.CanSet() {
			return
		}
		x := v.Interface().(ast.Expr)
		if y := f(x); y != x {
			v.Set(reflect.ValueOf(y))
		}
	case reflect.Slice:
		for i := range v.Len() {
			replaceExprs(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			replaceExprs(v.Field(i), f)
		}
	}
}

func (t *Trace) expand(list []ast.Target) []ast.Target {
	var out []ast.Target
	for i := range list {
		if ref, ok := list[i].Expr.(*ast.ColumnRef); ok && ref.Star {
			if cols, ok := t.stars[ref]; ok {
				out = append(out, cols...)
				continue
			}
		}
		if f, ok := list[i].Expr.(*ast.FieldSel); ok && t.rowStars[f] != nil {
			out = append(out, t.rowStars[f]...)
			continue
		}
		out = append(out, list[i])
	}
	return out
}

// expandList writes the columns of the stars among the members of a row.
func (t *Trace) expandList(list []ast.Expr) []ast.Expr {
	out := make([]ast.Expr, 0, len(list))
	for _, e := range list {
		for _, x := range t.expand([]ast.Target{{Expr: e}}) {
			out = append(out, x.Expr)
		}
	}
	return out
}

// ownName reports an item of a select list that goes by the names of its columns.
func ownName(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.ColumnRef:
		return true
	case *ast.FieldSel:
		return x.Star
	}
	return false
}

// traceType notes in which schema a user's type is found.
func (b *binder) traceType(x *ast.TypeName, schema string) {
	if t := b.trace(); t != nil && schema != "public" {
		t.typeSchemas[x] = schema
	}
}

// traceCast notes a conversion that is not written, nor made by what takes the value. Users' types are left out: their names
// depend on the search path.
func (b *binder) traceCast(e expr.Expr, to types.T, at builtin.Context) {
	t := b.trace()
	if t == nil || at != builtin.Implicit || to.OID >= types.FirstTypeOID || to.OID == types.RecordOID {
		return
	}
	if x := t.origins[e]; x != nil {
		t.casts[x] = types.Of(to.OID)
	}
}

// traceDomain notes that a value of a domain is taken as one of its base type.
func (b *binder) traceDomain(e expr.Expr, at builtin.Context) {
	t := b.trace()
	if t == nil || at != builtin.Implicit {
		return
	}
	switch e.(type) {
	case *expr.Column:
		if _, bare := t.origins[e].(*ast.ColumnRef); !bare { // a cast to the base type is written
			return
		}
	case *expr.ToDomain, *expr.Relabel:
		if _, cast := t.origins[e].(*ast.Cast); !cast {
			return
		}
	}
	if b.exprDomain(e) != 0 {
		b.traceCast(e, e.Type(), at)
	}
}

func (b *binder) traceFunction(x *ast.FuncRef, it *nsItem) {
	if t := b.trace(); t != nil {
		t.functions[x] = it
	}
}

func (b *binder) traceLiteral(x *unknownLit, to types.T) {
	if t := b.trace(); t != nil && x.src != nil {
		t.literals[x.src] = to
	}
}

// trace is the trace that is being written: none inside the views of the query,
// which are texts of their own.
func (b *binder) trace() *Trace {
	if len(b.views) > 0 {
		return nil
	}
	return b.o.Trace
}

func (b *binder) traceRelation(x *ast.TableRef, schema string) {
	if t := b.trace(); t != nil {
		t.schemas[x] = schema
	}
}

func (b *binder) traceItems(items []*nsItem) {
	t := b.trace()
	if t == nil {
		return
	}
	for _, it := range items {
		if !it.relVisible || it.name == "" {
			continue
		}
		for i := range it.cols {
			if it.merged && t.owners[it.cols[i].e] != "" { // a column is of its table first
				continue
			}
			t.owners[it.cols[i].e] = it.name
			t.ownerItems[it.cols[i].e] = it
		}
	}
}

func (b *binder) traceColumn(x *ast.ColumnRef, e expr.Expr) {
	if t := b.trace(); t != nil && t.owners[e] != "" {
		t.columns[x] = t.owners[e]
		t.refs[x] = t.ownerItems[e]
	}
}

func (b *binder) traceStar(x *ast.ColumnRef, cols []nsCol) {
	t := b.trace()
	if t == nil {
		return
	}
	list := make([]ast.Target, 0, len(cols))
	for _, c := range cols {
		ref := &ast.ColumnRef{At: ast.At{Pos: ast.NoPos}, Parts: []string{c.name}}
		if _, variable := c.e.(*expr.Param); variable {
			ref.Parts = append(slices.Clone(x.Parts), c.name)
		}
		if owner := t.owners[c.e]; owner != "" {
			ref.Parts = []string{owner, t.ownerItems[c.e].ownName(c)}
			t.refs[ref] = t.ownerItems[c.e]
		}
		list = append(list, ast.Target{At: ref.At, Expr: ref})
	}
	t.stars[x] = list
}

// traceRead notes that a stored column is read.
func (b *binder) traceRead(id logical.ColID) {
	t := b.trace()
	if t == nil {
		return
	}
	switch info := &b.meta.Cols[id]; {
	case info.OrigTable != 0:
		t.reads[Attribute{info.OrigTable, info.OrigAttr}] = true
	case info.Table != nil:
		t.reads[Attribute{info.Table.ID, info.Attr}] = true
	}
}

// traceValue is traceRead for what an item of FROM has as a column: one of a function's, which
// returns a table's rows, is a field of them.
func (b *binder) traceValue(e expr.Expr) {
	switch x := e.(type) {
	case *expr.Column:
		b.traceRead(x.Index)
	case *expr.Field:
		if t := b.trace(); t != nil {
			if a, ok := b.attribute(x.X.Type().OID, x.N); ok {
				t.reads[a] = true
			}
		}
	}
}
