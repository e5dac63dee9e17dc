package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// An INSERT of a dump has thousands of rows, and one value that has no place here must not
// take the others with it: what fails by its data is tried in halves, down to the rows.

// insertion is an INSERT or REPLACE taken apart into its rows.
type insertion struct {
	head, tail string // before and after the rows, each on one line
	rows       []insertedRow
	cleared    bool // zero dates are NULL in it
}

type insertedRow struct {
	text string
	line int // counted from the statement's first, from 0
}

// insertionOf takes a statement apart; ok is false where it is no list of rows.
func insertionOf(text string) (in insertion, ok bool) {
	if w := firstWords(text); !strings.HasPrefix(w, "insert") && !strings.HasPrefix(w, "replace") {
		return in, false
	}
	start := valuesEnd(text)
	if start < 0 {
		return in, false
	}
	in.head = oneLine(text[:start])
	line := strings.Count(text[:start], "\n")
	i := start
	for {
		from := i + len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\r\n"))
		end := groupEnd(text, from)
		if end < 0 {
			return in, false
		}
		line += strings.Count(text[i:from], "\n")
		in.rows = append(in.rows, insertedRow{text[from:end], line})
		line += strings.Count(text[from:end], "\n")
		rest := strings.TrimLeft(text[end:], " \t\r\n")
		if !strings.HasPrefix(rest, ",") {
			in.tail = oneLine(text[end:])
			return in, true
		}
		next := len(text) - len(rest) + 1
		line += strings.Count(text[end:next], "\n")
		i = next
	}
}

func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

// valuesEnd is the offset behind the word VALUES, −1 for none.
func valuesEnd(s string) int {
	const word = "values"
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == '\'' || b == '"' || b == '`':
			_, _, i = literal(s, i)
		case (b|0x20) == 'v' && i > 0 && !nameByte(s[i-1]) && i+len(word) < len(s) &&
			strings.EqualFold(s[i:i+len(word)], word) && !nameByte(s[i+len(word)]):
			return i + len(word)
		default:
			i++
		}
	}
	return -1
}

func nameByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// groupEnd is the offset behind the parenthesis that closes the one at i, −1 where none opens
// there or it is not closed.
func groupEnd(s string, i int) int {
	if i >= len(s) || s[i] != '(' {
		return -1
	}
	for depth := 0; i < len(s); {
		switch s[i] {
		case '\'', '"', '`':
			_, _, i = literal(s, i)
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// isDataError tells an error of values, or of a constraint on them.
func isDataError(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (strings.HasPrefix(pe.Code, "22") || strings.HasPrefix(pe.Code, "23"))
}

// text is the statement of the rows.
func (in *insertion) text() string {
	var b strings.Builder
	b.WriteString(in.head + " ")
	for i, r := range in.rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(r.text)
	}
	b.WriteString(in.tail)
	return b.String()
}

// inHalves runs an insertion of which some rows fail, and reports those that fail alone.
func (b *batch) inHalves(ctx context.Context, st statement, in insertion) error {
	part := statement{text: in.text(), line: st.line + in.rows[0].line, end: st.end}
	err := b.attempt(ctx, part.text)
	for err != nil {
		n := in.clearDates(part.text, err)
		if n == 0 {
			break
		}
		b.warn(part, 0, fmt.Sprintf("zero dates are not supported, %d of them are NULL", n))
		part.text = in.text()
		err = b.attempt(ctx, part.text)
	}
	switch {
	case err == nil:
	case !isServerError(err):
		return err
	case len(in.rows) == 1 || !isDataError(err):
		b.problem(b.dump, part, in.noPlace(err))
	default:
		half := len(in.rows) / 2
		for _, rows := range [][]insertedRow{in.rows[:half], in.rows[half:]} {
			if err := b.inHalves(ctx, st, insertion{in.head, in.tail, rows, in.cleared}); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt runs a statement with a way back from it: when it fails, nothing of it is left.
func (b *batch) attempt(ctx context.Context, text string) error {
	if err := b.exec(ctx, "SAVEPOINT loxodb_import"); err != nil {
		return err
	}
	err := b.exec(ctx, text)
	if err != nil && isServerError(err) {
		if back := b.exec(ctx, "ROLLBACK TO SAVEPOINT loxodb_import"); back != nil {
			return back
		}
	}
	return err
}
