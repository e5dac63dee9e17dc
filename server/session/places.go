package session

import "github.com/loxodb/loxodb/sql/pgerr"

// What is told while functions run says in its CONTEXT where: in each function, the
// innermost first, at which of its statements. An error collects that on its way out; what
// does not end the functions, as notices and GET DIAGNOSTICS, asks them.

// place is where a running function is.
type place struct {
	pl *plRun // nil: it is in SQL, or does not run yet
	n  int    // the statement of a function in SQL, from 1 on
	// sql is the statement of a function in PL/pgSQL that runs, or the expression that is a
	// query, which prefix stands before. "" = none.
	sql, prefix string
	expression  bool
}

// during notes SQL that runs until the function which it returns is called.
func (p *place) during(prefix, sql string, expression bool) (over func()) {
	was := *p
	p.prefix, p.sql, p.expression = prefix, sql, expression
	return func() { *p = was }
}

// in adds where a function is to what is told.
func (a *activation) in(e *pgerr.Error) *pgerr.Error {
	var err error = e
	switch r := a.at.pl; {
	case r != nil:
		if a.at.sql != "" && a.at.expression {
			err = r.inExpr(e, a.at.prefix, a.at.sql)
		} else if a.at.sql != "" {
			err = r.inStatement(e, a.at.sql)
		}
		err = r.where(err, r.at)
	case a.fn.Language == "sql":
		err = a.inSQL(e, a.at.n)
	}
	e, _ = pgerr.As(err)
	return e
}

// placed is what is told with where the running functions are, but for the innermost
// skip of them.
func (s *Session) placed(e *pgerr.Error, skip int) *pgerr.Error {
	for i := len(s.calling) - 1 - skip; i >= 0; i-- {
		e = s.calling[i].in(e)
	}
	return e
}
