package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
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
	// rethrown is what RAISE alone has thrown again, which says already where it was.
	rethrown *pgerr.Error
	line     int
	prefix   string // of an assignment whose value is computed: the text before that
	at       string // what the statement is, in CONTEXT
	trig     *TriggerCall
	value    plValue // of RETURN
	atomic   bool    // no COMMIT
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
	if f.User.Ret.OID == types.TriggerOID {
		return nil, a.compiling(pgerr.New(pgerrcode.FeatureNotSupported, "trigger functions can only be called as triggers"))
	}
	b, err := a.s.plBodyOf(f.User, ts, nil, a.collation)
	if err != nil {
		return nil, a.compiling(err)
	}
	r := &plRun{activation: a, b: b, res: a.s.newResult(want), atomic: !a.free}
	a.at.pl = r
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
func (a *activation) compiling(err error) error { return compiling(a.fn, err) }

// compiling is an error of a function's text, which says itself where that is.
func compiling(f *catalog.Function, err error) error {
	e, ok := pgerr.As(err)
	if !ok || strings.HasPrefix(e.Where, "compilation of ") {
		return err
	}
	c := *e
	line := 1
	if c.Position > 0 && c.Position <= len(f.Body) {
		line += strings.Count(f.Body[:c.Position-1], "\n")
	}
	c.Position = 0
	c.AddWhere(fmt.Sprintf("compilation of PL/pgSQL function \"%s\" near line %d", f.Name, line))
	return &c
}

func (r *plRun) reset() {
	r.vals, r.recs = make([]types.Datum, len(r.b.vars)), make([]*plRecord, len(r.b.vars))
	for i := range r.b.vars {
		r.clear(i)
	}
	r.vals[r.b.found] = types.Bool(false)
}

// clear gives a variable the value of one without a default.
func (r *plRun) clear(slot int) {
	v := &r.b.vars[slot]
	if r.vals[slot] = types.Null; v.cursor != nil { // its name, until that of a portal is stored
		r.vals[slot] = types.String(v.name)
	}
	if !v.record {
		return
	}
	rec := &plRecord{null: true}
	if c := r.s.composite(v.t.OID); c != nil {
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
		what := "function"
		if r.trig != nil {
			what = "trigger procedure"
		}
		return r.where(pgerr.Newf("2F005", "control reached end of %s without RETURN", what), "")
	case r.trig != nil:
		return nil
	}
	r.at = "while casting return value to function's return type"
	return r.where(r.give(r.value), r.at)
}

// where adds the function and the line to an error.
func (r *plRun) where(err error, at string) error {
	e, ok := pgerr.As(err)
	if !ok || e == r.rethrown {
		return err
	}
	c := *e
	c.Position = 0
	name := "function inline_code_block"
	if r.b.fn.ID != 0 {
		text, _ := names{s: r.s}.userFunction(types.RegprocedureOID, r.b.fn.ID)
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
	if err := r.checkRow(r.res, row); err != nil {
		return err
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
	if v.t.OID == types.RecordOID || types.IsComposite(v.t.OID) {
		wrong := "returned record type does not match expected record type"
		if r.res.set {
			wrong = "wrong record type supplied in RETURN NEXT"
		}
		return r.giveRow(r.s.splitRecord(v), wrong)
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
		if from := rec.ts[k]; from.OID != t.OID && from.OID != types.UnknownOID || r.res.listed && t.Mod >= 0 && from.Mod != t.Mod {
			return fail("Returned type %s does not match expected type %s in column %d.", types.FormatType(from), types.FormatType(t), n)
		}
		d, err := r.cast(plValue{rec.vals[k], rec.ts[k]}, t, r.res.columnDomain(i))
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
	if err := r.checkRow(r.res, row); err != nil {
		return err
	}
	return r.res.add(row)
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
	if !ok || e.Query != "" && e.Where == "" { // its place is in this statement
		return err
	}
	c := *e
	if c.Position > 0 {
		return c.InQuery(text, 0)
	}
	c.AddWhere("SQL statement \"" + text + "\"")
	return &c
}
