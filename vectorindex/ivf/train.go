package ivf

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// trained is what a training leaves: centroids and their lists. All but the lists'
// content is fixed.
type trained struct {
	count     int // lists
	dims      int
	code      coder
	centroids []float32 // one after the other
	groups    []group   // ranges of centroids, for quick assignment
	turned    []float32 // the centroids as the coder wants them
	each      int       // length of one of turned
	rank      ranker
	lists     []*list // that grow, or:
	sealed    *sealed
}

func (t *trained) centroid(l int) []float32 { return t.centroids[l*t.dims : (l+1)*t.dims] }

func (t *trained) turnedOf(l int) []float32 { return t.turned[l*t.each : (l+1)*t.each] }

func (t *trained) bytes() int64 {
	b := int64(len(t.centroids))*4 + t.rank.bytes()
	if !t.asTheyAre() {
		b += int64(len(t.turned)) * 4
	}
	if c, ok := t.code.(pqCoder); ok {
		b += c.c.Books().Bytes()
	}
	for _, l := range t.lists {
		b += l.bytes()
	}
	if t.sealed != nil {
		b += t.sealed.bytes()
	}
	return b
}

// newTrained has no lists yet, and wants its code to be set.
func newTrained(x *Index, centroids []float32, groups []group) *trained {
	t := &trained{dims: x.opt.Dims, centroids: centroids, groups: groups}
	t.count = len(centroids) / t.dims
	t.rank = newRanker(x.opt.Metric, t.dims, centroids)
	return t
}

// use makes c the coder of the lists.
func (t *trained) use(c coder) {
	t.code, t.each = c, c.rotated()
	if t.asTheyAre() {
		t.turned = t.centroids
		return
	}
	t.turned = make([]float32, t.count*t.each)
	for l := range t.count {
		c.centroid(t.turnedOf(l), t.centroid(l))
	}
}

// asTheyAre says that the coder wants the centroids as they are.
func (t *trained) asTheyAre() bool {
	c, ok := t.code.(pqCoder)
	return ok && inwardOf(c.metric) == 1
}

// begin makes empty lists that grow.
func (t *trained) begin(s shape) {
	t.lists = make([]*list, t.count)
	for l := range t.lists {
		t.lists[l] = newList(s)
	}
}

// BuildOptions directs a training and a bulk build.
type BuildOptions struct {
	Workers  int                   // 0 = GOMAXPROCS
	Progress func(done, total int) // entries put into lists; may be nil; from one goroutine at a time
	Training func(done, total int) // of finding centroids, in units of work; may be nil; before Progress
	// SampleBytes bounds the memory of the vectors that centroids are found from;
	// 0 = 256 MiB. At most 256 for each list are taken.
	SampleBytes int
}

const (
	defaultSampleBytes = 256 << 20
	perList            = 128 // sampled vectors for each list
	progressEvery      = 4096
)

// Build makes an index of n vectors; entry i has the vector that fetch returns
// for i. fetch is called from one goroutine, in order. A cancelled context or an error
// of fetch ends the build with that error.
func Build(ctx context.Context, o Options, n int, fetch func(i int) ([]byte, error), bo BuildOptions) (*Index, error) {
	x, err := New(o)
	if err != nil {
		return nil, err
	}
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		vec, err := fetch(i)
		if err != nil {
			return nil, err
		}
		ord, err := x.Reserve(vec)
		if err != nil {
			return nil, fmt.Errorf("ivf: vector %d: %w", i, err)
		}
		if err := x.Link(ord); err != nil {
			return nil, err
		}
	}
	return x, x.Train(ctx, bo)
}

// BuildOver is Build of the first n of vectors that stay where they are and as they
// are, while the index is used. Nothing can be added to it.
func BuildOver(ctx context.Context, o Options, vecs *dist.Vectors, n int, bo BuildOptions) (*Index, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if vecs.Space != o.space() || n < 0 || n > MaxEntries {
		return nil, fmt.Errorf("ivf: %d vectors of %v, want %v", n, vecs.Space, o.space())
	}
	x := newIndex(o)
	x.fixed = vecs
	waiting := newList(shape{entries: 1})
	for ord := range uint32(n) {
		waiting.append(ord, nil)
	}
	x.waiting.Store(waiting)
	x.reserved.Store(uint32(n))
	if err := x.Train(ctx, bo); err != nil {
		return nil, err
	}
	x.readOnly = true
	return x, nil
}

// Train finds centroids from the entries linked so far and puts them into lists; later
// ones go into their lists at once. Searches may run meanwhile; entries that are linked
// meanwhile wait until the training is done with the others. An index is trained once.
func (x *Index) Train(ctx context.Context, bo BuildOptions) error {
	if x.readOnly {
		return ErrReadOnly
	}
	if x.state.Load() != nil {
		return nil
	}
	if bo.Workers <= 0 {
		bo.Workers = runtime.GOMAXPROCS(0)
	}
	waiting := x.waiting.Load()
	n := waiting.n.Load()
	points, centroids, groups, err := x.findCentroids(ctx, waiting, n, &bo)
	if err != nil {
		return err
	}
	t := newTrained(x, centroids, groups)
	code := x.code
	if x.opt.Coding == quant.CodingPQ {
		if code, err = x.learnBooks(ctx, t, points, &bo); err != nil {
			return err
		}
	}
	t.use(code)
	t.begin(x.code.shape())
	f := &filler{x: x, t: t, from: waiting, n: n, progress: bo.Progress}
	if err := f.run(ctx, bo.Workers); err != nil {
		return err
	}
	// The rest, under exclusion of writers, so that none is left behind.
	x.training.Lock()
	defer x.training.Unlock()
	l := newLinker(x)
	v := waiting.view.Load()
	for i := n; i < waiting.n.Load(); i++ {
		l.put(t, v.ord(i))
	}
	x.state.Store(t)
	x.waiting.Store(newList(shape{entries: 1}))
	return nil
}

// findCentroids trains on a sample of the first n waiting entries. An index of nothing
// gets one list around the origin. The sample is returned, too.
func (x *Index) findCentroids(ctx context.Context, waiting *list, n uint32, bo *BuildOptions) (points, centroids []float32, groups []group, err error) {
	if n == 0 {
		c := make([]float32, x.opt.Dims)
		return nil, c, []group{{0, 1, c}}, nil
	}
	k := x.opt.Lists
	if k == 0 {
		k = min(MaxLists, max(1, int(4*math.Sqrt(float64(n)))))
	}
	most := bo.SampleBytes
	if most <= 0 {
		most = defaultSampleBytes
	}
	rng := rand.New(rand.NewPCG(x.opt.Seed, uint64(n)))
	size := min(int(n), k*perList, max(1, most/(4*x.opt.Dims)))
	points = make([]float32, 0, size*x.opt.Dims)
	v := waiting.view.Load()
	for _, i := range sample(rng, int(n), size) {
		points = x.appendFloats(points, x.Vector(v.ord(uint32(i))))
		if x.spherical() {
			normalise(points[len(points)-x.opt.Dims:])
		}
	}
	m := &kmeans{dims: x.opt.Dims, spherical: x.spherical(), workers: bo.Workers, rng: rng, progress: bo.Training}
	centroids, groups, err = m.train(ctx, points, k)
	return points, centroids, groups, err
}

// appendFloats appends the components of a vector; a bit is 0 or 1, so that the
// squared distance of bits is the number of different ones.
func (x *Index) appendFloats(dst []float32, vec []byte) []float32 {
	if x.opt.Element != dist.Bit {
		return x.opt.space().AppendFloats(dst, vec)
	}
	for i := range x.opt.Dims {
		dst = append(dst, float32(vec[i>>3]>>(7-i&7)&1))
	}
	return dst
}

// spherical says that only directions count.
func (x *Index) spherical() bool { return x.opt.Metric == dist.Cosine }

// sample draws size of the numbers below n, in ascending order.
func sample(rng *rand.Rand, n, size int) []int {
	out := make([]int, 0, size)
	for i := 0; i < n && len(out) < size; i++ {
		if rng.IntN(n-i) < size-len(out) {
			out = append(out, i)
		}
	}
	return out
}

// filler puts waiting entries into lists on several cores.
type filler struct {
	x        *Index
	t        *trained
	from     *list
	n        uint32
	progress func(done, total int)

	next, done atomic.Int64
	mu         sync.Mutex
}

const fillBatch = 256

func (f *filler) run(ctx context.Context, workers int) error {
	var wg sync.WaitGroup
	for range min(workers, 1+int(f.n)/fillBatch) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f.work(ctx)
		}()
	}
	wg.Wait()
	return ctx.Err()
}

func (f *filler) work(ctx context.Context) {
	l, v := newLinker(f.x), f.from.view.Load()
	for ctx.Err() == nil {
		lo := f.next.Add(fillBatch) - fillBatch
		hi := min(lo+fillBatch, int64(f.n))
		if lo >= hi {
			return
		}
		for i := lo; i < hi; i++ {
			l.put(f.t, v.ord(uint32(i)))
		}
		f.report(hi - lo)
	}
}

func (f *filler) report(count int64) {
	after := f.done.Add(count)
	if f.progress == nil || (after-count)/progressEvery == after/progressEvery && after != int64(f.n) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.progress(int(after), int(f.n))
}

// linker is the memory of one goroutine that puts entries into lists.
type linker struct {
	x      *Index
	vec    []float32 // normalised for Cosine
	floats []float32 // as given
	memory encodeMemory
	code   coder
	write  func(rec []byte, entry int, fine []byte) // writes the code in memory
	out    []float32
	order  []int
	key    []float32
}

func newLinker(x *Index) *linker {
	l := &linker{x: x}
	l.write = func(rec []byte, entry int, fine []byte) { l.code.put(&l.memory, rec, entry, fine) }
	return l
}

// put adds entry ord to the list of its nearest centroid.
func (l *linker) put(t *trained, ord uint32) {
	l.vec = l.x.appendFloats(l.vec[:0], l.x.Vector(ord))
	if l.x.code.shape().bytes > 0 { // before the vector is normalised
		l.floats = append(l.floats[:0], l.vec...)
	}
	c := l.nearest(t)
	l.code = t.code
	l.code.encode(&l.memory, l.floats, t.turnedOf(c))
	t.lists[c].append(ord, l.write)
}

// nearGroups is how many groups are looked through for the nearest centroid.
const nearGroups = 4

// nearest finds the nearest centroid of l.vec in the nearest groups.
func (l *linker) nearest(t *trained) int {
	if l.x.spherical() {
		normalise(l.vec)
	}
	g := len(t.groups)
	if cap(l.key) < g {
		l.key, l.order = make([]float32, g), make([]int, g)
	}
	key, order := l.key[:g], l.order[:g]
	for i := range order {
		order[i] = i
		if g > 1 {
			key[i] = dist.L2Sq(l.vec, t.groups[i].centre)
		}
	}
	best, at := float32(math.Inf(1)), 0
	for i := range min(nearGroups, g) {
		next := i
		for j := i + 1; j < g; j++ {
			if key[order[j]] < key[order[next]] {
				next = j
			}
		}
		order[i], order[next] = order[next], order[i]
		gr := &t.groups[order[i]]
		l.out = slices.Grow(l.out[:0], gr.hi-gr.lo)[:gr.hi-gr.lo]
		dist.Scan(dist.L2, l.vec, t.centroids[gr.lo*t.dims:gr.hi*t.dims], l.out)
		if c := least(l.out); l.out[c] < best {
			best, at = l.out[c], gr.lo+c
		}
	}
	return at
}
