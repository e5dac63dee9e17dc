package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's strict mode: what is NULL or 0 with a warning in a query is an error in INSERT,
// UPDATE and DELETE, in their conditions and subqueries as well as in their values, but not
// with IGNORE (sql/builtin, mysql_strict.go).

// strictMode is what of @@sql_mode a statement obeys.
type strictMode struct {
	on, division bool
	query        bool // what would be an error is a warning
}

// strictly makes expressions be computed in strict mode, if @@sql_mode has one, until the
// returned function is called.
func (b *binder) strictly(on bool) func() {
	outer := b.strict
	b.strict = strictMode{}
	if on {
		b.strict = b.strictMode()
	}
	return func() { b.strict = outer }
}

// warning makes the expressions of a query of MySQL's dialect warn of what strict mode would refuse.
func (b *binder) warning() {
	if b.asWritten || b.strict.on || b.o.Session == nil {
		return
	}
	if d, _ := b.o.Session.Setting("sql_dialect"); d == "tidb" {
		b.strict = strictMode{query: true, division: b.strictMode().division}
	}
}

func (b *binder) strictMode() (m strictMode) {
	if b.o.Session == nil {
		return m
	}
	modes, set := b.o.Session.Setting(modeVariable)
	if !set {
		return strictMode{on: true, division: true} // the modes that there are without a word
	}
	for mode := range strings.SplitSeq(modes, ",") {
		switch strings.ToLower(strings.TrimSpace(mode)) {
		case "traditional":
			return strictMode{on: true, division: true}
		case "strict_trans_tables", "strict_all_tables":
			m.on = true
		case "error_for_division_by_zero":
			m.division = true
		}
	}
	return m
}

// inStrictMode is a function of the schema mysql as the statement calls it.
func (b *binder) inStrictMode(f *builtin.Func, args []expr.Expr) *builtin.Func {
	if !b.strict.on && !b.strict.query {
		return f
	}
	ts := make([]types.T, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	if b.strict.query {
		return builtin.InQuery(f, ts, b.strict.division)
	}
	return builtin.InStrictMode(f, ts, b.strict.division)
}
