package builtin

import (
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's strict mode (its manual, "Server SQL Modes"): a division by zero, which is NULL, and
// a text taken for a number that is none, or more than one, are errors in statements that
// change rows. Functions compute what they always do and note what was wrong with it.

// strictness is what a function in strict mode notes.
type strictness struct {
	division bool // a division by zero counts
	err      error
}

// strictFuncs keeps the functions of the schema mysql in strict mode, by strictFunc.
var strictFuncs sync.Map

type strictFunc struct {
	f        *Func
	division bool
}

// InStrictMode is a function of the schema mysql as it is called in a statement that changes
// rows, for arguments of such types: where it reads texts as numbers, or divides while
// ERROR_FOR_DIVISION_BY_ZERO is set, one with errors (22007, 22012), always the same of
// a function, and else f itself.
func InStrictMode(f *Func, args []types.T, division bool) *Func {
	fits := strings.HasPrefix(f.Name, "fit_")
	if f.Eval == nil || !fits && !readsDates(f) && !divides(f) && !readsNumbers(f, args) {
		return f
	}
	k := strictFunc{f, division}
	if g, ok := strictFuncs.Load(k); ok {
		return g.(*Func)
	}
	g := *f
	g.lenient = f
	if fits {
		g.Volatility = Stable // it warns of nothing
	}
	g.Eval = func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s := strictness{division: division}
		c.strict = &s
		d, err := f.Eval(c, a)
		if err == nil && d.IsNull() && readsDates(f) {
			c.noteDate(a)
		}
		c.strict = nil
		if err == nil {
			err = s.err
		}
		return d, err
	}
	kept, _ := strictFuncs.LoadOrStore(k, &g)
	return kept.(*Func)
}

// Lenient is the function that f computes in strict mode, else f: the same of the same values,
// where neither is an error.
func (f *Func) Lenient() *Func {
	if f.lenient != nil {
		return f.lenient
	}
	return f
}

func divides(f *Func) bool {
	switch f.Name {
	case "div", "int_div", "mod", "arith", "arith_precise":
		return true
	}
	return false
}

func readsDates(f *Func) bool { return strings.HasPrefix(f.Name, "str_to_") }

// noteDate notes a text that is not what its template says, where both are known.
func (c *Ctx) noteDate(a []types.Datum) {
	if len(a) < 2 || a[0].IsNull() || a[1].IsNull() || c.strict.err != nil {
		return
	}
	c.strict.err = pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "Incorrect datetime value: '%s' for function str_to_date",
		mysqlString(c, typed{c.argT(0), a[0]}).Text())
}

// readsNumbers reports a function that may take one of its arguments, a text, for a number.
func readsNumbers(f *Func, args []types.T) bool {
	if f.Takes == "" {
		return false
	}
	for i, t := range args {
		if isTextType(t.OID) && strings.IndexByte("ifn*", f.Takes[min(i, len(f.Takes)-1)]) >= 0 {
			return true
		}
	}
	return false
}

// byZero is what a division by zero gives.
func byZero(c *Ctx) (types.Datum, error) {
	c.noteByZero()
	return null()
}

func (c *Ctx) noteByZero() {
	if c.strict != nil && c.strict.division && c.strict.err == nil {
		c.strict.err = pgerr.New(pgerrcode.DivisionByZero, "Division by 0")
	}
}

// noteNumber notes a text that is not wholly the number that it begins with. A text without
// characters is the number 0, but no integer.
func (c *Ctx) noteNumber(kind, text, number string) {
	if c.strict == nil || c.strict.err != nil {
		return
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \t\n\v\f\r"), number)
	blank := strings.TrimSpace(text) == ""
	if blank && kind != "INTEGER" || ok && number != "" && strings.TrimSpace(rest) == "" {
		return
	}
	c.strict.err = pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "Truncated incorrect %s value: '%s'", kind, text)
}
