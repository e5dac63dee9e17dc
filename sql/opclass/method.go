package opclass

import "github.com/loxodb/loxodb/sql/catalog"

// Method is a vector access method.
type Method struct {
	Name    string
	Options []Option
}

// TargetRecall is the parameter for the share of the true nearest rows that searches
// shall find; of methods that do not look at every entry.
const TargetRecall = "target_recall"

var targetRecall = fraction(TargetRecall, 0.001, 1)

// methods are pgvector's, with its parameters, and the engine's own; quantization and
// target_recall are the engine's own everywhere.
var methods = []Method{
	{"hnsw", []Option{number("m", 16, 2, 100), number("ef_construction", 64, 4, 1000), choice("quantization", graphCodings), targetRecall}},
	{"ivfflat", []Option{number("lists", 100, 1, 32768), choice("quantization", listCodings), targetRecall}},
	{"flat", nil},
	{"ivf", []Option{number("lists", 100, 1, 32768), choice("quantization", listCodings), targetRecall}},
}

// MethodByName finds a vector access method.
func MethodByName(name string) (*Method, bool) {
	for i := range methods {
		if methods[i].Name == name {
			return &methods[i], true
		}
	}
	return nil, false
}

// Option finds a parameter of the method, nil when it has none of that name.
func (m *Method) Option(name string) *Option {
	for i := range m.Options {
		if m.Options[i].Name == name {
			return &m.Options[i]
		}
	}
	return nil
}

// Value is an index's parameter, its default when it is not set; 0 when the
// method has no such parameter.
func Value(x *catalog.Index, name string) int {
	m, ok := MethodByName(x.Method)
	if !ok {
		return 0
	}
	o := m.Option(name)
	if o == nil {
		return 0
	}
	if s, set := x.Options.Get(name); set {
		if v, ok := ParseInt(s); ok {
			return v
		}
	}
	return o.Default
}

// Set is an index's parameter, 0 when it is not set.
func Set(x *catalog.Index, name string) int {
	s, _ := x.Options.Get(name)
	v, _ := ParseInt(s)
	return v
}
