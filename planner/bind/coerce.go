package bind

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// unknownT is the type of what has none yet.
var unknownT = types.Of(types.UnknownOID)

// unknownLit is a string literal or NULL whose context will give it a type.
type unknownLit struct {
	text string
	null bool
	pos  ast.Pos
	src  *ast.Lit // nil when it was not written
}

// untyped is the literal as a value that has no type for good.
func (l *unknownLit) untyped() *expr.Const {
	if l.null {
		return nullConst(unknownT)
	}
	return &expr.Const{T: unknownT, D: types.String(l.text)}
}

// unknownParam is a parameter whose context will give it a type.
type unknownParam struct {
	n   int // 0-based
	pos ast.Pos
}

func (*unknownLit) Type() types.T   { return unknownT }
func (*unknownParam) Type() types.T { return unknownT }

// literal binds a constant; strings stay unknown.
func (b *binder) literal(x *ast.Lit) (expr.Expr, error) {
	switch x.Kind {
	case ast.LitNull:
		return &unknownLit{null: true, pos: x.Pos, src: x}, nil
	case ast.LitInt:
		return intConst(x.Int), nil
	case ast.LitBool:
		return boolConst(x.Bool), nil
	case ast.LitNumeric:
		return b.numberLiteral(x)
	case ast.LitBit:
		return b.parse(x.Text, types.Of(types.BitOID), x.Pos)
	}
	return &unknownLit{text: x.Text, pos: x.Pos, src: x}, nil
}

// numberLiteral is int4 or int8 when it is an integer that fits, else numeric.
func (b *binder) numberLiteral(x *ast.Lit) (expr.Expr, error) {
	if v, err := strconv.ParseInt(x.Text, 10, 64); err == nil && x.Text[0] != '+' {
		return intConst(v), nil
	}
	e, err := b.parse(x.Text, types.Of(types.NumericOID), x.Pos)
	if c, ok := e.(*expr.Const); ok && x.Limited {
		if d, ok := digitsOf(c); ok && d.whole+d.scale <= maxDecimal && d.scale <= maxDecimalScale {
			c.T = d.typ()
		}
	}
	return e, err
}

func intConst(v int64) *expr.Const {
	if v == int64(int32(v)) {
		return &expr.Const{T: types.Of(types.Int4OID), D: types.Int(v)}
	}
	return &expr.Const{T: types.Of(types.Int8OID), D: types.Int(v)}
}

func boolConst(v bool) *expr.Const { return &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(v)} }

func nullConst(t types.T) *expr.Const { return &expr.Const{T: t, D: types.Null} }

// nameFormat is how literals of a type are read. Names in what is stored were looked up when
// that was made: nobody asks for their schemas again.
func (b *binder) nameFormat(t types.T) *types.Format {
	if !types.IsReg(t.OID) && !types.IsReg(t.Elem().OID) || b.o.Role != 0 && len(b.views) == 0 {
		return b.o.Format
	}
	n, ok := b.o.Format.Names.(interface{ Stored() types.Names })
	if !ok {
		return b.o.Format
	}
	f := *b.o.Format
	f.Names = n.Stored()
	return &f
}

// parse reads a literal of a type; errors point at it.
func (b *binder) parse(text string, t types.T, pos ast.Pos) (expr.Expr, error) {
	d, err := types.ParseText(t, text, b.nameFormat(t))
	if e, ok := pgerr.As(err); ok && e.Position != 0 { // a place in the literal
		c := *e
		c.Position, err = 0, &c
	}
	if err != nil {
		return nil, atPos(err, pos)
	}
	if t.OID == types.TSQueryOID && b.o.Warn != nil && types.TSQuery(d) == nil {
		b.o.Warn(builtin.NoLexemes(text).At(int(pos)))
	}
	return &expr.Const{T: t, D: d.Clone()}, nil
}

// maxParam bounds $n, as the protocol does.
const maxParam = 65535

func paramName(i int) string { return "$" + strconv.Itoa(i+1) }

func (b *binder) param(x *ast.Param) (expr.Expr, error) {
	if b.o.Vars != nil && len(b.views) == 0 {
		if v := b.variable([]string{paramName(x.N - 1)}); v != nil {
			b.traceArgument(x, paramName(x.N-1))
			return v, nil
		}
		return nil, errAt(x.Pos, pgerrcode.UndefinedParameter, "there is no parameter $%d", x.N)
	}
	if x.N < 1 || x.N > maxParam || b.noParams {
		return nil, errAt(x.Pos, pgerrcode.UndefinedParameter, "there is no parameter $%d", x.N)
	}
	n := x.N - 1
	for len(b.params) <= n {
		b.params = append(b.params, 0)
	}
	if t := b.params[n]; t != 0 && t != types.UnknownOID {
		return &expr.Param{N: n, T: types.Of(t)}, nil
	}
	return &unknownParam{n: n, pos: x.Pos}, nil
}

// untyped is a parameter in a place that gives it no type. Unless the statement says it
// elsewhere that is an error, and then, too: see finishParams.
func (b *binder) untyped(p *unknownParam) expr.Expr {
	b.untypedParams = append(b.untypedParams, p)
	return &expr.Param{N: p.n, T: types.Of(types.TextOID)}
}

// resolveParam gives a parameter its type, or checks the one it already has.
func (b *binder) resolveParam(p *unknownParam, t types.OID) (expr.Expr, error) {
	switch have := b.params[p.n]; have {
	case 0, types.UnknownOID:
		b.params[p.n] = t
	case t:
	default:
		return nil, errAt(p.pos, pgerrcode.AmbiguousParameter, "inconsistent types deduced for parameter $%d", p.n+1).
			WithDetail("%s versus %s", builtin.TypeName(have), builtin.TypeName(t))
	}
	return &expr.Param{N: p.n, T: types.Of(t)}, nil
}

// coerce converts to a type, with PostgreSQL's "cannot cast" error where it cannot.
func (b *binder) coerce(e expr.Expr, to types.T, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	x, err := b.coerceOrNil(e, to, at, pos)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, errAt(pos, pgerrcode.CannotCoerce, "cannot cast type %s to %s", builtin.TypeName(b.shownType(e)), types.FormatType(to))
	}
	return x, nil
}

// coerceOrNil is coerce with nil for "there is no such conversion here".
func (b *binder) coerceOrNil(e expr.Expr, to types.T, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	switch x := e.(type) {
	case *unknownLit:
		return b.coerceLiteral(x, to, at, pos)
	case *unknownParam:
		if to.OID == types.AnyOID || to.OID == types.UnknownOID {
			return x, nil
		}
		p, err := b.resolveParam(x, to.OID)
		if err != nil {
			return nil, err
		}
		return b.applyMod(p, to, at, pos), nil
	case *expr.Relabel:
		if x.T.OID == types.UnknownOID {
			return b.coerceCollated(x, to, at, pos)
		}
	}
	from := e.Type()
	if from.OID == types.NameOID && b.o.Trace != nil && typeCollation(to) != 0 {
		b.collates = true // names keep theirs, which the columns of a view get
	}
	if from.OID == to.OID {
		b.traceDomain(e, at)
		if b.keepCalls && at == builtin.Implicit && b.exprDomain(e) != 0 {
			e = &expr.Relabel{X: e, T: from} // printed as the cast to the base type that it is
		}
		return b.applyMod(e, to, at, pos), nil
	}
	switch {
	case from.OID == types.RecordOID && types.IsComposite(to.OID):
		return b.rowTo(e, to, to.OID, at, pos)
	case to.OID == types.RecordOID && types.IsComposite(from.OID):
		return b.asRecord(e, at, pos)
	}
	path := builtin.CoercionPath(from.OID, to.OID, at)
	switch path {
	case builtin.NoCoercion:
		if !types.IsComposite(from.OID) || !types.IsComposite(to.OID) || !b.isParent(from.OID, to.OID) {
			return nil, nil
		}
	case builtin.ByPolymorphic:
		return e, nil
	}
	b.traceCast(e, to, at)
	switch path {
	case builtin.RelabelOnly:
		r := &expr.Relabel{X: e, T: types.Of(to.OID), Implicit: at != builtin.Explicit || to.Mod >= 0}
		return b.applyMod(r, to, at, pos), nil
	case builtin.ByCast:
		if fn := builtin.ExtensionCast(from.OID, to.OID); fn != nil {
			return b.applyMod(b.fold(&expr.Call{Fn: fn, Args: []expr.Expr{e}, T: types.Of(to.OID), Pos: int(pos)}), to, at, pos), nil
		}
	}
	x := b.fold(&expr.Cast{X: e, To: to, Explicit: at == builtin.Explicit, Implicit: at != builtin.Explicit, Pos: int(pos)})
	if path == builtin.ByArray || from.IsArray() { // what is read from text has been checked
		x = b.toParts(x)
	}
	return x, nil
}

// coerceCollated gives a literal with COLLATE its type, and keeps the collation where that
// can have one.
func (b *binder) coerceCollated(x *expr.Relabel, to types.T, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	if to.OID == types.AnyOID || to.OID == types.UnknownOID {
		return x, nil
	}
	y, err := b.coerceOrNil(x.X, to, at, pos)
	if err != nil || y == nil || typeCollation(to) == 0 {
		return y, err
	}
	return &expr.Relabel{X: y, T: y.Type(), Collation: x.Collation}, nil
}

func (b *binder) coerceLiteral(x *unknownLit, to types.T, at builtin.Context, pos ast.Pos) (expr.Expr, error) {
	if to.OID == types.AnyOID || to.OID == types.UnknownOID {
		return x, nil
	}
	b.traceLiteral(x, to)
	if x.null {
		return nullConst(to), nil
	}
	base := types.Of(to.OID)
	if x.src != nil && x.src.Raw && to.OID == types.ByteaOID {
		return &expr.Const{T: to, D: types.String(x.text)}, nil
	}
	if to.OID == types.IntervalOID {
		base = to
	}
	c, err := b.parse(x.text, base, x.pos)
	if err != nil {
		return nil, err
	}
	b.traceText(x, c.(*expr.Const))
	return b.applyMod(c, to, at, x.pos), nil
}

// applyMod adds the length coercion to to.Mod where the value may not have it.
func (b *binder) applyMod(e expr.Expr, to types.T, at builtin.Context, pos ast.Pos) expr.Expr {
	if to.Mod < 0 && at == builtin.Explicit && e.Type().OID == to.OID && e.Type().Mod >= 0 {
		return b.withoutMod(e, to)
	}
	if to.Mod < 0 || e.Type() == to {
		return e
	}
	return b.fold(&expr.Cast{X: e, To: to, Explicit: at == builtin.Explicit, Implicit: at != builtin.Explicit, Pos: int(pos)})
}

// withoutMod is x::t of a value of that type with a modifier: the same value, of which
// nothing says any more that it has one.
func (b *binder) withoutMod(e expr.Expr, to types.T) expr.Expr {
	if c, ok := e.(*expr.Const); ok {
		return &expr.Const{T: to, D: c.D}
	}
	return &expr.Relabel{X: e, T: to}
}

// commonType unifies a list of values: construct names it in errors.
func (b *binder) commonType(construct string, list []expr.Expr, pos func(i int) ast.Pos) ([]expr.Expr, types.T, error) {
	ts := make([]types.OID, len(list))
	for i, e := range list {
		ts[i] = e.Type().OID
	}
	t, at, err := builtin.CommonTypeAt(construct, ts, b.isParent)
	if err != nil {
		return nil, types.T{}, atPos(err, pos(at))
	}
	to := types.Of(t)
	to.Mod = commonMod(list, t)
	if b.commonDomain(list) != 0 {
		return list, to, nil // nothing is converted, not to the base type either
	}
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		x, err := b.coerce(e, types.Of(t), builtin.Implicit, pos(i))
		if err != nil {
			return nil, types.T{}, err
		}
		out[i] = x
	}
	return out, to, nil
}

// commonMod is the typmod that all values share, else −1.
func commonMod(list []expr.Expr, t types.OID) int32 {
	mod := int32(-1)
	for i, e := range list {
		et := e.Type()
		if et.OID != t || et.Mod < 0 || i > 0 && et.Mod != mod {
			return -1
		}
		mod = et.Mod
	}
	return mod
}

// assign coerces a value to a column's type for INSERT and UPDATE; domain is that over it, 0 for none.
func (b *binder) assign(e expr.Expr, to types.T, domain catalog.ID, column string, pos ast.Pos) (expr.Expr, error) {
	x, err := b.coerceOrNil(e, to, builtin.Assignment, pos)
	if err != nil {
		return nil, err
	}
	if x == nil {
		shown := types.TypeName(to.OID)
		if domain != 0 {
			shown = builtin.TypeName(domain)
		}
		return nil, errAt(pos, pgerrcode.DatatypeMismatch, "column \"%s\" is of type %s but expression is of type %s",
			column, shown, builtin.TypeName(b.shownType(e))).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return x, nil
}

// cast binds x::t.
func (b *binder) cast(s *scope, x *ast.Cast) (expr.Expr, error) {
	to, err := b.typeName(&x.To)
	if err != nil {
		return nil, err
	}
	if d := b.domainOf(&x.To); d != nil {
		if p, ok := x.X.(*ast.Param); ok {
			e, err := b.expr(s, p)
			if err != nil {
				return nil, err
			}
			b.showDomain(e, d.ID)
		}
		y, err := b.castTo(s, x, to, d.ID)
		if err != nil {
			return nil, err
		}
		if c, ok := y.(*expr.Cast); ok && c.X.Type().OID == to.OID && b.asWritten {
			if _, twice := x.X.(*ast.Cast); !twice { // to fit the domain: only the cast to that shows
				fit := *c
				fit.Implicit, y = true, &fit
			}
		}
		if y, err = b.castToDomain(computedValue(y), d); err == nil && d.Collation != 0 && d.Collation != typeCollation(d.Base) {
			b.collates = true
			y = &expr.Relabel{X: y, T: y.Type(), Collation: &expr.Collation{OID: d.Collation, Implicit: true}}
		}
		return y, err
	}
	y, err := b.castTo(s, x, to, to.OID)
	if err == nil && b.exprDomain(y) != 0 { // it is of the base type from here on
		y = &expr.Relabel{X: y, T: y.Type()}
	}
	return y, err
}

// arrayOfFitting is ARRAY[…]::t, where t has a modifier, as the casts of its elements that
// PostgreSQL makes of it.
func (b *binder) arrayOfFitting(s *scope, x *ast.Array, to types.T) (expr.Expr, error) {
	e, err := b.array(s, x, to)
	if a, ok := e.(*expr.ArrayOf); ok {
		a.T = to
	}
	return e, err
}

// castTo is x::t, which errors call by the name of the type shown: the domain that to is
// the base type of.
func (b *binder) castTo(s *scope, x *ast.Cast, to types.T, shown types.OID) (expr.Expr, error) {
	if a, ok := x.X.(*ast.Array); ok && to.IsArray() {
		if b.asWritten && to.Mod >= 0 {
			return b.arrayOfFitting(s, a, to)
		}
		e, err := b.array(s, a, types.Of(to.OID))
		if err != nil {
			return nil, err
		}
		b.traceArray(x, to, shown == to.OID)
		return b.coerce(e, to, builtin.Explicit, x.Pos)
	}
	e, err := b.exprFor(s, x.X, to)
	if err != nil {
		return nil, err
	}
	if to.OID == types.RecordOID && types.IsComposite(e.Type().OID) {
		return e, nil // it is a record
	}
	b.traceCalled(x, e, to)
	if shown != to.OID && e.Type().OID == types.RecordOID && types.IsComposite(to.OID) {
		return b.rowTo(e, to, shown, builtin.Explicit, x.Pos)
	}
	y, err := b.coerceOrNil(e, to, builtin.Explicit, x.Pos)
	if err != nil {
		return nil, err
	}
	if y == nil {
		return nil, errAt(x.Pos, pgerrcode.CannotCoerce, "cannot cast type %s to %s", builtin.TypeName(b.shownType(e)), builtin.TypeName(shown))
	}
	return y, nil
}
