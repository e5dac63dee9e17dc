package tsearch

import (
	"bytes"
	"math"
	"slices"
)

// DefaultWeights are those of the letters D, C, B and A in ranks.
var DefaultWeights = [4]float32{0.1, 0.2, 0.4, 1}

// How a rank depends on the length of a document.
const (
	byLogLength = 1 << iota
	byLength
	byExtents
	byUnique
	byLogUnique
	toOne
)

// length is the number of all places; a lexeme without them counts once.
func (v Vector) length() int {
	n := 0
	for _, l := range v {
		n += max(1, len(l.Pos))
	}
	return n
}

// uniqueWords are the words of a query in their order, each once.
func uniqueWords(q *Node) []*Node {
	var list []*Node
	q.words(func(n *Node) { list = append(list, n) })
	slices.SortStableFunc(list, func(a, b *Node) int { return bytes.Compare(a.Word, b.Word) })
	return slices.CompactFunc(list, func(a, b *Node) bool { return bytes.Equal(a.Word, b.Word) })
}

// Rank is ts_rank: how often and how near to each other the words are.
func Rank(w [4]float32, v Vector, q *Node, method int) float32 {
	if q == nil || len(v) == 0 {
		return 0
	}
	words := uniqueWords(q)
	var r float32
	if (q.Op == And || q.Op == Phrase) && len(words) > 1 {
		r = rankAnd(w, v, words)
	} else {
		r = rankOr(w, v, words)
	}
	if r < 0 {
		r = 1e-20
	}
	if method&byLogLength != 0 {
		r = float32(float64(r) / (math.Log(float64(v.length()+1)) / math.Log(2)))
	}
	if n := v.length(); method&byLength != 0 && n > 0 {
		r /= float32(n)
	}
	if method&byUnique != 0 {
		r /= float32(len(v))
	}
	if method&byLogUnique != 0 {
		r = float32(float64(r) / (math.Log(float64(len(v)+1)) / math.Log(2)))
	}
	if method&toOne != 0 {
		r /= r + 1
	}
	return r
}

// nearness falls with the distance of two words.
func nearness(distance int) float32 {
	if distance > 100 {
		return 1e-30
	}
	return float32(1 / (1.005 + 0.05*math.Exp(float64(float32(distance))/1.5-2)))
}

// rankAnd adds up pairs of places of different words.
func rankAnd(w [4]float32, v Vector, words []*Node) float32 {
	unknown := []Pos{MakePos(maxPos-1, 0)}
	pos := make([][]Pos, len(words))
	known := make([]bool, len(words))
	result := float32(-1)
	for i, n := range words {
		for _, l := range v.matching(n) {
			pos[i], known[i] = l.Pos, len(l.Pos) > 0
			if !known[i] {
				pos[i] = unknown
			}
			for k := range i {
				for _, p := range pos[i] {
					for _, c := range pos[k] {
						distance := max(p.Place()-c.Place(), c.Place()-p.Place())
						if distance == 0 {
							if known[i] && known[k] {
								continue
							}
							distance = maxPos + 1
						}
						one := float32(math.Sqrt(float64(w[p.Weight()] * w[c.Weight()] * nearness(distance))))
						if result < 0 {
							result = one
						} else {
							result = float32(1 - (1-float64(result))*(1-float64(one)))
						}
					}
				}
			}
		}
	}
	return result
}

// rankOr adds up weights, later places of a word counting less.
func rankOr(w [4]float32, v Vector, words []*Node) float32 {
	result := float32(0)
	for _, n := range words {
		for _, l := range v.matching(n) {
			places := l.Pos
			if len(places) == 0 {
				places = []Pos{0}
			}
			sum, best, at := float32(0), float32(-1), 0
			for j, p := range places {
				sum += w[p.Weight()] / float32((j+1)*(j+1))
				if w[p.Weight()] > best {
					best, at = w[p.Weight()], j
				}
			}
			result = float32(float64(result) + float64(best+sum-best/float32((at+1)*(at+1)))/1.64493406685)
		}
	}
	if len(words) > 0 {
		result /= float32(len(words))
	}
	return result
}

// spot is a place of a document where words of the query stand.
type spot struct {
	pos   Pos
	words []*Node
}

// spots are all of them in order.
func spots(v Vector, q *Node) []spot {
	var list []spot
	for i := range v {
		var here []*Node
		q.words(func(n *Node) {
			if bytes.Equal(n.Word, v[i].Word) || n.Prefix && bytes.HasPrefix(v[i].Word, n.Word) {
				here = append(here, n)
			}
		})
		if len(here) > 0 {
			for _, p := range v[i].Pos {
				if words := weighted(here, p.Weight()); len(words) > 0 {
					list = append(list, spot{p, words})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b spot) int {
		if c := a.pos.Place() - b.pos.Place(); c != 0 {
			return c
		}
		return int(a.pos.Weight()) - int(b.pos.Weight())
	})
	return list
}

// weighted are the words that a place of this weight matches.
func weighted(words []*Node, weight byte) []*Node {
	var list []*Node
	for _, n := range words {
		if n.Weights == 0 || n.Weights&(1<<weight) != 0 {
			list = append(list, n)
		}
	}
	return list
}

// cover is a shortest stretch of spots for which the query holds.
type cover struct{ from, to int }

// nextCover finds the next one that begins at a spot or later, and where to look for
// the one after it.
func nextCover(list []spot, q *Node, from int) (c cover, next int, ok bool) {
	for ; from < len(list); from++ {
		seen := seenWords{}
		end := from
		for end < len(list) && !seen.add(list[end], q) {
			end++
		}
		if end == len(list) {
			return c, from, false
		}
		seen = seenWords{}
		begin := end
		for begin >= from && !seen.add(list[begin], q) {
			begin--
		}
		if begin >= from && list[begin].pos.Place() <= list[end].pos.Place() {
			return cover{begin, end}, begin + 1, true
		}
	}
	return c, from, false
}

// seenWords are the places of the words that a stretch has.
type seenWords map[*Node][]int

// add reports that with one more spot the query holds.
func (s seenWords) add(x spot, q *Node) bool {
	for _, n := range x.words {
		s[n] = append(s[n], x.pos.Place())
	}
	return q.holds(func(n *Node, out *phrasal) answer {
		places := s[n]
		if len(places) == 0 {
			return no
		}
		if out != nil {
			out.pos = slices.Clone(places)
			slices.Sort(out.pos)
			out.pos = slices.Compact(out.pos)
		}
		return yes
	}) != no
}

// RankCover is ts_rank_cd: the more, the shorter and the denser the stretches of the
// document are for which the query holds, the higher.
func RankCover(w [4]float32, v Vector, q *Node, method int) float32 {
	if q == nil {
		return 0
	}
	list := spots(v, q)
	total, distances, last, count := 0.0, 0.0, 0.0, 0
	for at := 0; ; {
		c, next, ok := nextCover(list, q, at)
		if !ok {
			break
		}
		at = next
		inverse := 0.0
		for _, x := range list[c.from : c.to+1] {
			inverse += 1 / float64(w[x.pos.Weight()])
		}
		first, end := list[c.from].pos.Place(), list[c.to].pos.Place()
		noise := end - first - (c.to - c.from)
		if noise < 0 {
			noise = (c.to - c.from) / 2
		}
		total += float64(c.to-c.from+1) / inverse / float64(1+noise)
		middle := float64(first+end) / 2
		if count > 0 && middle > last {
			distances += 1 / (middle - last)
		}
		last = middle
		count++
	}
	if method&byLogLength != 0 && len(v) > 0 {
		total /= math.Log(float64(v.length() + 1))
	}
	if n := v.length(); method&byLength != 0 && n > 0 {
		total /= float64(n)
	}
	if method&byExtents != 0 && count > 0 && distances > 0 {
		total /= float64(count) / distances
	}
	if method&byUnique != 0 && len(v) > 0 {
		total /= float64(len(v))
	}
	if method&byLogUnique != 0 && len(v) > 0 {
		total /= math.Log(float64(len(v)+1)) / math.Log(2)
	}
	if method&toOne != 0 {
		total /= total + 1
	}
	return float32(total)
}
