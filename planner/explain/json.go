package explain

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
)

// JSON prints a plan as PostgreSQL's EXPLAIN (FORMAT JSON): an array of one object.
func JSON(p *physical.Plan, o Options, counters func(id int) *Counters) string {
	var b strings.Builder
	b.WriteString("[\n  ")
	writeJSON(&b, tree(p, o, counters), 2)
	b.WriteString("\n]")
	return b.String()
}

// writeJSON writes an object; indent is that of its closing brace.
func writeJSON(b *strings.Builder, members []member, indent int) {
	pad := strings.Repeat(" ", indent+2)
	b.WriteString("{")
	for i, m := range members {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + pad + strconv.Quote(m.key) + ": ")
		switch x := m.val.(type) {
		case []member:
			writeJSON(b, x, indent+2)
		case [][]member:
			b.WriteString("[\n" + pad)
			for i, o := range x {
				if i > 0 {
					b.WriteString(",\n" + pad)
				}
				b.WriteString("  ")
				writeJSON(b, o, indent+4)
			}
			if len(x) > 0 {
				b.WriteString("\n" + pad)
			}
			b.WriteString("]")
		case []string:
			l := make([]string, len(x))
			for i, s := range x {
				l[i] = quote(s)
			}
			b.WriteString("[" + strings.Join(l, ", ") + "]")
		case string:
			b.WriteString(quote(x))
		case plain:
			b.WriteString(string(x))
		}
	}
	b.WriteString("\n" + strings.Repeat(" ", indent) + "}")
}
