package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// castGeometry converts between geometric types.
func castGeometry(from, to T, d Datum) (out Datum, done bool, err error) {
	var c geometry.Calc
	switch from.OID {
	case PointOID:
		if to.OID == BoxOID {
			p := PointOf(d)
			return MakeBox(geometry.Box{High: p, Low: p}), true, nil
		}
	case LsegOID:
		if to.OID == PointOID {
			out, done = MakePoint(c.SegmentCenter(SegmentOf(d))), true
		}
	case BoxOID:
		out, done = boxTo(&c, to.OID, BoxOf(d))
	case PathOID:
		if to.OID == PolygonOID {
			if !PathOf(d).Closed {
				return out, false, pgerr.New(pgerrcode.InvalidParameterValue, "open path cannot be converted to polygon")
			}
			return MakePolygon(geometry.Polygon{Points: PathOf(d).Points}), true, nil
		}
	case PolygonOID:
		out, done = polygonTo(&c, to.OID, PolygonOf(d))
	case CircleOID:
		out, done = circleTo(&c, to.OID, CircleOf(d))
	}
	return out, done && c.Err == nil, c.Err
}

func boxTo(c *geometry.Calc, to OID, b geometry.Box) (Datum, bool) {
	switch to {
	case PointOID:
		return MakePoint(c.BoxCenter(b)), true
	case LsegOID:
		return MakeSegment(b.Diagonal()), true
	case PolygonOID:
		return MakePolygon(b.Polygon()), true
	case CircleOID:
		return MakeCircle(c.BoxCircle(b)), true
	}
	return Datum{}, false
}

func polygonTo(c *geometry.Calc, to OID, p geometry.Polygon) (Datum, bool) {
	switch to {
	case PointOID:
		return MakePoint(c.PolygonCircle(p).Center), true
	case PathOID:
		return MakePath(p.Path()), true
	case BoxOID:
		return MakeBox(p.Bound), true
	case CircleOID:
		return MakeCircle(c.PolygonCircle(p)), true
	}
	return Datum{}, false
}

// cornersOfCircle is how many a circle gets as a polygon where nothing else is said.
const cornersOfCircle = 12

func circleTo(c *geometry.Calc, to OID, a geometry.Circle) (Datum, bool) {
	switch to {
	case PointOID:
		return MakePoint(a.Center), true
	case BoxOID:
		return MakeBox(c.CircleBox(a)), true
	case PolygonOID:
		return MakePolygon(c.CirclePolygon(cornersOfCircle, a)), true
	}
	return Datum{}, false
}
