package session

// outcomes are how transactions ended, two bits each, in pages. A page whose transactions
// have all committed takes no memory: most do, and so numbers long ago are still known.
// Guarded by whoever has it.
type outcomes struct {
	pages  map[uint64]*outcomePage
	newest uint64 // page
}

type outcomePage [outcomesOfPage / 4]byte

const (
	outcomesOfPage  = 1 << 15
	maxOutcomePages = 1 << 11 // 67 million transactions, in 16 MiB at most
)

const (
	outcomeUnknown = iota
	outcomeCommitted
	outcomeAborted
)

// allCommitted stands for every page of which that is true.
var allCommitted = func() *outcomePage {
	p := &outcomePage{}
	for i := range p {
		p[i] = outcomeCommitted * 0b01010101
	}
	return p
}()

// note sets the outcome of transaction n.
func (o *outcomes) note(n uint64, outcome byte) {
	at := n / outcomesOfPage
	p := o.pages[at]
	if p == nil {
		p = o.begin(at)
	}
	if p == allCommitted {
		if outcome == outcomeCommitted {
			return
		}
		c := *p
		p = &c
		o.pages[at] = p
	}
	i := n % outcomesOfPage
	b, shift := &p[i/4], i%4*2
	*b = *b&^(3<<shift) | outcome<<shift
}

// begin makes a page. What lies before is looked through for what can be given back.
func (o *outcomes) begin(at uint64) *outcomePage {
	if o.pages == nil {
		o.pages = map[uint64]*outcomePage{}
	}
	p := &outcomePage{}
	o.pages[at] = p
	if at > o.newest {
		o.newest = at
	}
	for k, page := range o.pages {
		switch {
		case k+maxOutcomePages <= o.newest:
			delete(o.pages, k)
		case page != allCommitted && *page == *allCommitted:
			o.pages[k] = allCommitted
		}
	}
	return p
}

// of is the outcome of transaction n, as far as it is known.
func (o *outcomes) of(n uint64) byte {
	p := o.pages[n/outcomesOfPage]
	if p == nil {
		return outcomeUnknown
	}
	i := n % outcomesOfPage
	return p[i/4] >> (i % 4 * 2) & 3
}
