package sets

import (
	"math"
	"math/rand/v2"
)

const (
	patchCount = 1_000_000
	patchSide  = 16                                   // pixels
	cells      = 4                                    // a patch has cells × cells of them
	bins       = 8                                    // directions of a cell's histogram
	patchDims  = cells * cells * bins                 // 128
	patchLevel = 512.0                                // grey value scale of a descriptor, as SIFT's
	cellSide   = patchSide / cells                    // pixels
	binWidth   = 2 * math.Pi / bins                   // radians
	sigma      = 2 * (patchSide / 2) * patchSide / 2. // of the window, squared and doubled
)

// Patches is a million descriptors of 16 × 16 patches of the pictures of Fashion,
// made as SIFT's are (Lowe, IJCV 2004: histograms of gradient directions in 4 × 4
// cells, weighted by a Gaussian window, normalised, cut at .2, scaled to bytes): 128
// numbers, by L2. It is not the published SIFT1M.
func Patches(cache string, say func(string)) (*Set, error) {
	base, query, err := fashionImages(cache, say)
	if err != nil {
		return nil, err
	}
	say("computing a million descriptors")
	s := &Set{Name: "patches", About: "SIFT-like descriptors of patches of the same pictures", Dims: patchDims, Metric: L2}
	rng := rand.New(rand.NewPCG(7, 0))
	s.Base = make([]float32, 0, patchCount*patchDims)
	for len(s.Base) < patchCount*patchDims {
		s.Base = descriptor(s.Base, base, rng)
	}
	for len(s.Queries) < Queries {
		if q := descriptor(nil, query, rng); q != nil {
			s.Queries = append(s.Queries, q)
		}
	}
	return s, nil
}

// descriptor appends that of a random patch of a random picture; nothing when the
// patch is empty.
func descriptor(dst []float32, pictures []byte, rng *rand.Rand) []float32 {
	const pixels = side * side
	p := pictures[rng.IntN(len(pictures)/pixels)*pixels:][:pixels]
	// One pixel of margin for the gradients.
	x0, y0 := 1+rng.IntN(side-patchSide-1), 1+rng.IntN(side-patchSide-1)
	var h [patchDims]float64
	for y := range patchSide {
		for x := range patchSide {
			at := (y0+y)*side + x0 + x
			dx, dy := float64(p[at+1])-float64(p[at-1]), float64(p[at+side])-float64(p[at-side])
			if dx == 0 && dy == 0 {
				continue
			}
			angle := math.Atan2(dy, dx) + math.Pi
			bin := int(angle/binWidth) % bins
			cx, cy := float64(x)-(patchSide-1)/2., float64(y)-(patchSide-1)/2.
			weight := math.Exp(-(cx*cx + cy*cy) / sigma)
			h[((y/cellSide)*cells+x/cellSide)*bins+bin] += weight * math.Hypot(dx, dy)
		}
	}
	if !unit(h[:]) {
		return dst
	}
	for i := range h {
		h[i] = min(h[i], .2)
	}
	unit(h[:])
	for _, v := range h {
		dst = append(dst, float32(math.Round(min(255, patchLevel*v))))
	}
	return dst
}

// unit scales v to length 1; false for the zero vector.
func unit(v []float64) bool {
	var sq float64
	for _, x := range v {
		sq += x * x
	}
	if sq == 0 {
		return false
	}
	for i := range v {
		v[i] /= math.Sqrt(sq)
	}
	return true
}
