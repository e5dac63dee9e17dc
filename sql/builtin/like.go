package builtin

import (
	"bytes"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// likeFuncs registers LIKE and ILIKE (chapter 9.7.1) of text, bpchar, name and bytea.
func likeFuncs(r *registrar) {
	for key, k := range map[string]Kernel{
		"textlike": like(false, false), "textnlike": like(true, false),
		"namelike": like(false, false), "namenlike": like(true, false),
		"bytealike": like(false, false), "byteanlike": like(true, false),
		"texticlike": like(false, true), "texticnlike": like(true, true),
		"nameiclike": like(false, true), "nameicnlike": like(true, true),
	} {
		r.kernel(key, k)
	}
	r.eval("like_escape", text2(func(_ *Ctx, p, esc []byte) ([]byte, error) { return likeEscape(p, esc) }))
	r.eval("like_escape_bytea", text2(func(_ *Ctx, p, esc []byte) ([]byte, error) {
		if len(esc) > 1 {
			return nil, badEscape()
		}
		return likeEscape(p, esc)
	}))
}

// like matches column by column; a pattern that repeats is prepared once.
func like(not, fold bool) Kernel {
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		m := remembered(c, func() *likePattern { return &likePattern{} })
		flip := bit(not)
		for _, i := range sel {
			m.prepare(args[1].B[i], fold)
			s := args[0].B[i]
			if fold {
				s = bytes.ToLower(s)
			}
			is, err := m.matches(s)
			if err != nil {
				return err
			}
			out.I[i] = bit(is) ^ flip
		}
		return nil
	}
}

// likePattern is a LIKE pattern cut at its % signs.
type likePattern struct {
	raw    []byte
	ready  bool
	bad    []byte     // the pattern, if it ends with an escape character
	parts  []likePart // the literal stretches between % signs
	open   bool       // begins with %
	closed bool       // does not end with %
}

// likePart is a run of literal bytes and single-character wildcards.
type likePart struct {
	text []byte
	any  []bool // any[i]: text[i] stands for _; nil when there is none
}

func (m *likePattern) prepare(p []byte, fold bool) {
	if m.ready && bytes.Equal(m.raw, p) {
		return
	}
	m.raw = append(m.raw[:0], p...)
	m.parts, m.open, m.closed, m.bad = m.parts[:0], false, true, nil
	if fold {
		p = bytes.ToLower(p)
	}
	var cur likePart
	flush := func() {
		if len(cur.text) > 0 {
			m.parts = append(m.parts, cur)
			cur = likePart{}
		}
	}
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '%':
			if len(cur.text) == 0 && len(m.parts) == 0 {
				m.open = true
			}
			flush()
			m.closed = false
			continue
		case '_':
			for len(cur.any) < len(cur.text) {
				cur.any = append(cur.any, false)
			}
			cur.text, cur.any = append(cur.text, 0), append(cur.any, true)
		case '\\':
			i++
			if i >= len(p) {
				m.bad, m.ready = bytes.Clone(p), true
				return
			}
			fallthrough
		default:
			cur.text = append(cur.text, p[i])
			if cur.any != nil {
				cur.any = append(cur.any, false)
			}
		}
		m.closed = true
	}
	flush()
	m.ready = true
}

func (m *likePattern) matches(s []byte) (bool, error) {
	if m.bad == nil {
		return m.match(s), nil
	}
	is, _, err := likeDangling(s, m.bad)
	return is, err
}

// likeDangling matches a pattern that ends with an escape character, which is an
// error only when the text is compared so far; over says that a % further left cannot help.
func likeDangling(s, p []byte) (is, over bool, err error) {
	for ; len(p) > 0 && len(s) > 0; p = p[1:] {
		switch {
		case p[0] == '%':
			for p = bytes.TrimLeft(p, "%"); ; {
				if is, over, err := likeDangling(s, p); is || over || err != nil || len(s) == 0 {
					return is, true, err
				}
				_, n := utf8.DecodeRune(s)
				s = s[n:]
			}
		case p[0] == '_':
			_, n := utf8.DecodeRune(s)
			s = s[n:]
			continue
		case p[0] == '\\':
			if p = p[1:]; len(p) == 0 {
				return false, true, pgerr.New(pgerrcode.InvalidEscapeSequence, "LIKE pattern must not end with escape character")
			}
		}
		if p[0] != s[0] {
			return false, false, nil
		}
		s = s[1:]
	}
	p = bytes.TrimLeft(p, "%")
	return len(p) == 0 && len(s) == 0, len(s) == 0, nil
}

// at matches the part at the start of s and returns how much of s it took, −1 if
// it does not match.
func (l *likePart) at(s []byte) int {
	if l.any == nil {
		if bytes.HasPrefix(s, l.text) {
			return len(l.text)
		}
		return -1
	}
	k := 0
	for i, c := range l.text {
		if k >= len(s) {
			return -1
		}
		if l.any[i] {
			_, n := utf8.DecodeRune(s[k:])
			k += n
			continue
		}
		if s[k] != c {
			return -1
		}
		k++
	}
	return k
}

// find gives the first place in s where the part matches.
func (l *likePart) find(s []byte) (at, n int) {
	if l.any == nil {
		return bytes.Index(s, l.text), len(l.text)
	}
	for i := 0; i <= len(s); {
		if n := l.at(s[i:]); n >= 0 {
			return i, n
		}
		if i == len(s) {
			break
		}
		_, size := utf8.DecodeRune(s[i:])
		i += size
	}
	return -1, 0
}

// atEnd reports whether the part matches exactly the end of s.
func (l *likePart) atEnd(s []byte) bool {
	if l.any == nil {
		return bytes.HasSuffix(s, l.text)
	}
	// walk back as many characters as the part has
	k := len(s)
	for i := len(l.text) - 1; i >= 0; i-- {
		if k == 0 {
			return false
		}
		if l.any[i] {
			_, n := utf8.DecodeLastRune(s[:k])
			k -= n
			continue
		}
		k--
		if s[k] != l.text[i] {
			return false
		}
	}
	return true
}

// match decides greedily: the leftmost place of each stretch is as good as any.
func (m *likePattern) match(s []byte) bool {
	parts := m.parts
	if len(parts) == 0 {
		return m.open || len(s) == 0
	}
	if !m.open {
		n := parts[0].at(s)
		if n < 0 {
			return false
		}
		s, parts = s[n:], parts[1:]
		if len(parts) == 0 {
			return !m.closed || len(s) == 0
		}
	}
	last := len(parts)
	if m.closed {
		last--
	}
	for k := range last {
		at, n := parts[k].find(s)
		if at < 0 {
			return false
		}
		s = s[at+n:]
	}
	return !m.closed || parts[last].atEnd(s)
}

// likeEscape rewrites a pattern with its own escape character to use backslash.
func badEscape() error {
	return pgerr.New(pgerrcode.InvalidEscapeSequence, "invalid escape string").
		WithHint("Escape string must be empty or one character.")
}

func likeEscape(p, esc []byte) ([]byte, error) {
	e := string(esc)
	if utf8.RuneCount(esc) > 1 {
		return nil, badEscape()
	}
	var out []byte
	after := false
	for len(p) > 0 {
		_, size := utf8.DecodeRune(p) // 1 for a byte that is no text
		c := string(p[:size])
		p = p[size:]
		switch {
		case e != "" && c == e && !after:
			out = append(out, '\\')
			after = true
			continue
		case c == "\\" && !(e == "\\"):
			if !after {
				out = append(out, '\\')
			}
			out = append(out, '\\')
		default:
			out = append(out, c...)
		}
		after = false
	}
	if out == nil {
		out = []byte{}
	}
	return out, nil
}
