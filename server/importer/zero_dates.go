package importer

import (
	"errors"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// MySQL's zero date, '0000-00-00', is no date here, nor are those whose month or day is zero.
// Where one stands in a column of dates, as the error about it tells, those of the column become
// NULL.

// clearDates makes NULL of the zero dates of the column that an error of the text points at,
// and returns how many there were.
func (in *insertion) clearDates(text string, err error) int {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) || pe.Code != pgerrcode.DatetimeFieldOverflow {
		return 0
	}
	at := byteOffset(text, int(pe.Position)) - 1
	if at < 0 || !isZeroDate(text, at) {
		return 0
	}
	start := len(in.head) + 1
	for _, r := range in.rows {
		if end := start + len(r.text); at >= end {
			start = end + 1
			continue
		}
		for k, v := range valuesOf(r.text) {
			if start+v == at {
				return in.clear(k)
			}
		}
		return 0
	}
	return 0
}

// clear makes NULL of the zero dates among the k-th values.
func (in *insertion) clear(k int) (n int) {
	rows := make([]insertedRow, len(in.rows)) // halves share theirs
	for i, r := range in.rows {
		if at := valuesOf(r.text); k < len(at) && isZeroDate(r.text, at[k]) {
			_, _, end := literal(r.text, at[k])
			r.text = r.text[:at[k]] + "NULL" + r.text[end:]
			n++
		}
		rows[i] = r
	}
	in.rows, in.cleared = rows, in.cleared || n > 0
	return n
}

// isZeroDate reports that the literal at an offset is a zero date.
func isZeroDate(text string, at int) bool {
	if at >= len(text) || text[at] != '\'' {
		return false
	}
	_, value, _ := literal(text, at)
	date, _, _ := strings.Cut(string(value), " ")
	part := strings.Split(date, "-")
	return len(part) == 3 && len(part[0]) == 4 && (part[1] == "00" || part[2] == "00")
}

// noPlace is the error of a row whose zero date would be NULL, with what can be done.
func (in *insertion) noPlace(err error) error {
	var pe *pgconn.PgError
	if !in.cleared || !errors.As(err, &pe) || pe.Code != pgerrcode.NotNullViolation {
		return err
	}
	n := *pe
	n.Message += "; zero dates are not supported: let the column have NULLs, or replace them before the dump"
	return &n
}

// valuesOf are the offsets of a row's values.
func valuesOf(row string) (at []int) {
	skip := func(i int) int { return len(row) - len(strings.TrimLeft(row[i:], " \t\r\n")) }
	depth := 0
	for i := 0; i < len(row); {
		switch row[i] {
		case '\'', '"', '`':
			_, _, i = literal(row, i)
			continue
		case '(':
			if depth++; depth == 1 {
				at = append(at, skip(i+1))
			}
		case ')':
			depth--
		case ',':
			if depth == 1 {
				at = append(at, skip(i+1))
			}
		}
		i++
	}
	return at
}
