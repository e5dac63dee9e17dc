package regex

// repetition is the division of a text into matches of one part.
type repetition struct {
	r        *runner
	part     *node
	end      int
	min, max int
	ends     []int // ends[0] is the beginning, ends[k] where match k ends
	sure     int   // so many are known to divide further
}

// divideRepeat finds a division into matches of n's part: the first as long or as
// short as the part prefers, then the second, and so on. Nothing is no matches at
// all for a part that prefers short ones, else an empty match, if there can be one.
func (r *runner) divideRepeat(n *node, begin, end int) bool {
	short := n.kids[0].flags&shorter != 0
	nothing := n.min == 0 && begin == end
	if nothing && short {
		return true
	}
	low := max(n.min, 1)
	high := end - begin // matches count that take something
	if n.max != endless {
		high = min(high, n.max)
	}
	d := &repetition{r: r, part: n.kids[0], end: end, min: low, max: max(high, low)}
	d.ends = make([]int, 1, 8)
	d.ends[0] = begin
	if short {
		return d.shortest()
	}
	return d.longest() || nothing && r.err == nil
}

// set notes where match k ends.
func (d *repetition) set(k, end int) {
	d.ends = append(d.ends[:k], end)
	d.sure = min(d.sure, k-1)
}

// needed reports that after k matches up to pos some have to be empty.
func (d *repetition) needed(k, pos int) bool { return k < d.min && d.min-k >= d.end-pos }

// verify divides the matches themselves and gives the first that cannot be; 0 = none.
func (d *repetition) verify(k int) int {
	for i := d.sure + 1; i <= k; i++ {
		d.r.forget(d.part)
		if !d.r.divide(d.part, d.ends[i-1], d.ends[i]) {
			return i
		}
		d.sure = i
	}
	return 0
}

func (d *repetition) longest() bool {
	limit := d.end
	for k := 1; k > 0 && d.r.err == nil; {
		start := d.ends[k-1]
		pos := d.r.longest(d.part.program(), start, limit)
		switch {
		case pos < 0:
			k--
		case pos != d.end:
			d.set(k, pos)
			if k >= d.max {
				k--
			} else if pos != start || d.needed(k, pos) {
				k++
				limit = d.end
				continue
			}
		case k >= d.min:
			d.set(k, pos)
			bad := d.verify(k)
			if bad == 0 {
				return true
			}
			k = bad
		default:
			d.set(k, pos)
		}
		// shorten match k, or the last one before it that can be shortened
		for ; k > 0; k-- {
			before := d.ends[k-1]
			if d.ends[k] > before {
				if limit = d.ends[k] - 1; limit > before || d.needed(k, before) {
					break
				}
			}
		}
	}
	return false
}

func (d *repetition) shortest() bool {
	least := d.ends[0]
	for k := 1; k > 0 && d.r.err == nil; {
		start := d.ends[k-1]
		if least == start && least != d.end && !d.needed(k, least) {
			least++
		}
		if k >= d.max {
			least = d.end
		}
		pos := d.r.shortest(d.part.program(), start, least, d.end)
		switch {
		case pos < 0:
			k--
		case pos != d.end:
			d.set(k, pos)
			if k < d.max {
				k++
				least = pos
				continue
			}
			k--
		case k >= d.min:
			d.set(k, pos)
			bad := d.verify(k)
			if bad == 0 {
				return true
			}
			k = bad
		default:
			d.set(k, pos)
		}
		// lengthen match k, or the last one before it that can be lengthened
		for ; k > 0; k-- {
			if d.ends[k] < d.end {
				least = d.ends[k] + 1
				break
			}
		}
	}
	return false
}
