package session

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// column is a column of a statement's rows.
type column = backend.Column

// columnsOf are the columns of a planned statement's rows.
func (st *statement) columnsOf() []column { return st.prepared.columns }

// dynamic prepares the text that an expression gives, with parameters. Of several
// statements, where they are allowed, those before the last are run.
func (r *plRun) dynamic(ctx context.Context, x plpgsql.Text, using []plpgsql.Text, sc *plScope, several bool) (*statement, []types.Datum, error) {
	return r.dynamicShown(ctx, x, using, sc, several, nil)
}

// dynamicShown is dynamic, which adds the values of USING to shown.
func (r *plRun) dynamicShown(ctx context.Context, x plpgsql.Text, using []plpgsql.Text, sc *plScope, several bool, shown *[]plValue) (*statement, []types.Datum, error) {
	v, err := r.eval(ctx, x, sc, types.T{})
	if err != nil {
		return nil, nil, err
	}
	if v.d.IsNull() {
		return nil, nil, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "query string argument of EXECUTE is null")
	}
	text, err := r.textOf(v)
	if err != nil {
		return nil, nil, err
	}
	var params []types.Datum
	var ts []types.T
	for _, u := range using {
		v, err := r.eval(ctx, u, sc, types.T{})
		if err != nil {
			return nil, nil, err
		}
		params, ts = append(params, v.d), append(ts, types.Of(v.t.OID))
		if shown != nil {
			*shown = append(*shown, v)
		}
	}
	list, err := r.s.db.cfg.Parser.Parse(text)
	if err != nil {
		return nil, nil, r.inStatement(err, text)
	}
	if len(list) == 0 {
		return nil, nil, nil
	}
	one := func(x ast.Parsed) (*statement, []types.Datum, error) {
		st := &statement{vars: usingVariables(ts)}
		st.text, st.source, st.stmt = text, text, x.Stmt
		if err := r.ready(ctx, st); err != nil {
			return nil, nil, r.inStatement(err, text)
		}
		return st, st.values(func(v bind.Variable) types.Datum { return params[v.Slot] }), nil
	}
	last := len(list) - 1
	if last > 0 && !several {
		return nil, nil, pgerr.New(pgerrcode.InvalidCursorDefinition, "cannot open multi-query plan as cursor")
	}
	for _, x := range list[:last] {
		st, params, err := one(x)
		if err != nil {
			return nil, nil, err
		}
		if err := allowedInPL(st.stmt); err != nil {
			return nil, nil, err
		}
		if _, err := r.run(ctx, st, params, nil); err != nil {
			return nil, nil, r.inStatement(err, text)
		}
	}
	return one(list[last])
}

// usingVariables are the parameters of EXECUTE.
func usingVariables(ts []types.T) *bind.Variables {
	v := &bind.Variables{Prefer: bind.PreferColumn}
	v.Find = func(parts []string) (bind.Variable, bool) {
		if len(parts) == 1 && strings.HasPrefix(parts[0], "$") {
			for i := range ts {
				if parts[0] == dollar(i+1) {
					return bind.Variable{Slot: i, T: ts[i]}, true
				}
			}
		}
		return bind.Variable{}, false
	}
	return v
}

func dollar(n int) string { return "$" + strconv.Itoa(n) }

// execute is EXECUTE.
func (r *plRun) execute(ctx context.Context, x *plpgsql.Execute, sc *plScope) error {
	var shown []plValue
	st, params, err := r.dynamicShown(ctx, x.Query, x.Using, sc, true, &shown)
	if err != nil || st == nil {
		return err
	}
	if sel, ok := st.stmt.(*ast.Select); ok && sel.Into != nil {
		return pgerr.New(pgerrcode.FeatureNotSupported, "EXECUTE of SELECT ... INTO is not implemented").
			WithHint("You might want to use EXECUTE ... INTO or EXECUTE CREATE TABLE ... AS instead.")
	}
	if _, ok := st.stmt.(*ast.TxnStmt); ok {
		return pgerr.New(pgerrcode.FeatureNotSupported, "EXECUTE of transaction commands is not implemented")
	}
	if err := allowedInPL(st.stmt); err != nil {
		return err
	}
	if x.Into == nil {
		tag, err := r.run(ctx, st, params, nil)
		if err != nil {
			return r.inStatement(err, st.text)
		}
		r.rows = tagCount(tag)
		return nil
	}
	if st.columnsOf() == nil {
		return pgerr.New(pgerrcode.SyntaxError, "INTO used with a command that cannot return data")
	}
	found := r.vals[r.b.found]
	row, n, err := r.firstRow(ctx, st, params, x.Strict)
	if err != nil {
		return err
	}
	if !x.Strict {
		n = min(n, 1) // the extra check is not about EXECUTE
	}
	err = r.into(x.Into, row, n, x.Strict, false, sc, func(e *pgerr.Error) *pgerr.Error { return r.usingParams(e, shown) })
	if e, ok := pgerr.As(err); ok && e.Code == "P0003" {
		e.Hint = ""
	}
	r.vals[r.b.found] = found // which EXECUTE leaves alone
	return err
}

// call is CALL, and DO.
func (r *plRun) call(ctx context.Context, x *plpgsql.Call, sc *plScope) error {
	list, err := r.s.db.cfg.Parser.Parse(x.Text.SQL)
	if err != nil {
		return err
	}
	st, ok := list[0].Stmt.(*ast.Call)
	if !ok {
		if d, ok := list[0].Stmt.(*ast.Do); ok {
			return r.s.do(ctx, d, r.mayFree())
		}
		return pgerr.NotSupported(-1, "this statement of PL/pgSQL is not supported")
	}
	p := &prepared{text: x.Text.SQL, stmt: st, vars: r.variables(sc)}
	c, _, err := r.s.bindCall(ctx, st, p)
	if err != nil {
		return r.bound(err)
	}
	var params []types.Datum
	for _, v := range p.vars.Used {
		params = append(params, r.slot(v))
	}
	p.vars = r.variables(sc)
	out, row, err := r.s.callProcedure(ctx, st, p, params, r.mayFree())
	if err != nil || len(out) == 0 {
		return err
	}
	f, k := c.Fn.User, 0
	places, _ := bind.CallPlaces(f, st.Func.ArgNames, len(st.Func.Args))
	for i := range places {
		a := &f.Args[i]
		if !a.IsOutput() {
			continue
		}
		var ref *ast.ColumnRef
		if n := places[i]; n >= 0 {
			ref, _ = st.Func.Args[n].(*ast.ColumnRef)
		}
		if ref == nil {
			return pgerr.Newf(pgerrcode.SyntaxError, "procedure parameter \"%s\" is an output parameter but corresponding argument is not writable", a.Name)
		}
		t := plpgsql.Target{Parts: ref.Parts}
		if _, _, known := sc.find(t.Parts); !known {
			return pgerr.Newf(pgerrcode.SyntaxError, "procedure parameter \"%s\" is an output parameter but corresponding argument is not writable", a.Name)
		}
		if err := r.put(&t, plValue{row[k], out[k]}, sc); err != nil {
			return err
		}
		k++
	}
	return nil
}

// raise is RAISE.
func (r *plRun) raise(ctx context.Context, x *plpgsql.Raise, sc *plScope) error {
	if x.Again {
		if r.caught == nil {
			return pgerr.New(pgerrcode.StackedDiagnosticsAccessedWithoutActiveHandler, "RAISE without parameters cannot be used outside an exception handler")
		}
		return r.caught
	}
	e := &pgerr.Error{}
	if x.HasFormat {
		msg, err := r.format(ctx, x, sc)
		if err != nil {
			return err
		}
		e.Message = msg
	}
	if x.State != "" {
		e.Code = x.State
	}
	if x.Condition != "" {
		e.Code = plpgsql.Conditions(x.Condition)[0]
	}
	if x.Condition != "" && !x.HasFormat {
		e.Message = x.Condition
	}
	if x.State != "" && !x.HasFormat {
		e.Message = x.State
	}
	if err := r.raiseOptions(ctx, x, e, sc); err != nil {
		return err
	}
	if e.Code == "" {
		e.Code = "00000"
		if x.Level == "exception" {
			e.Code = pgerrcode.RaiseException
		} else if x.Level == "warning" {
			e.Code = pgerrcode.Warning
		}
	}
	if e.Message == "" && !x.HasFormat {
		e.Message = e.Code
	}
	switch x.Level {
	case "exception":
		return e
	case "warning":
		e.Severity = pgerr.Warning
	case "notice":
		e.Severity = pgerr.Notice
	case "info":
		e.Severity = pgerr.Info
	default:
		return nil // LOG and DEBUG are for the server's log
	}
	n, _ := pgerr.As(r.where(e, r.at))
	r.s.notice(n)
	return nil
}

func (r *plRun) raiseOptions(ctx context.Context, x *plpgsql.Raise, e *pgerr.Error, sc *plScope) error {
	given := map[string]bool{}
	if x.HasFormat {
		given["message"] = true
	}
	if x.Condition != "" || x.State != "" {
		given["errcode"] = true
	}
	for _, o := range x.Options {
		v, err := r.eval(ctx, o.Value, sc, types.T{})
		if err != nil {
			return err
		}
		if v.d.IsNull() {
			return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "RAISE statement option cannot be null")
		}
		if given[o.Name] {
			return pgerr.Newf(pgerrcode.SyntaxError, "RAISE option already specified: %s", strings.ToUpper(o.Name))
		}
		given[o.Name] = true
		text, err := r.textOf(v)
		if err != nil {
			return err
		}
		switch o.Name {
		case "errcode":
			if e.Code = text; len(text) != 5 || strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				codes := plpgsql.Conditions(text)
				if codes == nil {
					return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized exception condition \"%s\"", text)
				}
				if e.Code = codes[0]; !x.HasFormat && e.Message == "" {
					e.Message = text
				}
			}
		case "message":
			e.Message = text
		case "detail":
			e.Detail = text
		case "hint":
			e.Hint = text
		case "column":
			e.Column = text
		case "constraint":
			e.Constraint = text
		case "datatype":
			e.DataType = text
		case "table":
			e.Table = text
		case "schema":
			e.Schema = text
		}
	}
	return nil
}

// format puts the parameters of RAISE in the places of its format.
func (r *plRun) format(ctx context.Context, x *plpgsql.Raise, sc *plScope) (string, error) {
	var b strings.Builder
	k := 0
	for i := 0; i < len(x.Format); i++ {
		if x.Format[i] != '%' {
			b.WriteByte(x.Format[i])
			continue
		}
		if i+1 < len(x.Format) && x.Format[i+1] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		v, err := r.eval(ctx, x.Params[k], sc, types.T{})
		if err != nil {
			return "", err
		}
		k++
		text := "<NULL>"
		if !v.d.IsNull() {
			if text, err = r.textOf(v); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (r *plRun) assert(ctx context.Context, x *plpgsql.Assert, sc *plScope) error {
	if !r.s.settings.bool("plpgsql.check_asserts") {
		return nil
	}
	ok, err := r.condition(ctx, x.Cond, sc)
	if err != nil || ok {
		return err
	}
	msg := "assertion failed"
	if x.Message.Given() {
		v, err := r.eval(ctx, x.Message, sc, types.T{})
		if err != nil {
			return err
		}
		if !v.d.IsNull() {
			if msg, err = r.textOf(v); err != nil {
				return err
			}
		}
	}
	return pgerr.New(pgerrcode.AssertFailure, msg)
}

func (r *plRun) diagnostics(x *plpgsql.Diagnostics, sc *plScope) error {
	e := r.caught
	if x.Stacked && e == nil {
		return pgerr.New(pgerrcode.StackedDiagnosticsAccessedWithoutActiveHandler, "GET STACKED DIAGNOSTICS cannot be used outside an exception handler")
	}
	for i := range x.Items {
		v := plValue{t: types.Of(types.TextOID)}
		switch x.Items[i].Item {
		case "row_count":
			v = plValue{types.Int(r.rows), types.Of(types.Int8OID)}
		case "pg_context":
			c, _ := pgerr.As(r.where(&pgerr.Error{}, r.at))
			v.d = types.String(c.Where)
		case "returned_sqlstate":
			v.d = types.String(e.Code)
		case "message_text":
			v.d = types.String(e.Message)
		case "pg_exception_detail":
			v.d = types.String(e.Detail)
		case "pg_exception_hint":
			v.d = types.String(e.Hint)
		case "pg_exception_context":
			v.d = types.String(e.Where)
		case "column_name":
			v.d = types.String(e.Column)
		case "constraint_name":
			v.d = types.String(e.Constraint)
		case "pg_datatype_name":
			v.d = types.String(e.DataType)
		case "table_name":
			v.d = types.String(e.Table)
		case "schema_name":
			v.d = types.String(e.Schema)
		}
		if err := r.put(&x.Items[i].Target, v, sc); err != nil {
			return err
		}
	}
	return nil
}

// loop runs the loops.
func (r *plRun) loop(ctx context.Context, st plpgsql.Stmt, sc *plScope) (flow, error) {
	in := r.b.loops[st]
	switch x := st.(type) {
	case *plpgsql.Loop:
		for {
			if err := ctx.Err(); err != nil {
				return flow{}, err
			}
			if x.While.Given() {
				r.begin(st, "WHILE")
				ok, err := r.condition(ctx, x.While, in)
				if err != nil || !ok {
					return flow{}, err
				}
			}
			if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
				return fl, err
			}
		}
	case *plpgsql.ForInt:
		return r.forInt(ctx, x, sc, in)
	case *plpgsql.ForQuery:
		return r.forQuery(ctx, x, sc, in)
	case *plpgsql.ForEach:
		return r.forEach(ctx, x, sc, in)
	}
	return flow{}, nil
}

// turn runs a loop's body once.
func (r *plRun) turn(ctx context.Context, body []plpgsql.Stmt, sc *plScope, label string) (fl flow, done bool, err error) {
	fl, err = r.statements(ctx, body, sc)
	if err != nil {
		return fl, true, err
	}
	switch fl.control {
	case goOn:
		return flow{}, false, nil
	case leave:
		if fl.label == "" || fl.label == label {
			return flow{}, true, nil
		}
	case again:
		if fl.label == "" || fl.label == label {
			return flow{}, false, nil
		}
	}
	return fl, true, nil
}

func (r *plRun) forInt(ctx context.Context, x *plpgsql.ForInt, sc, in *plScope) (flow, error) {
	r.begin(x, "FOR with integer loop variable")
	bound := func(t plpgsql.Text, what string) (int64, error) {
		n, null, err := r.integer(ctx, t, sc)
		if err == nil && null {
			err = pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "%s of FOR loop cannot be null", what)
		}
		return n, err
	}
	from, err := bound(x.From, "lower bound")
	if err != nil {
		return flow{}, err
	}
	to, err := bound(x.To, "upper bound")
	if err != nil {
		return flow{}, err
	}
	by := int64(1)
	if x.By.Given() {
		if by, err = bound(x.By, "BY value"); err != nil {
			return flow{}, err
		}
		if by <= 0 {
			return flow{}, pgerr.New(pgerrcode.InvalidParameterValue, "BY value of FOR loop must be greater than zero")
		}
	}
	slot, ran := in.names[x.Var], false
	finish := func() { r.vals[r.b.found] = types.Bool(ran) }
	for i := from; x.Reverse && i >= to || !x.Reverse && i <= to; {
		ran = true
		r.vals[slot] = types.Int(i)
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			finish()
			return fl, err
		}
		if x.Reverse {
			i -= by
		} else {
			i += by
		}
		if i != int64(int32(i)) {
			break
		}
	}
	finish()
	return flow{}, nil
}

func (r *plRun) forQuery(ctx context.Context, x *plpgsql.ForQuery, sc, in *plScope) (fl flow, err error) {
	r.begin(x, "FOR over SELECT rows")
	var st *statement
	var params []types.Datum
	targets := x.Targets
	switch {
	case x.Dynamic.Given():
		r.at = "FOR over EXECUTE statement"
		if st, params, err = r.dynamic(ctx, x.Dynamic, x.Using, sc, false); err != nil {
			return flow{}, err
		}
	case x.Cursor != "":
		r.at = "FOR over cursor"
		slot, _, _ := sc.find([]string{x.Cursor})
		if !r.vals[slot].IsNull() {
			if _, err := r.s.cursor(r.vals[slot].Text()); err == nil {
				return flow{}, pgerr.Newf(pgerrcode.DuplicateCursor, "cursor \"%s\" already in use", r.vals[slot].Text())
			}
		}
		if st, err = r.cursorQuery(ctx, slot, x.Args, sc); err != nil {
			return flow{}, err
		}
		params = st.values(r.slot)
	default:
		if st, err = r.prepared(ctx, x.Query, sc); err != nil {
			return flow{}, err
		}
		params = st.values(r.slot)
	}
	if st == nil || st.columnsOf() == nil {
		return flow{}, pgerr.New(pgerrcode.InvalidCursorDefinition, "cannot open query as cursor")
	}
	// The rows are those of the moment when the loop begins, whatever it does.
	kept := r.s.newResult(shape{columns: columnTypes(st.columnsOf()), set: true})
	defer kept.close()
	if _, err := r.run(ctx, st, params, func(b *batch.Batch) error { return kept.buf.Append(b) }); err != nil {
		return flow{}, err
	}
	if st.plan != nil && !st.plan.ReadOnly {
		r.s.ending.writers++
		defer func() { r.s.ending.writers-- }()
	}
	cols := st.columnsOf()
	n := int64(0)
	finish := func() { r.vals[r.b.found] = types.Bool(n > 0) }
	for {
		row, ok, err := kept.next()
		if err != nil {
			return flow{}, err
		}
		if !ok {
			break
		}
		n++
		rec := &plRecord{set: true}
		for k := range cols {
			rec.names, rec.ts, rec.vals = append(rec.names, cols[k].Name), append(rec.ts, cols[k].Type), append(rec.vals, row[k].Clone())
		}
		if err := r.putRow(targets, rec, in); err != nil {
			return flow{}, err
		}
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			finish()
			return fl, err
		}
	}
	if n == 0 {
		if err := r.noRow(targets, in); err != nil {
			return flow{}, err
		}
	}
	finish()
	return flow{}, nil
}

func columnTypes(cols []column) (ts []types.T) {
	for _, c := range cols {
		ts = append(ts, c.Type)
	}
	return ts
}

func (r *plRun) forEach(ctx context.Context, x *plpgsql.ForEach, sc, in *plScope) (flow, error) {
	r.begin(x, "FOREACH over array")
	v, err := r.eval(ctx, x.Array, sc, types.T{})
	if err != nil {
		return flow{}, err
	}
	if v.d.IsNull() {
		return flow{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "FOREACH expression must not be null")
	}
	if !v.t.IsArray() {
		return flow{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "FOREACH expression must yield an array, not type %s", types.FormatType(v.t))
	}
	parts, of, err := r.forEachParts(x, v, sc)
	if err != nil {
		return flow{}, err
	}
	ran := false
	for _, d := range parts {
		ran = true
		if err := r.putEach(x.Targets, plValue{d, of}, sc); err != nil {
			return flow{}, err
		}
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			r.vals[r.b.found] = types.Bool(ran)
			return fl, err
		}
	}
	r.vals[r.b.found] = types.Bool(ran)
	return flow{}, nil
}

// putEach stores what FOREACH has come to: of a row, in a variable for each column perhaps.
func (r *plRun) putEach(targets []plpgsql.Target, v plValue, sc *plScope) error {
	switch {
	case len(targets) == 1:
		return r.put(&targets[0], v, sc)
	case v.t.OID != types.RecordOID && types.CompositeOf(v.t.OID, nil) == nil:
		return pgerr.New(pgerrcode.DatatypeMismatch, "cannot assign non-composite value to a row variable")
	}
	return r.putRow(targets, splitRecord(v), sc)
}

// forEachParts are what FOREACH goes through, and their type: the elements of an array, or
// the arrays of its last dimensions.
func (r *plRun) forEachParts(x *plpgsql.ForEach, v plValue, sc *plScope) ([]types.Datum, types.T, error) {
	dims := types.ArrayDims(nil, v.d)
	if x.Slice > len(dims) {
		return nil, v.t, pgerr.Newf(pgerrcode.ArraySubscriptError, "slice dimension (%d) is out of the valid range 0..%d", x.Slice, len(dims))
	}
	into := types.T{}
	if slot, rest, ok := sc.find(x.Targets[0].Parts); ok && len(rest) == 0 && len(x.Targets) == 1 {
		into = r.b.vars[slot].t
	}
	elems := arrayElements(v.d)
	if x.Slice == 0 {
		if into.IsArray() {
			return nil, v.t, pgerr.New(pgerrcode.DatatypeMismatch, "FOREACH loop variable must not be of an array type")
		}
		return elems, v.t.Elem(), nil
	}
	if !into.IsArray() {
		return nil, v.t, pgerr.New(pgerrcode.DatatypeMismatch, "FOREACH ... SLICE loop variable must be of an array type")
	}
	inner, size := dims[len(dims)-x.Slice:], 1
	for _, d := range inner {
		size *= d.Len
	}
	var parts []types.Datum
	for ; len(elems) > 0 && size > 0; elems = elems[size:] {
		var b types.ArrayBuilder
		b.Reset(v.t.Elem().OID)
		for _, d := range elems[:size] {
			b.Append(d)
		}
		part, err := b.Shaped(inner)
		if err != nil {
			return nil, v.t, err
		}
		parts = append(parts, part.Clone())
	}
	return parts, v.t, nil
}

// arrayElements are the elements of an array, in their order.
func arrayElements(d types.Datum) (out []types.Datum) {
	it := types.NewArrayIter(d)
	for e, ok := it.Next(); ok; e, ok = it.Next() {
		out = append(out, e.Clone())
	}
	return out
}
