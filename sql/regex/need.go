package regex

import (
	"slices"
	"unicode"
)

// Need is what a text must have for an expression to match it, at least.
type Need struct {
	// Text is a part that it has, in lower case; of one without Any and All. "" = nothing.
	Text     string
	Any, All []*Need
}

// NeedOf tells what an expression needs of a text. Case does not matter to it.
func NeedOf(pattern string, flags Flags) (*Need, error) {
	p, err := parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	if err := p.fits(); err != nil {
		return nil, err
	}
	return p.tree.x.need(0), nil
}

const (
	maxTexts  = 16  // that one part of an expression may stand for
	maxLength = 100 // characters of one
	maxNeed   = 200 // depth of an expression that is looked into
)

// need collects runs of what stands for few texts only: the texts of a run follow one
// another.
func (x *expr) need(depth int) *Need {
	if depth > maxNeed {
		return &Need{}
	}
	if list, ok := x.texts(depth); ok {
		return anyText(list)
	}
	switch {
	case x.op == opAlt:
		out := &Need{}
		for _, k := range x.kids {
			out.Any = append(out.Any, k.need(depth+1))
		}
		return out
	case x.op == opRepeat && x.min > 0:
		return x.kids[0].need(depth + 1)
	case x.op != opCat:
		return &Need{}
	}
	out, run := &Need{}, []string{""}
	flush := func() {
		out.All = append(out.All, anyText(run))
		run = []string{""}
	}
	for _, k := range x.kids {
		list, ok := k.texts(depth + 1)
		if !ok {
			flush()
			out.All = append(out.All, k.need(depth+1))
			continue
		}
		next, ok := product(run, list)
		if !ok {
			flush()
			next = list
		}
		run = next
	}
	flush()
	return out
}

func anyText(list []string) *Need {
	if len(list) == 1 {
		return &Need{Text: list[0]}
	}
	out := &Need{}
	for _, s := range list {
		out.Any = append(out.Any, &Need{Text: s})
	}
	return out
}

// texts are all texts that x stands for, in lower case, if they are few. Constraints
// stand for the empty one.
func (x *expr) texts(depth int) ([]string, bool) {
	if depth > maxNeed {
		return nil, false
	}
	switch x.op {
	case opEmpty, opCond, opLook:
		return []string{""}, true
	case opSet:
		return x.set.texts()
	case opAlt:
		var out []string
		for _, k := range x.kids {
			list, ok := k.texts(depth + 1)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		}
		return few(out)
	case opCat:
		out, ok := []string{""}, true
		for _, k := range x.kids {
			list, known := k.texts(depth + 1)
			if !known {
				return nil, false
			}
			if out, ok = product(out, list); !ok {
				return nil, false
			}
		}
		return out, true
	}
	if x.max == endless || x.max > maxLength || x.min != x.max {
		return nil, false
	}
	once, ok := x.kids[0].texts(depth + 1)
	out := []string{""}
	for i := 0; ok && i < x.max; i++ {
		out, ok = product(out, once)
	}
	return out, ok
}

func (s *charSet) texts() ([]string, bool) {
	var out []string
	for _, p := range s.spans {
		if p.hi-p.lo >= 2*maxTexts {
			return nil, false
		}
		for c := p.lo; c <= p.hi; c++ {
			out = append(out, string(unicode.ToLower(c)))
		}
	}
	return few(out)
}

func few(list []string) ([]string, bool) {
	slices.Sort(list)
	list = slices.Compact(list)
	return list, len(list) > 0 && len(list) <= maxTexts
}

// product are the texts of two parts that follow one another.
func product(a, b []string) ([]string, bool) {
	if len(a)*len(b) > maxTexts {
		return nil, false
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxLength {
				return nil, false
			}
			out = append(out, x+y)
		}
	}
	return few(out)
}
