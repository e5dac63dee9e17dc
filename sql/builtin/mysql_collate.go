package builtin

import (
	"bytes"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/types"
)

// The functions of MySQL's that go by the collation of their texts, in its collations. The
// binder puts them in the place of those that go by bytes (planner/bind, collation_mysql.go).

// mysqlCollated makes such a function's code for an order of MySQL's, by name. REPLACE,
// SUBSTRING_INDEX and TRIM are not among them: they go by bytes in MySQL, too.
var mysqlCollated = map[string]func(order string) Eval{
	"locate": func(order string) Eval {
		o := collate.Of(order)
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			from := int64(1)
			if len(a) > 2 {
				from = a[2].Int()
			}
			return types.Int(locateIn(o, a[0].Bytes(), a[1].Bytes(), from)), nil
		}
	},
	"instr": func(order string) Eval {
		o := collate.Of(order)
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(locateIn(o, a[1].Bytes(), a[0].Bytes(), 1)), nil
		}
	},
	"strcmp": func(order string) Eval {
		o := collate.Of(order)
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(int64(bytes.Compare(o.AppendKey(nil, a[0].Bytes()), o.AppendKey(nil, a[1].Bytes())))), nil
		}
	},
	"field": func(order string) Eval {
		o := collate.Of(order)
		return placeIn(func(a, b types.Datum) bool {
			return bytes.Equal(o.AppendKey(nil, a.Bytes()), o.AppendKey(nil, b.Bytes()))
		})
	},
	"find_in_set": func(order string) Eval {
		o := collate.Of(order)
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			word, list := a[0].Text(), a[1].Text()
			if list == "" || strings.Contains(word, ",") {
				return types.Int(0), nil
			}
			key, n := o.AppendParts(nil, []byte(word)), int64(0)
			for w := range strings.SplitSeq(list, ",") {
				if n++; bytes.Equal(o.AppendParts(nil, []byte(w)), key) {
					return types.Int(n), nil
				}
			}
			return types.Int(0), nil
		}
	},
	"regexp_like":   func(order string) Eval { return mysqlRegexpIn(caseMode(order), regexpLike) },
	"regexp_substr": func(order string) Eval { return mysqlRegexpIn(caseMode(order), regexpSubstr, 1, 1) },
	"regexp_instr":  func(order string) Eval { return mysqlRegexpIn(caseMode(order), regexpInstr, 1, 1, 0) },
	"regexp_replace": func(order string) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) { return regexpReplaced(c, caseMode(order), a) }
	},
}

// caseMode is the match mode of regular expressions in an order: accents count in all.
func caseMode(order string) string {
	if collate.IgnoresCase(order) {
		return "i"
	}
	return ""
}

// collatedFunc names a function and the order that it goes by.
type collatedFunc struct {
	src   string
	order string
}

var collatedFuncs sync.Map // of *Func by collatedFunc

// MySQLCollated is what a function of the schema mysql becomes in an order of MySQL's, nil for
// those to which the order makes no difference.
func MySQLCollated(f *Func, order string) *Func {
	code := mysqlCollated[f.Name]
	if code == nil || f.Schema != MySQLSchema || !collate.IsMySQL(order) {
		return nil
	}
	return keptFunc(f.Src, order, func() *Func {
		for _, family := range mysqlFamilies {
			for i := range family {
				if family[i].name == f.Name {
					m := family[i]
					m.eval = code(order)
					return m.function(f.OID)
				}
			}
		}
		return nil
	})
}

// keptFunc makes a function once, so that equal expressions call the same.
func keptFunc(src, order string, make func() *Func) *Func {
	k := collatedFunc{src, order}
	if f, ok := collatedFuncs.Load(k); ok {
		return f.(*Func)
	}
	f, _ := collatedFuncs.LoadOrStore(k, make())
	return f.(*Func)
}

// IsMySQLCollating reports a function of the schema mysql that compares texts.
func IsMySQLCollating(f *Func) bool { return f.Schema == MySQLSchema && mysqlCollated[f.Name] != nil }

// MySQLLike is LIKE, or NOT LIKE, in an order of MySQL's, of a text and a pattern with
// backslashes: character by character, where each of the pattern stands for those that are equal
// to it, and spaces at the end count.
func MySQLLike(order string, not bool) *Func {
	name := "like"
	if not {
		name = "not_like"
	}
	return keptFunc(name, order, func() *Func {
		o := collate.Of(order)
		return &Func{Schema: MySQLSchema, Name: name, Src: "mysql_" + name, Args: []types.OID{types.TextOID, types.TextOID},
			Ret: types.BoolOID, Kind: 'f', Strict: true, Volatility: Immutable,
			Eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.Bool(likeIn(o, a[0].Bytes(), a[1].Bytes()) != not), nil
			}}
	})
}

// likeIn matches a text with a pattern. Of several % the last one that was met alone is tried
// further on: what stood before it need not be matched in another way.
func likeIn(o *collate.Order, s, p []byte) bool {
	var backS, backP []byte // where to go on after the last %
	for {
		if len(p) > 0 && p[0] == '%' {
			for len(p) > 0 && p[0] == '%' {
				p = p[1:]
			}
			if len(p) == 0 {
				return true
			}
			backS, backP = s, p
			continue
		}
		if rest, next, ok := likeChar(o, s, p); ok {
			if s, p = rest, next; len(s) == 0 && len(p) == 0 {
				return true
			}
			continue
		}
		if len(s) == 0 && len(p) == 0 {
			return true
		}
		if backP == nil || len(backS) == 0 {
			return false
		}
		_, n := utf8.DecodeRune(backS)
		backS = backS[n:]
		s, p = backS, backP
	}
}

// likeChar matches one character of a text with one of a pattern, and gives what follows them.
func likeChar(o *collate.Order, s, p []byte) (rest, next []byte, ok bool) {
	if len(s) == 0 || len(p) == 0 {
		return nil, nil, false
	}
	c, n := utf8.DecodeRune(s)
	if p[0] == '_' {
		return s[n:], p[1:], true
	}
	if p[0] == '\\' && len(p) > 1 {
		p = p[1:]
	}
	w, m := utf8.DecodeRune(p)
	return s[n:], p[m:], o.SameChar(c, w)
}

// locateIn is where a text has a part that is equal to sub and as long in the bytes of
// its character set, from a character on; 0 = nowhere. MySQL compares parts of that length alone.
func locateIn(o *collate.Order, sub, s []byte, from int64) int64 {
	if from < 1 {
		return 0
	}
	at := int64(1)
	for ; at < from; at++ {
		if len(s) == 0 {
			return 0
		}
		_, n := utf8.DecodeRune(s)
		s = s[n:]
	}
	if len(sub) == 0 {
		return at
	}
	want, chars := o.AppendParts(nil, sub), utf8.RuneCount(sub)
	var have []byte
	for ; len(s) > 0; at++ {
		if l := o.PartLength(s, len(sub), chars); l <= len(s) {
			if have = o.AppendParts(have[:0], s[:l]); bytes.Equal(have, want) {
				return at
			}
		}
		_, n := utf8.DecodeRune(s)
		s = s[n:]
	}
	return 0
}
