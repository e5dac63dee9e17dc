package builtin

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// leg is one step of a path: a member, an element, or a wildcard.
type leg struct {
	key      string
	index    int
	last     bool // index counts from the last element
	isKey    bool
	any, all bool // .* or [*]; **
}

// jsonPath parses $.a[0]."b c"[*].
func jsonPath(s string) ([]leg, error) {
	invalid := func() ([]leg, error) {
		return nil, badParam("Invalid JSON path expression \"%s\"", s)
	}
	p := strings.TrimSpace(s)
	if !strings.HasPrefix(p, "$") {
		return invalid()
	}
	var legs []leg
	for p = strings.TrimLeft(p[1:], " "); p != ""; p = strings.TrimLeft(p, " ") {
		switch {
		case strings.HasPrefix(p, "**"):
			legs, p = append(legs, leg{all: true}), p[2:]
			if p == "" {
				return invalid()
			}
		case strings.HasPrefix(p, ".*"):
			legs, p = append(legs, leg{any: true, isKey: true}), p[2:]
		case strings.HasPrefix(p, `."`):
			end := 2
			for end < len(p) && p[end] != '"' {
				if p[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(p) {
				return invalid()
			}
			key, err := strconv.Unquote(p[1 : end+1])
			if err != nil {
				return invalid()
			}
			legs, p = append(legs, leg{key: key, isKey: true}), p[end+1:]
		case p[0] == '.':
			end := 1
			for end < len(p) && p[end] != '.' && p[end] != '[' && p[end] != ' ' && !strings.HasPrefix(p[end:], "**") {
				end++
			}
			if end == 1 {
				return invalid()
			}
			legs, p = append(legs, leg{key: p[1:end], isKey: true}), p[end:]
		case p[0] == '[':
			end := strings.IndexByte(p, ']')
			if end < 0 {
				return invalid()
			}
			l, ok := arrayLeg(strings.TrimSpace(p[1:end]))
			if !ok {
				return invalid()
			}
			legs, p = append(legs, l), p[end+1:]
		default:
			return invalid()
		}
	}
	return legs, nil
}

func arrayLeg(s string) (leg, bool) {
	if s == "*" {
		return leg{any: true}, true
	}
	if rest, ok := strings.CutPrefix(s, "last"); ok {
		rest = strings.ReplaceAll(rest, " ", "")
		if rest == "" {
			return leg{last: true}, true
		}
		n, err := strconv.Atoi(strings.TrimPrefix(rest, "-"))
		return leg{last: true, index: n}, err == nil && strings.HasPrefix(rest, "-")
	}
	n, err := strconv.Atoi(s)
	return leg{index: n}, err == nil && n >= 0
}

// jsonAt finds what a path leads to; many: there may be several.
func jsonAt(doc []byte, path string) (found [][]byte, many bool, err error) {
	legs, err := jsonPath(path)
	if err != nil {
		return nil, false, err
	}
	for _, l := range legs {
		many = many || l.any || l.all
	}
	return follow(doc, legs, nil), many, nil
}

func follow(doc []byte, legs []leg, found [][]byte) [][]byte {
	if len(legs) == 0 {
		return append(found, bytes.TrimSpace(doc))
	}
	l, rest := legs[0], legs[1:]
	kind := types.JSONTypeof(doc)
	switch {
	case l.all:
		found = follow(doc, rest, found)
		children(doc, func(v []byte) { found = follow(v, legs, found) })
	case l.isKey && kind == "object" && l.any:
		children(doc, func(v []byte) { found = follow(v, rest, found) })
	case l.isKey && kind == "object":
		if v, ok := types.JSONGet(doc, []byte(l.key)); ok {
			found = follow(v, rest, found)
		}
	case !l.isKey && kind == "array" && l.any:
		children(doc, func(v []byte) { found = follow(v, rest, found) })
	case !l.isKey && kind == "array":
		if v, ok := types.JSONIndex(doc, l.position(types.JSONArrayLength(doc))); ok {
			found = follow(v, rest, found)
		}
	case !l.isKey && !l.any && l.index == 0: // a value is an array of itself
		found = follow(doc, rest, found)
	}
	return found
}

// position is the index in an array of n; one that no array has if there is none.
func (l leg) position(n int) int {
	if !l.last {
		return l.index
	}
	if l.index >= n {
		return n
	}
	return n - 1 - l.index
}

func children(doc []byte, each func(v []byte)) {
	if types.JSONTypeof(doc) == "object" {
		types.JSONEach(doc, func(_, v []byte) bool { each(v); return true })
		return
	}
	types.JSONElements(doc, func(v []byte) bool { each(v); return true })
}

// place is how far a path without wildcards leads in a document: path are the steps to at, what
// is there, and rest the legs that lead no further. A value is an array of itself, so $[0] is no
// step where there is no array; legs are those of the whole path.
type place struct {
	path       [][]byte
	at         []byte
	rest, legs []leg
}

func placeOf(doc []byte, path string) (p place, err error) {
	legs, err := jsonPath(path)
	if err != nil {
		return p, err
	}
	for _, l := range legs {
		if l.any || l.all {
			return p, badParam("In this situation, path expressions may not contain the * and ** tokens or an array range.")
		}
	}
	return lead(doc, legs), nil
}

func lead(doc []byte, legs []leg) place {
	p := place{at: bytes.TrimSpace(doc), rest: legs, legs: legs}
	for len(p.rest) > 0 && p.step(p.rest[0]) {
		p.rest = p.rest[1:]
	}
	return p
}

// step goes one leg further, if that leads anywhere.
func (p *place) step(l leg) bool {
	var v, name []byte
	var ok bool
	switch kind := types.JSONTypeof(p.at); {
	case l.isKey && kind == "object":
		name = []byte(l.key)
		v, ok = types.JSONGet(p.at, name)
	case !l.isKey && kind == "array":
		n := l.position(types.JSONArrayLength(p.at))
		name = strconv.AppendInt(nil, int64(n), 10)
		v, ok = types.JSONIndex(p.at, n)
	case !l.isKey && l.index == 0:
		return true
	}
	if !ok {
		return false
	}
	p.path, p.at = append(p.path, name), bytes.TrimSpace(v)
	return true
}

// put is the document with a value at the place.
func (p place) put(doc, v []byte) ([]byte, error) {
	canonical, err := types.ParseJSONB(nil, string(v), nil)
	if err != nil || len(p.path) == 0 {
		return canonical, err
	}
	return types.JSONBSet(doc, p.path, canonical, false)
}

// jsonChange is JSON_SET, JSON_INSERT and JSON_REPLACE: whether it makes what is
// missing and changes what is there. Only the last leg can be missing.
func jsonChange(create, replace bool) Eval {
	return eachPath(func(doc []byte, p place, v []byte) ([]byte, error) {
		if len(p.rest) == 0 {
			if !replace {
				return doc, nil
			}
			return p.put(doc, v)
		}
		if !create || len(p.rest) > 1 {
			return doc, nil
		}
		switch l, kind := p.rest[0], types.JSONTypeof(p.at); {
		case l.isKey && kind == "object":
			return types.JSONBSet(doc, append(p.path, []byte(l.key)), v, true)
		case l.isKey:
			return doc, nil
		case l.last: // before the first element of an array, or of what is one of itself
			return p.put(doc, jsonWithElement(p.at, 0, v))
		default:
			return p.put(doc, jsonWithElement(p.at, math.MaxInt, v))
		}
	})
}

// eachPath runs a change for each pair of a path and a value.
func eachPath(change func(doc []byte, p place, v []byte) ([]byte, error)) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		if len(a)%2 == 0 {
			return types.Datum{}, badParam("Incorrect parameter count in the call to a native JSON function")
		}
		doc := a[0].Bytes()
		for i := 1; i < len(a); i += 2 {
			if a[i].IsNull() {
				return null()
			}
			p, err := placeOf(doc, mysqlString(c, typed{c.argT(i), a[i]}).Text())
			if err != nil {
				return types.Datum{}, err
			}
			v, err := jsonOf(c, typed{c.argT(i + 1), a[i+1]})
			if err != nil {
				return types.Datum{}, err
			}
			if doc, err = change(doc, p, v.Bytes()); err != nil {
				return types.Datum{}, err
			}
		}
		return asJSONB(doc, nil)
	}
}
