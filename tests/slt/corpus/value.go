package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// lines renders rows as a file has them, one value a line: I an integer, R a
// number with three decimals, any other letter text.
func (r *record) lines(rows [][][]byte) []string {
	texts := make([][]string, len(rows))
	for i, row := range rows {
		texts[i] = make([]string, len(row))
		for j, v := range row {
			typ := byte('T')
			if j < len(r.types) {
				typ = r.types[j]
			}
			texts[i][j] = render(typ, v)
		}
	}
	if r.sort == rowSort {
		slices.SortFunc(texts, slices.Compare[[]string])
	}
	var list []string
	for _, t := range texts {
		list = append(list, t...)
	}
	if r.sort == valueSort {
		slices.Sort(list)
	}
	return list
}

// render writes a value; nil is NULL.
func render(typ byte, v []byte) string {
	if v == nil {
		return "NULL"
	}
	s := string(v)
	switch typ {
	case 'I':
		return integer(s)
	case 'R':
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return fmt.Sprintf("%.3f", f)
		}
		return s
	}
	if s == "" {
		return "(empty)"
	}
	return printable(s)
}

// integer writes a value of a column of integers: booleans as 1 and 0, numbers
// without their fraction.
func integer(s string) string {
	switch s {
	case "t":
		return "1"
	case "f":
		return "0"
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
		return strconv.FormatInt(int64(f), 10)
	}
	return s
}

// printable puts @ where a byte is not printable ASCII.
func printable(s string) string {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			b := []byte(s)
			for i, c := range b {
				if c < ' ' || c > '~' {
					b[i] = '@'
				}
			}
			return string(b)
		}
	}
	return s
}

// agrees reports whether lines are what the file says. It may have them one value
// a line, one row a line, or as their number and hash.
func (r *record) agrees(lines []string) bool {
	if len(r.want) == 1 && strings.Contains(r.want[0], " values hashing to ") {
		return r.want[0] == fmt.Sprintf("%d values hashing to %s", len(lines), hash(lines))
	}
	if slices.Equal(r.want, lines) {
		return true
	}
	width := len(r.types)
	if width < 2 || len(r.want)*width != len(lines) {
		return false
	}
	for i, w := range r.want {
		if !slices.Equal(strings.Fields(w), lines[i*width:(i+1)*width]) {
			return false
		}
	}
	return true
}

// hash is the MD5 of the values, each with an end of line.
func hash(lines []string) string {
	h := md5.New()
	for _, l := range lines {
		h.Write([]byte(l))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}
