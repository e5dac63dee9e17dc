package types

import (
	"bytes"
	"slices"
	"strings"
)

// A jsonb datum is its canonical text, exactly as PostgreSQL prints jsonb: keys
// sorted by length, then bytes, the last of duplicate keys kept; one blank after
// commas and colons; numbers as numeric prints them. Equal values can differ in
// the decimals of their numbers only.

// jsonValue is a parsed jsonb value.
type jsonValue struct {
	kind jsonKind
	text []byte // string: decoded; number: numeric's text
	list []jsonValue
	keys [][]byte // object: decoded, one per list entry
}

// parseCanonical reads a jsonb datum; it never fails on what ParseJSONB wrote.
func parseCanonical(b []byte) jsonValue {
	var t jsonTree
	p := jsonParser{s: string(b), decode: true, sink: &t}
	if p.document() != nil {
		return jsonValue{}
	}
	return t.root
}

// jsonTree is a jsonSink that keeps the values.
type jsonTree struct {
	root jsonValue
	up   []jsonValue // the arrays and objects that are open, the innermost last
}

func (t *jsonTree) scalar(kind jsonKind, text string) error {
	v := jsonValue{kind: kind}
	if kind == jsonString || kind == jsonNumber {
		v.text = []byte(text)
	}
	t.add(v)
	return nil
}

func (t *jsonTree) add(v jsonValue) {
	if len(t.up) == 0 {
		t.root = v
		return
	}
	in := &t.up[len(t.up)-1]
	in.list = append(in.list, v)
}

func (t *jsonTree) open(kind jsonKind) error {
	t.up = append(t.up, jsonValue{kind: kind})
	return nil
}

func (t *jsonTree) key(decoded string) error {
	in := &t.up[len(t.up)-1]
	in.keys = append(in.keys, []byte(decoded))
	return nil
}

func (t *jsonTree) close() error {
	last := len(t.up) - 1
	v := t.up[last]
	t.up[last] = jsonValue{}
	t.up = t.up[:last]
	t.add(v)
	return nil
}

// normalise sorts keys and drops all but the last of duplicates.
func (v *jsonValue) normalise() {
	if v.kind != jsonObject || v.sorted() {
		return
	}
	order := make([]int, len(v.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareKeys(v.keys[a], v.keys[b]) })
	keys, list := make([][]byte, 0, len(order)), make([]jsonValue, 0, len(order))
	for i, at := range order {
		if i+1 < len(order) && bytes.Equal(v.keys[at], v.keys[order[i+1]]) {
			continue
		}
		keys = append(keys, v.keys[at])
		list = append(list, v.list[at])
	}
	v.keys, v.list = keys, list
}

func (v *jsonValue) sorted() bool {
	for i := 1; i < len(v.keys); i++ {
		if compareKeys(v.keys[i-1], v.keys[i]) >= 0 {
			return false
		}
	}
	return true
}

// compareKeys orders object keys as jsonb stores them: by length, then bytes.
func compareKeys(a, b []byte) int {
	if c := compareInt(int64(len(a)), int64(len(b))); c != 0 {
		return c
	}
	return bytes.Compare(a, b)
}

// append writes the canonical text.
func (v *jsonValue) append(dst []byte) []byte {
	switch v.kind {
	case jsonNull:
		return append(dst, "null"...)
	case jsonFalse:
		return append(dst, "false"...)
	case jsonTrue:
		return append(dst, "true"...)
	case jsonNumber:
		return append(dst, v.text...)
	case jsonString:
		return AppendJSONString(dst, v.text)
	case jsonArray:
		dst = append(dst, '[')
		for i := range v.list {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = v.list[i].append(dst)
		}
		return append(dst, ']')
	}
	v.normalise()
	dst = append(dst, '{')
	for i := range v.list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(AppendJSONString(dst, v.keys[i]), ": "...)
		dst = v.list[i].append(dst)
	}
	return append(dst, '}')
}

// JSONBPretty is jsonb_pretty.
func JSONBPretty(dst, b []byte) []byte {
	v := parseCanonical(b)
	return v.pretty(dst, 0)
}

func (v *jsonValue) pretty(dst []byte, depth int) []byte {
	if v.kind < jsonArray {
		return v.append(dst)
	}
	newline := func(depth int) {
		dst = append(dst, '\n')
		dst = append(dst, strings.Repeat("    ", depth)...)
	}
	open, end := byte('['), byte(']')
	if v.kind == jsonObject {
		v.normalise()
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i := range v.list {
		if i > 0 {
			dst = append(dst, ',')
		}
		newline(depth + 1)
		if v.kind == jsonObject {
			dst = append(AppendJSONString(dst, v.keys[i]), ": "...)
		}
		dst = v.list[i].pretty(dst, depth+1)
	}
	newline(depth)
	return append(dst, end)
}
