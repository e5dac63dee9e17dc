package quant

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Coding says how an index keeps what it compares while it searches. The zero
// value is 8-bit scalar quantization. The numbers are part of file formats.
type Coding uint8

const (
	CodingSQ8  Coding = 0 // see SQ8
	CodingNone Coding = 1 // the vectors themselves, float32
	CodingPQ   Coding = 2 // see PQ

	codingRaBitQ Coding = 16 // + bits
)

// CodingRaBitQ is RaBitQ with 1 to 8 bits a component.
func CodingRaBitQ(bits int) Coding { return codingRaBitQ + Coding(bits) }

// Bits is the number of bits of a RaBitQ coding, 0 for the others.
func (c Coding) Bits() int {
	if c > codingRaBitQ && c <= codingRaBitQ+8 {
		return int(c - codingRaBitQ)
	}
	return 0
}

// Valid reports whether c is a coding.
func (c Coding) Valid() bool { return c <= CodingPQ || c.Bits() > 0 }

// Serves reports whether the coding can estimate a metric's distances.
func (c Coding) Serves(m dist.Metric) bool {
	return m <= dist.Cosine || c == CodingSQ8 || c == CodingNone
}

// String is the coding's name in SQL: sq8, none, pq, rabitq1 to rabitq8.
func (c Coding) String() string {
	switch {
	case c == CodingSQ8:
		return "sq8"
	case c == CodingNone:
		return "none"
	case c == CodingPQ:
		return "pq"
	case c.Bits() > 0:
		return "rabitq" + strconv.Itoa(c.Bits())
	}
	return fmt.Sprintf("coding(%d)", uint8(c))
}

// ParseCoding is the inverse of String.
func ParseCoding(name string) (Coding, bool) {
	switch name {
	case "sq8":
		return CodingSQ8, true
	case "none":
		return CodingNone, true
	case "pq":
		return CodingPQ, true
	}
	digit, ok := strings.CutPrefix(name, "rabitq")
	if !ok || len(digit) != 1 || digit[0] < '1' || digit[0] > '8' {
		return 0, false
	}
	return CodingRaBitQ(int(digit[0] - '0')), true
}
