package builtin

import (
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's strict mode (its manual, "Server SQL Modes"): a division by zero, which is NULL, and
// a text taken for a number, date or time that is none, or more than a number, are errors in statements that
// change rows. Functions compute what they always do and note what was wrong with it.
// In a query they are warnings, which SHOW WARNINGS lists and nobody is sent.

// strictness is what a function in strict mode notes.
type strictness struct {
	division bool // a division by zero counts
	query    bool // what is noted is a warning
	err      error
}

// strictFuncs keeps the functions of the schema mysql in strict mode, by strictFunc.
var strictFuncs sync.Map

type strictFunc struct {
	f               *Func
	division, query bool
}

// InStrictMode is a function of the schema mysql as it is called in a statement that changes
// rows, for arguments of such types: where it reads texts as numbers or dates, or divides while
// ERROR_FOR_DIVISION_BY_ZERO is set, one with errors (22007, 22012), always the same of
// a function, and else f itself.
func InStrictMode(f *Func, args []types.T, division bool) *Func {
	fits := strings.HasPrefix(f.Name, "fit_")
	if f.Eval == nil || !fits && !readsDates(f) && !divides(f) && !readsTexts(f, args) {
		return f
	}
	return noting(f, strictFunc{f, division, false})
}

// InQuery is a function of the schema mysql as it is called in a query, for arguments of such
// types: one that warns of what is an error in strict mode, always the same of a function, and
// f itself where nothing is.
func InQuery(f *Func, args []types.T, division bool) *Func {
	if f.Eval == nil || f.lenient != nil || !readsDates(f) && !(division && divides(f)) && !readsTexts(f, args) {
		return f
	}
	return noting(f, strictFunc{f, division, true})
}

// noting is a function that says what was wrong with its arguments.
func noting(f *Func, k strictFunc) *Func {
	if g, ok := strictFuncs.Load(k); ok {
		return g.(*Func)
	}
	g := *f
	g.lenient = f
	if strings.HasPrefix(f.Name, "fit_") {
		g.Volatility = Stable // it warns of nothing
	}
	g.Eval = func(c *Ctx, a []types.Datum) (types.Datum, error) {
		c.noted = strictness{division: k.division, query: k.query}
		c.strict = &c.noted
		d, err := f.Eval(c, a)
		if err == nil && d.IsNull() && readsDates(f) {
			c.noteDate(a)
		}
		c.strict = nil
		switch noted := c.noted.err; {
		case err != nil || noted == nil:
		case k.query:
			tellLater(c, noted)
		default:
			err = noted
		}
		return d, err
	}
	kept, _ := strictFuncs.LoadOrStore(k, &g)
	return kept.(*Func)
}

// maxRemarks is how many warnings of one call are told, as many as MySQL keeps of a statement.
const maxRemarks = 1024

// remarks are how many a call has told.
type remarks int

// tellLater tells SHOW WARNINGS of something.
func tellLater(c *Ctx, err error) {
	told := remembered(c, func() *remarks { return new(remarks) })
	if *told++; *told > maxRemarks || c.Notice == nil {
		return
	}
	if e, ok := err.(*pgerr.Error); ok {
		e.Severity = pgerr.Kept
		c.Notice(e)
	}
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

// readsTexts reports a function that may take one of its arguments, a text, for a number or date.
func readsTexts(f *Func, args []types.T) bool { return takesTexts(f, args, "ifnd*") }

// takesTexts reports a text among the arguments that a function takes for one of those kinds.
func takesTexts(f *Func, args []types.T, kinds string) bool {
	if f.Takes == "" {
		return false
	}
	for i, t := range args {
		if isTextType(t.OID) && strings.IndexByte(kinds, f.Takes[min(i, len(f.Takes)-1)]) >= 0 {
			return true
		}
	}
	return false
}

// readStamp is mysqlStamp that notes a text which is taken for a date and is none, readClock
// mysqlClock of one that is no time.
func readStamp(c *Ctx, v typed) (us int64, ok bool) {
	if us, ok = mysqlStamp(c, v); !ok {
		c.noteMoment("datetime", v)
	}
	return us, ok
}

func readClock(c *Ctx, v typed) (us int64, ok bool) {
	if us, ok = mysqlClock(c, v); !ok {
		c.noteMoment("time", v)
	}
	return us, ok
}

func (c *Ctx) noteMoment(kind string, v typed) {
	if c.strict != nil && c.strict.err == nil && isTextType(v.t.OID) {
		c.strict.err = pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "Incorrect %s value: '%s'", kind, mysqlString(c, v).Text())
	}
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
