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
	var m copyBuffer
	m.begin()
	for i, text := range d.texts {
		m.block = append(m.block, 0, 3, 0, 0, 0, 8)
		m.block = binary.BigEndian.AppendUint64(m.block, uint64(i+1))
		m.block = binary.BigEndian.AppendUint32(m.block, uint32(len(text)))
		m.block = append(m.block, text...)
		m.block = binary.BigEndian.AppendUint32(m.block, 4+4*words.Dims)
		m.block = appendVector(m.block, d.Vec(i))
		m.row()
	}
	return m.end()
}

// copyBuffer collects rows in COPY's binary format as whole CopyData messages.
type copyBuffer struct {
	all   [][]byte
	block []byte // the message that is being filled
}

const copySize = 64 << 10 // of a message, about

// begin starts the stream.
func (m *copyBuffer) begin() {
	m.next()
	m.block = append(append(m.block, "PGCOPY\n\xff\r\n\x00"...), make([]byte, 8)...)
}

func (m *copyBuffer) next() { m.block = append(make([]byte, 0, copySize+1024), 'd', 0, 0, 0, 0) }

func (m *copyBuffer) close() {
	binary.BigEndian.PutUint32(m.block[1:], uint32(len(m.block)-1))
	m.all = append(m.all, m.block)
}

// row is called after each row that was appended to block.
func (m *copyBuffer) row() {
	if len(m.block) >= copySize {
		m.close()
		m.next()
	}
}

// end ends the stream and returns the messages.
func (m *copyBuffer) end() [][]byte {
	m.block = append(m.block, 0xff, 0xff)
	m.close()
	return m.all
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
