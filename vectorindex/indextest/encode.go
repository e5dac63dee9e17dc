package indextest

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Encode makes a vector of the space's elements of components that are about 1 in
// size: halves are rounded, bytes scaled by 32, a bit is whether a component is
// positive, and sparse vectors leave small ones out.
func Encode(s dist.Space, v []float32) []byte {
	var out []byte
	switch s.Element {
	case dist.Float16:
		for _, x := range v {
			out = binary.LittleEndian.AppendUint16(out, half(x))
		}
	case dist.Int8:
		for _, x := range v {
			out = append(out, byte(int8(math.Round(float64(max(-128, min(127, 32*x)))))))
		}
	case dist.Bit:
		out = make([]byte, s.Size())
		for i, x := range v {
			if x > 0 {
				out[i/8] |= 0x80 >> (i % 8)
			}
		}
	case dist.Sparse:
		var values []byte
		out = binary.LittleEndian.AppendUint32(out, uint32(s.Dims))
		out = binary.LittleEndian.AppendUint32(out, 0)
		for i, x := range v {
			if x > 0.25 || x < -0.25 {
				out[4], out[5] = byte(len(values)/4+1), byte((len(values)/4+1)>>8)
				out = binary.LittleEndian.AppendUint32(out, uint32(i))
				values = binary.LittleEndian.AppendUint32(values, math.Float32bits(x))
			}
		}
		out = append(out, values...)
	default:
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
	}
	return out
}

// half is the binary16 next to x, away from zero when two are; not for subnormals.
func half(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b = (b&0x7fffffff + 0x1000) >> 13 // exponent and 10 bits of fraction
	switch {
	case b < (127-14)<<10:
		return sign
	case b >= (127+16)<<10:
		return sign | 0x7bff
	}
	return sign | uint16(b-(127-15)<<10)
}

// Spaces lists every element type with every metric that it has, for vectors of dims
// components; under the race detector with its first metric only, as which one it is does
// not change what runs beside what.
func Spaces(dims int) []dist.Space {
	var out []dist.Space
	for e := dist.Float32; e.Valid(); e++ {
		for m := dist.L2; m.Valid(); m++ {
			if e.Measures(m) {
				out = append(out, dist.Space{Element: e, Metric: m, Dims: dims})
				if raceEnabled {
					break
				}
			}
		}
	}
	return out
}
