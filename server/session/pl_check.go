package session

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

func (s *Session) inside(b *plBody, st plpgsql.Stmt, sc *plScope) error {
	known := func(list ...plpgsql.Target) error {
		for _, t := range list {
			if slot, rest, ok := sc.find(t.Parts); !ok || len(rest) > 0 && !b.vars[slot].fielded() {
				return pgerr.Newf(pgerrcode.SyntaxError, "\"%s\" is not a known variable", strings.Join(t.Parts, ".")).At(t.Pos)
			}
		}
		return nil
	}
	syntax := func(list ...plpgsql.Text) error {
		for _, x := range list {
			if err := b.syntaxOf(s, x, true); err != nil {
				return err
			}
		}
		return nil
	}
	loop := func(label string, body []plpgsql.Stmt) error {
		in := sc.loopInner(label)
		b.loops[st] = in
		return s.plStatements(b, body, in)
	}
	switch x := st.(type) {
	case *plpgsql.Nested:
		return s.plBlock(b, x.Block, sc)
	case *plpgsql.Assign:
		if err := known(x.Target); err != nil {
			return err
		}
		if err := b.assignable(sc, x.Target); err != nil {
			return err
		}
		if x.Target.Index.Given() {
			i := x.Target.Index
			if err := syntax(plpgsql.Text{SQL: "x" + i.SQL, Pos: i.Pos - 1}); err != nil {
				return err
			}
		}
		return syntax(x.Value)
	case *plpgsql.If:
		for i := range x.Branches {
			if err := syntax(x.Branches[i].Cond); err != nil {
				return err
			}
			if err := s.plStatements(b, x.Branches[i].Body, sc); err != nil {
				return err
			}
		}
	case *plpgsql.Case:
		if x.Value.Given() {
			in := sc.inner("")
			b.declare(in, plVar{name: caseVariable(len(b.vars)), t: types.Of(types.RecordOID)})
			b.loops[st] = in
		}
		if err := syntax(x.Value); err != nil {
			return err
		}
		for i := range x.Branches {
			if err := syntax(x.Branches[i].Cond); err != nil {
				return err
			}
			if err := s.plStatements(b, x.Branches[i].Body, sc); err != nil {
				return err
			}
		}
	case *plpgsql.Loop:
		if err := syntax(x.While); err != nil {
			return err
		}
		return loop(x.Label, x.Body)
	case *plpgsql.ForInt:
		in := sc.loopInner(x.Label)
		b.loops[st] = in
		b.declare(in, plVar{name: x.Var, t: types.Of(types.Int4OID)})
		if err := syntax(x.From, x.To, x.By); err != nil {
			return err
		}
		return s.plStatements(b, x.Body, in)
	case *plpgsql.ForQuery:
		in := sc.loopInner(x.Label)
		b.loops[st] = in
		if err := b.checkLoop(x, sc); err != nil {
			return err
		}
		if x.Cursor != "" { // its row is a variable of the loop
			b.declare(in, plVar{name: x.Targets[0].Parts[0], t: types.Of(types.RecordOID)})
		} else if slot, rest, ok := sc.find(x.Targets[0].Parts); !ok && len(x.Targets) == 1 || ok && len(rest) == 0 && len(x.Targets) == 1 && !b.vars[slot].record && b.vars[slot].cursor != nil {
			return s.badLoopVariable(b, x)
		} else if err := b.loopTargets(x.Targets, sc, known); err != nil {
			return err
		}
		if err := b.syntaxOf(s, x.Query, false); err != nil {
			return err
		}
		if err := syntax(append(append(x.Args[:len(x.Args):len(x.Args)], x.Dynamic), x.Using...)...); err != nil {
			return err
		}
		return s.plStatements(b, x.Body, in)
	case *plpgsql.ForEach:
		if _, _, ok := sc.find(x.Targets[0].Parts); !ok && len(x.Targets) == 1 {
			return pgerr.New(pgerrcode.SyntaxError, "loop variable of FOREACH must be a known variable or list of variables").At(x.Targets[0].Pos)
		}
		if err := b.loopTargets(x.Targets, sc, known); err != nil {
			return err
		}
		if err := syntax(x.Array); err != nil {
			return err
		}
		return loop(x.Label, x.Body)
	case *plpgsql.SQL:
		if err := b.intoTargets(x.Into, sc, known); err != nil {
			return err
		}
		return b.syntaxOf(s, x.Text, false)
	case *plpgsql.Perform:
		return b.syntaxOf(s, x.Query, false)
	case *plpgsql.Call:
		return b.syntaxOf(s, x.Text, false)
	case *plpgsql.Execute:
		if err := syntax(x.Query); err != nil {
			return err
		}
		if err := b.intoTargets(x.Into, sc, known); err != nil {
			return err
		}
		return syntax(x.Using...)
	case *plpgsql.Raise:
		for _, o := range x.Options {
			if err := syntax(o.Value); err != nil {
				return err
			}
		}
		return syntax(x.Params...)
	case *plpgsql.Assert:
		return syntax(x.Cond, x.Message)
	case *plpgsql.Fetch:
		if x.Count.Pos > 0 {
			if err := syntax(x.Count); err != nil {
				return err
			}
		}
		if err := b.checkCursor(&x.Cursor, sc, known); err != nil {
			return err
		}
		return b.intoTargets(x.Targets, sc, known)
	case *plpgsql.Open:
		if err := b.checkCursor(&x.Cursor, sc, known); err != nil {
			return err
		}
		if err := b.syntaxOf(s, x.Query, false); err != nil {
			return err
		}
		return syntax(append(append(x.Args[:len(x.Args):len(x.Args)], x.Dynamic), x.Using...)...)
	case *plpgsql.Close:
		return b.checkCursor(&x.Cursor, sc, known)
	case *plpgsql.Diagnostics:
		for i := range x.Items {
			if err := b.scalarTarget(x.Items[i].Target, sc, known); err != nil {
				return err
			}
		}
	case *plpgsql.Exit:
		if err := syntax(x.When); err != nil {
			return err
		}
		return b.checkExit(x, sc)
	case *plpgsql.Return:
		return s.checkReturn(b, x)
	case *plpgsql.ReturnNext:
		if err := b.checkNext(x); err != nil {
			return err
		}
		return syntax(x.Value)
	case *plpgsql.ReturnQuery:
		if !b.fn.RetSet {
			return notSet("QUERY", x.Pos)
		}
		if err := syntax(append([]plpgsql.Text{x.Dynamic}, x.Using...)...); err != nil {
			return err
		}
		return b.syntaxOf(s, x.Query, false)
	}
	return nil
}

// checkLoop refuses a loop over a cursor that has no query of its own.
func (b *plBody) checkLoop(x *plpgsql.ForQuery, sc *plScope) error {
	parts, ok := nameParts(x.Query.SQL)
	if x.Cursor != "" || !x.Query.Given() || !ok {
		return nil
	}
	if slot, rest, ok := sc.find(parts); ok && len(rest) == 0 && b.vars[slot].t.OID == types.RefcursorOID {
		return pgerr.New(pgerrcode.SyntaxError, "cursor FOR loop must use a bound cursor variable").At(x.Query.Pos)
	}
	return nil
}

// badLoopVariable is the error of a loop over rows whose target is no variable for them; a
// query's own grammar is looked at before that.
func (s *Session) badLoopVariable(b *plBody, x *plpgsql.ForQuery) error {
	code := pgerrcode.DatatypeMismatch
	if x.Query.Given() {
		if err := b.syntaxOf(s, x.Query, false); err != nil {
			return err
		}
		code = pgerrcode.SyntaxError
	}
	return pgerr.New(code, "loop variable of loop over rows must be a record variable or list of scalar variables").At(x.Targets[0].Pos)
}

// checkCursor holds that what OPEN, FETCH and CLOSE name is a cursor variable.
func (b *plBody) checkCursor(t *plpgsql.Target, sc *plScope, known func(...plpgsql.Target) error) error {
	if len(t.Parts) == 0 {
		return nil // the text is wrong before it
	}
	if err := known(*t); err != nil {
		return err
	}
	slot, rest, _ := sc.find(t.Parts)
	if len(rest) > 0 || b.vars[slot].record {
		return pgerr.New(pgerrcode.DatatypeMismatch, "cursor variable must be a simple variable").At(t.Pos)
	}
	if b.vars[slot].t.OID != types.RefcursorOID {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "variable \"%s\" must be of type cursor or refcursor", b.vars[slot].name).At(t.Pos)
	}
	return nil
}

// checkExit finds the loop or block that EXIT and CONTINUE are about.
func (b *plBody) checkExit(x *plpgsql.Exit, sc *plScope) error {
	for l := sc; l != nil; l = l.parent {
		switch {
		case x.Label == "" && l.loop:
			return nil
		case x.Label == "" || l.label != x.Label:
		case x.Continue && !l.loop:
			return pgerr.Newf(pgerrcode.SyntaxError, "block label \"%s\" cannot be used in CONTINUE", x.Label).At(x.Pos)
		default:
			return nil
		}
	}
	switch {
	case x.Label != "":
		return pgerr.Newf(pgerrcode.SyntaxError, "there is no label \"%s\" attached to any block or loop enclosing this statement", x.Label).At(x.Pos)
	case x.Continue:
		return pgerr.New(pgerrcode.SyntaxError, "CONTINUE cannot be used outside a loop").At(x.Pos)
	}
	return pgerr.New(pgerrcode.SyntaxError, "EXIT cannot be used outside a loop, unless it has a label").At(x.Pos)
}

func notSet(what string, pos int) error {
	return pgerr.Newf(pgerrcode.DatatypeMismatch, "cannot use RETURN %s in a non-SETOF function", what).At(pos)
}

func (b *plBody) checkNext(x *plpgsql.ReturnNext) error {
	switch {
	case !b.fn.RetSet:
		return notSet("NEXT", x.Start)
	case len(b.outs) > 0 && x.Value.Given():
		return pgerr.New(pgerrcode.DatatypeMismatch, "RETURN NEXT cannot have a parameter in function with OUT parameters").At(x.Pos)
	case len(b.outs) == 0 && !x.Value.Given():
		return pgerr.New(pgerrcode.SyntaxError, "missing expression at or near \";\"").At(x.Pos)
	}
	return nil
}

func (s *Session) checkReturn(b *plBody, x *plpgsql.Return) error {
	f := b.fn
	switch {
	case f.RetSet && x.Value.Given():
		return pgerr.New(pgerrcode.DatatypeMismatch, "RETURN cannot have a parameter in function returning set").
			WithHint("Use RETURN NEXT or RETURN QUERY.").At(x.Pos)
	case f.RetSet:
		return nil
	case f.IsProcedure() && len(b.outs) == 0 && x.Value.Given():
		return pgerr.New(pgerrcode.SyntaxError, "RETURN cannot have a parameter in a procedure").At(x.Pos)
	case len(b.outs) > 0 && x.Value.Given():
		return pgerr.New(pgerrcode.DatatypeMismatch, "RETURN cannot have a parameter in function with OUT parameters").At(x.Pos)
	case len(b.outs) > 0:
		return nil
	case f.Ret.OID == types.VoidOID && x.Value.Given():
		return pgerr.New(pgerrcode.DatatypeMismatch, "RETURN cannot have a parameter in function returning void").At(x.Pos)
	case f.Ret.OID != types.VoidOID && !x.Value.Given():
		return pgerr.New(pgerrcode.SyntaxError, "missing expression at or near \";\"").At(x.Pos)
	}
	return b.syntaxOf(s, x.Value, true)
}

// syntaxOf checks the grammar of SQL in a body that is new.
func (b *plBody) syntaxOf(s *Session, x plpgsql.Text, expression bool) error {
	if !x.Given() || !b.checked {
		return nil
	}
	text, skip := x.SQL, 0
	if expression {
		text, skip = "SELECT "+text, len("SELECT ")
	}
	_, err := s.db.cfg.Parser.Parse(text)
	if e, ok := pgerr.As(err); ok && e.Position > 0 {
		c := *e
		c.Position = max(1, e.Position-skip+x.Pos)
		return &c
	}
	return err
}

// conditionCodes are the SQLSTATEs of a condition's name.
func conditionCodes(name string) []string { return plpgsql.Conditions(name) }
