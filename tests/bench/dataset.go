package main

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

const k = sets.K

// dataSet is what is loaded and asked for: words and their vectors. Row i of the
// table has the key i+1.
type dataSet struct {
	*sets.Set
	texts []string // a word a vector
}

// copyMessages is the table in COPY's binary format, as whole CopyData messages:
// encoded ahead, so that the server's time is measured and not the client's.
func (d *dataSet) copyMessages() [][]byte {
	const size = 64 << 10
	var all [][]byte
	var block []byte
	begin := func() { block = append(make([]byte, 0, size+1024), 'd', 0, 0, 0, 0) }
	end := func() {
		binary.BigEndian.PutUint32(block[1:], uint32(len(block)-1))
		all = append(all, block)
	}
	begin()
	block = append(append(block, "PGCOPY\n\xff\r\n\x00"...), make([]byte, 8)...)
	for i, text := range d.texts {
		block = append(block, 0, 3, 0, 0, 0, 8)
		block = binary.BigEndian.AppendUint64(block, uint64(i+1))
		block = binary.BigEndian.AppendUint32(block, uint32(len(text)))
		block = append(block, text...)
		block = binary.BigEndian.AppendUint32(block, 4+4*words.Dims)
		if block = appendVector(block, d.Vec(i)); len(block) >= size {
			end()
			begin()
		}
	}
	block = append(block, 0xff, 0xff)
	end()
	return all
}

// appendVector is the wire's binary form of a vector.
func appendVector(dst []byte, v []float32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(v)))
	dst = append(dst, 0, 0)
	for _, f := range v {
		dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(f))
	}
	return dst
}
