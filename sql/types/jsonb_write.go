package types

import (
	"bytes"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// PostgreSQL's bounds of a jsonb value. Those of members are where the memory that it
// doubles while it reads an array or object is beyond MaxAllocSize.
const (
	maxJSONBElements = 1 << 24   // of an array
	maxJSONBPairs    = 1 << 23   // of an object
	maxJSONBBytes    = 1<<28 - 1 // of a string or key, and of what an array or object has
)

// ParseJSONB appends the canonical text of the JSON text s to dst. It is written as it
// is read, so that a value of a gigabyte takes no more than that. Errors are json's
// 22P02, 22P05, 54001, and those of what is too large: 54000, XX000. f, which may be nil,
// is asked whether to go on.
func ParseJSONB(dst []byte, s string, f *Format) ([]byte, error) {
	w := jsonbWriter{out: dst, from: len(dst)}
	p := jsonParser{s: s, decode: true, sink: &w, f: f}
	if err := p.document(); err != nil {
		return nil, err
	}
	return w.out, w.large
}

// jsonbWriter is a jsonSink that writes the canonical text.
type jsonbWriter struct {
	out   []byte
	from  int // of the document in out
	up    []jsonbOpen
	pairs []jsonbPair // of the objects in up, those of the innermost last
	keys  []byte      // theirs, decoded
	spare []byte
	large error // what a value that is too large fails with once it is known to be JSON
}

// jsonbOpen is an array or object that is not at its end.
type jsonbOpen struct {
	kind     jsonKind
	at       int // of its bracket in out
	count    int
	pairs    int // how many there were before its own
	keys     int // and how many bytes of keys
	unsorted bool
	bytes    int // that PostgreSQL takes for its members
}

// jsonbPair is a key in keys, and where it and its value are in out.
type jsonbPair struct {
	key, end int
	at, to   int
}

func (w *jsonbWriter) scalar(kind jsonKind, text string) error {
	if err := w.begin(); err != nil {
		return err
	}
	size := 0
	switch kind {
	case jsonNull:
		w.out = append(w.out, "null"...)
	case jsonFalse:
		w.out = append(w.out, "false"...)
	case jsonTrue:
		w.out = append(w.out, "true"...)
	case jsonNumber:
		w.out = append(w.out, text...)
		size = (4 + 2 + len(text)/4*2 + 2 + 3) &^ 3 // headers, and two bytes for four digits
	case jsonString:
		if err := jsonbString(text); err != nil {
			return err
		}
		w.out = AppendJSONString(w.out, text)
		size = len(text)
	}
	return w.end(size)
}

func jsonbString(text string) error {
	if len(text) <= maxJSONBBytes {
		return nil
	}
	return pgerr.New(pgerrcode.ProgramLimitExceeded, "string too long to represent as jsonb string").
		WithDetail("Due to an implementation restriction, jsonb strings cannot exceed %d bytes.", maxJSONBBytes)
}

// begin stands before each value.
func (w *jsonbWriter) begin() error {
	if len(w.up) == 0 {
		return nil
	}
	in := &w.up[len(w.up)-1]
	if in.kind == jsonObject {
		return nil // key has counted it
	}
	if in.count++; in.count > maxJSONBElements {
		return AllocTooLarge(2 * maxJSONBElements * 32)
	}
	if in.count > 1 {
		w.out = append(w.out, ", "...)
	}
	return nil
}

// end stands behind each value, of so many of PostgreSQL's bytes.
func (w *jsonbWriter) end(size int) error {
	if err := Grow(len(w.out)-w.from, 0); err != nil {
		return err
	}
	if len(w.up) == 0 {
		return nil
	}
	in := &w.up[len(w.up)-1]
	in.bytes += 4 + size
	if in.bytes > maxJSONBBytes && w.large == nil {
		what := "array"
		if in.kind == jsonObject {
			what = "object"
		}
		w.large = pgerr.Newf(pgerrcode.ProgramLimitExceeded, "total size of jsonb %s elements exceeds the maximum of %d bytes", what, maxJSONBBytes)
	}
	if in.kind == jsonObject {
		w.pairs[len(w.pairs)-1].to = len(w.out)
	}
	return nil
}

func (w *jsonbWriter) open(kind jsonKind) error {
	if err := w.begin(); err != nil {
		return err
	}
	bracket := byte('[')
	if kind == jsonObject {
		bracket = '{'
	}
	w.up = append(w.up, jsonbOpen{kind: kind, at: len(w.out), pairs: len(w.pairs), keys: len(w.keys)})
	w.out = append(w.out, bracket)
	return nil
}

func (w *jsonbWriter) key(decoded string) error {
	if err := jsonbString(decoded); err != nil {
		return err
	}
	in := &w.up[len(w.up)-1]
	if in.count++; in.count > maxJSONBPairs {
		return AllocTooLarge(2 * maxJSONBPairs * 72)
	}
	if in.count > 1 {
		w.out = append(w.out, ", "...)
		if last := w.keyOf(w.pairs[len(w.pairs)-1]); compareKeys(last, []byte(decoded)) >= 0 {
			in.unsorted = true
		}
	}
	pair := jsonbPair{key: len(w.keys), at: len(w.out)}
	w.keys = append(w.keys, decoded...)
	pair.end = len(w.keys)
	w.pairs = append(w.pairs, pair)
	w.out = append(AppendJSONString(w.out, decoded), ": "...)
	in.bytes += 4 + len(decoded)
	return nil
}

func (w *jsonbWriter) keyOf(p jsonbPair) []byte { return w.keys[p.key:p.end] }

func (w *jsonbWriter) close() error {
	last := len(w.up) - 1
	done := w.up[last]
	w.up = w.up[:last]
	if done.kind == jsonArray {
		w.out = append(w.out, ']')
		return w.end(4 + done.bytes)
	}
	if done.unsorted {
		w.sort(done.at, w.pairs[done.pairs:])
	}
	w.pairs, w.keys = w.pairs[:done.pairs], w.keys[:done.keys]
	w.out = append(w.out, '}')
	return w.end(4 + done.bytes)
}

// sort writes the object at w.out[at:] anew: by its keys, of equal ones the last.
func (w *jsonbWriter) sort(at int, pairs []jsonbPair) {
	slices.SortStableFunc(pairs, func(a, b jsonbPair) int { return compareKeys(w.keyOf(a), w.keyOf(b)) })
	w.spare = append(w.spare[:0], w.out[at:]...)
	w.out = w.out[:at+1]
	for i, p := range pairs {
		if i+1 < len(pairs) && bytes.Equal(w.keyOf(p), w.keyOf(pairs[i+1])) {
			continue
		}
		if len(w.out) > at+1 {
			w.out = append(w.out, ", "...)
		}
		w.out = append(w.out, w.spare[p.at-at:p.to-at]...)
	}
}
