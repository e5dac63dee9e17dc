package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// block runs a block: its declarations, its statements, and for an error its handlers.
func (r *plRun) block(ctx context.Context, b *plpgsql.Block) (flow, error) {
	sc := r.b.scopes[b]
	for i := range b.Decls {
		if err := r.declared(ctx, sc, &b.Decls[i]); err != nil {
			return flow{}, err
		}
	}
	if !b.HasTrap {
		fl, err := r.statements(ctx, b.Body, sc)
		return fl.out(b.Label), err
	}
	fl, err := r.trap(ctx, b, sc)
	return fl.out(b.Label), err
}

// out is a flow behind the block or loop with a label: EXIT with that label ends there.
func (fl flow) out(label string) flow {
	if fl.control == leave && fl.label != "" && fl.label == label {
		return flow{}
	}
	return fl
}

// whileDeclaring is where an initialiser's error is.
const whileDeclaring = "during statement block local variable initialization"

// declared gives a variable the value that it begins with.
func (r *plRun) declared(ctx context.Context, sc *plScope, d *plpgsql.Decl) error {
	if d.Alias != nil {
		return nil
	}
	slot := sc.names[d.Name]
	r.clear(slot)
	if !d.Default.Given() {
		if v := &r.b.vars[slot]; v.domain != 0 {
			_, err := r.cast(plValue{types.Null, v.t}, v.t, v.domain)
			return err
		}
		return nil
	}
	r.line, r.at = d.Line, whileDeclaring
	v, err := r.eval(ctx, d.Default, r.b.before[d], r.b.vars[slot].t)
	if err != nil {
		return err
	}
	return r.store(slot, v)
}

// trap runs the statements of a block with handlers in a subtransaction.
func (r *plRun) trap(ctx context.Context, b *plpgsql.Block, sc *plScope) (flow, error) {
	s := r.s
	if err := s.tx.ensure(ctx); err != nil {
		return flow{}, err
	}
	save, pinned, calls, acting, calling := s.tx.here(""), s.pinned, s.calls, s.acting, len(s.calling)
	s.ending.traps++
	fl, err := r.statements(ctx, b.Body, sc)
	s.ending.traps--
	if err == nil {
		return fl, nil
	}
	if ctx.Err() != nil {
		return fl, err
	}
	if _, ok := pgerr.As(err); !ok {
		if err = toPG(ctx, err); pgerr.Code(err) == pgerrcode.SerializationFailure || pgerr.Code(err) == pgerrcode.InternalError {
			return fl, err // it is for whoever can run the statement again
		}
	}
	e, _ := pgerr.As(r.where(err, r.at))
	for i := range b.Handlers {
		h := &b.Handlers[i]
		matches := false
		for _, c := range h.Conditions {
			matches = matches || c.Matches(e.Code)
		}
		if !matches {
			continue
		}
		s.pinned, s.calls, s.acting, s.calling = pinned, calls, acting, s.calling[:calling]
		if err := s.tx.backTo(&save); err != nil {
			return flow{}, err
		}
		hs := r.b.loops[handlerMark{b, i}]
		r.vals[hs.names["sqlstate"]], r.vals[hs.names["sqlerrm"]] = types.String(e.Code), types.String(e.Message)
		outer := r.caught
		r.caught = e
		fl, err := r.statements(ctx, h.Body, hs)
		r.caught = outer
		return fl, err
	}
	return fl, err
}

func (r *plRun) statements(ctx context.Context, list []plpgsql.Stmt, sc *plScope) (flow, error) {
	for _, st := range list {
		if err := ctx.Err(); err != nil {
			return flow{}, err
		}
		fl, err := r.statement(ctx, st, sc)
		if err != nil || fl.control != goOn {
			return fl, err
		}
	}
	return flow{}, nil
}

// begin notes where the function is.
func (r *plRun) begin(st plpgsql.Stmt, at string) { r.line, r.at = st.At(), at }

func (r *plRun) statement(ctx context.Context, st plpgsql.Stmt, sc *plScope) (flow, error) {
	switch x := st.(type) {
	case *plpgsql.Nested:
		return r.block(ctx, x.Block)
	case *plpgsql.Assign:
		r.begin(st, "assignment")
		return flow{}, r.assign(ctx, &x.Target, x.Value, sc)
	case *plpgsql.If:
		for i := range x.Branches {
			b := &x.Branches[i]
			if !b.Cond.Given() {
				return r.statements(ctx, b.Body, sc)
			}
			r.begin(st, "IF")
			if r.line = b.Line; i == 0 {
				r.line = st.At()
			}
			ok, err := r.condition(ctx, b.Cond, sc)
			if err != nil {
				return flow{}, err
			}
			if ok {
				return r.statements(ctx, b.Body, sc)
			}
		}
		return flow{}, nil
	case *plpgsql.Case:
		return r.caseStmt(ctx, x, sc)
	case *plpgsql.Loop, *plpgsql.ForInt, *plpgsql.ForQuery, *plpgsql.ForEach:
		return r.loop(ctx, st, sc)
	case *plpgsql.Exit:
		if x.When.Given() {
			r.begin(st, map[bool]string{true: "CONTINUE", false: "EXIT"}[x.Continue])
			if ok, err := r.condition(ctx, x.When, sc); err != nil || !ok {
				return flow{}, err
			}
		}
		return flow{map[bool]control{true: again, false: leave}[x.Continue], x.Label}, nil
	case *plpgsql.Return:
		r.begin(st, "RETURN")
		return flow{control: finished}, r.returned(ctx, x, sc)
	case *plpgsql.Null:
		return flow{}, nil
	}
	return flow{}, r.simple(ctx, st, sc)
}

// simple runs the statements that the flow goes through.
func (r *plRun) simple(ctx context.Context, st plpgsql.Stmt, sc *plScope) error {
	switch x := st.(type) {
	case *plpgsql.ReturnNext:
		r.begin(st, "RETURN NEXT")
		if !x.Value.Given() {
			return r.giveOuts()
		}
		v, err := r.eval(ctx, x.Value, sc, types.T{})
		if err != nil {
			return err
		}
		return r.give(v)
	case *plpgsql.ReturnQuery:
		r.begin(st, "RETURN QUERY")
		return r.returnQuery(ctx, x, sc)
	case *plpgsql.Raise:
		r.begin(st, "RAISE")
		return r.raise(ctx, x, sc)
	case *plpgsql.Assert:
		r.begin(st, "ASSERT")
		return r.assert(ctx, x, sc)
	case *plpgsql.Execute:
		r.begin(st, "EXECUTE")
		return r.execute(ctx, x, sc)
	case *plpgsql.SQL:
		r.begin(st, "SQL statement")
		return r.sql(ctx, x, sc)
	case *plpgsql.Perform:
		r.begin(st, "PERFORM")
		st, err := r.prepared(ctx, x.Query, sc)
		if err != nil {
			return err
		}
		n, err := r.count(ctx, st)
		if err == nil {
			r.rows, r.vals[r.b.found] = n, types.Bool(n > 0)
		}
		return err
	case *plpgsql.Call:
		r.begin(st, "CALL")
		return r.call(ctx, x, sc)
	case *plpgsql.Diagnostics:
		r.begin(st, map[bool]string{true: "GET STACKED DIAGNOSTICS", false: "GET DIAGNOSTICS"}[x.Stacked])
		return r.diagnostics(x, sc)
	case *plpgsql.Open:
		r.begin(st, "OPEN")
		return r.open(ctx, x, sc)
	case *plpgsql.Fetch:
		r.begin(st, map[bool]string{true: "MOVE", false: "FETCH"}[x.Move])
		return r.fetch(ctx, x, sc)
	case *plpgsql.Close:
		r.begin(st, "CLOSE")
		name, err := r.cursorName(x.Cursor, sc)
		if err != nil {
			return err
		}
		if name == "" { // which is all cursors, for closeCursor
			_, err = r.s.cursor(name)
			return err
		}
		_, err = r.s.closeCursor(&ast.CloseCursor{Name: name})
		return err
	case *plpgsql.Transaction:
		r.begin(st, map[bool]string{true: "ROLLBACK", false: "COMMIT"}[x.Rollback])
		return r.endTransaction(ctx, x)
	}
	return pgerr.NotSupported(-1, "this statement of PL/pgSQL is not supported")
}

// assign is target := value.
func (r *plRun) assign(ctx context.Context, t *plpgsql.Target, value plpgsql.Text, sc *plScope) error {
	slot, rest, _ := sc.find(t.Parts)
	want := types.T{}
	if len(rest) == 0 && !t.Index.Given() {
		want = r.b.vars[slot].t
	}
	prefix := r.b.fn.Body[t.Pos:value.Pos]
	r.prefix = prefix
	v, err := r.eval(ctx, value, sc, want)
	if err != nil {
		return err
	}
	if err = r.assignValue(ctx, t, v, sc); err == nil {
		return nil
	}
	if target := (notSubscripted{}); errors.As(err, &target) {
		if pe, ok := pgerr.As(target.error); ok {
			return pe.At(0).InQuery(prefix+value.SQL, 0)
		}
	}
	// A constant is made one of the target's type when the assignment is planned.
	e := r.b.expr(value, want)
	code := pgerr.Code(err)
	if e == nil || e.query != nil || !e.constant || !strings.HasPrefix(code, "22") ||
		code == pgerrcode.NullValueNotAllowedDataException || code == pgerrcode.ArraySubscriptError {
		return err
	}
	if pe, ok := pgerr.As(err); ok && e.literal > 0 && pe.Where == "" && !r.fitsBut(v, want) {
		c := *pe
		c.Position = e.literal
		err = &c
	}
	return r.inExpr(err, prefix, value.SQL)
}

// fitsBut says that a value is one of a type but for the type's modifier, which
// PostgreSQL applies after it has read a literal.
func (r *plRun) fitsBut(v plValue, t types.T) bool {
	if t.Mod < 0 {
		return false
	}
	_, err := r.cast(v, types.Of(t.OID), 0)
	return err == nil
}

// assignValue stores a value in a target or a part of it.
func (r *plRun) assignValue(ctx context.Context, t *plpgsql.Target, v plValue, sc *plScope) error {
	slot, rest, _ := sc.find(t.Parts)
	if t.Index.Given() || len(rest) > 1 || len(rest) == 1 && !r.b.vars[slot].record {
		return r.assignPart(ctx, t, v, sc)
	}
	return r.put(t, v, sc)
}

// put stores a value in a target.
func (r *plRun) put(t *plpgsql.Target, v plValue, sc *plScope) error {
	slot, rest, _ := sc.find(t.Parts)
	switch {
	case t.Index.Given():
		return pgerr.NotSupported(-1, "an element of an array as a target is not supported here")
	case len(rest) == 0:
		return r.store(slot, v)
	case len(rest) > 1 || !r.b.vars[slot].record:
		return pgerr.NotSupported(-1, "a field of a field as a target is not supported")
	}
	x, rec := &r.b.vars[slot], r.recs[slot]
	if !rec.set {
		return notAssigned(x.name)
	}
	for i, n := range rec.names {
		if n != rest[0] || rec.ts[i].OID == 0 {
			continue
		}
		d, err := r.cast(v, rec.ts[i], 0)
		if err != nil {
			return err
		}
		own := *rec
		own.null, own.vals = false, append([]types.Datum(nil), rec.vals...)
		own.vals[i] = d.Clone()
		r.recs[slot] = &own
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedColumn, "record \"%s\" has no field \"%s\"", x.name, rest[0])
}

// putRow stores the columns of a row in targets: one variable with fields, or one for each.
func (r *plRun) putRow(targets []plpgsql.Target, row *plRecord, sc *plScope) error {
	if err := r.counted(targets, row, sc); err != nil {
		return err
	}
	if len(targets) == 1 {
		if slot, rest, _ := sc.find(targets[0].Parts); len(rest) == 0 && r.b.vars[slot].record {
			if len(row.ts) == 1 && (row.ts[0].OID == r.b.vars[slot].t.OID && row.ts[0].OID != types.RecordOID) {
				return r.store(slot, plValue{row.vals[0], row.ts[0]})
			}
			return r.storeRow(slot, row)
		}
	}
	for i := range targets {
		v := plValue{types.Null, types.Of(types.TextOID)}
		if i < len(row.vals) {
			v = plValue{row.vals[i], row.ts[i]}
		}
		if err := r.put(&targets[i], v, sc); err != nil {
			return err
		}
	}
	return nil
}

// takesAnyRow reports that the only target is a record, which takes the columns of its row.
func (r *plRun) takesAnyRow(targets []plpgsql.Target, sc *plScope) bool {
	if len(targets) != 1 {
		return false
	}
	slot, rest, _ := sc.find(targets[0].Parts)
	return len(rest) == 0 && r.b.vars[slot].record && r.b.vars[slot].t.OID == types.RecordOID
}

// nullRow is a row of NULLs.
func nullRow(cols []column) *plRecord {
	row := &plRecord{set: true}
	for i := range cols {
		row.names, row.ts, row.vals = append(row.names, cols[i].Name), append(row.ts, cols[i].Type), append(row.vals, types.Null)
	}
	return row
}

// noRow stores NULL in targets; row is what a record gets, a row of NULLs, nil where its columns
// are not known.
func (r *plRun) noRow(targets []plpgsql.Target, row *plRecord, sc *plScope) error {
	any := r.takesAnyRow(targets, sc)
	for i := range targets {
		slot, rest, _ := sc.find(targets[i].Parts)
		if any && row != nil {
			r.recs[slot] = row
			continue
		}
		if any {
			rec := *r.recs[slot]
			rec.null = false
			rec.vals = make([]types.Datum, len(rec.ts))
			for k := range rec.vals {
				rec.vals[k] = types.Null
			}
			r.recs[slot] = &rec
			continue
		}
		if len(rest) == 0 && r.b.vars[slot].record && r.b.vars[slot].t.OID != types.RecordOID {
			r.clear(slot)
			r.recs[slot].null = false // a row of NULLs
			continue
		}
		if err := r.put(&targets[i], plValue{types.Null, types.Of(types.TextOID)}, sc); err != nil {
			return err
		}
	}
	return nil
}

// caseVariable names the variable that keeps the value of a CASE, which is computed once:
// as a field of a record, whose type may be another each time.
func caseVariable(slot int) string { return fmt.Sprintf("__Case__Variable_%d__", slot) }

func (r *plRun) caseStmt(ctx context.Context, x *plpgsql.Case, sc *plScope) (flow, error) {
	r.begin(x, "CASE")
	conditions := sc
	value := ""
	if x.Value.Given() {
		v, err := r.eval(ctx, x.Value, sc, types.T{})
		if err != nil {
			return flow{}, err
		}
		if v.t.OID == types.UnknownOID {
			v.t = types.Of(types.TextOID)
		}
		conditions = r.b.loops[x]
		for name, slot := range conditions.names {
			value = ast.QuoteIdent(name) + ".value"
			r.recs[slot] = &plRecord{set: true, names: []string{"value"}, ts: []types.T{v.t}, vals: []types.Datum{v.d}}
		}
	}
	for i := range x.Branches {
		b := &x.Branches[i]
		if x.HasElse && i == len(x.Branches)-1 {
			return r.statements(ctx, b.Body, sc)
		}
		cond := b.Cond
		if x.Value.Given() {
			cond.SQL = value + " IN (" + b.Cond.SQL + ")"
		}
		ok, err := r.condition(ctx, cond, conditions)
		if err != nil {
			return flow{}, err
		}
		if ok {
			return r.statements(ctx, b.Body, sc)
		}
	}
	return flow{}, pgerr.New(pgerrcode.CaseNotFound, "case not found").WithHint("CASE statement is missing ELSE part.")
}
