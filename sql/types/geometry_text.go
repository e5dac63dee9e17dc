package types

import (
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/pgerr"
)

const noLine = "invalid line specification: A and B cannot both be zero"

// shape reads a geometric literal from left to right. What is wrong first is err, and
// everything after it is skipped.
type shape struct {
	typ, s string
	i      int
	err    error
	f      *Format
}

func (r *shape) bad() {
	if r.err == nil {
		r.err = badInput(r.typ, r.s)
	}
}

func (r *shape) space() { r.i = skipSpace(r.s, r.i) }

func (r *shape) at(c byte) bool { return r.i < len(r.s) && r.s[r.i] == c }

// take skips a character if it is there.
func (r *shape) take(c byte) bool {
	if r.err == nil && r.at(c) {
		r.i++
		return true
	}
	return false
}

func (r *shape) need(c byte) {
	if !r.take(c) {
		r.bad()
	}
}

// end reports that nothing follows.
func (r *shape) end() {
	if r.i < len(r.s) {
		r.bad()
	}
}

// real reads a number with blanks around it.
func (r *shape) real() float64 {
	if r.err != nil {
		return 0
	}
	r.space()
	n := floatPrefix(r.s[r.i:])
	if n == 0 {
		r.bad()
		return 0
	}
	text := r.s[r.i : r.i+n]
	v, err := strtod(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		r.err = pgerr.Newf(pgerrcode.NumericValueOutOfRange, "\"%s\" is out of range for type double precision", text)
	case err != nil:
		r.bad()
	}
	r.i += n
	r.space()
	return v
}

// point reads x,y or (x,y).
func (r *shape) point() (p geometry.Point) {
	r.space()
	paren := r.take('(')
	p.X = r.real()
	r.need(',')
	p.Y = r.real()
	if paren {
		r.need(')')
		r.space()
	}
	return p
}

// doubled skips the first of two opening parentheses, blanks between.
func (r *shape) doubled() bool {
	if !r.at('(') {
		return false
	}
	next := skipSpace(r.s, r.i+1)
	if next == len(r.s) || r.s[next] != '(' {
		return false
	}
	r.i = next
	return true
}

// lastParen reports that no other opening parenthesis follows the one here.
func (r *shape) lastParen() bool { return strings.LastIndexByte(r.s, '(') == r.i }

// points reads n points, with commas between, all in parentheses, or, where the type has
// open forms, in brackets.
func (r *shape) points(n int, brackets bool) (points []geometry.Point, open bool) {
	r.space()
	depth := 0
	switch {
	case r.at('['):
		if open = true; !brackets {
			r.bad()
		}
		r.i++
		depth++
	case r.doubled():
		depth++
	case r.at('(') && r.lastParen():
		r.i = skipSpace(r.s, r.i+1)
		depth++
	}
	points = make([]geometry.Point, 0, n)
	for i := 0; i < n && r.err == nil; i++ {
		if err := r.f.goOn(i); err != nil {
			r.err = err
		}
		points = append(points, r.point())
		r.take(',')
	}
	for ; depth > 0 && r.err == nil; depth-- {
		if !r.take(')') && !(open && depth == 1 && r.take(']')) {
			r.bad()
		}
		r.space()
	}
	return points, open
}

// count is how many points the commas make; there is none of an even number of commas.
func (r *shape) count() int {
	commas := strings.Count(r.s, ",")
	if commas%2 == 0 {
		r.bad()
		return 0
	}
	return (commas + 1) / 2
}

// parseGeometry reads the text of a geometric type.
func parseGeometry(t T, s string, f *Format) (Datum, error) {
	r := &shape{typ: byOID(t.OID).Name, s: s, f: f}
	var d Datum
	switch t.OID {
	case PointOID:
		p := r.point()
		r.end()
		d = MakePoint(p)
	case LsegOID:
		p, _ := r.points(2, true)
		r.end()
		if r.err == nil {
			d = MakeSegment(geometry.Segment{p[0], p[1]})
		}
	case BoxOID:
		p, _ := r.points(2, false)
		r.end()
		if r.err == nil {
			d = MakeBox(orderedBox(p[0], p[1]))
		}
	case LineOID:
		d = r.line()
	case PathOID:
		d = r.path()
	case PolygonOID:
		if n := r.count(); n > 0 {
			p, _ := r.points(n, false)
			r.end()
			d = MakePolygon(geometry.Polygon{Points: p})
		}
	case CircleOID:
		d = r.circle()
	}
	if r.err != nil {
		return Datum{}, r.err
	}
	return d, nil
}

// line reads {A,B,C} or two points.
func (r *shape) line() Datum {
	r.space()
	if r.take('{') {
		var l geometry.Line
		l.A = r.real()
		r.need(',')
		l.B = r.real()
		r.need(',')
		l.C = r.real()
		r.need('}')
		r.space()
		r.end()
		if r.err == nil && !l.Valid() {
			r.err = pgerr.New(pgerrcode.InvalidTextRepresentation, noLine)
		}
		return MakeLine(l)
	}
	p, _ := r.points(2, true)
	r.end()
	switch {
	case r.err != nil:
		return Datum{}
	case geometry.PointsEqual(p[0], p[1]):
		r.err = pgerr.New(pgerrcode.InvalidTextRepresentation, geometry.TwoPoints)
		return Datum{}
	}
	var c geometry.Calc
	l := c.LineThrough(p[0], p[1])
	r.err = c.Err
	return MakeLine(l)
}

// path may have an opening parenthesis that only the points of a closed path follow.
func (r *shape) path() Datum {
	n := r.count()
	r.space()
	paren := r.at('(') && r.lastParen() && r.take('(')
	if r.err != nil {
		return Datum{}
	}
	points, open := r.points(n, true)
	if paren {
		r.need(')')
		r.space()
	}
	r.end()
	return MakePath(geometry.Path{Closed: !open, Points: points})
}

// circle reads <(x,y),r> and what leaves out some of it.
func (r *shape) circle() Datum {
	r.space()
	angle := r.take('<')
	depth := b2i(angle || r.doubled())
	var c geometry.Circle
	c.Center = r.point()
	r.take(',')
	if c.Radius = r.real(); c.Radius < 0 {
		r.bad()
	}
	if depth > 0 && r.err == nil {
		if !r.take(')') && !(angle && r.take('>')) {
			r.bad()
		}
		r.space()
	}
	r.end()
	return MakeCircle(c)
}

// appendGeometry prints a value of a geometric type.
func appendGeometry(dst []byte, t T, d Datum, f *Format) []byte {
	b := d.ref
	real := func(i int) { dst = appendFloat(dst, realAt(b, i), 64, f.ExtraFloatDigits) }
	point := func(i int) {
		dst = append(dst, '(')
		real(2 * i)
		dst = append(dst, ',')
		real(2*i + 1)
		dst = append(dst, ')')
	}
	points := func(n int) {
		for i := range n {
			f.mustGoOn(i)
			if i > 0 {
				dst = append(dst, ',')
			}
			point(i)
		}
	}
	around := func(open, close byte, n int) {
		dst = append(dst, open)
		points(n)
		dst = append(dst, close)
	}
	switch t.OID {
	case PointOID:
		point(0)
	case LsegOID:
		around('[', ']', 2)
	case BoxOID:
		points(2)
	case LineOID:
		for i, c := range [3]byte{'{', ',', ','} {
			dst = append(dst, c)
			real(i)
		}
		dst = append(dst, '}')
	case PathOID:
		n, closed := PathPoints(d), b[0] != 0
		if b = b[pathHead:]; closed {
			around('(', ')', n)
		} else {
			around('[', ']', n)
		}
	case PolygonOID:
		n := PolygonPoints(d)
		b = b[polyHead:]
		around('(', ')', n)
	case CircleOID:
		dst = append(dst, '<')
		point(0)
		dst = append(dst, ',')
		real(2)
		dst = append(dst, '>')
	}
	return dst
}
