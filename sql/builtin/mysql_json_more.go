package builtin

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

var mysqlJSONMoreFuncs = []mysqlFunc{
	{name: "json_matches", args: "jt", ret: types.JSONBOID, eval: jsonAllMatches},
	{name: "json_column", args: "jt*tt", ret: types.TextOID, nulls: true, eval: jsonColumnText},
	{name: "json_search", args: "jtt+", ret: types.JSONBOID, nulls: true, eval: jsonSearch},
	{name: "json_value", args: "jt", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		found, many, err := jsonAt(a[0].Bytes(), a[1].Text())
		if err != nil || many || len(found) != 1 {
			return types.Null, err
		}
		switch types.JSONTypeof(found[0]) {
		case "object", "array", "null":
			return null()
		case "string":
			return types.JSONText(found[0])
		}
		return types.Bytes(found[0]), nil
	}},
	{name: "json_array_insert", args: "jt*+", ret: types.JSONBOID, nulls: true, eval: eachPath(jsonInsertElement)},
	{name: "json_memberof", args: "*j", ret: types.BoolOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v, err := jsonOf(c, typed{c.argT(0), a[0]})
		if err != nil {
			return types.Datum{}, err
		}
		if types.JSONTypeof(a[1].Bytes()) != "array" {
			return types.Bool(types.CompareJSONB(a[1].Bytes(), v.Bytes()) == 0), nil
		}
		found := false
		types.JSONElements(a[1].Bytes(), func(e []byte) bool { found = types.CompareJSONB(e, v.Bytes()) == 0; return !found })
		return types.Bool(found), nil
	}},
	{name: "json_storage_size", args: "j", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(len(a[0].Bytes()))), nil
	}},
	{name: "json_storage_free", args: "j", ret: types.Int8OID, eval: func(*Ctx, []types.Datum) (types.Datum, error) { return types.Int(0), nil }},
}

// jsonInsertElement puts an element into an array before the one that a path leads to.
func jsonInsertElement(doc []byte, p place, v []byte) ([]byte, error) {
	n := len(p.legs)
	if n == 0 || p.legs[n-1].isKey {
		return nil, badParam("a path of JSON_ARRAY_INSERT must lead to an element of an array")
	}
	parent, l := lead(doc, p.legs[:n-1]), p.legs[n-1]
	if len(parent.rest) > 0 || types.JSONTypeof(parent.at) != "array" {
		return doc, nil
	}
	at, size := l.index, types.JSONArrayLength(parent.at)
	if l.last {
		at = max(size-1-l.index, 0)
	}
	return parent.put(doc, jsonWithElement(parent.at, at, v))
}

// jsonWithElement is an array, or a value as one, with one more element at a place, or behind the
// others.
func jsonWithElement(array []byte, at int, v []byte) []byte {
	w := jsonWriter{buf: []byte{'['}}
	i := 0
	each := func(e []byte) bool {
		if i == at {
			w.element(v)
		}
		w.element(e)
		i++
		return true
	}
	if types.JSONTypeof(array) == "array" {
		types.JSONElements(array, each)
	} else {
		each(array)
	}
	if at >= i {
		w.element(v)
	}
	return append(w.buf, ']')
}

// jsonSearch is JSON_SEARCH: the paths of the strings that are like a pattern.
func jsonSearch(_ *Ctx, a []types.Datum) (types.Datum, error) {
	for i, d := range a {
		if d.IsNull() && i != 3 {
			return null()
		}
	}
	how := strings.ToLower(a[1].Text())
	if how != "one" && how != "all" {
		return types.Datum{}, badParam("The oneOrAll argument to json_search may take these values: 'one' or 'all'.")
	}
	escape := `\`
	if len(a) > 3 && !a[3].IsNull() && a[3].Text() != "" {
		escape = a[3].Text()
	}
	paths := []string{"$"}
	if len(a) > 4 {
		paths = nil
		for _, p := range a[4:] {
			paths = append(paths, p.Text())
		}
	}
	pattern, err := likeEscape(a[2].Bytes(), []byte(escape))
	if err != nil {
		return types.Datum{}, err
	}
	s := jsonSearcher{one: how == "one", seen: map[string]bool{}}
	s.pattern.prepare(pattern, false)
	for _, p := range paths {
		legs, err := jsonPath(p)
		if err != nil {
			return types.Datum{}, err
		}
		s.follow(a[0].Bytes(), legs, "$")
	}
	found := s.found
	switch {
	case len(found) == 0:
		return null()
	case len(found) == 1 || how == "one":
		return asJSONB(types.AppendJSONString(nil, []byte(found[0])), nil)
	}
	w := jsonWriter{buf: []byte{'['}}
	for _, f := range found {
		w.element(types.AppendJSONString(nil, []byte(f)))
	}
	return asJSONB(append(w.buf, ']'), nil)
}

type jsonSearcher struct {
	pattern likePattern
	one     bool
	seen    map[string]bool
	found   []string
}

// follow goes where the steps of a path lead, and from there through everything.
func (s *jsonSearcher) follow(doc []byte, legs []leg, at string) {
	if s.one && len(s.found) > 0 {
		return
	}
	kind := types.JSONTypeof(doc)
	var l leg
	if len(legs) > 0 {
		l = legs[0]
	} else if kind == "string" {
		if v, err := types.JSONText(doc); err == nil && !s.seen[at] {
			if is, err := s.pattern.matches(v.Bytes()); err == nil && is {
				s.seen[at] = true
				s.found = append(s.found, at)
			}
		}
		return
	}
	rest := legs
	if len(legs) > 0 {
		rest = legs[1:]
	}
	if l.all {
		s.follow(doc, rest, at)
		rest = legs
	}
	everything := len(legs) == 0 || l.all
	switch kind {
	case "object":
		types.JSONEach(doc, func(k, v []byte) bool {
			name := string(k)
			if text, err := types.JSONText(types.AppendJSONString(nil, k)); err == nil {
				name = text.Text()
			}
			if everything || l.isKey && (l.any || l.key == name) {
				s.follow(v, rest, at+"."+pathKey(name))
			}
			return true
		})
	case "array":
		n, i := types.JSONArrayLength(doc), 0
		types.JSONElements(doc, func(v []byte) bool {
			if everything || !l.isKey && (l.any || l.position(n) == i) {
				s.follow(v, rest, at+"["+strconv.Itoa(i)+"]")
			}
			i++
			return true
		})
	}
}

// pathKey is a member's name in a path: in quotes, if it is no plain word.
func pathKey(k string) string {
	for i, r := range k {
		if r != '_' && r != '$' && !(r|0x20 >= 'a' && r|0x20 <= 'z') && (i == 0 || r < '0' || r > '9') {
			return strconv.Quote(k)
		}
	}
	if k == "" {
		return `""`
	}
	return k
}
