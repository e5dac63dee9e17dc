package types

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/sql/geometry"
)

// A geometric datum is what goes over the wire: its numbers, of a line A, B and C, of a
// box the upper right corner first, of a circle the radius last. Before the points of a
// path stand a byte, 1 of a closed one, and their number in four bytes, before those of
// a polygon their number.

const (
	pointSize = 16
	pathHead  = 5
	polyHead  = 4
)

func appendReal(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(b, wireFloat(Float(v)))
}

func appendPoint(b []byte, p geometry.Point) []byte { return appendReal(appendReal(b, p.X), p.Y) }

func realAt(b []byte, i int) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b[8*i:])) }

func pointAt(b []byte, i int) geometry.Point {
	return geometry.Point{X: realAt(b, 2*i), Y: realAt(b, 2*i+1)}
}

func pointsIn(b []byte) []geometry.Point {
	out := make([]geometry.Point, len(b)/pointSize)
	for i := range out {
		out[i] = pointAt(b, i)
	}
	return out
}

func appendPoints(b []byte, points []geometry.Point) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(points)))
	for _, p := range points {
		b = appendPoint(b, p)
	}
	return b
}

// PointOf, and so on, is the value of a datum of the type, and MakePoint, and so on, the
// datum of a value, which is its own.
func PointOf(d Datum) geometry.Point { return pointAt(d.ref, 0) }

// SegmentOf is that of an lseg.
func SegmentOf(d Datum) geometry.Segment {
	return geometry.Segment{pointAt(d.ref, 0), pointAt(d.ref, 1)}
}

// LineOf is that of a line.
func LineOf(d Datum) geometry.Line {
	return geometry.Line{A: realAt(d.ref, 0), B: realAt(d.ref, 1), C: realAt(d.ref, 2)}
}

// BoxOf is that of a box.
func BoxOf(d Datum) geometry.Box {
	return geometry.Box{High: pointAt(d.ref, 0), Low: pointAt(d.ref, 1)}
}

// PathOf is that of a path.
func PathOf(d Datum) geometry.Path {
	return geometry.Path{Closed: d.ref[0] != 0, Points: pointsIn(d.ref[pathHead:])}
}

// PolygonOf is that of a polygon.
func PolygonOf(d Datum) geometry.Polygon { return geometry.MakePolygon(pointsIn(d.ref[polyHead:])) }

// CircleOf is that of a circle.
func CircleOf(d Datum) geometry.Circle {
	return geometry.Circle{Center: pointAt(d.ref, 0), Radius: realAt(d.ref, 2)}
}

// MakePoint is a point's datum.
func MakePoint(p geometry.Point) Datum { return Bytes(appendPoint(make([]byte, 0, pointSize), p)) }

// MakeSegment is an lseg's.
func MakeSegment(s geometry.Segment) Datum {
	return Bytes(appendPoint(appendPoint(make([]byte, 0, 2*pointSize), s[0]), s[1]))
}

// MakeLine is a line's.
func MakeLine(l geometry.Line) Datum {
	return Bytes(appendReal(appendReal(appendReal(make([]byte, 0, 24), l.A), l.B), l.C))
}

// MakeBox is a box's.
func MakeBox(b geometry.Box) Datum { return MakeSegment(geometry.Segment{b.High, b.Low}) }

// MakePath is a path's.
func MakePath(p geometry.Path) Datum {
	b := make([]byte, 0, pathHead+pointSize*len(p.Points))
	return Bytes(appendPoints(append(b, byte(b2i(p.Closed))), p.Points))
}

// MakePolygon is a polygon's.
func MakePolygon(p geometry.Polygon) Datum {
	return Bytes(appendPoints(make([]byte, 0, polyHead+pointSize*len(p.Points)), p.Points))
}

// MakeCircle is a circle's.
func MakeCircle(c geometry.Circle) Datum {
	return Bytes(appendReal(appendPoint(make([]byte, 0, 24), c.Center), c.Radius))
}

// PathPoints is the number of a path's points, PolygonPoints that of a polygon's corners.
func PathPoints(d Datum) int { return (len(d.ref) - pathHead) / pointSize }

// PolygonPoints counts corners.
func PolygonPoints(d Datum) int { return (len(d.ref) - polyHead) / pointSize }

// decodeGeometry reads what came over the wire.
func decodeGeometry(t T, b []byte) (Datum, error) {
	switch info := byOID(t.OID); {
	case t.OID == PathOID:
		return decodePoints("path", b, 1)
	case t.OID == PolygonOID:
		return decodePoints("polygon", b, 0)
	case len(b) != int(info.Len):
		return Datum{}, wrongLength(len(b), int(info.Len))
	}
	d := Bytes(make([]byte, 0, len(b)))
	for i := range len(b) / 8 {
		d.ref = appendReal(d.ref, realAt(b, i))
	}
	switch t.OID {
	case BoxOID:
		return MakeBox(orderedBox(pointAt(b, 0), pointAt(b, 1))), nil
	case LineOID:
		if !LineOf(d).Valid() {
			return Datum{}, badBinary("%s", noLine)
		}
	case CircleOID:
		if CircleOf(d).Radius < 0 {
			return Datum{}, badBinary("invalid radius in external \"circle\" value")
		}
	}
	return d, nil
}

// decodePoints reads a path or a polygon, whose points stand behind a number of bytes and
// their own number.
func decodePoints(typ string, b []byte, flags int) (Datum, error) {
	const most = math.MaxInt32 / pointSize
	if len(b) < flags+polyHead {
		if len(b) == 0 && flags > 0 {
			return Datum{}, noData()
		}
		return Datum{}, shortMessage()
	}
	n := int32(binary.BigEndian.Uint32(b[flags:]))
	if n <= 0 || n >= most {
		return Datum{}, badBinary("invalid number of points in external \"%s\" value", typ)
	}
	head := flags + polyHead
	if want := head + pointSize*int(n); len(b) != want {
		return Datum{}, wrongLength(len(b), want)
	}
	out := make([]byte, 0, len(b))
	if flags > 0 {
		out = append(out, byte(b2i(b[0] != 0)))
	}
	out = append(out, b[flags:head]...)
	for i := range 2 * int(n) {
		out = appendReal(out, realAt(b[head:], i))
	}
	return Bytes(out), nil
}

// orderedBox is the box with the first corner for the upper right one, but for coordinates
// that are below the other's.
func orderedBox(p, q geometry.Point) geometry.Box { return geometry.MakeBox(q, p) }
