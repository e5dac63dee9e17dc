package bind

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A large INSERT is a list of literals that their columns take as they are. What each column
// takes so is found out once, and a literal that is plainly such a value becomes its constant
// here: all that binding it as an expression would come to. Whatever is not plain, and all that is an error,
// is bound as an expression.

// plainKind says how literals for a column are read.
type plainKind byte

const (
	notPlain plainKind = iota
	plainInteger
	plainNumeric
	plainDouble
	plainText
	plainWord // of an ENUM's list
	plainDay
	plainStamp
	plainJSON
)

// plainColumn is what a column takes plainly.
type plainColumn struct {
	kind          plainKind
	t             types.T
	lo, hi        int64 // of integers
	before, scale int   // most digits before the point of a numeric, and exactly those behind it
	signed        bool
	runes         int // most characters of a text, 0 = any
	words         map[string]bool
}

// manyRows is from how many rows on it pays to look at the columns first.
const manyRows = 4

// expectRows prepares an insertion for so many rows of VALUES.
func (b *binder) expectRows(in *insertion, n int) {
	if n < manyRows || b.trace() != nil {
		return
	}
	in.plain, in.taken = make([]plainColumn, len(in.attrs)), make([]bool, len(in.attrs))
	for i, a := range in.attrs {
		c := in.table.Column(a)
		if a == 0 || c == nil || in.part(i) != nil {
			continue
		}
		if in.plain[i] = plainOf(c); c.AutoIncrement {
			in.auto = i + 1
		}
	}
}

// took takes value i of a row if its column takes it plainly.
func (in *insertion) took(b *binder, i int, e ast.Expr, to *expr.Expr) bool {
	if i >= len(in.plain) {
		return false
	}
	k := b.plainValue(&in.plain[i], e)
	if in.taken[i] = k != nil; k != nil {
		*to = k
	}
	return k != nil
}

// numberedApart reports that the numbers of an AUTO_INCREMENT column may be drawn when the other values of
// a row are computed: all rows have a value for it, and nothing else in them depends on when
// it is computed.
func (in *insertion) numberedApart(vals, rows [][]expr.Expr) bool {
	for _, list := range vals {
		if list[in.auto-1] == nil {
			return false
		}
		for _, e := range list {
			if _, ok := e.(*expr.Const); !ok && e != nil && expr.Volatile(e) {
				return false
			}
		}
	}
	for _, e := range rows[0] { // its defaults are those of all rows
		if expr.Volatile(e) {
			return false
		}
	}
	return true
}

// numberRows draws the numbers of an AUTO_INCREMENT column where its values stand in the rows.
func (b *binder) numberRows(in *insertion, vals, rows [][]expr.Expr) (err error) {
	attr := in.attrs[in.auto-1]
	for r := range rows {
		if vals[r][in.auto-1] == nil {
			continue // the default
		}
		if rows[r][attr-1], err = b.autoIncrement(rows[r][attr-1], in.table.Column(attr)); err != nil {
			return err
		}
	}
	return nil
}

// numbered draws them over rows.
func (b *binder) numbered(in *insertion, rows *logical.Values) (logical.Node, []logical.ColID, error) {
	list := make([]expr.Expr, len(rows.Out))
	for i, id := range rows.Out {
		list[i] = &expr.Column{Index: id, T: b.meta.Cols[id].T}
	}
	attr := in.attrs[in.auto-1]
	var err error
	if list[attr-1], err = b.autoIncrement(list[attr-1], in.table.Column(attr)); err != nil {
		return nil, nil, err
	}
	n, ids := b.projectAll(rows, list)
	return n, ids, nil
}

func plainOf(c *catalog.Column) plainColumn {
	p := plainColumn{t: c.Type}
	if c.Domain != 0 || c.Bits > 0 || c.Generated != 0 || c.Identity != 0 || c.Declared == "year" {
		return p
	}
	kind, list, _ := strings.Cut(strings.TrimSuffix(c.Declared, ")"), "(")
	low, high, scale := numberRange(c)
	switch c.Type.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		lo, hi, ok := integerRange(low, high)
		if ol, oh := typeRange(c.Type.OID); ok && scale == 0 {
			p.kind, p.lo, p.hi = plainInteger, max(lo, ol), min(hi, oh)
		}
	case types.NumericOID:
		if low != "" {
			p.kind, p.scale, p.signed = plainNumeric, scale, strings.HasPrefix(low, "-")
			whole, _, _ := strings.Cut(high, ".")
			p.before = len(whole) - 1 // which begins with a zero of its own
		}
	case types.Float8OID:
		p.kind = plainDouble
	case types.TextOID, types.VarcharOID:
		switch kind {
		case "enum":
			p.kind, p.words = plainWord, map[string]bool{}
			for _, w := range builtin.QuotedWords(list) {
				p.words[w] = true
			}
		case "set", "time":
		default:
			if p.kind = plainText; c.Type.Mod > 4 {
				p.runes = int(c.Type.Mod) - 4
			}
		}
	case types.DateOID:
		p.kind = plainDay
	case types.TimestampOID, types.TimestamptzOID:
		p.kind = plainStamp
	case types.JSONBOID:
		p.kind = plainJSON
	}
	return p
}

// plainValue is the constant of a literal that a column takes as it is, nil for anything else.
func (b *binder) plainValue(p *plainColumn, e ast.Expr) *expr.Const {
	l, ok := e.(*ast.Lit)
	if !ok || p.kind == notPlain {
		return nil
	}
	if l.Kind == ast.LitNull {
		if b.lenient.nulls {
			return nil
		}
		return b.constant(p.t, types.Null)
	}
	text := l.Text
	switch {
	case l.Kind == ast.LitInt:
		if p.kind == plainInteger && p.lo <= l.Int && l.Int <= p.hi {
			return b.constant(p.t, types.Int(l.Int))
		}
		text = strconv.FormatInt(l.Int, 10)
	case l.Kind == ast.LitNumeric && p.kind == plainInteger:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] != '+' && p.lo <= n && n <= p.hi {
			return b.constant(p.t, types.Int(n))
		}
		return nil
	case l.Kind == ast.LitString:
		return b.plainString(p, text)
	case l.Kind != ast.LitNumeric:
		return nil
	}
	switch p.kind {
	case plainNumeric:
		if plainDecimal(text, p.before+1, p.scale, p.signed) {
			return b.plainParsed(withScale(text, p.scale), types.Of(types.NumericOID), p.t)
		}
	case plainDouble:
		if plainDecimal(text, 15, 15, true) && strings.Trim(text, "-0.") != "" { // no zero has a sign
			return b.plainParsed(text, p.t, p.t)
		}
	}
	return nil
}

// withScale writes a decimal with so many digits behind its point, of which it has no more.
func withScale(text string, scale int) string {
	if scale == 0 {
		return strings.TrimSuffix(text, ".")
	}
	_, fraction, ok := strings.Cut(text, ".")
	if !ok {
		text += "."
	}
	return text + strings.Repeat("0", scale-len(fraction))
}

// plainString is the constant of a literal in quotes.
func (b *binder) plainString(p *plainColumn, text string) *expr.Const {
	switch p.kind {
	case plainText:
		if p.runes > 0 && len(text) > p.runes && utf8.RuneCountInString(text) > p.runes || strings.IndexByte(text, 0) >= 0 {
			return nil
		}
		if strings.HasSuffix(text, " ") { // which some types of MySQL's leave out
			return nil
		}
		return b.constant(p.t, types.String(text))
	case plainWord:
		if p.words[text] && (p.t.Mod < 4 || utf8.RuneCountInString(text) <= int(p.t.Mod)-4) {
			return b.constant(p.t, types.String(text))
		}
	case plainDay:
		if len(text) == len(stampForm[:10]) && likeStamp(text) {
			return b.plainParsed(text, p.t, p.t)
		}
	case plainStamp:
		if len(text) == len(stampForm) && likeStamp(text) {
			return b.plainParsed(text, types.Of(p.t.OID), p.t)
		}
	case plainJSON:
		return b.plainParsed(text, p.t, p.t)
	}
	return nil
}

// stampForm is how dumps write a date and time, a 9 for each digit.
const stampForm = "9999-99-99 99:99:99"

func likeStamp(text string) bool {
	for i := range len(text) {
		if stampForm[i] == '9' && (text[i] < '0' || text[i] > '9') || stampForm[i] != '9' && text[i] != stampForm[i] {
			return false
		}
	}
	return true
}

// plainParsed is a constant of type t of a text that is read as one of type as; nil for what is
// none.
func (b *binder) plainParsed(text string, as, t types.T) *expr.Const {
	d, err := types.ParseText(as, text, b.o.Format)
	if err != nil {
		return nil
	}
	return b.constant(t, d.Clone())
}

// constants is so many as are allocated at once.
const constants = 128

func (b *binder) constant(t types.T, d types.Datum) *expr.Const {
	if len(b.slab) == 0 {
		b.slab = make([]expr.Const, constants)
	}
	k := &b.slab[0]
	b.slab = b.slab[1:]
	k.T, k.D = t, d
	return k
}
