package executor

// pgSort sorts as PostgreSQL does (Bentley and McIlroy, "Engineering a sort function";
// src/include/lib/sort_template.h), so that elements that compare as equal come in the same
// order: it shows where a list that is sorted by frequency alone is shown or cut off.
func pgSort[E any](a []E, cmp func(x, y E) int) {
	for {
		n := len(a)
		if presorted(a, cmp) {
			return
		}
		if n < 7 {
			for i := 1; i < n; i++ {
				for k := i; k > 0 && cmp(a[k-1], a[k]) > 0; k-- {
					a[k], a[k-1] = a[k-1], a[k]
				}
			}
			return
		}
		m := pgPivot(a, cmp)
		a[0], a[m] = a[m], a[0]
		below, above := pgPartition(a, cmp)
		left, right := a[:below], a[n-above:]
		if below > above {
			left, right = right, left
		}
		pgSort(left, cmp)
		a = right
	}
}

func presorted[E any](a []E, cmp func(x, y E) int) bool {
	for i := 1; i < len(a); i++ {
		if cmp(a[i-1], a[i]) > 0 {
			return false
		}
	}
	return true
}

// pgPivot is the place of a median of some elements, of seven and more.
func pgPivot[E any](a []E, cmp func(x, y E) int) int {
	n := len(a)
	l, m, r := 0, n/2, n-1
	if n == 7 {
		return m
	}
	med3 := func(i, j, k int) int {
		switch {
		case cmp(a[i], a[j]) < 0:
			if cmp(a[j], a[k]) < 0 {
				return j
			} else if cmp(a[i], a[k]) < 0 {
				return k
			}
			return i
		case cmp(a[j], a[k]) > 0:
			return j
		case cmp(a[i], a[k]) < 0:
			return i
		}
		return k
	}
	if n > 40 {
		d := n / 8
		l, m, r = med3(l, l+d, l+2*d), med3(m-d, m, m+d), med3(r-2*d, r-d, r)
	}
	return med3(l, m, r)
}

// pgPartition puts what is below the first element to the front, what is above it to the end
// and what equals it between them, and says how many there are of both.
func pgPartition[E any](a []E, cmp func(x, y E) int) (below, above int) {
	n := len(a)
	pa, pb, pc, pd := 1, 1, n-1, n-1
	for {
		for pb <= pc {
			r := cmp(a[pb], a[0])
			if r > 0 {
				break
			}
			if r == 0 {
				a[pa], a[pb] = a[pb], a[pa]
				pa++
			}
			pb++
		}
		for pb <= pc {
			r := cmp(a[pc], a[0])
			if r < 0 {
				break
			}
			if r == 0 {
				a[pc], a[pd] = a[pd], a[pc]
				pd--
			}
			pc--
		}
		if pb > pc {
			break
		}
		a[pb], a[pc] = a[pc], a[pb]
		pb++
		pc--
	}
	swap := func(i, k, n int) {
		for ; n > 0; n-- {
			a[i], a[k] = a[k], a[i]
			i, k = i+1, k+1
		}
	}
	d := min(pa, pb-pa)
	swap(0, pb-d, d)
	d = min(pd-pc, n-pd-1)
	swap(pb, n-d, d)
	return pb - pa, pd - pc
}
