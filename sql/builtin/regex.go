package builtin

import (
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/regex"
	"github.com/loxodb/loxodb/sql/types"
)

// regexFuncs registers the POSIX operators and functions of chapter 9.7.3.
func regexFuncs(r *registrar) {
	for key, k := range map[string]Kernel{
		"textregexeq": matches(false, false), "textregexne": matches(true, false),
		"nameregexeq": matches(false, false), "nameregexne": matches(true, false),
		"texticregexeq": matches(false, true), "texticregexne": matches(true, true),
		"nameicregexeq": matches(false, true), "nameicregexne": matches(true, true),
	} {
		r.kernel(key, k)
	}
	r.evals(regexpLike, "regexp_like", "regexp_like_no_flags")
	r.evals(regexpReplace, "textregexreplace_noopt", "textregexreplace")
	r.evals(regexpReplaceAt, "textregexreplace_extended", "textregexreplace_extended_no_flags", "textregexreplace_extended_no_n")
	r.longer(unlessShort(2), "textregexreplace_noopt", "textregexreplace", "textregexreplace_extended",
		"textregexreplace_extended_no_flags", "textregexreplace_extended_no_n")
	r.evals(regexpMatch, "regexp_match", "regexp_match_no_flags")
	r.rows("regexp_matches", regexpMatches)
	r.rows("regexp_matches_no_flags", regexpMatches)
	r.evals(regexpSplitArray, "regexp_split_to_array", "regexp_split_to_array_no_flags")
	r.rows("regexp_split_to_table", regexpSplitTable)
	r.rows("regexp_split_to_table_no_flags", regexpSplitTable)
	r.swells(8, "regexp_split_to_array", "regexp_split_to_array_no_flags", "regexp_split_to_table", "regexp_split_to_table_no_flags")
	r.evals(regexpCount, "regexp_count", "regexp_count_no_start", "regexp_count_no_flags")
	r.evals(regexpInstr, "regexp_instr", "regexp_instr_no_start", "regexp_instr_no_n", "regexp_instr_no_endoption",
		"regexp_instr_no_flags", "regexp_instr_no_subexpr")
	r.evals(regexpSubstr, "regexp_substr", "regexp_substr_no_start", "regexp_substr_no_n", "regexp_substr_no_flags",
		"regexp_substr_no_subexpr")
	r.eval("textregexsubstr", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return substringBy(c, a[0], a[1].Text())
	})
	r.eval("substring(text,text,text)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		p, err := similarPattern(a[1].Text(), a[2].Bytes())
		if err != nil {
			return types.Datum{}, err
		}
		return substringBy(c, a[0], p)
	})
	r.eval("similar_to_escape_1", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		p, err := similarPattern(a[0].Text(), []byte{'\\'})
		return types.String(p), err
	})
	r.eval("similar_to_escape_2", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		p, err := similarPattern(a[0].Text(), a[1].Bytes())
		return types.String(p), err
	})
	r.eval("similar_escape", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		esc := []byte{'\\'}
		if !a[1].IsNull() {
			esc = a[1].Bytes()
		}
		p, err := similarPattern(a[0].Text(), esc)
		return types.String(p), err
	})
}

// regexFlags are the options of a function.
type regexFlags struct {
	regex.Flags
	global bool // g, of the functions that have it
}

// regexKey identifies a compiled expression.
type regexKey struct {
	pattern string
	flags   regex.Flags
}

// regexes caches compiled expressions for all sessions, but for long ones, which take
// memory by their length; it is emptied when full.
var regexes struct {
	sync.Mutex
	m map[regexKey]*regex.Regexp
}

const (
	maxRegexes = 512
	maxPattern = 4096 // bytes
)

func compileRegex(p string, f regex.Flags) (*regex.Regexp, error) {
	key := regexKey{p, f}
	regexes.Lock()
	re := regexes.m[key]
	regexes.Unlock()
	if re != nil {
		return re, nil
	}
	re, err := regex.Compile(p, f)
	if err != nil {
		return nil, pgerr.Newf(pgerrcode.InvalidRegularExpression, "invalid regular expression: %s", err.Error())
	}
	if len(p) > maxPattern {
		return re, nil
	}
	regexes.Lock()
	if regexes.m == nil || len(regexes.m) >= maxRegexes {
		regexes.m = make(map[regexKey]*regex.Regexp)
	}
	regexes.m[key] = re
	regexes.Unlock()
	return re, nil
}

// lastRegex remembers a call site's latest pattern.
type lastRegex struct {
	key regexKey
	re  *regex.Regexp
}

func (l *lastRegex) get(p []byte, f regex.Flags) (*regex.Regexp, error) {
	if l.re != nil && l.key.flags == f && l.key.pattern == string(p) {
		return l.re, nil
	}
	re, err := compileRegex(string(p), f)
	if err != nil {
		return nil, err
	}
	l.key, l.re = regexKey{string(p), f}, re
	return re, nil
}

func siteRegex(c *Ctx, p []byte, f regex.Flags) (*regex.Regexp, error) {
	return remembered(c, func() *lastRegex { return &lastRegex{} }).get(p, f)
}

func matches(not, fold bool) Kernel {
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		flip := bit(not)
		for _, i := range sel {
			re, err := siteRegex(c, args[1].B[i], regex.Flags{Fold: fold})
			if err != nil {
				return err
			}
			is, err := re.Match(args[0].B[i], c.goOn)
			if err != nil {
				return err
			}
			out.I[i] = bit(is) ^ flip
		}
		return nil
	}
}
