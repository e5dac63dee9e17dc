package explain

import (
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
)

// YAML prints a plan as PostgreSQL's EXPLAIN (FORMAT YAML): a list of one mapping, whose
// strings are all quoted.
func YAML(p *physical.Plan, o Options, counters func(id int) *Counters) string {
	var b strings.Builder
	b.WriteString("- ")
	writeYAML(&b, tree(p, o, counters), 2)
	return b.String()
}

// writeYAML writes the members of a mapping, the first one where the caller stands.
func writeYAML(b *strings.Builder, members []member, indent int) {
	pad := "\n" + strings.Repeat(" ", indent)
	for i, m := range members {
		if i > 0 {
			b.WriteString(pad)
		}
		b.WriteString(m.key + ": ")
		switch x := m.val.(type) {
		case []member:
			b.WriteString(pad + "  ")
			writeYAML(b, x, indent+2)
		case [][]member:
			for _, o := range x {
				b.WriteString(pad + "  - ")
				writeYAML(b, o, indent+4)
			}
		case []string:
			for _, s := range x {
				b.WriteString(pad + "  - " + quote(s))
			}
		case string:
			b.WriteString(quote(x))
		case plain:
			b.WriteString(string(x))
		}
	}
}
