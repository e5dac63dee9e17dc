package opclass

import (
	"math"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// Option is a storage parameter of an access method: an integer.
type Option struct {
	Name              string
	Default, Min, Max int
}

// Method is a vector access method.
type Method struct {
	Name    string
	Options []Option
}

// methods are pgvector's, with its parameters, and the engine's own.
var methods = []Method{
	{"hnsw", []Option{{"m", 16, 2, 100}, {"ef_construction", 64, 4, 1000}}},
	{"ivfflat", []Option{{"lists", 100, 1, 32768}}},
	{"flat", nil},
	{"ivf", []Option{{"lists", 100, 1, 32768}}},
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

// ParseInt reads an integer parameter as PostgreSQL does: a fraction is rounded.
func ParseInt(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 0, 32); err == nil {
		return int(n), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(math.Abs(f) < math.MaxInt32) {
		return 0, false
	}
	return int(math.RoundToEven(f)), true
}
