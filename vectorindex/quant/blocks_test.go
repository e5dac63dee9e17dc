package quant

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// TestBlockBounds: few distances lie below their bounds, and with each bit the bounds
// come nearer. Two centres are entered in turn, as a search does.
func TestBlockBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	for _, name := range []string{"gauss", "bytes", "offset", "sparse"} {
		for _, dims := range []int{5, 48, 100, 200} {
			vecs := make([][]float32, 2*75)
			for i := range vecs {
				vecs[i] = shapes[name](r, dims)
			}
			for _, m := range bitMetrics {
				last := math.Inf(1)
				for _, bits := range []int{1, 2, 4} {
					gap := checkBlockBounds(t, r, NewBlocks(dims, bits, m), name, vecs)
					if gap > 0.8*last && dims > 5 {
						t.Errorf("%s %v dims=%d: bounds of %d bits are %v below the distances, those of fewer %v", name, m, dims, bits, gap, last)
					}
					last = gap
				}
			}
		}
	}
}

// checkBlockBounds returns how far bounds are below distances, in the mean.
func checkBlockBounds(t *testing.T, r *rand.Rand, c *Blocks, shape string, vecs [][]float32) float64 {
	t.Helper()
	n := len(vecs) / 2
	size := c.Bytes()
	var groups [2]struct {
		centre []float32
		blocks []byte
		fine   dist.Rows
	}
	o, ords := make([]float32, c.Padded()), make([]uint32, n)
	var code Code
	for g := range groups {
		own := &groups[g]
		own.centre = make([]float32, c.Padded())
		c.RotateCentre(own.centre, mean(c.metric, vecs[g*n:(g+1)*n]))
		own.blocks = make([]byte, (n+31)/32*size)
		own.fine = dist.FlatRows(make([]byte, n*c.FineBytes()+1), c.FineBytes())
		for i, v := range vecs[g*n : (g+1)*n] {
			ords[i] = uint32(i)
			c.Rotate(o, v)
			c.Encode(&code, o, own.centre)
			c.Put(&code, own.blocks[i/32*size:(i/32+1)*size], i%32)
			if c.FineBytes() > 0 {
				c.PutFine(&code, own.fine.Bytes(uint32(i)))
			}
		}
	}
	low, marks := make([]float32, (n+31)/32*32), make([]uint32, (n+31)/32)
	var q BlockQuery
	var gap, count float64
	below := 0
	y := make([]float32, c.Padded())
	for range 20 {
		v := shapes[shape](r, len(vecs[0]))
		c.Rotate(y, v)
		c.Prepare(&q, y)
		var turns [2]int
		var bounds [2][]float32
		for g := range groups {
			turns[g] = c.Enter(&q, groups[g].centre, dist.Dot(y, groups[g].centre))
			c.Bounds(&q, unsafe.Pointer(unsafe.SliceData(groups[g].blocks)), n, 0, low, marks)
			bounds[g] = append([]float32(nil), low[:n]...)
		}
		for g := range groups {
			if c.FineBytes() > 0 {
				c.FineBounds(&q, turns[g], &groups[g].fine, ords, bounds[g])
			}
			for i, b := range bounds[g] {
				exact := c.metric.Exact(v, vecs[g*n+i])
				if gap += exact - float64(b); exact < float64(b) {
					below++
				}
				count++
			}
		}
	}
	if share := float64(below) / count; share > 0.015 {
		t.Errorf("%s %v dims=%d bits=%d: %.4f of the distances are below their bounds", shape, c.metric, len(vecs[0]), c.bits, share)
	}
	return gap / count
}
