package ivf

import (
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// ranker tells how far the centroids are from a query: by 8-bit codes of them, a
// quarter of what a search would read of the centroids themselves, and near enough to
// choose lists by. For L1 codes save no time.
type ranker struct {
	metric    dist.Metric
	sq        quant.SQ8
	codes     dist.Rows
	all       []uint32  // the numbers of all centroids
	centroids []float32 // L1
}

func newRanker(m dist.Metric, dims int, centroids []float32) ranker {
	switch m {
	case dist.Cosine: // the centroids have length 1
		m = dist.InnerProduct
	case dist.Hamming, dist.Jaccard:
		m = dist.L2
	}
	r := ranker{metric: m}
	if m == dist.L1 {
		r.centroids = centroids
		return r
	}
	n := len(centroids) / dims
	r.sq, r.all = quant.NewSQ8(dims, m), make([]uint32, n)
	r.codes = dist.FlatRows(dist.Aligned(n*r.sq.Stride()), r.sq.Stride())
	for l := range r.all {
		r.all[l] = uint32(l)
		r.sq.Encode(r.codes.Bytes(uint32(l)), centroids[l*dims:(l+1)*dims])
	}
	return r
}

// bytes is the memory of the codes.
func (r *ranker) bytes() int64 { return int64(len(r.all)) * int64(4+r.codes.Stride()) }

// distances appends the distances of all n centroids from v to dst.
func (r *ranker) distances(dst []float32, q *quant.Query, v []float32, n int) []float32 {
	dst = slices.Grow(dst, n)[:n]
	if r.all == nil {
		dist.Scan(r.metric, v, r.centroids, dst)
		return dst
	}
	r.sq.Prepare(q, v)
	r.sq.Distances(q, &r.codes, r.all, dst)
	return dst
}
