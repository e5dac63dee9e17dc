package executor

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

const (
	sampleRows = 30000 // as PostgreSQL's default target of 100 asks for
	statTarget = 100   // most common values and histogram bounds
)

// Analyze computes a table's statistics from a random sample of its rows
// (reservoir sampling; PostgreSQL chapter 75.1 tells what they are for), and where it has
// children those of all their rows together. exprs are the expressions of its statistics
// objects.
func Analyze(ctx context.Context, env *Env, t *catalog.Table, exprs StatExprs) (*catalog.TableStats, error) {
	uses := env.Uses
	defer func() { env.Uses = uses }()
	env.Uses = nil // PostgreSQL counts no scans of ANALYZE
	old := env.Catalog.Stats(t.ID)
	if old == nil {
		old = &catalog.TableStats{}
	}
	st := &catalog.TableStats{Columns: map[int16]*catalog.ColumnStats{}}
	var err error
	if !t.IsPartitioned() {
		if st, err = analyzeRows(ctx, env, t, []*catalog.Table{t}, exprs, old.Ext); err != nil {
			return nil, err
		}
	}
	if len(t.Children) == 0 {
		return st, nil
	}
	st.Whole = old.Whole
	before := old.Whole
	if before == nil {
		before = &catalog.TableStats{}
	}
	whole, err := analyzeRows(ctx, env, t, env.Catalog.Family(t), exprs, before.Ext)
	if err == nil && whole.Rows > 0 {
		st.Whole = &catalog.TableStats{Columns: whole.Columns, Ext: whole.Ext}
	}
	if err == nil && t.IsPartitioned() {
		st.Rows, st.Pages = whole.Rows, -1 // as PostgreSQL has it
	}
	return st, err
}

// analysis is a sample of a table's rows, or of those of a family.
type analysis struct {
	t       *catalog.Table
	single  bool       // the rows are of the table itself
	samples [][][]byte // by attribute: keys, see statKind.key, nil for NULL
	widths  []int64
	kinds   []statKind
	parts   []*partSample
	ext     *extSample
	// Vectors are read at the end, of the sample's rows alone, where no statistics object
	// needs them.
	sampled []uint64
	rng     *rand.Rand
	total   int
	bytes   int64
}

// analyzeRows makes the statistics of the rows that members have of a table.
func analyzeRows(ctx context.Context, env *Env, t *catalog.Table, members []*catalog.Table, exprs StatExprs, old map[catalog.ID]*catalog.ExtStatisticsData) (*catalog.TableStats, error) {
	a := &analysis{t: t, single: len(members) == 1 && members[0] == t,
		samples: make([][][]byte, len(t.Columns)), widths: make([]int64, len(t.Columns)),
		kinds: make([]statKind, len(t.Columns)), parts: make([]*partSample, len(t.Columns)), rng: rand.New(rand.NewPCG(uint64(t.ID), 1))}
	for i := range t.Columns {
		if !t.Columns[i].Dropped {
			a.parts[i], a.kinds[i] = newPartSample(t.Columns[i].Type), statKindOf(t.Columns[i].Type)
		}
	}
	var err error
	if a.ext, err = newExtSample(env, t, exprs); err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.IsPartitioned() || !m.IsStored() {
			continue
		}
		if err := a.read(ctx, env, m); err != nil {
			return nil, err
		}
	}
	return a.stats(ctx, env, old)
}

// read adds the rows of a member, whose columns may have other numbers.
func (a *analysis) read(ctx context.Context, env *Env, m *catalog.Table) error {
	if m == a.t {
		return eachRow(ctx, env, m, a.ext.vectors(), a.put)
	}
	attrs := a.t.AttrsIn(m)
	row := make([]types.Datum, len(attrs))
	return eachRow(ctx, env, m, a.ext.vectors(), func(id uint64, of []types.Datum) error {
		for i, n := range attrs {
			if row[i] = types.Null; n != 0 {
				row[i] = of[n-1]
			}
		}
		return a.put(id, row)
	})
}

// put takes a row into the sample, or leaves it out.
func (a *analysis) put(id uint64, row []types.Datum) error {
	slot := a.total
	a.total++
	if slot >= sampleRows {
		if slot = a.rng.IntN(a.total); slot >= sampleRows {
			return nil
		}
	}
	if slot < len(a.sampled) {
		a.sampled[slot] = id
	} else {
		a.sampled = append(a.sampled, id)
	}
	if err := a.ext.put(slot, row); err != nil {
		return err
	}
	for i := range a.t.Columns {
		c := &a.t.Columns[i]
		if a.parts[i] != nil {
			a.parts[i].put(slot, row[i])
		}
		if a.kinds[i] == noStats {
			continue
		}
		var key []byte
		if !row[i].IsNull() {
			key = a.kinds[i].key(c.Type, row[i])
			a.bytes += int64(max(len(row[i].Bytes()), 8))
			a.widths[i] += int64(storedWidth(c.Type, row[i]))
		}
		if slot < len(a.samples[i]) {
			a.samples[i][slot] = key
		} else {
			a.samples[i] = append(a.samples[i], key)
		}
	}
	return nil
}

// storedWidth is how many bytes PostgreSQL needs for a value.
func storedWidth(t types.T, d types.Datum) int {
	if info := types.Lookup(t.OID); info != nil && info.Len > 0 {
		return int(info.Len)
	}
	return storedBytes(len(d.Bytes()))
}

// stats is what the sample says; old is what was found before for statistics objects.
func (a *analysis) stats(ctx context.Context, env *Env, old map[catalog.ID]*catalog.ExtStatisticsData) (*catalog.TableStats, error) {
	st := &catalog.TableStats{Rows: float64(a.total), Columns: map[int16]*catalog.ColumnStats{}}
	var err error
	if st.Ext, err = a.ext.stats(ctx, old, a.t, a.total); err != nil {
		return nil, err
	}
	n := min(a.total, sampleRows)
	for i := range a.t.Columns {
		if a.samples[i] != nil {
			st.Columns[int16(i+1)] = a.kinds[i].of(a.t.Columns[i].Type, a.samples[i], a.total, a.widths[i])
		}
		if a.parts[i] != nil && n > 0 {
			c := st.Columns[int16(i+1)]
			if c == nil { // of a type without an order
				c = &catalog.ColumnStats{NullFrac: a.parts[i].nullFrac()}
				st.Columns[int16(i+1)] = c
			}
			a.parts[i].stats(c)
		}
		if c := &a.t.Columns[i]; c.Type.IsVector() && !c.Dropped && a.single {
			st.AvgWidth += c.Type.VectorWidth()
			if st.Columns[int16(i+1)], err = analyzeVectors(ctx, env, a.t, c, a.sampled, a.total); err != nil {
				return nil, err
			}
		}
	}
	if n > 0 {
		st.AvgWidth += int(a.bytes / int64(n))
	}
	st.Pages = (int64(st.AvgWidth+24)*int64(a.total) + 8191) / 8192
	return st, nil
}

// columnStats makes the statistics of one column from its sampled keys, which it reorders,
// and the number of values that are too wide to have one. width is that of all values.
func columnStats(keys [][]byte, wide, rows int, width int64) *catalog.ColumnStats {
	c := &catalog.ColumnStats{}
	values := make([][]byte, 0, len(keys))
	for _, k := range keys {
		if k != nil {
			values = append(values, k)
		}
	}
	sampled, some := len(keys)+wide, len(values)+wide
	c.NullFrac = share(len(keys)-len(values), sampled)
	if some == 0 {
		return c
	}
	c.Width = int(width / int64(some))
	c.Corr = correlation(values)
	slices.SortFunc(values, bytes.Compare)
	runs := countRuns(values)
	c.Distinct = distinct(runs, wide, some, float64(rows), c.NullFrac)
	c.MCV, c.MCF = mostCommon(runs, sampled, len(values))
	c.Histogram = histogram(values, c.MCV)
	return c
}

// share is n of all, as PostgreSQL stores it and goes on calculating with it.
func share(n, all int) float64 { return float64(float32(n) / float32(max(all, 1))) }

type run struct {
	key []byte
	n   int
}

func countRuns(sorted [][]byte) []run {
	var runs []run
	for _, v := range sorted {
		if k := len(runs); k > 0 && bytes.Equal(runs[k-1].key, v) {
			runs[k-1].n++
			continue
		}
		runs = append(runs, run{v, 1})
	}
	return runs
}

// distinct estimates the number of distinct values from n that are not NULL (Haas and
// Stokes, as PostgreSQL does), of which those that are too wide to compare count as
// different: negative = a fraction of the rows.
func distinct(runs []run, wide, n int, rows, nullFrac float64) float64 {
	once := wide
	for _, r := range runs {
		if r.n == 1 {
			once++
		}
	}
	d := float64(len(runs) + wide)
	switch {
	case once == len(runs)+wide: // all different: so is the table
		return nullFrac - 1
	case once > 0 && float64(n) < rows*(1-nullFrac):
		f1, nn, all := float64(once), float64(n), rows*(1-nullFrac)
		d = min(nn*d/((nn-f1)+f1*nn/all), all)
	}
	if d > 0.1*rows {
		return -d / rows
	}
	return d
}

// mostCommon are values that occur clearly more often than the average.
func mostCommon(runs []run, sampled, n int) (vals [][]byte, freqs []float64) {
	byCount := slices.Clone(runs)
	slices.SortStableFunc(byCount, func(a, b run) int { return b.n - a.n })
	avg := float64(n) / float64(len(runs))
	for i, r := range byCount {
		common := float64(r.n) > 1.25*avg && r.n > 1
		if len(runs) <= statTarget && r.n > 1 {
			common = true // few values: keep them all
		}
		if i >= statTarget || !common {
			break
		}
		vals, freqs = append(vals, r.key), append(freqs, float64(r.n)/float64(sampled))
	}
	return vals, freqs
}

// histogram cuts the values that are not most common ones into equal parts.
func histogram(sorted, mcv [][]byte) [][]byte {
	common := make(map[string]bool, len(mcv))
	for _, v := range mcv {
		common[string(v)] = true
	}
	var rest [][]byte
	for _, v := range sorted {
		if !common[string(v)] {
			rest = append(rest, v)
		}
	}
	if len(rest) < 2 || bytes.Equal(rest[0], rest[len(rest)-1]) {
		return nil
	}
	parts := min(statTarget, len(rest)-1)
	bounds := make([][]byte, 0, parts+1)
	for i := 0; i <= parts; i++ {
		bounds = append(bounds, rest[i*(len(rest)-1)/parts])
	}
	return bounds
}

// correlation tells how far the order of values follows the order of rows, −1 to 1.
func correlation(values [][]byte) float64 {
	n := len(values)
	if n < 2 {
		return 0
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(values[a], values[b]) })
	sum := 0.0
	for rank, i := range order {
		sum += float64(rank) * float64(i)
	}
	m := float64(n)
	mean := (m - 1) / 2
	return (sum - m*mean*mean) / (m * (m*m - 1) / 12)
}
