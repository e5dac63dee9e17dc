package tsearch

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Set reads options like "MaxWords = 10, StartSel = '<i>'". Numbers are read by
// integer, whose errors are the caller's.
func (h *Headline) Set(text string, integer func(string) (int, error)) error {
	list, err := options(text)
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := h.set(o.key, o.value, integer); err != nil {
			return err
		}
	}
	return h.check()
}

func (h *Headline) set(key, value string, integer func(string) (int, error)) (err error) {
	switch strings.ToLower(key) {
	case "maxwords":
		h.MaxWords, err = integer(value)
	case "minwords":
		h.MinWords, err = integer(value)
	case "shortword":
		h.ShortWord, err = integer(value)
	case "maxfragments":
		h.MaxFragments, err = integer(value)
	case "startsel":
		h.Start = value
	case "stopsel":
		h.Stop = value
	case "fragmentdelimiter":
		h.Delimiter = value
	case "highlightall":
		switch strings.ToLower(value) {
		case "1", "on", "true", "t", "y", "yes":
			h.All = true
		default:
			h.All = false
		}
	default:
		return badHeadline("unrecognized headline parameter: \"%s\"", key)
	}
	return err
}

func (h *Headline) check() error {
	switch {
	case h.All:
	case h.MinWords >= h.MaxWords:
		return badHeadline("MinWords should be less than MaxWords")
	case h.MinWords <= 0:
		return badHeadline("MinWords should be positive")
	case h.ShortWord < 0:
		return badHeadline("ShortWord should be >= 0")
	case h.MaxFragments < 0:
		return badHeadline("MaxFragments should be >= 0")
	}
	return nil
}

func badHeadline(form string, args ...any) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, form, args...)
}

type option struct{ key, value string }

// optionScanner reads a list of options as text search templates are given them.
type optionScanner struct {
	s string
	i int
}

// options takes a list apart: key = value, … with either in quotes or not.
func options(text string) (list []option, err error) {
	p := optionScanner{s: text}
	for p.skip(" \t\n\v\f\r,"); p.i < len(p.s); p.skip(" \t\n\v\f\r,") {
		o, ok := p.option()
		if !ok {
			return nil, pgerr.Newf(pgerrcode.SyntaxError, "invalid parameter list format: \"%s\"", text)
		}
		list = append(list, o)
	}
	return list, nil
}

func (p *optionScanner) skip(set string) {
	for p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *optionScanner) option() (o option, ok bool) {
	if p.s[p.i] == '"' {
		if o.key, ok = p.quoted('"'); !ok {
			return o, false
		}
	} else {
		from := p.i
		for p.i++; p.i < len(p.s) && p.s[p.i] != '=' && !isSpace(p.s[p.i]); p.i++ {
		}
		o.key = p.s[from:p.i]
	}
	p.skip(" \t\n\v\f\r")
	if p.i == len(p.s) || p.s[p.i] != '=' {
		return o, false
	}
	p.i++
	p.skip(" \t\n\v\f\r")
	if strings.HasPrefix(p.s[p.i:], "E'") {
		p.i++
	}
	switch {
	case p.i == len(p.s):
		return o, false
	case p.s[p.i] == '\'', p.s[p.i] == '"':
		o.value, ok = p.quoted(p.s[p.i])
		return o, ok
	}
	from := p.i
	for p.i++; p.i < len(p.s) && p.s[p.i] != ',' && !isSpace(p.s[p.i]); p.i++ {
	}
	o.value = p.s[from:p.i]
	return o, true
}

// quoted reads up to the quote that is not doubled; between apostrophes two backslashes
// are one.
func (p *optionScanner) quoted(quote byte) (value string, ok bool) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		c := p.s[p.i]
		double := p.i+1 < len(p.s) && p.s[p.i+1] == c
		switch {
		case c == quote && !double:
			p.i++
			return b.String(), true
		case c == quote, c == '\\' && quote == '\'' && double:
			p.i++
		}
		b.WriteByte(c)
	}
	return "", false
}
