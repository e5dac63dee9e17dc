package types

import "bytes"

// Navigation works on JSON text, canonical (jsonb) or as the user wrote it
// (json), which must be valid. Results are slices of it.

func jsonSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// jsonEnd is the offset after the value that starts at i.
func jsonEnd(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = jsonStringEnd(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return min(i+1, len(b))
			}
		case ',', ':', ' ', '\n', '\t', '\r':
		default:
			for i < len(b) && (isAlnum(b[i]) || b[i] == '-' || b[i] == '+' || b[i] == '.') {
				i++
			}
			if depth == 0 {
				return i
			}
			continue
		}
		i++
	}
	return len(b)
}

func jsonStringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// JSONTypeof is json_typeof: object, array, string, number, boolean or null.
func JSONTypeof(b []byte) string {
	i := jsonSpace(b, 0)
	if i == len(b) {
		return "null"
	}
	switch b[i] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// JSONElements calls each for the elements of an array, until it returns false;
// ok is false when b is no array.
func JSONElements(b []byte, each func(val []byte) bool) (ok bool) {
	m, ok := JSONMembersOf(b, '[')
	for ok {
		_, v, more := m.Next()
		if !more || !each(v) {
			return true
		}
	}
	return false
}

// JSONMembers gives the elements of an array, or the pairs of an object, one by one.
type JSONMembers struct {
	b     []byte
	i     int
	pairs bool
}

// JSONMembersOf begins with b, which must begin with open: '[' or '{'.
func JSONMembersOf(b []byte, open byte) (m JSONMembers, ok bool) {
	i := jsonSpace(b, 0)
	if i == len(b) || b[i] != open {
		return m, false
	}
	return JSONMembers{b: b, i: jsonSpace(b, i+1), pairs: open == '{'}, true
}

// Next is the next member, borrowed; the key of an element is nil.
func (m *JSONMembers) Next() (key, val []byte, ok bool) {
	b, i := m.b, m.i
	if i >= len(b) || b[i] == ']' || m.pairs && b[i] != '"' {
		return nil, nil, false
	}
	if m.pairs {
		end := jsonStringEnd(b, i)
		key = jsonDecode(b[i:end])
		i = jsonSpace(b, end)
		i = jsonSpace(b, i+1) // ':'
	}
	end := jsonEnd(b, min(i, len(b)))
	val = b[min(i, end):end:end]
	i = jsonSpace(b, end)
	if i < len(b) && b[i] == ',' {
		i = jsonSpace(b, i+1)
	}
	m.i = i
	return key, val, true
}

// JSONEach calls each for the pairs of an object, keys decoded, until it returns
// false; ok is false when b is no object.
func JSONEach(b []byte, each func(key, val []byte) bool) (ok bool) {
	m, ok := JSONMembersOf(b, '{')
	for ok {
		k, v, more := m.Next()
		if !more || !each(k, v) {
			return true
		}
	}
	return false
}

// jsonDecode is a string token without quotes and escapes; borrowed if it has none.
func jsonDecode(tok []byte) []byte {
	if len(tok) < 2 {
		return nil
	}
	body := tok[1 : len(tok)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return body[:len(body):len(body)]
	}
	out, err := decodeJSONString(tok)
	if err != nil {
		return body
	}
	return out
}

// JSONGet is the -> operator with a key: the value of an object's key, the last
// one if it occurs twice. ok is false when there is none.
func JSONGet(b, key []byte) (val []byte, ok bool) {
	JSONEach(b, func(k, v []byte) bool {
		if bytes.Equal(k, key) {
			val, ok = v, true
		}
		return true
	})
	return val, ok
}

// JSONIndex is the -> operator with an index: an array's element, from the end
// for negative numbers.
func JSONIndex(b []byte, index int) (val []byte, ok bool) {
	if index < 0 {
		n := JSONArrayLength(b)
		if n < 0 || index+n < 0 {
			return nil, false
		}
		index += n
	}
	JSONElements(b, func(v []byte) bool {
		if index == 0 {
			val, ok = v, true
		}
		index--
		return !ok
	})
	return val, ok
}

// JSONBIndex is JSONIndex for jsonb, which takes a bare scalar for an array of one.
func JSONBIndex(b []byte, index int) (val []byte, ok bool) {
	if k := JSONTypeof(b); k != "object" && k != "array" {
		return b, index == 0 || index == -1
	}
	return JSONIndex(b, index)
}

// JSONArrayLength is the number of elements, −1 when b is no array.
func JSONArrayLength(b []byte) int {
	n := 0
	if !JSONElements(b, func([]byte) bool { n++; return true }) {
		return -1
	}
	return n
}

// JSONText is what ->> makes of a value: a string decoded, NULL for null, else
// the text itself. An error is 22P05 for \u0000.
func JSONText(val []byte) (Datum, error) {
	i := jsonSpace(val, 0)
	val = val[i:]
	if len(val) == 0 || val[0] == 'n' {
		return Null, nil
	}
	if val[0] != '"' {
		return Bytes(val), nil
	}
	if bytes.IndexByte(val, '\\') < 0 {
		return Bytes(jsonDecode(val)), nil
	}
	out, err := decodeJSONString(val)
	return Bytes(out), err
}

// JSONPath is #>: the value reached by keys and, within arrays, indexes.
func JSONPath(b []byte, path [][]byte) (val []byte, ok bool) {
	for _, step := range path {
		switch JSONTypeof(b) {
		case "object":
			b, ok = JSONGet(b, step)
		case "array":
			n, err := parseInt(int4Type, string(step))
			if err != nil {
				return nil, false
			}
			b, ok = JSONIndex(b, int(n))
		default:
			return nil, false
		}
		if !ok {
			return nil, false
		}
	}
	i := jsonSpace(b, 0)
	return b[i:jsonEnd(b, i)], true
}
