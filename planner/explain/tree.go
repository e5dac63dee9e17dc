package explain

import (
	"fmt"
	"strconv"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/types"
)

// member is a property of a plan or node, for all formats that a program reads.
type member struct {
	key string
	val any // string, []string, plain, an object ([]member) or a list of objects
}

// plain is a number or truth value, which no format quotes.
type plain string

// tree is a plan as an object.
func tree(p *physical.Plan, o Options, counters func(id int) *Counters) []member {
	out := []member{{"Plan", o.node(newViewer(p, o, counters).plan())}}
	if o.Summary {
		out = append(out, member{"Planning Time", plain(fmt.Sprintf("%.3f", o.PlanningMs))})
	}
	if o.Analyze {
		out = append(out, member{"Triggers", [][]member{}})
		if o.Summary {
			out = append(out, member{"Execution Time", plain(fmt.Sprintf("%.3f", o.ExecutionMs))})
		}
	}
	return out
}

func (o *Options) node(it *item) (out []member) {
	put := func(key string, val any) { out = append(out, member{key, val}) }
	props := func(which func(key string) bool) {
		for _, p := range it.props {
			if !p.textOnly && which(p.key) {
				put(p.key, value(p.val))
			}
		}
	}
	put("Node Type", it.nodeType)
	props(func(key string) bool { return first[key] })
	if it.rel != "" {
		put("Parent Relationship", it.rel)
	}
	if it.label != "" {
		put("Subplan Name", it.label)
	}
	put("Parallel Aware", plain("false"))
	put("Async Capable", plain("false"))
	props(func(key string) bool { return early[key] })
	if o.Costs {
		put("Startup Cost", plain(fmt.Sprintf("%.2f", it.base.Startup)))
		put("Total Cost", plain(fmt.Sprintf("%.2f", it.base.Cost)))
		put("Plan Rows", plain(fmt.Sprintf("%.0f", clampRows(it.base.Rows))))
		put("Plan Width", plain(strconv.Itoa(it.base.Width)))
	}
	o.actual(it, put)
	props(func(key string) bool { return !first[key] && !early[key] })
	if len(it.kids) > 0 {
		kids := make([][]member, len(it.kids))
		for i, k := range it.kids {
			kids[i] = o.node(k)
		}
		put("Plans", kids)
	}
	return out
}

// first are the properties that PostgreSQL writes before a node's place in the plan, early
// those before the costs.
var first = map[string]bool{"Strategy": true, "Partial Mode": true, "Operation": true}

var early = map[string]bool{"Join Type": true, "Command": true,
	"Scan Direction": true, "Index Name": true, "Relation Name": true, "Schema": true, "Alias": true, "Function Name": true, "CTE Name": true}

func (o *Options) actual(it *item, put func(key string, val any)) {
	if !o.Analyze {
		return
	}
	c := it.c
	if c == nil {
		c = &Counters{}
	}
	n := float64(max(c.Loops, 1))
	if o.Timing {
		put("Actual Startup Time", plain(fmt.Sprintf("%.3f", c.StartupMs/n)))
		put("Actual Total Time", plain(fmt.Sprintf("%.3f", c.TotalMs/n)))
	}
	put("Actual Rows", plain(fmt.Sprintf("%.0f", float64(c.Rows)/n)))
	put("Actual Loops", plain(strconv.FormatInt(c.Loops, 10)))
}

// value is a property's value as a member has it.
func value(v any) any {
	switch x := v.(type) {
	case string, []string:
		return x
	case float64:
		return plain(fmt.Sprintf("%.3f", x))
	}
	return plain(fmt.Sprint(v))
}

func quote(s string) string { return string(types.AppendJSONString(nil, []byte(s))) }
