package builtin

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/loxodb/loxodb/sql/typehash"
	"github.com/loxodb/loxodb/sql/types"
)

// citextFuncs registers the functions of the extension citext: comparisons in lower case,
// and the functions of patterns and text with the option i. Its operators ~ and ~~ are the
// ones of text that ignore case.
func citextFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("citext_"+suffix, compareAny(relation(rel)))
		if relation(rel) >= lt {
			r.kernel("citext_pattern_"+suffix, compareAny(relation(rel)))
		}
	}
	lower := func(d types.Datum) []byte { return lowerText(d.Bytes()) }
	r.eval("citext_cmp", distance(stringDistance, lower))
	r.eval("citext_pattern_cmp", distance(memoryDistance, lower))
	r.eval("citext_larger", larger)
	r.eval("citext_smaller", smaller)
	r.eval("citext_hash", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(int32(typehash.Bytes(lowerText(a[0].Bytes()), 0)))), nil
	})
	r.eval("citext_hash_extended", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(typehash.Bytes(lowerText(a[0].Bytes()), uint64(a[1].Int())))), nil
	})
	for name, f := range map[string]Eval{"regexp_match": regexpMatch, "regexp_split_to_array": regexpSplitArray} {
		r.evals(foldingEval(f, 2), name+"(citext,citext)", name+"(citext,citext,text)")
	}
	for name, f := range map[string]Rows{"regexp_matches": regexpMatches, "regexp_split_to_table": regexpSplitTable} {
		g := func(c *Ctx, a []types.Datum) (RowIter, error) { return f(c, foldingArgs(a, 2)) }
		r.rows(name+"(citext,citext)", g)
		r.rows(name+"(citext,citext,text)", g)
	}
	r.evals(foldingEval(regexpReplace, 3), "regexp_replace(citext,citext,text)", "regexp_replace(citext,citext,text,text)")
	r.eval("strpos(citext,citext)", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(position(lowerText(a[0].Bytes()), lowerText(a[1].Bytes()))), nil
	})
	r.eval("replace(citext,citext,citext)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return regexpReplace(c, []types.Datum{a[0], literalPattern(a[1]), a[2], types.String("gi")})
	})
	r.eval("split_part(citext,citext,int4)", citextPart)
	r.eval("translate(citext,citext,text)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := translate(c, []types.Datum{a[0], types.Bytes(lowerText(a[1].Bytes())), a[2]})
		if err != nil {
			return s, err
		}
		return translate(c, []types.Datum{s, types.Bytes(bytes.ToUpper(a[1].Bytes())), a[2]})
	})
}

func lowerText(b []byte) []byte { return bytes.Map(unicode.ToLower, b) }

// foldingEval is a function of patterns with the option i.
func foldingEval(f Eval, flagsAt int) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) { return f(c, foldingArgs(a, flagsAt)) }
}

// foldingArgs adds the option i to the options at a place, unless they have c.
func foldingArgs(a []types.Datum, flagsAt int) []types.Datum {
	flags := "i"
	if flagsAt < len(a) {
		if flags = a[flagsAt].Text(); !strings.Contains(flags, "c") {
			flags += "i"
		}
	}
	return append(a[:flagsAt:flagsAt], types.String(flags))
}

// literalPattern is a pattern of what a text has, letter by letter.
func literalPattern(d types.Datum) types.Datum {
	var b strings.Builder
	for _, c := range d.Text() {
		if c != '_' && (c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c)) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return types.String(b.String())
}

// citextPart is split_part, but for a part that is not there: that is NULL.
func citextPart(c *Ctx, a []types.Datum) (types.Datum, error) {
	re, _, err := regexArgs(c, []types.Datum{a[0], literalPattern(a[1]), types.String("i")}, 2, "regexp_split_to_array", false)
	if err != nil {
		return types.Datum{}, err
	}
	next := splitBy(c, re, a[0].Bytes())
	for n := a[2].Int(); n >= 1; n-- {
		d, ok, err := next()
		if err != nil || !ok || n == 1 {
			return d, err
		}
	}
	return types.Null, nil
}
