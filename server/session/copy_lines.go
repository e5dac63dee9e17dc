package session

import (
	"bytes"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// lineSplitter finds the lines of COPY's text and CSV data, which may end with LF, CR
// or CR LF, but all in the same way. In text a backslash takes away the meaning of
// what follows it, also of a line's end; in CSV quotes do. It remembers how far it
// has looked, so that a long line that comes in many messages is looked at once.
type lineSplitter struct {
	csv           bool
	quote, escape byte // escape is 0 where it is the quote itself: the pair changes nothing
	eol           lineEnd
	ended         bool // \. was seen

	at      int // how many bytes of the unfinished line were looked at
	quoted  bool
	escaped bool // the last byte was an escape within quotes
	inside  int64
}

// lineEnd is how lines end; known after the first one.
type lineEnd byte

const (
	endUnknown lineEnd = iota
	endLF
	endCR
	endCRLF
)

// lines is how many lines the one found last stands for: CSV fields may hold line ends.
func (s *lineSplitter) lines(reset bool) int64 {
	n := s.inside + 1
	if reset {
		s.inside = 0
	}
	return n
}

// next takes a line off the front of data, which begins where the last one ended. n is
// how many bytes it takes with its end; ok is false when it is not complete. last
// says that nothing follows data.
func (s *lineSplitter) next(data []byte, last bool) (line []byte, n int, ok bool, err error) {
	for i := s.at; i < len(data); i++ {
		if !s.csv {
			i += plainRun(data[i:])
			if i == len(data) {
				s.at = i
				break
			}
		}
		ch := data[i]
		more := i+1 < len(data) || last // what follows is known
		switch {
		case s.csv && ch == s.quote || s.quoted:
			s.within(ch)
		case ch == '\n':
			return s.end(data, i, 1, endLF)
		case ch == '\r' && !more, ch == '\\' && !more && (!s.csv || i == 0):
			s.at = i
			return nil, 0, false, nil
		case ch == '\r':
			if i+1 < len(data) && data[i+1] == '\n' && s.eol != endCR && s.eol != endLF {
				return s.end(data, i, 2, endCRLF)
			}
			return s.end(data, i, 1, endCR)
		case ch == '\\' && i+1 < len(data) && data[i+1] == '.' && (!s.csv || i == 0):
			if line, n, ok, err = s.marker(data, i, last); ok || err != nil || !s.csv {
				return line, n, ok, err
			}
			if !last && len(data)-i < 4 {
				s.at = i
				return nil, 0, false, nil
			}
		case ch == '\\' && !s.csv:
			i++ // it means itself, whatever it is
		}
		s.at = i + 1
	}
	if !last || len(data) == 0 {
		return nil, 0, false, nil
	}
	s.at, s.quoted, s.escaped = 0, false, false
	return data, len(data), true, nil
}

// plainRun is how many bytes at the front of data mean nothing to a line of text.
func plainRun(data []byte) int {
	n := len(data)
	for _, ch := range [...]byte{'\n', '\\', '\r'} {
		if k := bytes.IndexByte(data[:n], ch); k >= 0 {
			n = k
		}
	}
	return n
}

// within follows quotes and escapes, and counts the line ends between them.
func (s *lineSplitter) within(ch byte) {
	isEscape := s.escape != 0 && ch == s.escape
	if s.quoted && isEscape {
		s.escaped = !s.escaped
	}
	if ch == s.quote && !s.escaped {
		s.quoted = !s.quoted
	}
	if !isEscape {
		s.escaped = false
	}
	eol := byte('\r') // also while it is unknown, as PostgreSQL counts
	if s.eol == endLF {
		eol = '\n'
	}
	if s.quoted && ch == eol {
		s.inside++
	}
}

// end is the end of a line at i, size bytes long.
func (s *lineSplitter) end(data []byte, i, size int, kind lineEnd) ([]byte, int, bool, error) {
	if s.eol != endUnknown && s.eol != kind {
		what, how, hint := "newline", "literal", `Use "\n" to represent newline.`
		if kind != endLF {
			what, hint = "carriage return", `Use "\r" to represent carriage return.`
		}
		if s.csv {
			how, hint = "unquoted", "Use quoted CSV field to represent "+what+"."
		}
		return nil, 0, false, pgerr.Newf(pgerrcode.BadCopyFileFormat, "%s %s found in data", how, what).WithHint("%s", hint)
	}
	s.eol, s.at, s.quoted, s.escaped = kind, 0, false, false
	return data[:i], i + size, true, nil
}

// marker reads the end-of-data marker \. at i. In CSV what only looks like it is data.
func (s *lineSplitter) marker(data []byte, i int, last bool) ([]byte, int, bool, error) {
	corrupt := func(message string) ([]byte, int, bool, error) {
		if s.csv {
			return nil, 0, false, nil
		}
		return nil, 0, false, pgerr.New(pgerrcode.BadCopyFileFormat, message)
	}
	rest := data[i+2:]
	if s.eol == endCRLF {
		switch {
		case len(rest) == 0 && !last:
			s.at = i
			return nil, 0, false, nil
		case len(rest) > 0 && rest[0] == '\n':
			return corrupt("end-of-copy marker does not match previous newline style")
		case len(rest) == 0 || rest[0] != '\r':
			return corrupt("end-of-copy marker corrupt")
		}
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0 && !last:
		s.at = i
		return nil, 0, false, nil
	case len(rest) == 0 || rest[0] != '\r' && rest[0] != '\n':
		return corrupt("end-of-copy marker corrupt")
	case (s.eol == endLF || s.eol == endCRLF) && rest[0] != '\n', s.eol == endCR && rest[0] != '\r':
		return nil, 0, false, pgerr.New(pgerrcode.BadCopyFileFormat, "end-of-copy marker does not match previous newline style")
	}
	s.ended, s.at = true, 0
	return data[:i], len(data), true, nil
}
