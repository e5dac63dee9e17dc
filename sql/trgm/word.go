package trgm

// WordSimilarity is the greatest similarity between the trigrams of a word, or several,
// and those of a part of a text; strict: of a part that begins and ends where words do.
// Not all parts are looked at: as the end moves on, the beginning only follows.
func WordSimilarity(word, text []byte, strict bool) float32 {
	wanted := map[Trigram]bool{}
	for _, t := range Of(word) {
		wanted[t] = true
	}
	e := extent{strict: strict, words: len(wanted)}
	number := map[Trigram]int{}
	each(text, func(t Trigram, at place) {
		n, known := number[t]
		if !known {
			n = len(number)
			number[t] = n
			e.wanted = append(e.wanted, wanted[t])
			e.latest = append(e.latest, -1)
		}
		e.text, e.places = append(e.text, n), append(e.places, at)
	})
	return e.best()
}

// extent is the part of a text that is looked at: text[from:] up to the current place.
type extent struct {
	strict bool
	words  int     // different trigrams of the words
	text   []int   // the text's trigrams, numbered from 0
	places []place // where in their words they stand
	wanted []bool  // by number: the words have it
	latest []int   // by number: its last place in the extent, −1 if it has none

	from  int // −1 before the first that is wanted
	all   int // different trigrams in the extent
	found int // of those, wanted
}

// best moves the end over the text. Whenever a part may end there, the beginning is
// moved to where the similarity is greatest.
func (e *extent) best() (most float32) {
	if !e.strict {
		e.from = -1
	}
	for to, n := range e.text {
		if e.from >= 0 || e.wanted[n] {
			e.enter(n, to)
		}
		if e.strict && e.places[to]&last == 0 || !e.strict && !e.wanted[n] {
			continue
		}
		if e.from < 0 {
			e.from, e.all = to, 1
		}
		most = max(most, e.shorten(to))
	}
	return most
}

func (e *extent) enter(n, at int) {
	if e.latest[n] < 0 {
		e.all++
		if e.wanted[n] {
			e.found++
		}
	}
	e.latest[n] = at
}

// shorten tries every beginning up to the end to, takes the best, and gives its similarity.
func (e *extent) shorten(to int) float32 {
	best := share(e.found, e.words, e.all)
	all, found, begin, chosen := e.all, e.found, e.from, e.from
	for at := begin; at <= to; at++ {
		if !e.strict || e.places[at]&first != 0 {
			if s := share(found, e.words, all); s > best {
				best, chosen, e.all, e.found = s, at, all, found
			}
		}
		// What stands at the place goes, if it does not come again.
		if n := e.text[at]; e.latest[n] == at {
			all--
			if e.wanted[n] {
				found--
			}
		}
	}
	for at := begin; at < chosen; at++ {
		if n := e.text[at]; e.latest[n] == at {
			e.latest[n] = -1
		}
	}
	e.from = chosen
	return best
}
