package session

import (
	"bytes"
	"fmt"
	"testing"
)

// split feeds data in pieces of at most size bytes, as messages bring it.
func split(s lineSplitter, data []byte, size int) (lines []string, err error) {
	var tail []byte
	for rest, last := data, false; ; {
		k := min(size, len(rest))
		tail, rest = append(tail, rest[:k]...), rest[k:]
		last = k == 0
		for !s.ended {
			line, n, ok, err := s.next(tail, last)
			if err != nil {
				return lines, err
			}
			if !ok {
				break
			}
			lines = append(lines, fmt.Sprintf("%s/%d", line, s.lines(true)))
			tail = tail[n:]
		}
		if last || s.ended {
			return lines, nil
		}
	}
}

// How the bytes come in must not matter.
func FuzzLineSplitter(f *testing.F) {
	for _, x := range []string{"a\tb\nc\n", "a\r\nb\r\n", "a\rb\r", "a\\\nb\n\\.\nrest", "1,\"a\"\"\nb\",c\n\\.\n", "\\.x\n", "\\.\r\n", "a\r\n\\.\r\n", "a\\"} {
		f.Add([]byte(x), 1, true, byte('"'))
		f.Add([]byte(x), 3, false, byte('\\'))
	}
	f.Fuzz(func(t *testing.T, data []byte, size int, csv bool, escape byte) {
		s := lineSplitter{csv: csv, quote: '"', escape: escape}
		if escape == s.quote {
			s.escape = 0
		}
		whole, err := split(s, data, len(data)+1)
		pieces, err2 := split(s, data, 1+max(size, 0)%7)
		if fmt.Sprint(whole, err) != fmt.Sprint(pieces, err2) {
			t.Errorf("%q at once: %q, %v; in pieces: %q, %v", data, whole, err, pieces, err2)
		}
		if err == nil && !s.ended && len(whole) > bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1 {
			t.Errorf("%d lines of %q", len(whole), data)
		}
	})
}
