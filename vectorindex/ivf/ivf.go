// Package ivf keeps vectors in inverted lists: k-means finds centroids, each vector
// goes into the list of its nearest one as a RaBitQ code against that centroid, and a
// search scans the lists of the centroids nearest to the query, settling with exact
// distances what the codes' error bounds leave open. Codes of 1 and 2 bits lie in blocks
// that are scanned by shuffles; with 4 bits a list has blocks of 2 bits and, for what
// these leave open, a record of 4 bits for each entry (quant.Blocks). Codes of product
// quantization lie in such blocks, too; their books are learned with the centroids. Against a graph it is built in a
// fraction of the time and memory and appends cheaply; its searches read more, but in
// long runs. Entries are numbered 0, 1, 2, … (ordinals). It must not know rows,
// epochs, snapshots, storage or SQL.
//
// # Memory
//
// Per entry: the vector (4·dims bytes), the codes (with 4 bits and 100 dimensions 30
// bytes in a block, up to 31 entries of which are empty at the end of a list, and a record
// of 64) and 4 bytes of numbers; per list its centroid, as given, rotated, and as an 8-bit
// code.
//
// # Concurrency
//
// Reserve, Link and searches may run at the same time from any number of goroutines,
// and Train beside searches. A list grows in chunks that never move; its length is
// published after the entry is written.
package ivf

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// Errors of this package, beside dist.ErrVector; test with errors.Is.
var (
	ErrReadOnly = errors.New("ivf: lists are read-only")
	ErrFull     = errors.New("ivf: lists are full")
	ErrCorrupt  = errors.New("ivf: bytes are not valid lists")
)

const (
	MaxEntries = 1<<31 - 1
	MaxLists   = 1 << 20
)

// Options fixes the lists' meaning and shape.
type Options struct {
	Dims    int
	Metric  dist.Metric
	Element dist.Element // not Sparse
	Lists   int          // 0 = four times the square root of the number of entries trained on
	Seed    uint64
	// Coding is RaBitQ of some bits, product quantization, or none: then lists are scanned by
	// the vectors themselves, as bits always are, and L1 needs.
	Coding quant.Coding
}

func (o *Options) check() error {
	if err := o.space().Validate(); err != nil {
		return fmt.Errorf("ivf: %w", err)
	}
	if o.Element == dist.Bit {
		o.Coding = quant.CodingNone
	}
	switch {
	case o.Element == dist.Sparse:
		return fmt.Errorf("ivf: no lists of %v vectors", o.Element)
	case o.Lists < 0 || o.Lists > MaxLists:
		return fmt.Errorf("ivf: %d lists, want at most %d", o.Lists, MaxLists)
	case o.Coding == quant.CodingSQ8 || !o.Coding.Valid() || !o.Coding.Serves(o.Metric):
		return fmt.Errorf("ivf: coding %v does not serve the metric %v", o.Coding, o.Metric)
	}
	return nil
}

// EntryBytes is what an entry of lists with such options takes beside its vector: its
// codes and its number.
func (o Options) EntryBytes() int64 {
	s := newCoder(&o).shape()
	return 4 + int64(s.bytes)/int64(s.entries) + int64(s.fine)
}

func (o *Options) space() dist.Space {
	return dist.Space{Element: o.Element, Metric: o.Metric, Dims: o.Dims}
}

// Index is a set of vectors in lists. See the package comment for what may run
// concurrently.
type Index struct {
	opt      Options
	code     coder
	readOnly bool

	grow     sync.Mutex  // the next two
	vecs     *dist.Store // nil when read-only
	reserved atomic.Uint32
	fixed    *dist.Vectors // when read-only

	state    atomic.Pointer[trained] // nil before the first training
	lent     *trained                // what Settle has copied
	training sync.RWMutex            // Link holds it to read, Train to publish
	waiting  atomic.Pointer[list]    // linked before the training, in order of arrival

	searches sync.Pool // *Search
	links    sync.Pool // *linker
}

// chunkBytes is about the size of a chunk of vectors.
const chunkBytes = 1 << 20

// New returns an empty index.
func New(o Options) (*Index, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	x := newIndex(o)
	shift := uint(6)
	for shift < 16 && o.space().Size()<<(shift+1) <= chunkBytes {
		shift++
	}
	x.vecs = dist.NewStore(o.space(), shift, 0, dist.Aligned)
	return x, nil
}

func newIndex(o Options) *Index {
	x := &Index{opt: o, code: newCoder(&o)}
	x.waiting.Store(newList(shape{entries: 1}))
	x.searches.New = func() any { return &Search{x: x} }
	x.links.New = func() any { return newLinker(x) }
	return x
}

// Options returns the index's options.
func (x *Index) Options() Options { return x.opt }

// Len returns the number of reserved entries: ordinals below it exist.
func (x *Index) Len() int { return int(x.reserved.Load()) }

// Lists returns the number of lists, 0 before the training.
func (x *Index) Lists() int {
	if t := x.state.Load(); t != nil {
		return t.count
	}
	return 0
}

// Waiting returns the number of entries that were linked before there were lists and
// are scanned by every search.
func (x *Index) Waiting() int {
	if x.state.Load() != nil {
		return 0
	}
	return int(x.waiting.Load().n.Load())
}

// Vector returns the vector of entry ord (Reserve must have returned it), as it was
// given. It aliases the index's memory and must not be modified.
func (x *Index) Vector(ord uint32) []byte { return x.Vectors().Bytes(ord) }

// Vectors views the vectors of the entries that were reserved before.
func (x *Index) Vectors() *dist.Vectors {
	if x.fixed != nil {
		return x.fixed
	}
	return x.vecs.View()
}

// Bytes returns the memory that entries and lists take.
func (x *Index) Bytes() int64 {
	b := x.Vectors().Memory(x.reserved.Load())
	b += int64(x.waiting.Load().n.Load()) * 4
	if t := x.state.Load(); t != nil {
		b += t.bytes()
	}
	return b
}

// Reserve copies vec into the index and returns its ordinal. Ordinals are given out
// in order. Searches do not see the entry before Link.
func (x *Index) Reserve(vec []byte) (uint32, error) {
	if x.readOnly {
		return 0, ErrReadOnly
	}
	if err := x.opt.space().Check(vec); err != nil {
		return 0, err
	}
	x.grow.Lock()
	defer x.grow.Unlock()
	ord := x.reserved.Load()
	if ord >= MaxEntries {
		return 0, ErrFull
	}
	if err := x.vecs.Append(vec); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFull, err)
	}
	x.reserved.Store(ord + 1)
	return ord, nil
}

// Add is Reserve and Link.
func (x *Index) Add(vec []byte) (uint32, error) {
	ord, err := x.Reserve(vec)
	if err != nil {
		return 0, err
	}
	return ord, x.Link(ord)
}

// Link puts a reserved entry into its list, or among those that wait for lists, so
// that searches find it. Different entries may be linked concurrently, each once.
func (x *Index) Link(ord uint32) error {
	if x.readOnly {
		return ErrReadOnly
	}
	if int(ord) >= x.Len() {
		return fmt.Errorf("ivf: entry %d was not reserved", ord)
	}
	x.training.RLock()
	defer x.training.RUnlock()
	t := x.state.Load()
	if t == nil {
		x.waiting.Load().append(ord, nil)
		return nil
	}
	l := x.links.Get().(*linker)
	l.put(t, ord)
	x.links.Put(l)
	return nil
}
