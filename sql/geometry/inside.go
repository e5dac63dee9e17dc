package geometry

// inside reports that p is within or on the outline through the points: how often a ray
// from it to the right is crossed upwards and downwards does not cancel out.
func (c *Calc) inside(p Point, outline []Point) bool {
	last := c.Sub(outline[0], p)
	first, total := last, 0
	for i := 1; i <= len(outline); i++ {
		at := first
		if i < len(outline) {
			at = c.Sub(outline[i], p)
		}
		if !c.more() {
			return false
		}
		n, on := c.crossing(at, last)
		if on {
			return true
		}
		total += n
		last = at
	}
	return total != 0
}

// crossing is how the edge from last to at crosses the positive half of the x axis: 2
// upwards, −2 downwards, 1 and −1 where an end lies on it, 0 not at all. on is true of an
// edge through the origin.
func (c *Calc) crossing(at, last Point) (n int, on bool) {
	if isZero(at.Y) {
		return crossingFromAxis(at, last)
	}
	up := above(at.Y, 0)
	sign := -1
	if up {
		sign = 1
	}
	switch {
	case isZero(last.Y):
		if below(last.X, 0) {
			return 0, false
		}
		return sign, false
	case !up && below(last.Y, 0), up && above(last.Y, 0): // on one side of the axis
		return 0, false
	case notBelow(at.X, 0) && above(last.X, 0):
		return 2 * sign, false
	case below(at.X, 0) && notAbove(last.X, 0):
		return 0, false
	}
	z := c.sub(c.mul(c.sub(at.X, last.X), at.Y), c.mul(c.sub(at.Y, last.Y), at.X))
	switch {
	case isZero(z):
		return 0, true
	case !up && below(z, 0), up && above(z, 0):
		return 0, false
	}
	return 2 * sign, false
}

// crossingFromAxis is crossing where the edge ends on the axis.
func crossingFromAxis(at, last Point) (n int, on bool) {
	switch {
	case isZero(at.X):
		return 0, true
	case above(at.X, 0) && isZero(last.Y):
		return 0, !above(last.X, 0)
	case above(at.X, 0) && below(last.Y, 0):
		return 1, false
	case above(at.X, 0):
		return -1, false
	case isZero(last.Y):
		return 0, !below(last.X, 0)
	}
	return 0, false
}
