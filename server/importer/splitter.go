package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxStatement bounds one statement: MySQL's greatest max_allowed_packet is 1 GiB,
// dumps are written with statements of a few MiB.
const maxStatement = 256 << 20

// statement is a statement of a dump.
type statement struct {
	text   string // without its delimiter
	line   int    // on which it begins, from 1
	end    int64  // offset after its delimiter, in what the file holds unpacked
	read   int64  // how much of the file had been read by then
	schema string // that is the present one where it stands
	// undivided is a CREATE TABLE without its partitions, "" where it has none.
	undivided string
	// source is the file that a client's command names, whose statements come here; text is the
	// command then.
	source string
}

// splitter cuts a dump into statements. It knows strings, quoted names, comments and
// DELIMITER, and holds one statement at a time.
type splitter struct {
	in        *bufio.Reader
	delimiter string
	line      int
	offset    int64
	buf       bytes.Buffer
	// begun and completed: comments were read that are the first and the last line of a dump.
	begun, completed bool
}

// dumpEnd is what mysqldump and mariadb-dump write last, but with --skip-comments and --compact.
const dumpEnd = "-- Dump completed"

func newSplitter(r io.Reader) *splitter {
	return &splitter{in: bufio.NewReaderSize(r, 1<<20), delimiter: ";", line: 1}
}

// take reads one byte into the statement.
func (s *splitter) take() (byte, error) {
	b, err := s.in.ReadByte()
	if err != nil {
		return 0, err
	}
	s.offset++
	if b == '\n' {
		s.line++
	}
	s.buf.WriteByte(b)
	if s.buf.Len() > maxStatement {
		return 0, fmt.Errorf("a statement has more than %d MiB", maxStatement>>20)
	}
	return b, nil
}

// ahead reports whether the text goes on with w.
func (s *splitter) ahead(w string) bool {
	p, _ := s.in.Peek(len(w))
	return string(p) == w
}

// next returns the next statement, io.EOF at the end.
func (s *splitter) next() (statement, error) {
	for {
		st, err := s.one()
		if err != nil {
			return st, err
		}
		if st.text != "" {
			return st, nil
		}
	}
}

// one reads up to a delimiter; what it finds may be empty.
func (s *splitter) one() (statement, error) {
	s.buf.Reset()
	st := statement{line: s.line}
	blank := true // nothing but space and comments so far
	for {
		if blank && s.atLineStart() {
			if done, err := s.command(); done || err != nil {
				return statement{}, err
			}
			if st, ok := s.source(); ok {
				return st, nil
			}
		}
		if s.ahead(s.delimiter) {
			_, _ = s.in.Discard(len(s.delimiter))
			s.offset += int64(len(s.delimiter))
			st.text, st.end = strings.TrimSpace(s.buf.String()), s.offset
			return st, nil
		}
		b, err := s.take()
		if errors.Is(err, io.EOF) {
			st.text, st.end = strings.TrimSpace(s.buf.String()), s.offset
			if st.text == "" {
				return st, io.EOF
			}
			return st, nil
		}
		if err != nil {
			return st, err
		}
		begin := s.buf.Len() - 1
		comment, err := s.skip(b, blank)
		if err != nil {
			return st, err
		}
		if comment {
			s.mark(s.buf.Bytes()[begin:])
		}
		if blank {
			switch {
			case comment: // it belongs to no statement
				s.buf.Reset()
				st.line = s.line
			case b == '\n' || b == ' ' || b == '\t' || b == '\r':
				s.buf.Reset()
				st.line = s.line
			default:
				blank = false
			}
		}
	}
}

// mark takes notice of a comment that begins or ends a dump.
func (s *splitter) mark(comment []byte) {
	switch {
	case bytes.HasPrefix(comment, []byte(dumpEnd)):
		s.completed = true
	case bytes.HasPrefix(comment, []byte("-- MySQL dump ")), bytes.HasPrefix(comment, []byte("-- MariaDB dump ")):
		s.begun, s.completed = true, false
	}
}

// atLineStart reports that nothing of the present line was read; only asked while the
// statement is blank, when the buffer is empty after each line.
func (s *splitter) atLineStart() bool { return s.buf.Len() == 0 }

// command reads a DELIMITER line, which is the client's and no statement.
func (s *splitter) command() (bool, error) {
	const word = "delimiter"
	p, _ := s.in.Peek(len(word) + 1)
	if len(p) <= len(word) || !strings.EqualFold(string(p[:len(word)]), word) || p[len(word)] != ' ' && p[len(word)] != '\t' {
		return false, nil
	}
	line, err := s.in.ReadString('\n')
	s.offset += int64(len(line))
	s.line++
	if err != nil && !errors.Is(err, io.EOF) {
		return true, err
	}
	d := strings.TrimSpace(line[len(word):])
	if d == "" {
		return true, fmt.Errorf("line %d: DELIMITER without a delimiter", s.line-1)
	}
	s.delimiter = d
	return true, nil
}

// source reads a line of the client's command that names another file, SOURCE FILE or \. FILE,
// which ends with the line; a delimiter there is not the file's.
func (s *splitter) source() (statement, bool) {
	word := ""
	for _, w := range []string{"source ", "source\t", `\. `} {
		if p, _ := s.in.Peek(len(w)); strings.EqualFold(string(p), w) {
			word = w
		}
	}
	if word == "" {
		return statement{}, false
	}
	line, _ := s.in.ReadString('\n')
	s.offset += int64(len(line))
	st := statement{line: s.line, end: s.offset, text: strings.TrimSpace(line)}
	s.line++
	st.source = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line[len(word):]), s.delimiter))
	return st, true
}

// skip reads the rest of the string, quoted name or comment that b begins. comment:
// it was a comment without contents for any server. Where a statement may begin, two signs
// of minus begin one whatever follows, as for MySQL's client: lines of them divide dumps.
func (s *splitter) skip(b byte, blank bool) (comment bool, err error) {
	switch {
	case b == '\'' || b == '"':
		return false, s.quoted(b, true)
	case b == '`':
		return false, s.quoted(b, false)
	case b == '#':
		return true, s.restOfLine()
	case b == '-' && s.ahead("-"):
		if p, _ := s.in.Peek(2); len(p) == 2 && p[1] > ' ' && !blank {
			return false, nil // a minus before a minus
		}
		return true, s.restOfLine()
	case b == '/' && s.ahead("*"):
		// mariadb-dump's \- within a comment is a command of the client, and no server's.
		conditional := s.ahead("*!") || s.ahead("*M!") && !s.ahead(`*M!999999\-`) || s.ahead("*T!")
		return !conditional, s.blockComment(conditional)
	}
	return false, nil
}

func (s *splitter) quoted(quote byte, escapes bool) error {
	for {
		b, err := s.take()
		if err != nil {
			return s.unfinished(err, "string")
		}
		switch {
		case b == '\\' && escapes:
			if _, err := s.take(); err != nil {
				return s.unfinished(err, "string")
			}
		case b == quote && s.ahead(string(quote)):
			if _, err := s.take(); err != nil {
				return err
			}
		case b == quote:
			return nil
		}
	}
}

func (s *splitter) unfinished(err error, what string) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: the file ends within a %s", s.line, what)
	}
	return err
}

func (s *splitter) restOfLine() error {
	for {
		b, err := s.take()
		if errors.Is(err, io.EOF) || b == '\n' {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// blockComment reads to the end of a comment; within a conditional one there may be
// strings and names with anything in them.
func (s *splitter) blockComment(conditional bool) error {
	for {
		b, err := s.take()
		if err != nil {
			return s.unfinished(err, "comment")
		}
		switch {
		case b == '*' && s.ahead("/"):
			_, err := s.take()
			return err
		case conditional && (b == '\'' || b == '"'):
			if err := s.quoted(b, true); err != nil {
				return err
			}
		case conditional && b == '`':
			if err := s.quoted(b, false); err != nil {
				return err
			}
		}
	}
}
