// Package explain prints physical plans as PostgreSQL's EXPLAIN does, in its
// text and JSON forms, so that people and tools that read those can read ours.
// It must not know how plans are found or run.
package explain

import (
	"fmt"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
)

// Options are EXPLAIN's. Analyze needs counters.
type Options struct {
	Analyze, Verbose, Costs, Timing, Summary, Buffers bool
	// Schema is the name of a table's schema, which VERBOSE shows; nil: it does not.
	Schema func(catalog.ID) string
	// PlanningMs and ExecutionMs are shown with Summary.
	PlanningMs, ExecutionMs float64
	// Work names further counters of a node in the order they are printed.
}

// Counters are what a node did, from EXPLAIN ANALYZE. Times are totals over all loops.
type Counters struct {
	StartupMs, TotalMs float64
	Rows               int64 // over all loops
	Loops              int64
	Removed            int64  // rows that the filter rejected
	Skipped            int64  // entries of an index that were rejected before their rows were read
	Spilled            int64  // bytes written to temporary files
	Strategy           string // chosen at Open, for vector searches
	Why                string
	// Of a vector search: the recall that it was to reach (0: none), its beam or probed
	// lists (0: it looked at every entry), and why so.
	Target     float64
	Effort     int64
	EffortFrom string
	Extra      []Counter
}

// Counter is one named amount: "Distances", 1234.
type Counter struct {
	Name  string
	Value int64
}

// prop is a property of a node: a line of text, a key of JSON.
type prop struct {
	key string
	val any // string, int64, float64, bool, []string
	// textOnly and jsonOnly properties appear in one form only.
	textOnly, jsonOnly bool
}

// item is a node as it is shown.
type item struct {
	title    string // first line of text: Seq Scan on t
	nodeType string // JSON
	rel      string // Parent Relationship
	label    string // text line above: SubPlan 1, CTE x, InitPlan
	base     *physical.Base
	props    []prop
	kids     []*item
	c        *Counters
}

func (it *item) add(key string, val any) { it.props = append(it.props, prop{key: key, val: val}) }
func (it *item) addJSON(key string, val any) {
	it.props = append(it.props, prop{key: key, val: val, jsonOnly: true})
}

// Text prints a plan as lines. counters may be nil; so may its results.
func Text(p *physical.Plan, o Options, counters func(id int) *Counters) []string {
	root := newViewer(p, o, counters).plan()
	t := &text{o: o}
	t.node(root, 0, true)
	if o.Summary {
		t.lines = append(t.lines, fmt.Sprintf("Planning Time: %.3f ms", o.PlanningMs))
		if o.Analyze {
			t.lines = append(t.lines, fmt.Sprintf("Execution Time: %.3f ms", o.ExecutionMs))
		}
	}
	return t.lines
}

type text struct {
	o     Options
	lines []string
}

// node prints a node and what is below it, indented as ExplainNode does.
func (t *text) node(it *item, indent int, top bool) {
	pad := strings.Repeat(" ", indent)
	if it.label != "" {
		t.lines = append(t.lines, pad+it.label)
		indent += 2
		pad = strings.Repeat(" ", indent)
	}
	head := pad
	if !top {
		head += "->  "
		indent += 4
	}
	t.lines = append(t.lines, head+it.title+t.numbers(it))
	inner := strings.Repeat(" ", indent+2)
	for _, p := range it.props {
		if p.jsonOnly {
			continue
		}
		t.lines = append(t.lines, inner+p.key+": "+textValue(p.val))
	}
	for _, k := range it.kids {
		t.node(k, indent+2, false)
	}
}

// numbers is (cost=… rows=… width=…) (actual …).
func (t *text) numbers(it *item) string {
	s := ""
	if t.o.Costs {
		s = fmt.Sprintf("  (cost=%.2f..%.2f rows=%.0f width=%d)", it.base.Startup, it.base.Cost, clampRows(it.base.Rows), it.base.Width)
	}
	if !t.o.Analyze {
		return s
	}
	c := it.c
	if c == nil || c.Loops == 0 {
		return s + " (never executed)"
	}
	n := float64(c.Loops)
	rows := float64(c.Rows) / n
	if t.o.Timing {
		return s + fmt.Sprintf(" (actual time=%.3f..%.3f rows=%.0f loops=%d)", c.StartupMs/n, c.TotalMs/n, rows, c.Loops)
	}
	return s + fmt.Sprintf(" (actual rows=%.0f loops=%d)", rows, c.Loops)
}

func clampRows(r float64) float64 {
	if r < 1 {
		return 1
	}
	return r
}

func textValue(v any) string {
	switch x := v.(type) {
	case []string:
		return strings.Join(x, ", ")
	case float64:
		return fmt.Sprintf("%.3f", x)
	}
	return fmt.Sprint(v)
}
