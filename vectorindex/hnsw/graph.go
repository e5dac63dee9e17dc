// Package hnsw is a hierarchical navigable small world graph (Malkov and
// Yashunin, arXiv 1603.09320) over codes of the vectors, or over the vectors
// themselves, with exact re-ranking. Vectors are of any element type. Nodes are
// numbered 0, 1, 2, … (ordinals). A graph grows while it is searched, or is opened
// from one flat byte region. It must not know rows, epochs, snapshots, files,
// storage or SQL.
//
// # Memory
//
// Everything lives in chunks of plain bytes that never move and hold no
// pointers. Per node: the code record (for 8-bit codes dist.CodeStride, for RaBitQ
// quant.RaBitQStride; none when the graph is walked on the vectors), while a graph over
// RaBitQ grows an 8-bit code besides, and one of product quantization that instead, 8·M bytes of level-0 neighbours, the vector (for a
// sparse one 4 bytes more, its place) and 16 bytes of state; about 1/M of the nodes have
// 4·M bytes more per upper level.
//
// # Concurrency
//
// Reserve, Link, Add and searches may run at the same time from any number of
// goroutines. Neighbour lists are arrays of ordinals read and written with
// atomic operations; a reader may see a list halfway between two states, which
// costs at most a detour. Everything else of a node is written before the first
// link to it is published. Writers of one list exclude each other by a striped
// lock.
package hnsw

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// Errors of this package; test with errors.Is. A vector that is none of the graph's
// space is dist.ErrVector.
var (
	ErrFull     = errors.New("hnsw: graph is full")
	ErrReadOnly = errors.New("hnsw: graph is read-only")
	ErrCorrupt  = errors.New("hnsw: bytes are not a valid graph")
)

const (
	// MaxNodes bounds ordinals so that one bit of a pool entry stays free.
	MaxNodes = 1<<31 - 1

	MinM = 2
	MaxM = 128

	maxLevel = 31
	none     = ^uint32(0) // end of a neighbour list
	stripes  = 1 << 10    // locks for neighbour lists
)

// Options fixes a graph's meaning and shape.
type Options struct {
	Dims           int
	Metric         dist.Metric
	Element        dist.Element // those from Int8 on are walked on themselves, whatever Coding says
	M              int          // neighbours per node on upper levels; level 0 has 2·M; 0 = 16
	EfConstruction int          // beam width while inserting; 0 = 64
	Seed           uint64       // of the level of each node
	Coding         quant.Coding
	// Centre is the point that RaBitQ codes are relative to, best the mean of the
	// vectors (normalised ones for Cosine); nil = the origin.
	Centre []float32
	// Books are those of a graph of product quantization that does not grow any more; see
	// Graph.Coded.
	Books    *quant.Books
	Capacity int // > 0: at most this many nodes, allocated at once in one piece; 0 = grows
	// Vectors gives the memory of the vectors of a graph that grows, zero bytes at a multiple
	// of 64; nil = dist.Aligned. What it gives does not count as Bytes.
	Vectors func(n int) []byte
}

func (o *Options) check() error {
	if o.M == 0 {
		o.M = 16
	}
	if o.EfConstruction == 0 {
		o.EfConstruction = 64
	}
	if err := o.space().Validate(); err != nil {
		return fmt.Errorf("hnsw: %w", err)
	}
	if o.Element >= dist.Int8 {
		o.Coding = quant.CodingNone // they are as short as codes, and exact
	}
	switch {
	case !o.Coding.Valid():
		return fmt.Errorf("hnsw: unknown coding %v", o.Coding)
	case !o.Coding.Serves(o.Metric):
		return fmt.Errorf("hnsw: coding %v does not serve the metric %v", o.Coding, o.Metric)
	case o.Centre != nil && (len(o.Centre) != o.Dims || o.Coding.Bits() == 0):
		return fmt.Errorf("hnsw: centre of %d dimensions for %v of %d", len(o.Centre), o.Coding, o.Dims)
	case o.Books != nil && o.Coding != quant.CodingPQ:
		return fmt.Errorf("hnsw: books for %v", o.Coding)
	case o.M < MinM || o.M > MaxM:
		return fmt.Errorf("hnsw: m is %d, want %d to %d", o.M, MinM, MaxM)
	case o.EfConstruction < 1 || o.EfConstruction > 10000:
		return fmt.Errorf("hnsw: ef_construction is %d, want 1 to 10000", o.EfConstruction)
	case o.Capacity < 0 || o.Capacity > MaxNodes:
		return fmt.Errorf("hnsw: capacity %d out of range", o.Capacity)
	}
	return nil
}

func (o *Options) space() dist.Space {
	return dist.Space{Element: o.Element, Metric: o.Metric, Dims: o.Dims}
}

// Graph is a set of vectors with a graph over them. See the package comment for
// what may run concurrently.
type Graph struct {
	opt      Options
	code     coder // of searches
	build    coder // links are chosen by it
	readOnly bool

	vecs  *dist.Store // written under grow; nil when read-only
	tab   atomic.Pointer[tables]
	upper atomic.Pointer[upperTable]
	lent  *lent         // what Settle has copied
	entry atomic.Uint64 // level<<32 | ordinal; noEntry before the first node

	grow     sync.Mutex // chunks and the counters below
	reserved atomic.Uint32
	slots    uint32 // used records of upper
	slabs    slabs
	entryMu  sync.Mutex
	locks    [stripes]sync.Mutex

	chained    atomic.Bool // there are duplicates
	lost, norm atomicMax   // greatest loss and decoded norm of any code

	searches sync.Pool // *Search
	inserts  sync.Pool // *inserter
}

const noEntry = ^uint64(0)

// New returns an empty graph.
func New(o Options) (*Graph, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Books = nil
	g := newGraph(o)
	shift := chunkShift(&g.opt, strideOf(&g.opt))
	alloc := dist.Aligned
	if o.Vectors != nil {
		alloc = o.Vectors
	}
	g.vecs = dist.NewStore(o.space(), shift, o.Capacity, alloc)
	t := newTables(&g.opt, strideOf(&g.opt), shift, &g.slabs)
	t.raw = g.vecs.View()
	g.tab.Store(t)
	g.upper.Store(newUpperTable(o.M))
	return g, nil
}

func newGraph(o Options) *Graph {
	g := &Graph{opt: o}
	g.code, g.build = newCoders(&o)
	g.entry.Store(noEntry)
	g.searches.New = func() any {
		s := &Search{g: g}
		s.b.code = g.code
		s.passFn = s.passes
		return s
	}
	g.inserts.New = func() any {
		in := &inserter{g: g}
		in.b.code, in.sel.code = g.build, g.build
		if g.shortWalks() {
			in.b.code = g.code
		}
		return in
	}
	return g
}

// Options returns the graph's options with defaults filled in.
func (g *Graph) Options() Options { return g.opt }

// Len returns the number of reserved nodes: ordinals below it exist.
func (g *Graph) Len() int { return int(g.reserved.Load()) }

// nodes is how many nodes are reserved, and a view that has all of them: memory is published
// before what is in it, so it is looked up after.
func (g *Graph) nodes() (*tables, uint32) {
	n := g.reserved.Load()
	return g.tab.Load(), n
}

// Vector returns the vector of node ord (Reserve must have returned it), as it
// was given. It aliases the graph's memory and must not be modified.
func (g *Graph) Vector(ord uint32) []byte { return g.tab.Load().vector(ord) }

// Vectors is a view of the vectors of all nodes reserved before the call. That of an
// opened graph has no inverse norms.
func (g *Graph) Vectors() *dist.Vectors { return g.tab.Load().raw }

// Linked reports whether node ord is part of the graph, so that searches that
// start from now on find it.
func (g *Graph) Linked(ord uint32) bool {
	return g.tab.Load().state(ord) != 0
}

// Bytes returns the memory that the graph's chunks take, allocated ahead included.
// The vectors of an opened graph lie in the bytes it was given and do not count.
func (g *Graph) Bytes() int64 {
	t, u := g.tab.Load(), g.upper.Load()
	b := t.bytes() + u.bytes()
	if !g.readOnly && g.opt.Vectors == nil {
		b += t.raw.Memory(t.limit)
	}
	return b
}

// Lone reports whether a search can do without the node (Params.Without): it is linked,
// on level 0 only, and stands for no other node.
func (g *Graph) Lone(ord uint32) bool {
	t := g.tab.Load()
	return t.state(ord) == 1 && t.dup(ord) == 0
}
