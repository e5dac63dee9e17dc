package builtin

import (
	"bytes"
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

// simplePath is a path without wildcards, as steps from a document.
func simplePath(doc []byte, path string) ([][]byte, error) {
	legs, err := jsonPath(path)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, l := range legs {
		if l.any || l.all {
			return nil, badParam("In this situation, path expressions may not contain the * and ** tokens or an array range.")
		}
		if l.isKey {
			out = append(out, []byte(l.key))
			continue
		}
		n := 0
		if at, ok := types.JSONPath(doc, out); ok && types.JSONTypeof(at) == "array" {
			n = types.JSONArrayLength(at)
		}
		out = append(out, strconv.AppendInt(nil, int64(l.position(n)), 10))
	}
	return out, nil
}

// jsonChange is JSON_SET, JSON_INSERT and JSON_REPLACE: whether it makes what is
// missing and changes what is there.
func jsonChange(create, replace bool) Eval {
	return eachPath(func(doc []byte, path [][]byte, v []byte) ([]byte, error) {
		if len(path) == 0 {
			if replace {
				return v, nil
			}
			return doc, nil
		}
		_, exists := types.JSONPath(doc, path)
		if exists && !replace || !exists && !create {
			return doc, nil
		}
		if k := types.JSONTypeof(doc); k != "object" && k != "array" {
			return doc, nil
		}
		return types.JSONBSet(doc, path, v, create)
	})
}

// eachPath runs a change for each pair of a path and a value.
func eachPath(change func(doc []byte, path [][]byte, v []byte) ([]byte, error)) Eval {
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
			path, err := simplePath(doc, mysqlString(c, typed{c.argT(i), a[i]}).Text())
			if err != nil {
				return types.Datum{}, err
			}
			v, err := jsonOf(c, typed{c.argT(i + 1), a[i+1]})
			if err != nil {
				return types.Datum{}, err
			}
			if doc, err = change(doc, path, v.Bytes()); err != nil {
				return types.Datum{}, err
			}
		}
		return asJSONB(doc, nil)
	}
}
