package define

import (
	"math"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// seqInt is the number of an option, the nearest there is for one that is no bigint.
func seqInt(o *ast.SeqOption) int64 {
	n, err := seqNumber(o)
	if err != nil && strings.HasPrefix(o.Value.Text, "-") {
		return math.MinInt64
	} else if err != nil {
		return math.MaxInt64
	}
	return n
}

// seqNumber is the number of an option: 22P02 or 22003 for what is no bigint.
func seqNumber(o *ast.SeqOption) (int64, error) {
	if o.Value.Kind != ast.LitNumeric {
		return o.Value.Int, nil
	}
	d, err := types.ParseText(types.Of(types.Int8OID), o.Value.Text, types.DefaultFormat)
	if err != nil {
		return 0, err
	}
	return d.Int(), nil
}

// sequenceReader reads the options of a sequence one after the other, in PostgreSQL's order
// whatever the statement's is. The first error stays.
type sequenceReader struct {
	opts []ast.SeqOption
	err  error
}

// seqOnce refuses options that are there twice.
func seqOnce(opts []ast.SeqOption) error {
	for i := range opts {
		for j := range i {
			if opts[j].Name == opts[i].Name && opts[i].Name != "sequence_name" {
				return pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(opts[i].Pos))
			}
		}
	}
	return nil
}

// option is the option of a name; nil when there is none, or after an error.
func (r *sequenceReader) option(name string) *ast.SeqOption {
	for i := range r.opts {
		if r.opts[i].Name == name && r.err == nil {
			return &r.opts[i]
		}
	}
	return nil
}

// number sets what an option gives; false when there is none, or NO such.
func (r *sequenceReader) number(name string, to *int64) bool {
	o := r.option(name)
	if o == nil || o.Value == nil {
		return false
	}
	*to, r.err = seqNumber(o)
	return true
}

func (r *sequenceReader) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
	}
}

// sequenceOptions reads the options of CREATE and ALTER SEQUENCE but OWNED BY; fresh fills in
// the defaults of a new one.
func (e *Env) sequenceOptions(q *catalog.Sequence, opts []ast.SeqOption, fresh bool) error {
	r := &sequenceReader{opts: opts, err: seqOnce(opts)}
	if o := r.option("sequence_name"); o != nil { // of identity columns
		r.err = e.sequenceName(q, o)
	}
	least, greatest := e.sequenceType(q, r, fresh)
	if fresh {
		q.Increment, q.Cache = 1, 1
	}
	if r.number("increment", &q.Increment) && q.Increment == 0 {
		r.refuse("INCREMENT must not be zero")
	}
	if o := r.option("cycle"); o != nil {
		q.Cycle = o.Value == nil || o.Value.Bool
	}
	sequenceLimits(q, r, fresh, least, greatest)
	if !r.number("start", &q.Start) && fresh {
		if q.Start = q.Min; q.Increment < 0 {
			q.Start = q.Max
		}
	}
	switch {
	case q.Start < q.Min:
		r.refuse("START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	case q.Start > q.Max:
		r.refuse("START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	if r.number("cache", &q.Cache) && q.Cache < 1 {
		r.refuse("CACHE (%d) must be greater than zero", q.Cache)
	}
	return r.err
}

// sequenceOwner reads OWNED BY, which is looked at when the sequence is there.
func (e *Env) sequenceOwner(q *catalog.Sequence, opts []ast.SeqOption) error {
	r := &sequenceReader{opts: opts}
	if o := r.option("owned_by"); o != nil {
		return e.ownedBy(q, o)
	}
	return nil
}

// sequenceLimits reads MAXVALUE and MINVALUE; least and greatest are set to the type's.
func sequenceLimits(q *catalog.Sequence, r *sequenceReader, fresh, least, greatest bool) {
	lo, hi := seqLimits(q.Type)
	name := types.TypeName(q.Type)
	if !r.number("maxvalue", &q.Max) && (fresh || greatest || r.option("maxvalue") != nil) {
		if q.Max = hi; q.Increment < 0 && !greatest {
			q.Max = -1
		}
	}
	if q.Max > hi || q.Max < lo {
		r.refuse("MAXVALUE (%d) is out of range for sequence data type %s", q.Max, name)
	}
	if !r.number("minvalue", &q.Min) && (fresh || least || r.option("minvalue") != nil) {
		if q.Min = 1; q.Increment < 0 || least {
			q.Min = lo
		}
	}
	switch {
	case q.Min < lo || q.Min > hi:
		r.refuse("MINVALUE (%d) is out of range for sequence data type %s", q.Min, name)
	case q.Min >= q.Max:
		r.refuse("MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	}
}

// sequenceType reads AS. It reports which limits become those of the new type.
func (e *Env) sequenceType(q *catalog.Sequence, r *sequenceReader, fresh bool) (least, greatest bool) {
	o := r.option("as")
	if o == nil {
		return false, false
	}
	t, err := bind.TypeName(o.Type, e.options())
	if err != nil {
		r.err = err
		return false, false
	}
	lo, hi := seqLimits(q.Type)
	if t.OID != types.Int2OID && t.OID != types.Int4OID && t.OID != types.Int8OID {
		r.refuse("sequence type must be smallint, integer, or bigint")
	}
	q.Type = t.OID
	return !fresh && q.Min == lo, !fresh && q.Max == hi
}
