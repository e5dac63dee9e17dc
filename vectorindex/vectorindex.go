// Package vectorindex finds the nearest vectors to a query. It can be read,
// tested and benchmarked with no database at all: it knows row numbers, vectors
// and distances, and must not know SQL, planning, execution, storage or the
// server.
//
// The index proposes, the row disposes: a hit is a proposal (row, epoch,
// distance) that the executor checks against the row at its snapshot.
package vectorindex

import (
	"context"
	"errors"
	"math"

	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// RowID names a row of a table. It is the integer primary key itself (as
// uint64 with the sign bit flipped so that order is kept) or a hidden number.
type RowID uint64

// Spec is everything that fixes an index's meaning and shape. It is immutable.
type Spec struct {
	Dims           int
	Metric         dist.Metric
	Element        dist.Element // of the vectors
	Kind           Kind
	M              int // HNSW: neighbours per node on the upper levels; level 0 has 2·M
	EfConstruction int // HNSW: beam width while building
	Lists          int // IVF: of each segment; 0 = by its size
	// Coding is what searches compare before they settle exact distances: of graphs any,
	// of lists RaBitQ, product quantization or none; see DefaultCoding. Lists take SQ8 for RaBitQ of 4 bits.
	// Vectors that the coding does not serve are compared themselves. A graph or list that
	// is written down keeps the coding that it was made with.
	Coding quant.Coding
	// Payloads: entries carry bytes of the caller's beside their vectors, which hits hand
	// back. The engine does not look into them.
	Payloads bool
}

// Space is what the vectors of the index have in common.
func (s *Spec) Space() dist.Space {
	return dist.Space{Element: s.Element, Metric: s.Metric, Dims: s.Dims}
}

// LongVector is from how many dimensions on graphs walk on RaBitQ of 4 bits unless told:
// there a walk waits for codes, and half as many bytes answer up to half as many queries
// more at the same recall. Shorter ones gain little, and grow faster on SQ8.
const LongVector = 256

// DefaultCoding is the coding of an index that asks for none. Lists are scanned by blocks
// of 2 bits with records of 4 for what these leave open: on 340,479 word vectors of 100
// dimensions 1.2 times as many queries as by the blocks alone, and 3 times as many as by
// records of 4 bits alone, at the same recall.
func DefaultCoding(kind Kind, s dist.Space) quant.Coding {
	short := kind == HNSW && (s.Dims < LongVector || s.Element >= dist.Int8)
	if c := quant.CodingRaBitQ(4); !short && c.Serves(s.Metric) {
		return c
	}
	return quant.CodingSQ8
}

// Kind is the search structure of an index.
type Kind uint8

const (
	HNSW Kind = iota
	Flat      // exact scan of resident vectors
	IVF       // inverted lists over RaBitQ codes
)

// DefaultRecall is the share of the true nearest that a search is to find, in the mean
// of many, when it names neither a share nor an effort.
const DefaultRecall = 0.95

// SaidLists is how many lists an index has, as far as those know who name Query.Probes,
// where nobody has said a number: pgvector's default. Its segments have as many as suits
// them, and the probes are the same share of these.
const SaidLists = 100

// TypicalEffort is the beam width that planning reckons with: about what the default
// recall takes on word vectors (340,479 of 100 dimensions), a hard set.
const TypicalEffort = 200

// Query asks for the rows nearest to Vec. It is not modified and must not
// change while a Searcher made from it is open.
type Query struct {
	Vec    []byte         // a vector of the index's space, see dist.Element
	K      int            // how many rows the caller expects to need; a hint for sizing
	Depth  int            // how many of the nearest Recall is meant for where more than K may be needed; 0 = K
	AsOf   uint64         // snapshot: entries added later or deleted at or before are skipped (0 = now)
	Recall float64        // share of the true nearest K to find, in the mean of many queries; 1 = exactly, 0 = DefaultRecall
	Effort int            // HNSW: beam width (ef), which Recall has no say in then; 0 = by Recall
	Least  int            // HNSW: the beam width that Recall does not go below; 0 = any
	Probes int            // IVF: lists to look at first, of SaidLists where the index was given no number; 0 = by Recall
	Allow  *bitmap.Bitmap // nil = all; otherwise only these rows
	// Test, instead of Allow: only entries whose payloads pass. It is shown the payloads of
	// at most TestBlock entries at a time and appends the places of those that pass, in
	// ascending order, to dst. It is asked about every entry before the first hit comes.
	Test func(payloads [][]byte, dst []uint16) []uint16

	// Ranged asks for every entry within Radius (Dist ≤ Radius) and no other, exactly,
	// in one round. A Dist of NaN is within +Inf alone.
	Ranged bool
	Radius float64
}

// TestBlock is how many entries a Test sees at a time.
const TestBlock = 1024

// Within reports whether a distance is one that the query asks for.
func (q *Query) Within(dist float64) bool {
	return !q.Ranged || dist <= q.Radius || math.IsInf(q.Radius, 1)
}

// Hit is a proposed row. Dist is in the metric's own order (smaller is nearer):
// squared L2, negative inner product, 1−cosine, L1, different bits, Jaccard. It is
// accumulated in float64 (dist.Space.Exact), because it decides the order that users see; NaN (cosine
// of a zero vector) counts as farthest. The true distance lies in
// [Dist−Err, Dist+Err]; Err 0 means exact, as every hit of sidecar is.
type Hit struct {
	Row   RowID
	Epoch uint32 // the vector's; if the row's differs at the snapshot, drop the hit
	Dist  float64
	Err   float64
	// Payload is what the entry carries, nil where it carries nothing. It is borrowed
	// until the Searcher is closed.
	Payload []byte
}

// The errors that an Index may return, to be tested with errors.Is.
var (
	// ErrQuery: bytes that are no vector of the index, a negative K.
	ErrQuery = errors.New("vectorindex: invalid query")
	// ErrTooOld: the snapshot is older than what the index can answer for
	// (Stats.ValidFrom); the caller must scan the rows instead.
	ErrTooOld = errors.New("vectorindex: snapshot is older than the index")
	// ErrClosed: use after Close.
	ErrClosed = errors.New("vectorindex: index is closed")
)

// Index is a live index: searches run concurrently with writes.
type Index interface {
	// Search starts a search. The Searcher must be closed.
	Search(ctx context.Context, q *Query) (Searcher, error)
	Stats() Stats
}

// Searcher proposes every (row, epoch) that is visible at the snapshot and in
// Allow exactly once, nearest first, and does not end at K: it resumes the walk
// until nothing is left. One goroutine.
//
// Order: hits come in rounds; within a round distances do not decrease. A new
// round starts only where a resumed approximate walk found an entry nearer than
// one that was already handed out. Dropping it would lose a row that qualifies,
// so it comes late instead. A caller that needs the k nearest of the hits that
// pass its own checks uses Nearest, which keeps the order exact.
type Searcher interface {
	// Next fills dst with the next hits of one round; n 0 and nil error mean that
	// no entry is left. It may return fewer than len(dst) before the end.
	Next(ctx context.Context, dst []Hit) (n int, err error)
	// Work reports what was done so far, for EXPLAIN ANALYZE.
	Work() Work
	Close()
}

// Work counts what a search did.
type Work struct {
	Distances int64 // distances computed on codes or vectors
	Hops      int64 // graph nodes expanded, or lists scanned
	Reranked  int64 // exact distances computed to settle an estimate
	Segments  int64
	Rounds    int64 // 1 + how often the order had to start again
	Effort    int64 // the widest beam of a part, or the most lists probed at first; 0 = every entry was looked at
	From      EffortFrom
}

// EffortFrom says why a search had the effort that it had.
type EffortFrom uint8

const (
	EffortDefault     EffortFrom = iota // nothing was measured: what a hard set needs
	EffortFromVectors                   // measured on a sample of the indexed vectors
	EffortFromQueries                   // measured on queries seen lately
	EffortSet                           // the query names it
	EffortExact                         // the target, or the number of entries, asks for a scan
	EffortLeast                         // less would do, but beams are no narrower than Query.Least
	EffortWanted                        // less would do, but a walk finds no more than its beam holds
)

func (f EffortFrom) String() string {
	return [...]string{"default", "calibrated on its vectors", "calibrated on recent queries", "set by the user", "exact",
		"the least beam", "as many as are wanted"}[f]
}

// Stats describes an index for planning and for pg_stat views.
type Stats struct {
	Entries     int64 // live (row, epoch) entries
	Dead        int64
	Segments    int
	HeadEntries int64
	Bytes       int64 // resident memory
	DiskBytes   int64
	ValidFrom   uint64 // snapshots before this timestamp get ErrTooOld
	Unindexed   int64  // entries that wait for their place in the graph and are scanned meanwhile
	// Effort is what a search of 10 for the default recall spends on the largest measured
	// segment, a beam or lists, and Lists how many that has; 0 = nothing was measured, no lists.
	Effort, Lists int
}
