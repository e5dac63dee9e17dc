package builtin

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// PartStep leads from a container to a part of it: an element or a slice of an array,
// a path into jsonb, or a field of a composite value.
type PartStep struct {
	T     types.T          // the container's
	Row   *types.Composite // of a field
	Field int
	Slice bool
	// At are the subscripts, of a slice the bounds of each dimension in turn; Absent are
	// the bounds that are not given. Number are those into jsonb that are integers, not texts.
	At             []types.Datum
	Absent, Number []bool
}

// AssignPart is the container with another value of the part where the steps lead.
func AssignPart(x types.Datum, steps []PartStep, v types.Datum) (types.Datum, error) {
	s := &steps[0]
	if s.Row != nil {
		return assignField(x, steps, v)
	}
	what := "array"
	if s.T.OID == types.JSONBOID {
		what = "jsonb"
	}
	for k, d := range s.At {
		if d.IsNull() && !s.Absent[k] {
			return types.Datum{}, pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "%s subscript in assignment must not be null", what)
		}
	}
	if s.T.OID == types.JSONBOID {
		return assignJSONB(x, s, v)
	}
	if types.HasFixedParts(s.T) {
		return assignFixed(x, steps, v)
	}
	return assignArray(x, steps, v)
}

// assignFixed replaces a coordinate of a point and the like.
func assignFixed(x types.Datum, steps []PartStep, v types.Datum) (types.Datum, error) {
	s := &steps[0]
	if s.Slice {
		if x.IsNull() || v.IsNull() {
			return x, nil
		}
		return types.Datum{}, types.FixedSlices("updates on ")
	}
	at := subscriptsOf(s)
	if len(steps) > 1 && !x.IsNull() {
		var err error
		if v, err = AssignPart(types.FixedGet(s.T, x, at...), steps[1:], v); err != nil {
			return types.Datum{}, err
		}
	}
	return types.FixedSet(s.T, x, at, v)
}

func subscriptsOf(s *PartStep) []int {
	at := make([]int, len(s.At))
	for k, d := range s.At {
		at[k] = int(d.Int())
	}
	return at
}

// assignField makes a row of NULLs where there is none.
func assignField(x types.Datum, steps []PartStep, v types.Datum) (types.Datum, error) {
	s := &steps[0]
	if x.IsNull() {
		x = types.Bytes(nil)
	}
	vals := s.Row.Split(x)
	if len(steps) > 1 {
		var err error
		if v, err = AssignPart(vals[s.Field], steps[1:], v); err != nil {
			return types.Datum{}, err
		}
	}
	vals[s.Field] = v
	return s.Row.Make(vals), nil
}

func assignArray(x types.Datum, steps []PartStep, v types.Datum) (types.Datum, error) {
	s := &steps[0]
	elem := s.T.Elem().OID
	if x.IsNull() {
		x = types.EmptyArray(elem)
	}
	if s.Slice {
		if v.IsNull() {
			return x, nil
		}
		var lo, hi []types.ArrayBound
		for k := 0; k < len(s.At); k += 2 {
			lo = append(lo, types.ArrayBound{At: int(s.At[k].Int()), Absent: s.Absent[k]})
			hi = append(hi, types.ArrayBound{At: int(s.At[k+1].Int()), Absent: s.Absent[k+1]})
		}
		return types.ArraySetSlice(x, elem, lo, hi, v)
	}
	at := subscriptsOf(s)
	if len(steps) > 1 {
		var err error
		if v, err = AssignPart(types.ArrayGet(x, at...), steps[1:], v); err != nil {
			return types.Datum{}, err
		}
	}
	return types.ArraySet(x, elem, at, v)
}

// assignJSONB puts a value where a path of keys and indexes leads. What is not there is
// made: an array where the next step is a number, else an object.
func assignJSONB(x types.Datum, s *PartStep, v types.Datum) (types.Datum, error) {
	if v.IsNull() {
		v = types.String("null")
	}
	doc := x
	if x.IsNull() {
		if doc = types.String("{}"); s.Number[0] {
			doc = types.String("[]")
		}
	}
	steps := make([]types.Datum, len(s.At))
	for k, d := range s.At {
		if steps[k] = d; s.Number[k] {
			steps[k] = types.String(strconv.FormatInt(d.Int(), 10))
		}
	}
	p := &pathChanger{steps: steps, val: v.Bytes(), how: pathReplace | pathCreate | pathFill}
	if err := p.change(doc.Bytes(), 0); err != nil {
		return types.Datum{}, err
	}
	return asJSONB(p.out, nil)
}

// makePath writes what a path leads to from a level on that is not there yet.
func (p *pathChanger) makePath(level int) {
	if level == len(p.steps) {
		p.out = append(p.out, p.val...)
		return
	}
	step := p.steps[level]
	idx, err := strconv.ParseInt(step.Text(), 10, 32)
	if err != nil {
		p.out = append(types.AppendJSONString(append(p.out, '{'), step.Bytes()), ':')
		p.makePath(level + 1)
		p.out = append(p.out, '}')
		return
	}
	p.out = append(p.out, '[')
	for range idx {
		p.out = append(p.out, "null,"...)
	}
	p.makePath(level + 1)
	p.out = append(p.out, ']')
}
