package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Option is one storage parameter.
type Option struct{ Name, Value string }

// Options are the storage parameters of WITH (…), in the order given.
type Options []Option

// Get returns the value of the parameter.
func (o Options) Get(name string) (value string, ok bool) {
	for i := range o {
		if o[i].Name == name {
			return o[i].Value, true
		}
	}
	return "", false
}

// Without are the parameters but the one named.
func (o Options) Without(name string) Options {
	var out Options
	for _, x := range o {
		if x.Name != name {
			out = append(out, x)
		}
	}
	return out
}

// With are the parameters with one set, which then is the last.
func (o Options) With(name, value string) Options {
	return append(o.Without(name), Option{name, value})
}

// UnmarshalJSON also reads an object, as which descriptors were stored before
// the order was kept: its parameters come by name.
func (o *Options) UnmarshalJSON(b []byte) error {
	*o = nil
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		return json.Unmarshal(b, (*[]Option)(o))
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for name, value := range m {
		*o = append(*o, Option{name, value})
	}
	slices.SortFunc(*o, func(a, b Option) int { return strings.Compare(a.Name, b.Name) })
	return nil
}
