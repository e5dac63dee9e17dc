package explain

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
)

// JSON prints a plan as PostgreSQL's EXPLAIN (FORMAT JSON): an array of one object.
func JSON(p *physical.Plan, o Options, counters func(id int) *Counters) string {
	root := newViewer(p, o, counters).plan()
	w := &writer{o: o}
	w.b.WriteString("[\n  {\n    \"Plan\": ")
	w.node(root, 4)
	if o.Summary {
		fmt.Fprintf(&w.b, ",\n    \"Planning Time\": %.3f", o.PlanningMs)
	}
	if o.Analyze {
		w.b.WriteString(",\n    \"Triggers\": [\n    ]")
		if o.Summary {
			fmt.Fprintf(&w.b, ",\n    \"Execution Time\": %.3f", o.ExecutionMs)
		}
	}
	w.b.WriteString("\n  }\n]")
	return w.b.String()
}

type writer struct {
	o Options
	b strings.Builder
}

// node writes an object; indent is that of its closing brace.
func (w *writer) node(it *item, indent int) {
	pad := strings.Repeat(" ", indent+2)
	first := true
	put := func(key, raw string) {
		if !first {
			w.b.WriteString(",")
		}
		first = false
		w.b.WriteString("\n" + pad + strconv.Quote(key) + ": " + raw)
	}
	w.b.WriteString("{")
	put("Node Type", quote(it.nodeType))
	if it.rel != "" {
		put("Parent Relationship", quote(it.rel))
	}
	if it.label != "" {
		put("Subplan Name", quote(it.label))
	}
	put("Parallel Aware", "false")
	put("Async Capable", "false")
	props := it.props
	for len(props) > 0 && early[props[0].key] {
		if !props[0].textOnly {
			put(props[0].key, value(props[0].val))
		}
		props = props[1:]
	}
	if w.o.Costs {
		put("Startup Cost", fmt.Sprintf("%.2f", it.base.Startup))
		put("Total Cost", fmt.Sprintf("%.2f", it.base.Cost))
		put("Plan Rows", fmt.Sprintf("%.0f", clampRows(it.base.Rows)))
		put("Plan Width", strconv.Itoa(it.base.Width))
	}
	w.actual(it, put)
	for _, p := range props {
		if !p.textOnly {
			put(p.key, value(p.val))
		}
	}
	if len(it.kids) > 0 {
		w.b.WriteString(",\n" + pad + "\"Plans\": [\n" + pad + "  ")
		for i, k := range it.kids {
			if i > 0 {
				w.b.WriteString(",\n" + pad + "  ")
			}
			w.node(k, indent+4)
		}
		w.b.WriteString("\n" + pad + "]")
	}
	w.b.WriteString("\n" + strings.Repeat(" ", indent) + "}")
}

// early are the properties that PostgreSQL writes before the costs.
var early = map[string]bool{"Strategy": true, "Partial Mode": true, "Operation": true, "Join Type": true, "Command": true,
	"Scan Direction": true, "Index Name": true, "Relation Name": true, "Schema": true, "Alias": true, "Function Name": true, "CTE Name": true}

func (w *writer) actual(it *item, put func(key, raw string)) {
	if !w.o.Analyze {
		return
	}
	c := it.c
	if c == nil {
		c = &Counters{}
	}
	n := float64(max(c.Loops, 1))
	if w.o.Timing {
		put("Actual Startup Time", fmt.Sprintf("%.3f", c.StartupMs/n))
		put("Actual Total Time", fmt.Sprintf("%.3f", c.TotalMs/n))
	}
	put("Actual Rows", fmt.Sprintf("%.0f", float64(c.Rows)/n))
	put("Actual Loops", strconv.FormatInt(c.Loops, 10))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func value(v any) string {
	switch x := v.(type) {
	case string:
		return quote(x)
	case []string:
		l := make([]string, len(x))
		for i, s := range x {
			l[i] = quote(s)
		}
		return "[" + strings.Join(l, ", ") + "]"
	case float64:
		return fmt.Sprintf("%.3f", x)
	}
	return fmt.Sprint(v)
}
