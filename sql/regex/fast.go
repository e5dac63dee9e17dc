package regex

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// longText is from how many bytes on a text is handed to Go's regexp piece by piece: within
// one call over bytes it asks nobody whether to go on. Shorter ones take milliseconds.
const longText = 1 << 20

// fastIndex is where the first match by re.fast begins and ends; nil = none.
func (re *Regexp) fastIndex(s []byte, check func() error) ([]int, error) {
	if len(s) < longText || check == nil {
		return re.fast.FindIndex(s), nil
	}
	return re.pieceIndex(s, check)
}

// pieceIndex is fastIndex that asks check from time to time.
func (re *Regexp) pieceIndex(s []byte, check func() error) ([]int, error) {
	from := 0
	if prefix, whole := re.fast.LiteralPrefix(); prefix != "" && !re.back {
		at, err := indexPiece(s, prefix, check)
		switch {
		case at < 0 || err != nil:
			return nil, err
		case whole:
			return []int{at, at + len(prefix)}, nil
		}
		from = at
	}
	r := &pieceReader{s: s[from:], check: check}
	loc := re.fast.FindReaderIndex(r)
	if r.err != nil || loc == nil {
		return nil, r.err
	}
	return []int{loc[0] + from, loc[1] + from}, nil
}

// fastMatch reports whether re.fast matches.
func (re *Regexp) fastMatch(s []byte, check func() error) (bool, error) {
	if len(s) < longText || check == nil {
		return re.fast.Match(s), nil
	}
	loc, err := re.pieceIndex(s, check)
	return loc != nil, err
}

// indexPiece is bytes.Index that asks check after each piece.
func indexPiece(s []byte, what string, check func() error) (int, error) {
	for from := 0; ; from += longText {
		end := min(from+longText+len(what)-1, len(s))
		if at := bytes.Index(s[from:end], []byte(what)); at >= 0 {
			return from + at, nil
		}
		if end == len(s) {
			return -1, nil
		}
		if err := check(); err != nil {
			return -1, err
		}
	}
}

// pieceReader reads a text's characters. When it is not to go on, the text ends with err.
type pieceReader struct {
	s     []byte
	at    int
	read  int // since check was asked
	check func() error
	err   error
}

// ReadRune implements io.RuneReader.
func (r *pieceReader) ReadRune() (rune, int, error) {
	if r.at >= len(r.s) {
		return 0, 0, io.EOF
	}
	if r.read++; r.read >= stepsPerCheck {
		r.read = 0
		if r.err = r.check(); r.err != nil {
			r.at = len(r.s)
			return 0, 0, io.EOF
		}
	}
	if c := r.s[r.at]; c < utf8.RuneSelf {
		r.at++
		return rune(c), 1, nil
	}
	c, n := utf8.DecodeRune(r.s[r.at:])
	r.at += n
	return c, n, nil
}
