package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/libm"
)

// The functions of angles in degrees, as PostgreSQL computes them: from quotients
// of the radian functions that are exact at 0, 30, 45, 60 and 90 degrees.

var (
	// A variable, so that products are rounded here as they are in calls.
	radiansPerDegree = 0.0174532925199432957692

	sin30       = libm.Sin(30 * radiansPerDegree)
	cosGap60    = 1 - libm.Cos(60*radiansPerDegree)
	asinOfHalf  = libm.Asin(0.5)
	acosOfHalf  = libm.Acos(0.5)
	atanOfOne   = libm.Atan(1)
	tan45       = sinFirst(45) / cosFirst(45)
	cotangent45 = cosFirst(45) / sinFirst(45)
)

// sinTo30 and cosTo60 are exact at both ends of their ranges.
func sinTo30(x float64) float64 { return libm.Sin(x*radiansPerDegree) / sin30 / 2 }

func cosTo60(x float64) float64 { return 1 - (1-libm.Cos(x*radiansPerDegree))/cosGap60/2 }

// sinFirst and cosFirst are for the first quadrant.
func sinFirst(x float64) float64 {
	if x <= 30 {
		return sinTo30(x)
	}
	return cosTo60(90 - x)
}

func cosFirst(x float64) float64 {
	if x <= 60 {
		return cosTo60(x)
	}
	return sinTo30(90 - x)
}

// toFirst brings an angle into the first quadrant, with the sign that the sine and
// the cosine take there.
func toFirst(x float64) (first, sin, cos float64) {
	x, sin, cos = math.Mod(x, 360), 1, 1
	if x < 0 {
		x, sin = -x, -sin
	}
	if x > 180 {
		x, sin = 360-x, -sin
	}
	if x > 90 {
		x, cos = 180-x, -cos
	}
	return x, sin, cos
}

func sinDegrees(x float64) float64 {
	x, sign, _ := toFirst(x)
	return sign * sinFirst(x)
}

func cosDegrees(x float64) float64 {
	x, _, sign := toFirst(x)
	return sign * cosFirst(x)
}

func tanDegrees(x float64) float64 {
	x, sin, cos := toFirst(x)
	return sin*cos*(sinFirst(x)/cosFirst(x)/tan45) + 0 // no negative zero
}

func cotDegrees(x float64) float64 {
	x, sin, cos := toFirst(x)
	return sin*cos*(cosFirst(x)/sinFirst(x)/cotangent45) + 0
}

func asinFirst(x float64) float64 {
	if x <= 0.5 {
		return libm.Asin(x) / asinOfHalf * 30
	}
	return 90 - libm.Acos(x)/acosOfHalf*60
}

func asinDegrees(x float64) float64 {
	if x >= 0 {
		return asinFirst(x)
	}
	return -asinFirst(-x)
}

func acosDegrees(x float64) float64 {
	switch {
	case x < 0:
		return 90 + asinFirst(-x)
	case x <= 0.5:
		return 90 - libm.Asin(x)/asinOfHalf*30
	}
	return libm.Acos(x) / acosOfHalf * 60
}

// atanDegrees converts an arc tangent from radians.
func atanDegrees(arc float64) float64 { return arc / atanOfOne * 45 }
