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
// (reservoir sampling; PostgreSQL chapter 75.1 tells what they are for).
func Analyze(ctx context.Context, env *Env, t *catalog.Table) (*catalog.TableStats, error) {
	st := &catalog.TableStats{Columns: map[int16]*catalog.ColumnStats{}}
	samples := make([][][]byte, len(t.Columns)) // by attribute: keys, nil for NULL
	widths := make([]int64, len(t.Columns))
	parts := make([]*partSample, len(t.Columns))
	for i := range t.Columns {
		if !t.Columns[i].Dropped {
			parts[i] = newPartSample(t.Columns[i].Type)
		}
	}
	ext := newExtSample(t)
	// Vectors are read at the end, of the sample's rows alone, where no statistics object
	// needs them.
	var sampled []uint64
	uses := env.Uses
	defer func() { env.Uses = uses }()
	env.Uses = nil // PostgreSQL counts no scans of ANALYZE
	rng := rand.New(rand.NewPCG(uint64(t.ID), 1))
	total, bytesTotal := 0, int64(0)
	err := eachRow(ctx, env, t, ext.vectors(), func(id uint64, row []types.Datum) error {
		slot := total
		total++
		if slot >= sampleRows {
			if slot = rng.IntN(total); slot >= sampleRows {
				return nil
			}
		}
		if slot < len(sampled) {
			sampled[slot] = id
		} else {
			sampled = append(sampled, id)
		}
		ext.put(slot, row)
		for i := range t.Columns {
			c := &t.Columns[i]
			if parts[i] != nil {
				parts[i].put(slot, row[i])
			}
			if c.Dropped || !analyzable(c.Type) {
				continue
			}
			var key []byte
			if !row[i].IsNull() {
				key = types.AppendKey([]byte{}, c.Type, row[i], false)
				n := len(row[i].Bytes())
				bytesTotal += int64(max(n, 8))
				if info := types.Lookup(c.Type.OID); info != nil && info.Len > 0 {
					n = int(info.Len)
				} else {
					n = storedBytes(n)
				}
				widths[i] += int64(n)
			}
			if slot < len(samples[i]) {
				samples[i][slot] = key
			} else {
				samples[i] = append(samples[i], key)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	st.Rows = float64(total)
	var before map[catalog.ID]*catalog.ExtStatisticsData
	if old := env.Catalog.Stats(t.ID); old != nil {
		before = old.Ext
	}
	if st.Ext, err = ext.stats(ctx, before, t, total); err != nil {
		return nil, err
	}
	n := min(total, sampleRows)
	for i := range t.Columns {
		if samples[i] != nil {
			st.Columns[int16(i+1)] = columnStats(samples[i], 0, total, widths[i])
		}
		if parts[i] != nil && n > 0 {
			c := st.Columns[int16(i+1)]
			if c == nil { // of a type without an order
				c = &catalog.ColumnStats{NullFrac: parts[i].nullFrac()}
				st.Columns[int16(i+1)] = c
			}
			parts[i].stats(c)
		}
		if c := &t.Columns[i]; c.Type.IsVector() && !c.Dropped {
			st.AvgWidth += c.Type.VectorWidth()
			if st.Columns[int16(i+1)], err = analyzeVectors(ctx, env, t, c, sampled, total); err != nil {
				return nil, err
			}
		}
	}
	if n > 0 {
		st.AvgWidth += int(bytesTotal / int64(n))
	}
	st.Pages = (int64(st.AvgWidth+24)*int64(total) + 8191) / 8192
	return st, nil
}

// analyzable reports types whose values have an order to make statistics of.
func analyzable(t types.T) bool {
	return !t.IsVector() && t.OID != types.JSONOID && t.OID != types.JSONBOID
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
	c.NullFrac = float64(len(keys)-len(values)) / float64(max(sampled, 1))
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
