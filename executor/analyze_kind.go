package executor

import (
	"bytes"
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// statKind is what statistics a type's values can have (std_typanalyze).
type statKind uint8

const (
	noStats       statKind = iota // of vectors, which are looked at otherwise, and of documents, whose parts are
	widthStats                    // of what cannot be compared
	distinctStats                 // of what is equal or not
	orderedStats
)

func statKindOf(t types.T) statKind {
	switch {
	case t.IsVector() || t.OID == types.JSONBOID:
		return noStats
	case builtin.HasOrder(t.OID):
		return orderedStats
	case builtin.HasEquality(t.OID):
		return distinctStats
	}
	return widthStats
}

// tooWide stands for the keys of values that are too wide to be compared.
var tooWide = []byte("too wide")

func isTooWide(key []byte) bool { return len(key) > 0 && &key[0] == &tooWide[0] }

// key is what is sampled of a value that is not NULL: nothing of what is only measured, and tooWide
// of what is long, of which a sample could hold gigabytes.
func (k statKind) key(t types.T, d types.Datum) []byte {
	switch info := types.Lookup(t.OID); {
	case k == widthStats:
		return []byte{}
	case (info == nil || info.Len < 0) && len(d.Bytes())+4 > wideValue:
		return tooWide
	}
	return types.AppendKey([]byte{}, t, d, false)
}

// of makes the statistics of a column from its sampled keys, which it may reorder: nil for
// NULL. width is that of all values.
func (k statKind) of(t types.T, keys [][]byte, rows int, width int64) *catalog.ColumnStats {
	sampled := len(keys)
	keys = slices.DeleteFunc(keys, isTooWide)
	wide := sampled - len(keys)
	if k == orderedStats {
		c := columnStats(keys, wide, rows, width)
		if i := types.Lookup(t.OID); c.NullFrac == 1 && i != nil && i.Len > 0 {
			c.Width = int(i.Len)
		}
		return c
	}
	var values [][]byte
	for _, v := range keys {
		if v != nil {
			values = append(values, v)
		}
	}
	c := &catalog.ColumnStats{NullFrac: share(len(keys)-len(values), sampled)}
	switch i := types.Lookup(t.OID); {
	case len(values)+wide > 0:
		c.Width = int(width / int64(len(values)+wide))
	case i != nil && i.Len > 0:
		c.Width = int(i.Len)
	}
	if k == distinctStats && len(values)+wide > 0 {
		distinctOnly(c, values, wide, sampled, rows)
	}
	return c
}

// tracked is a value and how often it was met.
type tracked struct {
	key []byte
	n   int
}

// track counts values in a list of those that were met most often, the latest first among
// those that were met once (compute_distinct_stats).
func track(values [][]byte, most int) []tracked {
	var list []tracked
	for _, v := range values {
		once, at := len(list), -1 // once: the first that was met but once
		for j := range list {
			if bytes.Equal(list[j].key, v) {
				at = j
				break
			}
			if j < once && list[j].n == 1 {
				once = j
			}
		}
		if at < 0 {
			if len(list) < most {
				list = append(list, tracked{})
			}
			if once < len(list) {
				copy(list[once+1:], list[once:])
				list[once] = tracked{v, 1}
			}
			continue
		}
		list[at].n++
		for ; at > 0 && list[at].n > list[at-1].n; at-- {
			list[at], list[at-1] = list[at-1], list[at]
		}
	}
	return list
}

// distinctOnly finds how many different values there are, beside those that are too wide, and the
// most common ones.
func distinctOnly(c *catalog.ColumnStats, values [][]byte, wide, sampled, rows int) {
	const most = 2 * statTarget
	list := track(values, most)
	several, sum := 0, 0
	for several < len(list) && list[several].n > 1 {
		sum += list[several].n
		several++
	}
	all := float64(rows) * (1 - c.NullFrac)
	switch {
	case several == 0:
		c.Distinct = c.NullFrac - 1
	case len(list) < most && wide == 0 && several == len(list):
		c.Distinct = float64(several)
	default:
		some := float64(len(values) + wide)
		once := some - float64(sum)
		c.Distinct = float64(duj1(some, once+float64(several), once, all))
	}
	if c.Distinct > 0.1*float64(rows) {
		c.Distinct = -c.Distinct / float64(rows)
	}
	keep := min(len(list), statTarget)
	if complete := len(list) < most && wide == 0 && c.Distinct > 0 && len(list) <= statTarget; !complete && sampled < rows {
		keep = min(several, keep)
	}
	for _, v := range list[:keep] {
		c.MCV, c.MCF = append(c.MCV, v.key), append(c.MCF, float64(v.n)/float64(sampled))
	}
}
