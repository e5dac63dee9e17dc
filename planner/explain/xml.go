package explain

import (
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
)

// XML prints a plan as PostgreSQL's EXPLAIN (FORMAT XML).
func XML(p *physical.Plan, o Options, counters func(id int) *Counters) string {
	var b strings.Builder
	b.WriteString("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query>\n")
	writeXML(&b, tree(p, o, counters), 4)
	b.WriteString("  </Query>\n</explain>")
	return b.String()
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#x0d;")

// xmlName is a key as the name of an element.
func xmlName(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, key)
}

func writeXML(b *strings.Builder, members []member, indent int) {
	pad := strings.Repeat(" ", indent)
	element := func(name, text string) string { return "<" + name + ">" + xmlText.Replace(text) + "</" + name + ">\n" }
	for _, m := range members {
		name := xmlName(m.key)
		open, end := pad+"<"+name+">\n", pad+"</"+name+">\n"
		switch x := m.val.(type) {
		case []member:
			b.WriteString(open)
			writeXML(b, x, indent+2)
			b.WriteString(end)
		case [][]member:
			b.WriteString(open)
			for _, o := range x {
				b.WriteString(pad + "  <Plan>\n")
				writeXML(b, o, indent+4)
				b.WriteString(pad + "  </Plan>\n")
			}
			b.WriteString(end)
		case []string:
			b.WriteString(open)
			for _, s := range x {
				b.WriteString(pad + "  " + element("Item", s))
			}
			b.WriteString(end)
		case string:
			b.WriteString(pad + element(name, x))
		case plain:
			b.WriteString(pad + element(name, string(x)))
		}
	}
}
