package builtin

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/types"
)

// piece is how many bytes of a value functions work on before they ask whether to go on:
// a few milliseconds' work.
const piece = 1 << 20

// goOn says whether a long computation should go on, and can.
func (c *Ctx) goOn() error {
	if err := types.RoomToGrow(); err != nil || c.Context == nil {
		return err
	}
	return c.Context.Err()
}

// pieces hands f the value in pieces, as long as it should go on.
func (c *Ctx) pieces(s []byte, f func(part []byte)) error {
	for len(s) > piece {
		f(s[:piece])
		if err := c.goOn(); err != nil {
			return err
		}
		s = s[piece:]
	}
	f(s)
	return nil
}

// mapped is s with f of its parts, which are cut between characters, as long as it should go on.
func (c *Ctx) mapped(s []byte, f func(part []byte) []byte) ([]byte, error) {
	if len(s) <= piece {
		return f(s), nil
	}
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		n := min(piece, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n++
		}
		out = append(out, f(s[:n])...)
		if err := c.goOn(); err != nil {
			return nil, err
		}
		s = s[n:]
	}
	return out, nil
}

// repeated appends s to dst so often that it is n bytes more, the last time only a part of it,
// as long as it should go on.
func (c *Ctx) repeated(dst, s []byte, n int) ([]byte, error) {
	if n <= 0 || len(s) == 0 {
		return dst, nil
	}
	dst = slices.Grow(dst, n)
	block := s
	if n > len(s) && len(s) < piece {
		block = bytes.Repeat(s, min(piece, n)/len(s)+1)
		block = block[:len(block)/len(s)*len(s)]
	}
	for ; n > len(block); n -= len(block) {
		dst = append(dst, block...)
		if err := c.goOn(); err != nil {
			return nil, err
		}
	}
	return append(dst, block[:n]...), nil
}

// progress asks whether to go on after each piece of what it is told was done: bytes, or
// elements that take about as long.
type progress struct {
	c    *Ctx
	done int
}

func (p *progress) add(n int) error {
	if p.done += n; p.done < piece {
		return nil
	}
	p.done = 0
	return p.c.goOn()
}
