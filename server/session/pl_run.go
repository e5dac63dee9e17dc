package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// plRecord is the value of a variable with fields.
type plRecord struct {
	set   bool // something was assigned
	null  bool // NULL was
	names []string
	ts    []types.T // 0: a dropped column
	vals  []types.Datum
}

// plRun is a running function in PL/pgSQL.
type plRun struct {
	*activation
	b    *plBody
	vals []types.Datum
	recs []*plRecord
	res  *result
	// lookup is the error of a name that was found, but has no value to take its type from.
	lookup error
	rows   int64        // ROW_COUNT
	caught *pgerr.Error // of the exception handlers around
	line   int
	prefix string // of an assignment whose value is computed: the text before that
	at     string // what the statement is, in CONTEXT
	trig   *TriggerCall
	value  plValue // of RETURN
	atomic bool    // no COMMIT
	// scratches are the working memory of expressions, by their numbers.
	scratches []*expr.Scratch
}

// plValue is a value with its type.
type plValue struct {
	d types.Datum
	t types.T
}

// control says how a statement has ended.
type control uint8

const (
	goOn control = iota
	leave
	again
	finished
)

// flow is a control with the label of the loop that it is about.
type flow struct {
	control
	label string
}

// runPL runs a function in PL/pgSQL.
func (a *activation) runPL(ctx context.Context, f *builtin.Func, args []types.Datum, ts []types.T, want shape) (*result, error) {
	b, err := a.s.plBodyOf(f.User, ts, nil)
	if err != nil {
		return nil, a.compiling(err)
	}
	r := &plRun{activation: a, b: b, res: a.s.newResult(want), atomic: !a.free}
	r.reset()
	for i, d := range args {
		if err := r.store(b.args[i], plValue{d, ts[i]}); err != nil {
			return nil, r.where(err, "")
		}
	}
	if err := r.whole(ctx); err != nil {
		r.res.close()
		return nil, err
	}
	return r.res, nil
}

// compiling is an error of a body's text, which is not the client's.
func (a *activation) compiling(err error) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	line := 1
	if c.Position > 0 && c.Position <= len(a.fn.Body) {
		line += strings.Count(a.fn.Body[:c.Position-1], "\n")
	}
	c.Position = 0
	c.AddWhere(fmt.Sprintf("compilation of PL/pgSQL function \"%s\" near line %d", a.fn.Name, line))
	return &c
}

func (r *plRun) reset() {
	r.vals, r.recs = make([]types.Datum, len(r.b.vars)), make([]*plRecord, len(r.b.vars))
	for i := range r.b.vars {
		r.clear(i)
	}
	r.vals[r.b.found] = types.Bool(false)
}

// clear makes a variable NULL.
func (r *plRun) clear(slot int) {
	v := &r.b.vars[slot]
	if r.vals[slot] = types.Null; !v.record {
		return
	}
	rec := &plRecord{null: true}
	if c := types.CompositeOf(v.t.OID, nil); c != nil {
		rec.set = true
		for i := range c.Fields {
			t := c.Fields[i].T
			if c.Fields[i].Dropped {
				t = types.T{}
			}
			rec.names, rec.ts, rec.vals = append(rec.names, c.Fields[i].Name), append(rec.ts, t), append(rec.vals, types.Null)
		}
	}
	r.recs[slot] = rec
}

// whole runs the body and makes its result.
func (r *plRun) whole(ctx context.Context) error {
	fl, err := r.block(ctx, r.b.tree.Block)
	if err != nil {
		return r.where(err, r.at)
	}
	f := r.b.fn
	switch {
	case f.RetSet, f.Ret.OID == types.VoidOID && len(r.b.outs) == 0:
		return nil
	case len(r.b.outs) > 0:
		return r.where(r.giveOuts(), "")
	case fl.control != finished:
		if f.IsProcedure() {
			return nil
		}
		return r.where(pgerr.New("2F005", "control reached end of function without RETURN"), "")
	case r.trig != nil:
		return nil
	}
	r.at = "while casting return value to function's return type"
	return r.where(r.give(r.value), r.at)
}

// where adds the function and the line to an error.
func (r *plRun) where(err error, at string) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	c.Position = 0
	name := "function inline_code_block"
	if r.b.fn.ID != 0 {
		text, _ := names{r.s}.userFunction(types.RegprocedureOID, r.b.fn.ID)
		name = "function " + text
	}
	switch {
	case at == "":
	case at == whileDeclaring: // of the variable
		name += fmt.Sprintf(" line %d %s", r.line, at)
	case strings.HasPrefix(at, "while "), strings.HasPrefix(at, "during "):
		name += " " + at
	default:
		name += fmt.Sprintf(" line %d at %s", r.line, at)
	}
	c.AddWhere("PL/pgSQL " + name)
	return &c
}

// giveOuts adds the output variables as a row of the result.
func (r *plRun) giveOuts() error {
	if r.res.columns == nil {
		return r.res.add([]types.Datum{r.get(r.b.outs[0])})
	}
	row := make([]types.Datum, len(r.b.outs))
	for i, slot := range r.b.outs {
		row[i] = r.get(slot)
	}
	return r.res.add(row)
}

// give adds a value as a row of the result.
func (r *plRun) give(v plValue) error {
	if r.res.columns == nil && !r.res.open {
		d, err := r.cast(v, r.res.T, r.res.domain)
		if err != nil {
			return err
		}
		return r.res.add([]types.Datum{d})
	}
	if v.d.IsNull() {
		if !r.res.set {
			return nil
		}
		row := make([]types.Datum, len(r.res.columns))
		for i := range row {
			row[i] = types.Null
		}
		return r.res.add(row)
	}
	if v.t.OID == types.RecordOID || types.CompositeOf(v.t.OID, nil) != nil {
		wrong := "returned record type does not match expected record type"
		if r.res.set {
			wrong = "wrong record type supplied in RETURN NEXT"
		}
		return r.giveRow(splitRecord(v), wrong)
	}
	return pgerr.New(pgerrcode.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
}

// giveRow adds a row to a result with columns, which must be of its types.
func (r *plRun) giveRow(rec *plRecord, wrong string) error {
	if r.res.open {
		r.res.columns, r.res.open = rec.ts, false
	}
	fail := func(detail string, args ...any) error {
		return pgerr.New(pgerrcode.DatatypeMismatch, wrong).WithDetail(detail, args...)
	}
	row := make([]types.Datum, len(r.res.columns))
	k, n := 0, 0
	for i, t := range r.res.columns {
		if t.OID == 0 {
			row[i] = types.Null
			continue
		}
		n++
		for k < len(rec.ts) && rec.ts[k].OID == 0 {
			k++
		}
		if k >= len(rec.ts) {
			continue
		}
		if rec.ts[k].OID != t.OID && rec.ts[k].OID != types.UnknownOID {
			return fail("Returned type %s does not match expected type %s in column %d.", types.TypeName(rec.ts[k].OID), types.TypeName(t.OID), n)
		}
		d, err := r.cast(plValue{rec.vals[k], rec.ts[k]}, t, 0)
		if err != nil {
			return err
		}
		row[i] = d
		k++
	}
	live := 0
	for _, t := range rec.ts {
		if t.OID != 0 {
			live++
		}
	}
	if live != n {
		return fail("Number of returned columns (%d) does not match expected column count (%d).", live, n)
	}
	return r.res.add(row)
}

// splitRecord takes a value of a row type or a record apart.
func splitRecord(v plValue) *plRecord {
	rec := &plRecord{set: true, null: v.d.IsNull()}
	if c := types.CompositeOf(v.t.OID, nil); c != nil {
		var vals []types.Datum
		if !rec.null {
			vals = c.Split(v.d)
		}
		for i := range c.Fields {
			t, d := c.Fields[i].T, types.Null
			if c.Fields[i].Dropped {
				t = types.T{}
			}
			if i < len(vals) {
				d = vals[i].Clone()
			}
			rec.names, rec.ts, rec.vals = append(rec.names, c.Fields[i].Name), append(rec.ts, t), append(rec.vals, d)
		}
		return rec
	}
	if rec.null {
		rec.set = false
		return rec
	}
	names := builtin.RowNames(v.t)
	it := types.NewRecordIter(v.d)
	for i := 0; ; i++ {
		t, d, ok := it.Next()
		if !ok {
			return rec
		}
		name := "f" + strconv.Itoa(i+1)
		if i < len(names) {
			name = names[i]
		}
		rec.names, rec.ts, rec.vals = append(rec.names, name), append(rec.ts, t), append(rec.vals, d.Clone())
	}
}

// get is the value of a variable.
func (r *plRun) get(slot int) types.Datum {
	v := &r.b.vars[slot]
	if !v.record {
		return r.vals[slot]
	}
	rec := r.recs[slot]
	if rec.null || !rec.set {
		return types.Null
	}
	if c := types.CompositeOf(v.t.OID, nil); c != nil {
		return c.Make(rec.vals)
	}
	return types.MakeRecord(rec.ts, rec.vals)
}

// store assigns to a variable.
func (r *plRun) store(slot int, v plValue) error {
	x := &r.b.vars[slot]
	if x.record {
		if v.d.IsNull() {
			r.clear(slot)
			return r.notNull(x, v.d)
		}
		if v.t.OID != types.RecordOID && types.CompositeOf(v.t.OID, nil) == nil {
			return pgerr.New(pgerrcode.DatatypeMismatch, "cannot assign non-composite value to a record variable")
		}
		return r.storeRow(slot, splitRecord(v))
	}
	d, err := r.cast(v, x.t, x.domain)
	if err != nil {
		return err
	}
	if err := r.notNull(x, d); err != nil {
		return err
	}
	r.vals[slot] = d.Clone()
	return nil
}

func (r *plRun) notNull(x *plVar, d types.Datum) error {
	if x.notNull && d.IsNull() {
		return pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "null value cannot be assigned to variable \"%s\" declared NOT NULL", x.name)
	}
	return nil
}

// storeRow assigns a row to a variable with fields: those of its type, or any.
func (r *plRun) storeRow(slot int, from *plRecord) error {
	x := &r.b.vars[slot]
	if types.CompositeOf(x.t.OID, nil) == nil {
		r.recs[slot] = from
		return nil
	}
	r.clear(slot)
	to := r.recs[slot]
	to.null = false
	k := 0
	for i, t := range to.ts {
		if t.OID == 0 {
			continue
		}
		for k < len(from.ts) && from.ts[k].OID == 0 {
			k++
		}
		if k >= len(from.ts) {
			break
		}
		d, err := r.cast(plValue{from.vals[k], from.ts[k]}, t, 0)
		if err != nil {
			return err
		}
		to.vals[i] = d
		k++
	}
	return nil
}

// cast makes a value one of another type, as assignment in PL/pgSQL does.
func (r *plRun) cast(v plValue, to types.T, domain uint32) (types.Datum, error) {
	if v.t.OID == to.OID && to.Mod < 0 && domain == 0 {
		return v.d, nil
	}
	if v.d.IsNull() && domain == 0 {
		return types.Null, nil
	}
	if v.t.OID == types.UnknownOID {
		v.t = types.Of(types.TextOID)
	}
	key := castKey{v.t, to, domain, r.s.Catalog().Version}
	p, ok := r.s.casts[key]
	if !ok {
		var err error
		if p, _, err = r.s.conversion(v.t, to, domain, true); err != nil {
			return types.Null, err
		}
		if r.s.casts == nil || len(r.s.casts) > maxBodies {
			r.s.casts = map[castKey]*expr.Program{}
		}
		r.s.casts[key] = p
	}
	return r.convert(p, v.d)
}

// castKey tells conversions apart.
type castKey struct {
	from, to types.T
	domain   uint32
	version  any
}

// variables are the names in sight of SQL in a scope.
func (r *plRun) variables(sc *plScope) *bind.Variables {
	v := &bind.Variables{Prefer: r.b.prefer, Language: "PL/pgSQL"}
	v.Find = func(parts []string) (bind.Variable, bool) { return r.lookUp(sc, parts) }
	v.Fields = func(parts []string) []string {
		slot, rest, ok := sc.find(parts)
		if !ok || len(rest) > 0 || !r.b.vars[slot].record {
			return nil
		}
		var out []string
		for i, n := range r.recs[slot].names {
			if r.recs[slot].ts[i].OID != 0 {
				out = append(out, n)
			}
		}
		return out
	}
	return v
}

func (r *plRun) lookUp(sc *plScope, parts []string) (bind.Variable, bool) {
	slot, rest, ok := sc.find(parts)
	if !ok || len(rest) > 1 {
		return bind.Variable{}, false
	}
	x := &r.b.vars[slot]
	if len(rest) == 0 {
		if x.record && x.t.OID == types.RecordOID && !r.recs[slot].set && !r.recs[slot].null {
			return bind.Variable{}, false
		}
		t := types.Of(x.t.OID)
		if x.t.OID == types.RecordOID {
			if named, err := builtin.RowType(r.recs[slot].names); err == nil && len(r.recs[slot].names) > 0 {
				t = named
			}
		}
		return bind.Variable{Slot: slot, T: t}, true
	}
	if !x.record {
		return bind.Variable{}, false
	}
	rec := r.recs[slot]
	if !rec.set {
		r.lookup = notAssigned(x.name)
		return bind.Variable{}, false
	}
	for i, n := range rec.names {
		if n == rest[0] && rec.ts[i].OID != 0 {
			return bind.Variable{Slot: slot, Field: n, T: types.Of(rec.ts[i].OID)}, true
		}
	}
	r.lookup = pgerr.Newf(pgerrcode.UndefinedColumn, "record \"%s\" has no field \"%s\"", x.name, rest[0])
	return bind.Variable{}, false
}

func notAssigned(name string) error {
	return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "record \"%s\" is not assigned yet", name).
		WithDetail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

// slot is the value of a variable that SQL uses.
func (r *plRun) slot(v bind.Variable) types.Datum {
	if v.Field == "" {
		return r.get(v.Slot)
	}
	rec := r.recs[v.Slot]
	for i, n := range rec.names {
		if n == v.Field && rec.ts[i].OID != 0 {
			return rec.vals[i]
		}
	}
	return types.Null
}

// stale reports that fields have other types than when SQL was bound.
func (r *plRun) stale(vars *bind.Variables) bool {
	for _, v := range vars.Used {
		if v.Field == "" {
			continue
		}
		rec := r.recs[v.Slot]
		same := false
		for i, n := range rec.names {
			same = same || n == v.Field && rec.ts[i].OID == v.T.OID
		}
		if !same {
			return true
		}
	}
	return false
}

// bound prefers the error of a name that stands for nothing yet to that of one that is
// not there.
func (r *plRun) bound(err error) error {
	found := r.lookup
	if r.lookup = nil; err != nil && found != nil {
		return found
	}
	return err
}

// inExpr adds to an error of an expression where in it that is, or what it is.
func (r *plRun) inExpr(err error, prefix, text string) error {
	e, ok := pgerr.As(err)
	if !ok || e.Query != "" {
		return err
	}
	c := *e
	if c.Position > 0 {
		c.Position += len(prefix)
		return c.InQuery(prefix+text, len("SELECT "))
	}
	if prefix != "" {
		c.AddWhere("PL/pgSQL assignment \"" + prefix + text + "\"")
	} else {
		c.AddWhere("SQL expression \"" + text + "\"")
	}
	return &c
}

// inStatement is inExpr of a statement.
func (r *plRun) inStatement(err error, text string) error {
	e, ok := pgerr.As(err)
	if !ok || e.Query != "" {
		return err
	}
	c := *e
	if c.Position > 0 {
		return c.InQuery(text, 0)
	}
	c.AddWhere("SQL statement \"" + text + "\"")
	return &c
}

// plExpr is an expression with what was made of it.
type plExpr struct {
	n      int // its number in the body
	sql    string
	want   types.T
	prog   *expr.Program
	t      types.T
	vars   *bind.Variables
	fresh  stamp
	query  *statement // of what is more than an expression
	params []types.Datum
}

// eval computes an expression; want is the type that it is for, which spares a conversion.
func (r *plRun) eval(ctx context.Context, x plpgsql.Text, sc *plScope, want types.T) (plValue, error) {
	prefix := r.prefix
	r.prefix = ""
	if !r.known {
		r.now, r.known = r.s.stampNow(), true
	}
	e := r.b.expr(x, want)
	if e == nil || e.sql != x.SQL || e.query == nil && (e.fresh != r.now || r.stale(e.vars)) {
		var err error
		if e, err = r.compile(x, sc, want); err != nil {
			return plValue{}, r.inExpr(r.bound(err), prefix, x.SQL)
		}
		r.b.keep(e, x, want)
	}
	if e.query != nil {
		v, err := r.evalQuery(ctx, e.query, x, sc)
		if err != nil {
			err = r.inExpr(err, prefix, x.SQL)
		}
		return v, err
	}
	env := r.exprEnv()
	env.Context = ctx
	outer := env.Params
	params := e.params
	e.params = nil // a call inside may come here again
	params = params[:0]
	for _, v := range e.vars.Used {
		params = append(params, r.slot(v))
	}
	env.Params = params
	d, err := e.prog.One(&env.Env, r.scratchOf(e))
	env.Params = outer
	e.params = params
	if err != nil {
		return plValue{}, err
	}
	return plValue{d.Clone(), e.t}, nil
}

// expr finds what was made of an expression.
func (b *plBody) expr(x plpgsql.Text, want types.T) *plExpr {
	if x.Pos >= 0 && x.Pos < len(b.at) {
		if e := b.at[x.Pos]; e != nil && e.want == want {
			return e
		}
	}
	return b.exprs[exprKeyOf(x, want)]
}

func exprKeyOf(x plpgsql.Text, want types.T) exprKey {
	key := exprKey{pos: x.Pos, want: want}
	if x.Pos < 0 { // it is not a piece of the text
		key.sql = x.SQL
	}
	return key
}

// keep keeps what was made of an expression.
func (b *plBody) keep(e *plExpr, x plpgsql.Text, want types.T) {
	key := exprKeyOf(x, want)
	if old := b.exprs[key]; old != nil {
		e.n = old.n
	} else {
		e.n = b.made
		b.made++
	}
	e.sql, e.want, b.exprs[key] = x.SQL, want, e
	if b.at == nil {
		b.at = make([]*plExpr, len(b.fn.Body)+1)
	}
	if x.Pos >= 0 && x.Pos < len(b.at) {
		b.at[x.Pos] = e
	}
}

// scratchOf is the working memory for an expression: each has its own, so that none looks
// for it among all.
func (r *plRun) scratchOf(e *plExpr) *expr.Scratch {
	for len(r.scratches) <= e.n {
		r.scratches = append(r.scratches, nil)
	}
	if r.scratches[e.n] == nil {
		r.scratches[e.n] = new(expr.Scratch)
	}
	return r.scratches[e.n]
}

func (r *plRun) compile(x plpgsql.Text, sc *plScope, want types.T) (*plExpr, error) {
	text := "SELECT " + x.SQL
	list, err := r.s.db.cfg.Parser.Parse(text)
	if err != nil {
		return nil, err
	}
	q, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(list) != 1 {
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "syntax error at or near \"%s\"", x.SQL)
	}
	e := &plExpr{vars: r.variables(sc), fresh: r.s.stampNow()}
	if isPlain(q) {
		o := r.s.planOptions(nil)
		o.Vars = e.vars
		if want.Mod >= 0 {
			want = types.T{}
		}
		if want.OID == types.RecordOID || types.CompositeOf(want.OID, nil) != nil {
			want = types.T{}
		}
		bound, ok, err := bind.Value(q.Targets[0].Expr, want, o)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := r.s.mayCall(bound); err != nil {
				return nil, err
			}
			e.t = bound.Type()
			e.prog, err = expr.Compile(bound)
			return e, err
		}
	}
	e.query = &statement{vars: r.variables(sc)}
	e.query.text, e.query.source, e.query.stmt = text, x.SQL, q
	return e, nil
}

func isPlain(s *ast.Select) bool {
	return len(s.Targets) == 1 && s.With == nil && s.From == nil && s.Where == nil && s.GroupBy == nil && s.Having == nil && s.Windows == nil &&
		s.SetOp == ast.SetNone && s.OrderBy == nil && s.Limit == nil && s.Offset == nil && s.Locking == nil && !s.Distinct &&
		s.DistinctOn == nil && s.Values == nil && s.Into == nil
}

// evalQuery computes an expression that is a query of its own.
func (r *plRun) evalQuery(ctx context.Context, st *statement, x plpgsql.Text, sc *plScope) (v plValue, err error) {
	if err := r.plan(ctx, st, sc); err != nil {
		return v, err
	}
	v = plValue{types.Null, types.Of(types.TextOID)}
	if len(st.plan.Out) != 1 {
		return v, pgerr.Newf(pgerrcode.SyntaxError, "query returned %d columns", len(st.plan.Out))
	}
	v.t = st.plan.Out[0].Type
	n := 0
	_, err = r.run(ctx, st, st.values(r.slot), func(b *batch.Batch) error {
		for _, i := range b.Sel {
			if n++; n > 1 {
				return pgerr.New(pgerrcode.CardinalityViolation, "query returned more than one row")
			}
			v.d = b.Cols[0].Datum(int(i)).Clone()
		}
		return nil
	})
	return v, err
}

// plan readies a statement of the body.
func (r *plRun) plan(ctx context.Context, st *statement, sc *plScope) error {
	if st.plan != nil && r.stale(st.vars) {
		st.plan = nil
	}
	st.vars.Find = r.variables(sc).Find
	st.vars.Fields = r.variables(sc).Fields
	return r.bound(r.ready(ctx, st))
}

// condition computes a condition.
func (r *plRun) condition(ctx context.Context, x plpgsql.Text, sc *plScope) (bool, error) {
	v, err := r.eval(ctx, x, sc, types.Of(types.BoolOID))
	if err != nil || v.d.IsNull() {
		return false, err
	}
	d, err := r.cast(v, types.Of(types.BoolOID), 0)
	return err == nil && d.Bool(), err
}

// integer computes an integer.
func (r *plRun) integer(ctx context.Context, x plpgsql.Text, sc *plScope) (n int64, null bool, err error) {
	v, err := r.eval(ctx, x, sc, types.Of(types.Int4OID))
	if err != nil || v.d.IsNull() {
		return 0, true, err
	}
	d, err := r.cast(v, types.Of(types.Int4OID), 0)
	return d.Int(), false, err
}

// textOf is a value as text.
func (r *plRun) textOf(v plValue) (string, error) {
	if v.t.OID == types.TextOID || v.t.OID == types.UnknownOID {
		return v.d.Text(), nil
	}
	return string(types.AppendText(nil, v.t, v.d, r.s.TextFormat())), nil
}
