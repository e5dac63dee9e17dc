package session

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/explain"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// explainOptions are EXPLAIN's options.
type explainOptions struct {
	explain.Options
	format string // of what is no text
}

func readExplainOptions(st *ast.Explain) (o explainOptions, err error) {
	o.Costs, o.Timing = true, true
	summary, timing, wal := false, false, false
	for i := range st.Options {
		x := &st.Options[i]
		v, on := optionText(x), true
		if x.Value != nil && lower(x.Name) != "format" && knownExplain(lower(x.Name)) {
			if on, err = parseBool(v); err != nil {
				return o, pgerr.Newf(pgerrcode.SyntaxError, "%s requires a Boolean value", lower(x.Name))
			}
		}
		switch lower(x.Name) {
		case "analyze":
			o.Analyze = on
		case "verbose":
			o.Verbose = on
		case "costs":
			o.Costs = on
		case "timing":
			o.Timing, timing = on, on
		case "summary":
			o.Summary, summary = on, true
		case "buffers":
			o.Buffers = on
		case "wal":
			wal = on
		case "settings":
		case "format":
			switch lower(v) {
			case "text":
				o.format = ""
			case "json", "yaml", "xml":
				o.format = lower(v)
			default:
				return o, pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": %q", v).At(int(x.Pos))
			}
		default:
			return o, pgerr.Newf(pgerrcode.SyntaxError, "unrecognized EXPLAIN option %q", x.Name).At(int(x.Pos))
		}
	}
	if (timing || wal) && !o.Analyze {
		return o, pgerr.Newf(pgerrcode.InvalidParameterValue, "EXPLAIN option %s requires ANALYZE", map[bool]string{true: "WAL", false: "TIMING"}[wal])
	}
	if !summary {
		o.Summary = o.Analyze
	}
	return o, nil
}

// knownExplain reports an option of EXPLAIN.
func knownExplain(name string) bool {
	switch name {
	case "analyze", "verbose", "costs", "timing", "summary", "buffers", "wal", "settings", "format":
		return true
	}
	return false
}

func explainColumns(st *ast.Explain) []backend.Column {
	t := types.TextOID
	if o, err := readExplainOptions(st); err == nil && o.format == "json" {
		t = types.JSONOID // and text for xml, of which there is no type
	}
	return []backend.Column{{Name: "QUERY PLAN", Type: types.Of(t)}}
}

// queryParams finds the parameters of the query within another statement.
func (s *Session) queryParams(ctx context.Context, st ast.Stmt, p *prepared) ([]types.OID, error) {
	switch st.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
		o := s.optionsFor(ctx, p)
		o.Defining = true // who runs the query plans it again
		plan, err := planner.Plan(st, o)
		if err != nil {
			return nil, err
		}
		return plan.Params, nil
	}
	return nil, nil
}

// explain runs EXPLAIN.
func (s *Session) explain(ctx context.Context, p *portal, st *ast.Explain) (source, error) {
	o, err := readExplainOptions(st)
	if err != nil {
		return nil, err
	}
	if made, ok := st.Stmt.(*ast.CreateTable); ok && made.Query != nil && s.isMade(made) {
		e := pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", made.Name.Name)
		if !made.IfNotExists {
			return nil, e
		}
		e.Message, e.Severity = e.Message+", skipping", pgerr.Notice
		s.notice(e)
		return textRows("EXPLAIN", 1, nil), nil
	}
	began := time.Now()
	q, params, err := s.explained(ctx, p, st)
	if err != nil {
		return nil, err
	}
	if q.plan.Fails != nil {
		return nil, q.plan.Fails
	}
	if err := s.mayUse(q.plan.Uses); err != nil {
		return nil, err
	}
	o.PlanningMs = ms(time.Since(began))
	o.Schema = s.Catalog().NameForTemp
	var counters func(int) *explain.Counters
	if o.Analyze {
		if !q.plan.ReadOnly {
			if err := s.tx.mayWriteTo(q.plan.TempOnly, writerName(q)); err != nil {
				return nil, err
			}
		}
		if counters, err = s.analyzed(ctx, q, params, &o); err != nil {
			return nil, err
		}
	}
	if o.format != "" {
		forms := map[string]func(*physical.Plan, explain.Options, func(int) *explain.Counters) string{"json": explain.JSON, "yaml": explain.YAML, "xml": explain.XML}
		return textRows("EXPLAIN", 1, [][]string{{forms[o.format](q.plan, o.Options, counters)}}), nil
	}
	var rows [][]string
	for _, line := range explain.Text(q.plan, o.Options, counters) {
		rows = append(rows, []string{line})
	}
	return textRows("EXPLAIN", 1, rows), nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// explained is the statement to explain, planned, with its parameters.
func (s *Session) explained(ctx context.Context, p *portal, st *ast.Explain) (*prepared, []types.Datum, error) {
	if sel, ok := st.Stmt.(*ast.Select); ok && sel.Into != nil {
		o, err := readExplainOptions(st)
		if err != nil {
			return nil, nil, err
		}
		if o.Analyze {
			return nil, nil, pgerr.NotSupported(int(st.Pos), "EXPLAIN ANALYZE of a statement that makes a table is not supported")
		}
		query := *sel
		query.Into = nil
		q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: &query}, p.stmt.declared)
		return q, p.params, err
	}
	switch x := st.Stmt.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
		q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: x}, p.stmt.declared)
		return q, p.params, err
	case *ast.Declare:
		q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: x.Query}, p.stmt.declared)
		return q, p.params, err
	case *ast.CreateTable:
		if o, err := readExplainOptions(st); err != nil || x.Query == nil {
			break
		} else if o.Analyze {
			return nil, nil, pgerr.NotSupported(int(st.Pos), "EXPLAIN ANALYZE of a statement that makes a table is not supported")
		}
		return s.explained(ctx, p, &ast.Explain{At: st.At, Options: st.Options, Stmt: x.Query})
	case *ast.Execute:
		q, err := s.executed(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		params, err := s.executeArgs(x, q)
		if err != nil {
			return nil, nil, err
		}
		if err := s.refresh(ctx, q); err != nil {
			return nil, nil, err
		}
		s.countPlan(q, len(params))
		if q.plan != nil {
			return q, params, nil
		}
	}
	return nil, nil, pgerr.NotSupported(int(st.Pos), "EXPLAIN of this statement is not supported")
}

// isMade reports that a relation of the name is there already.
func (s *Session) isMade(st *ast.CreateTable) bool {
	names := []string{st.Name.Schema}
	if st.Name.Schema == "" {
		names = s.pathNames()
	}
	for _, n := range names {
		if x, ok := s.Catalog().Schema(n); ok && n != "pg_catalog" {
			return s.Catalog().RelationExists(x.ID, st.Name.Name)
		}
	}
	return false
}

// analyzed runs the statement and returns what each node did.
func (s *Session) analyzed(ctx context.Context, q *prepared, params []types.Datum, o *explainOptions) (func(int) *explain.Counters, error) {
	began := time.Now()
	run := s.newRunning(q)
	defer run.close()
	run.count = true
	if err := run.open(ctx, params); err != nil {
		return nil, err
	}
	for {
		b, err := run.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
	}
	o.ExecutionMs = ms(time.Since(began))
	counters := run.env.Counters
	return func(id int) *explain.Counters {
		if id < 0 || id >= len(counters) || counters[id].Loops == 0 {
			return nil
		}
		return explainCounter(&counters[id])
	}, nil
}

func explainCounter(c *executor.Counter) *explain.Counters {
	out := &explain.Counters{
		StartupMs: ms(c.Startup), TotalMs: ms(c.Total), Rows: c.Rows, Loops: c.Loops, Removed: c.Removed, Skipped: c.Skipped, Spilled: c.Spilled,
		Strategy: c.Strategy, Why: strings.Join(c.Notes, "; "), Target: c.Target, Effort: c.Work.Effort, EffortFrom: c.Work.From.String(),
	}
	add := func(name string, v int64) {
		if v > 0 {
			out.Extra = append(out.Extra, explain.Counter{Name: name, Value: v})
		}
	}
	add("Workers Launched", int64(c.Workers))
	add("Distances", c.Work.Distances)
	add("Hops", c.Work.Hops)
	add("Reranked", c.Work.Reranked)
	add("Segments", c.Work.Segments)
	add("Searches Begun Ahead", c.Ahead)
	return out
}
