package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// numberToChar registers to_char of numbers and to_number.
func numberToChar(r *registrar) {
	r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[1].Bytes()) == 0 {
			return types.String(""), nil
		}
		s, err := showNumber(c.argT(0).OID, a[0], a[1].Text())
		return types.String(s), err
	}, "numeric_to_char", "int4_to_char", "int8_to_char", "float4_to_char", "float8_to_char")
	r.eval("numeric_to_number", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[1].Bytes()) == 0 {
			return null()
		}
		return readNumber(a[0].Text(), a[1].Text())
	})
}

// readNumber is to_number: the template says which characters to take.
func readNumber(s, template string) (types.Datum, error) {
	p, err := parseNumberTemplate(template)
	switch {
	case err != nil:
		return types.Datum{}, err
	case p.exponent:
		return types.Datum{}, pgerr.NotSupported(-1, "\"EEEE\" not supported for input")
	case p.roman:
		return types.Datum{}, pgerr.NotSupported(-1, "\"RN\" not supported for input")
	}
	r := &numReader{numTemplate: p, s: s, sign: ' '}
	for _, n := range p.nodes {
		if r.s == "" {
			break
		}
		r.node(n)
	}
	text := string(r.sign) + strings.TrimSuffix(string(r.out), ".")
	mod := int32(p.pre+p.multi+r.readPost)<<16 | int32(r.readPost)
	d, err := types.ParseText(types.T{OID: types.NumericOID, Mod: mod + 4}, text, types.DefaultFormat)
	if err != nil || !p.multiply {
		return d, err
	}
	ten, err := types.NumericPower(types.NumericFromInt(10), types.NumericFromInt(int64(-p.multi)))
	if err != nil {
		return ten, err
	}
	return types.NumericMul(d, ten)
}

// numReader reads a number by a template.
type numReader struct {
	*numTemplate
	s                 string // what is left
	sign              byte   // ' ' until one was read
	out               []byte // digits and point
	readPre, readPost int
	readPoint         bool
}

func (r *numReader) skip(n int) { r.s = r.s[min(n, len(r.s)):] }

// skipChar skips a character, of however many bytes.
func (r *numReader) skipChar() {
	_, n := utf8.DecodeRuneInString(r.s)
	r.skip(n)
}

// skipOther skips up to n characters that are not part of a number.
func (r *numReader) skipOther(n int) {
	for ; n > 0 && r.s != "" && !strings.ContainsRune("0123456789.,+-", rune(r.s[0])); n-- {
		r.skipChar()
	}
}

// node reads what an element of the template stands for; r.s is not empty.
func (r *numReader) node(n numNode) {
	switch n.word {
	case "": // whatever character stands there
		r.skipChar()
	case "9", "0", ".", "D":
		r.digitPlace(n.word)
		r.skip(1)
	case ",", "G":
		if !r.fill && r.s[0] == ',' {
			r.skip(1)
		}
	case "L":
		r.skipOther(1)
	case "TH", "th":
		if !r.point && r.sign != '-' {
			r.skipOther(2)
		}
	case "MI":
		r.signMark("-")
	case "PL":
		r.signMark("+")
	case "SG":
		r.signMark("-+")
	}
}

func (r *numReader) signMark(signs string) {
	if strings.IndexByte(signs, r.s[0]) >= 0 {
		r.sign = r.s[0]
		r.skip(1)
		return
	}
	r.skipOther(1)
}

// digitPlace reads a place of the number. It leaves the last character it took in
// r.s: the caller goes past it.
func (r *numReader) digitPlace(word string) {
	if r.s[0] == ' ' {
		r.skip(1)
	}
	if r.s == "" {
		return
	}
	if r.sign == ' ' && word != "." && word != "D" && r.readPre+r.readPost == 0 {
		r.leadingSign()
	}
	if r.s == "" {
		return
	}
	read := false
	switch c := r.s[0]; {
	case c >= '0' && c <= '9':
		if r.readPoint && r.readPost == r.post {
			return
		}
		r.out = append(r.out, c)
		if r.readPoint {
			r.readPost++
		} else {
			r.readPre++
		}
		read = true
	case r.point && !r.readPoint && c == '.':
		r.out = append(r.out, '.')
		r.readPoint, read = true, true
	}
	if r.sign != ' ' || r.readPre+r.readPost == 0 {
		return
	}
	switch {
	case r.lsign && read && len(r.s) > 1 && (r.s[1] == '-' || r.s[1] == '+'):
		r.sign = r.s[1]
		r.skip(1)
	case !read && (r.plus || r.minus) && (r.s[0] == '-' || r.s[0] == '+'):
		r.sign = r.s[0]
	}
}

func (r *numReader) leadingSign() {
	switch c := r.s[0]; {
	case r.lsign && r.numTemplate.sign == signBefore:
		if c == '-' || c == '+' {
			r.sign = c
			r.skip(1)
		}
	case c == '-' || c == '<' && r.brackets:
		r.sign = '-'
		r.skip(1)
	case c == '+':
		r.sign = '+'
		r.skip(1)
	}
}
