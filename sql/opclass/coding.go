package opclass

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// The values of the parameter quantization: what the engine compares while it
// searches. Results are exact with all of them.
var (
	graphCodings = []string{"none", "sq8", "rabitq1", "rabitq2", "rabitq3", "rabitq4", "rabitq5", "rabitq6", "rabitq7", "rabitq8", "pq"}
	listCodings  = append([]string{"none"}, graphCodings[2:]...)
)

// Coding is the coding that an index asks for; ok is false when it asks for none, and
// the engine chooses.
func Coding(x *catalog.Index) (c quant.Coding, ok bool) {
	m, found := MethodByName(x.Method)
	if !found {
		return 0, false
	}
	v, isSet := x.Options.Get("quantization")
	o := m.Option("quantization")
	if !isSet || o == nil {
		return 0, false
	}
	if v, ok = o.word(v); !ok {
		return 0, false
	}
	return quant.ParseCoding(v)
}

// CheckCoding answers 0A000 when the vectors of the index's operator class cannot be
// coded as it asks for.
func CheckCoding(x *catalog.Index) error {
	c, ok := Coding(x)
	class, known := Of(x)
	if !ok || !known || c == quant.CodingNone {
		return nil
	}
	// Vectors as short as codes are compared themselves.
	short := class.Element >= dist.Int8
	if class.Method != "hnsw" {
		short = class.Element == dist.Bit
	}
	if !short && c.Serves(class.Metric) {
		return nil
	}
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "operator class %q does not support quantization %q", class.Name, c.String())
}
