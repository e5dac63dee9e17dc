package quant

import "fmt"

// Coding says how an index keeps what it compares while it searches. The zero
// value is 8-bit scalar quantization.
type Coding uint8

const (
	CodingSQ8  Coding = 0 // see SQ8
	CodingNone Coding = 1 // the vectors themselves, float32
)

// Valid reports whether c is one of the codings above.
func (c Coding) Valid() bool { return c <= CodingNone }

// String is the coding's name in SQL: sq8, none.
func (c Coding) String() string {
	switch c {
	case CodingSQ8:
		return "sq8"
	case CodingNone:
		return "none"
	}
	return fmt.Sprintf("coding(%d)", uint8(c))
}
