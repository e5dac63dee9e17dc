package expr

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// A little SQL expression language, enough to write tests against PostgreSQL's
// answers without the parser and the planner: literals, casts, calls, operators,
// AND OR NOT IS, CASE, COALESCE, ARRAY, IN, ANY, subscripts and named columns.

type mini struct {
	toks []string
	i    int
	cols []*Column
}

type miniError struct{ err error }

func (m *mini) fail(err error) { panic(miniError{err}) }

func bindText(sql string, cols ...*Column) (e Expr, err error) {
	defer func() {
		if r := recover(); r != nil {
			me, ok := r.(miniError)
			if !ok {
				panic(r)
			}
			err = me.err
		}
	}()
	m := &mini{toks: lexMini(sql), cols: cols}
	e = m.expr(0)
	if m.i < len(m.toks) {
		return nil, fmt.Errorf("rest: %q", m.toks[m.i:])
	}
	return m.known(e), nil
}

const opChars = "+-*/<>=~!@#%^&|?"

func lexMini(s string) (toks []string) {
	for i := 0; i < len(s); {
		c := s[i]
		j := i + 1
		switch {
		case c == ' ' || c == '\n':
			i++
			continue
		case c == '\'' || (c == 'E' && i+1 < len(s) && s[i+1] == '\''):
			esc := c == 'E'
			var b strings.Builder
			j = i + 1
			if esc {
				j++
			}
			for ; j < len(s); j++ {
				if s[j] == '\'' {
					if j+1 < len(s) && s[j+1] == '\'' {
						j++
					} else {
						break
					}
				}
				if esc && s[j] == '\\' {
					j++
					b.WriteByte(map[byte]byte{'n': '\n', 't': '\t', '\\': '\\', '\'': '\''}[s[j]])
					continue
				}
				b.WriteByte(s[j])
			}
			toks = append(toks, "'"+b.String())
			i = j + 1
			continue
		case c >= '0' && c <= '9' || c == '.' && j < len(s) && s[j] >= '0' && s[j] <= '9':
			for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == '.' || s[j] == 'e' || s[j] == '-' && s[j-1] == 'e') {
				j++
			}
		case isWord(c) || c == '"':
			for j < len(s) && (isWord(s[j]) || s[j] >= '0' && s[j] <= '9') {
				j++
			}
			if c == '"' {
				j++
			}
		case c == ':' && strings.HasPrefix(s[i:], "::"):
			j = i + 2
		case strings.IndexByte(opChars, c) >= 0:
			for j < len(s) && strings.IndexByte(opChars, s[j]) >= 0 {
				j++
			}
			// a trailing - or + belongs to the next operand, as in PostgreSQL
			for j > i+1 && (s[j-1] == '-' || s[j-1] == '+') && !strings.ContainsAny(s[i:j-1], "~!@#%^&|`?") {
				j--
			}
		}
		toks = append(toks, s[i:j])
		i = j
	}
	return toks
}

func isWord(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func (m *mini) peek() string {
	if m.i < len(m.toks) {
		return m.toks[m.i]
	}
	return ""
}

func (m *mini) is(word string) bool {
	if strings.EqualFold(m.peek(), word) {
		m.i++
		return true
	}
	return false
}

func (m *mini) want(word string) {
	if !m.is(word) {
		m.fail(fmt.Errorf("want %q before %q", word, m.toks[m.i:]))
	}
}

func prec(op string) int {
	switch strings.ToLower(op) {
	case "or":
		return 1
	case "and":
		return 2
	case "is":
		return 4
	case "<", ">", "=", "<=", ">=", "<>", "!=":
		return 5
	case "in":
		return 6
	case "+", "-":
		return 8
	case "*", "/", "%":
		return 9
	case "^":
		return 10
	}
	if op != "" && strings.IndexByte(opChars, op[0]) >= 0 {
		return 7
	}
	return 0
}

func (m *mini) expr(min int) Expr {
	var l Expr
	switch {
	case m.is("not"):
		l = &Not{X: m.to(m.expr(3), boolT)}
	default:
		l = m.primary()
	}
	for {
		op := m.peek()
		p := prec(op)
		if p == 0 || p <= min {
			return l
		}
		m.i++
		l = m.infix(l, op, p)
	}
}

func (m *mini) infix(l Expr, op string, p int) Expr {
	switch strings.ToLower(op) {
	case "or":
		return &Or{Args: []Expr{m.to(l, boolT), m.to(m.expr(p), boolT)}}
	case "and":
		return &And{Args: []Expr{m.to(l, boolT), m.to(m.expr(p), boolT)}}
	case "is":
		not := m.is("not")
		switch {
		case m.is("null"):
			return &IsNull{X: m.known(l), Not: not}
		case m.is("true"):
			return &IsBool{X: l, Want: true, Not: not}
		case m.is("false"):
			return &IsBool{X: l, Not: not}
		}
		m.want("distinct")
		m.want("from")
		ts := []Expr{l, m.expr(p)}
		m.common("IS DISTINCT FROM", ts)
		return &IsDistinct{L: ts[0], R: ts[1], Not: not}
	case "in":
		m.want("(")
		list := []Expr{l}
		for {
			list = append(list, m.expr(0))
			if !m.is(",") {
				break
			}
		}
		m.want(")")
		t := m.common("IN", list)
		return &InList{L: list[0], List: list[1:], Op: builtin.ExactOperator("=", t.OID, t.OID)}
	}
	if m.is("any") || m.is("all") {
		all := strings.EqualFold(m.toks[m.i-1], "all")
		m.want("(")
		r := m.expr(0)
		m.want(")")
		elem := elemType(r.Type())
		if r.Type().OID == types.UnknownOID {
			elem = r.Type()
		}
		o, err := builtin.ResolveOp("", op, l.Type().OID, elem.OID)
		if err != nil {
			m.fail(err)
		}
		return &AnyAll{All: all, Op: o.Op, L: m.to(l, types.Of(o.Left)), R: m.arrayFor(r, o.Right)}
	}
	return m.operator(op, l, m.expr(p))
}

// arrayFor brings the array to the array type over the operator's right side.
func (m *mini) arrayFor(r Expr, elem types.OID) Expr {
	if e := elemType(r.Type()); e.OID == elem || e.OID == 0 && r.Type().OID != types.UnknownOID {
		return r
	}
	return m.to(r, types.Of(elem).ArrayOf())
}

func (m *mini) operator(op string, l, r Expr) Expr {
	if op == "!=" {
		op = "<>"
	}
	left := types.OID(0)
	if l != nil {
		left = l.Type().OID
	}
	o, err := builtin.Has{}.ResolveOp("", op, left, r.Type().OID)
	if err != nil {
		m.fail(err)
	}
	args := []Expr{m.to(r, types.Of(o.Right))}
	if l != nil {
		args = []Expr{m.to(l, types.Of(o.Left)), args[0]}
	}
	return &Call{Fn: o.Op.Func, Op: o.Op, Args: args, T: types.Of(o.Ret), Pos: -1}
}

// known gives an unknown literal the type text.
func (m *mini) known(e Expr) Expr {
	if e.Type().OID == types.UnknownOID {
		return m.to(e, types.Of(types.TextOID))
	}
	return e
}

func (m *mini) common(construct string, list []Expr) types.T {
	var ts []types.OID
	for _, e := range list {
		ts = append(ts, e.Type().OID)
	}
	t, err := builtin.CommonType(construct, ts)
	if err != nil {
		m.fail(err)
	}
	for i := range list {
		list[i] = m.to(list[i], types.Of(t))
	}
	return types.Of(t)
}

var testFormat = func() *types.Format {
	f := *types.DefaultFormat
	f.Names = testNames{}
	f.Now = time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.UTC)
	return &f
}()

// to coerces as the planner does.
func (m *mini) to(e Expr, t types.T) Expr {
	from := e.Type()
	if from == t || t.OID == types.AnyOID {
		return e
	}
	if c, ok := e.(*Const); ok && from.OID == types.UnknownOID {
		if c.D.IsNull() {
			return &Const{T: t, D: types.Null}
		}
		d, err := types.ParseText(types.Of(t.OID), c.D.Text(), testFormat)
		if err == nil && t.Mod >= 0 {
			d, err = types.ApplyTypmod(t, d, true)
		}
		if err != nil {
			m.fail(err)
		}
		return &Const{T: t, D: d}
	}
	if builtin.CoercionPath(from.OID, t.OID, builtin.Explicit) == builtin.RelabelOnly && t.Mod < 0 {
		return &Relabel{X: e, T: t}
	}
	return &Cast{X: e, To: t, Explicit: true, Pos: -1}
}

var typeNames = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "boolean": "bool",
	"decimal": "numeric", `"char"`: "char",
}

func (m *mini) typeName() types.T {
	name := strings.ToLower(m.peek())
	m.i++
	if name == "double" {
		m.want("precision")
		name = "float8"
	}
	if n, ok := typeNames[name]; ok {
		name = n
	}
	info := types.ByName(name)
	if info == nil {
		m.fail(fmt.Errorf("type %q", name))
	}
	t := types.Of(info.OID)
	if m.is("(") {
		var args []int32
		for {
			v, _ := strconv.Atoi(m.peek())
			m.i++
			args = append(args, int32(v))
			if !m.is(",") {
				break
			}
		}
		m.want(")")
		mod, err := types.TypmodIn(t.OID, args)
		if err != nil {
			m.fail(err)
		}
		t.Mod = mod
	}
	if m.is("[") {
		m.want("]")
		t = t.ArrayOf()
	}
	return t
}

func (m *mini) primary() Expr {
	e := m.simple()
	for {
		switch {
		case m.is("::"):
			t := m.typeName()
			if !builtin.CanCoerce(e.Type().OID, t.OID, builtin.Explicit) {
				m.fail(fmt.Errorf("cannot cast type %s to %s", builtin.TypeName(e.Type().OID), builtin.TypeName(t.OID)))
			}
			e = m.to(e, t)
		case m.peek() == "[":
			e = m.subscript(e)
		default:
			return e
		}
	}
}

func (m *mini) subscript(e Expr) Expr {
	s := &Subscript{X: e, T: elemType(e.Type())}
	for m.is("[") {
		var lo, hi Expr
		if m.peek() != ":" {
			lo = m.expr(0)
		}
		if m.is(":") {
			s.Slice = true
			if m.peek() != "]" {
				hi = m.expr(0)
			}
		}
		m.want("]")
		s.Index, s.Lo, s.Hi = append(s.Index, lo), append(s.Lo, lo), append(s.Hi, hi)
	}
	if s.Slice {
		s.T, s.Index = e.Type(), nil
	} else {
		s.Lo, s.Hi = nil, nil
	}
	return s
}

func (m *mini) simple() Expr {
	t := m.peek()
	m.i++
	switch {
	case t == "(":
		e := m.expr(0)
		m.want(")")
		return e
	case strings.HasPrefix(t, "'"):
		return &Const{T: types.Of(types.UnknownOID), D: types.String(t[1:])}
	case t != "" && (t[0] >= '0' && t[0] <= '9' || t[0] == '.'):
		return m.number(t)
	case t == "-" || t == "+":
		if next := m.peek(); next != "" && next[0] >= '0' && next[0] <= '9' && t == "-" {
			m.i++
			return m.number("-" + next)
		}
		return m.operator(t, nil, m.primaryAt(9))
	case t != "" && strings.IndexByte(opChars, t[0]) >= 0:
		return m.operator(t, nil, m.primaryAt(7))
	}
	switch strings.ToLower(t) {
	case "null":
		return &Const{T: types.Of(types.UnknownOID), D: types.Null}
	case "true", "false":
		return &Const{T: boolT, D: types.Bool(strings.EqualFold(t, "true"))}
	case "case":
		return m.caseWhen()
	case "array":
		return m.array()
	case "coalesce", "greatest", "least":
		m.want("(")
		list := m.args()
		ct := m.common(strings.ToUpper(t), list)
		if strings.EqualFold(t, "coalesce") {
			return &Coalesce{Args: list, T: ct}
		}
		return &MinMax{Least: strings.EqualFold(t, "least"), Args: list, T: ct}
	case "row":
		m.want("(")
		list := m.args()
		for i := range list {
			list[i] = m.known(list[i])
		}
		return &RowOf{Args: list, T: types.Of(types.RecordOID)}
	}
	if m.is("(") {
		return m.call(strings.Trim(strings.ToLower(t), `"`))
	}
	for _, c := range m.cols {
		if c.Name == t {
			return c
		}
	}
	m.fail(fmt.Errorf("unknown word %q", t))
	return nil
}

func (m *mini) primaryAt(p int) Expr { return m.expr(p) }

func (m *mini) number(t string) Expr {
	if v, err := strconv.ParseInt(t, 10, 64); err == nil {
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return &Const{T: types.Of(types.Int4OID), D: types.Int(v)}
		}
		return &Const{T: types.Of(types.Int8OID), D: types.Int(v)}
	}
	d, err := types.ParseText(types.Of(types.NumericOID), t, testFormat)
	if err != nil {
		m.fail(err)
	}
	return &Const{T: types.Of(types.NumericOID), D: d}
}

func (m *mini) args() (list []Expr) {
	if m.is(")") {
		return nil
	}
	for {
		list = append(list, m.expr(0))
		if m.is(")") {
			return list
		}
		m.want(",")
	}
}

func (m *mini) caseWhen() Expr {
	var conds, results []Expr
	hasElse := false
	for m.is("when") {
		conds = append(conds, m.to(m.expr(0), boolT))
		m.want("then")
		results = append(results, m.expr(0))
	}
	if m.is("else") {
		hasElse = true
		results = append(results, m.expr(0))
	}
	m.want("end")
	if hasElse { // PostgreSQL looks at ELSE first
		m.common("CASE", append([]Expr{results[len(results)-1]}, results[:len(results)-1]...))
	}
	t := m.common("CASE", results)
	c := &Case{T: t}
	for i, cond := range conds {
		c.Whens = append(c.Whens, When{cond, results[i]})
	}
	if hasElse {
		c.Else = results[len(results)-1]
	}
	return c
}

func (m *mini) array() Expr {
	m.want("[")
	var list []Expr
	for !m.is("]") {
		if m.peek() == "[" {
			list = append(list, m.array())
		} else {
			list = append(list, m.expr(0))
		}
		if m.peek() != "]" {
			m.want(",")
		}
	}
	t := m.common("ARRAY", list)
	if t.IsArray() {
		return &ArrayOf{Elems: list, T: t, Nested: true}
	}
	return &ArrayOf{Elems: list, T: t.ArrayOf()}
}

func (m *mini) call(name string) Expr {
	shape := builtin.CallShape{}
	var list []Expr
	for !m.is(")") {
		if m.is("variadic") {
			shape.Variadic = true
		}
		list = append(list, m.expr(0))
		if m.peek() != ")" {
			m.want(",")
		}
	}
	var ts []types.OID
	for _, e := range list {
		ts = append(ts, e.Type().OID)
	}
	r, err := builtin.ResolveFunc("", name, ts, shape)
	if err != nil {
		m.fail(err)
	}
	if r.Coercion != 0 {
		return m.to(list[0], types.Of(r.Coercion))
	}
	for i := range list {
		list[i] = m.to(list[i], types.Of(r.ArgTypes[i]))
	}
	if r.VariadicExpanded && r.Fn.Variadic != types.AnyOID {
		elem := types.Of(r.ArgTypes[r.Fixed])
		list = append(list[:r.Fixed:r.Fixed], &ArrayOf{Elems: list[r.Fixed:], T: elem.ArrayOf()})
	}
	return &Call{Fn: r.Fn, Args: list, T: types.Of(r.Ret), Variadic: shape.Variadic, Pos: -1}
}

// testNames knows types only.
type testNames struct{}

func (testNames) RegOut(t, oid types.OID) (string, bool) {
	if t == types.RegtypeOID {
		return types.TypeName(oid), true
	}
	return "", false
}

func (testNames) RegIn(t types.OID, name string) (types.OID, error) {
	if i := types.ByName(name); t == types.RegtypeOID && i != nil {
		return i.OID, nil
	}
	return 0, pgerr.Newf("42704", "%s does not exist", name)
}

func testEnv() *Env {
	return &Env{Ctx: builtin.Ctx{
		Context: context.Background(), Format: testFormat, Arena: new(batch.Arena),
		TxnTime: testFormat.Now, StmtTime: testFormat.Now,
	}}
}

// evalText evaluates an expression of constants and prints the result.
func evalText(sql string) (string, error) {
	e, err := bindText(sql)
	if err != nil {
		return "", err
	}
	if c, ok := e.(*Call); ok && c.Fn.RetSet {
		return evalSet(c)
	}
	p, err := Compile(e)
	if err != nil {
		return "", err
	}
	var s Scratch
	d, err := p.One(testEnv(), &s)
	if err != nil {
		return "", err
	}
	return printed(e.Type(), d), nil
}

func printed(t types.T, d types.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return string(types.AppendText(nil, t, d, testFormat))
}

// evalSet prints the rows of a set-returning call, joined by " | ".
func evalSet(c *Call) (string, error) {
	env := testEnv()
	site := builtin.Site{Ret: c.T, Variadic: c.Variadic}
	var args []types.Datum
	for _, a := range c.Args {
		site.Args = append(site.Args, a.Type())
		p, err := Compile(a)
		if err != nil {
			return "", err
		}
		d, err := p.One(env, new(Scratch))
		if err != nil {
			return "", err
		}
		args = append(args, d.Clone())
	}
	env.Ctx.Site = &site
	it, err := c.Fn.Rows(&env.Ctx, args)
	if err != nil {
		return "", err
	}
	ts := []types.T{c.T}
	if c.Fn.OutTypes != nil {
		ts = nil
		for _, o := range c.Fn.OutTypes {
			ts = append(ts, types.Of(o))
		}
	}
	var rows []string
	row := make([]types.Datum, len(ts))
	for len(rows) < 10000 {
		ok, err := it.Next(row)
		if err != nil {
			return "", err
		}
		if !ok {
			break
		}
		if len(ts) == 1 {
			rows = append(rows, printed(ts[0], row[0]))
		} else {
			rows = append(rows, printed(types.Of(types.RecordOID), types.MakeRecord(ts, row)))
		}
	}
	return strings.Join(rows, " | "), nil
}

func mustBind(t testing.TB, sql string, cols ...*Column) Expr {
	t.Helper()
	e, err := bindText(sql, cols...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return e
}
