// Package optimize turns a logical tree into the cheapest physical plan it can
// find: access paths, join order and method, sorts that an index makes
// unnecessary, vector searches. It must not know syntax or execution.
package optimize

import (
	"context"
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/cost"
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/planner/stats"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// planner holds what is built for one statement.
type planner struct {
	o      bind.Options
	meta   *logical.Meta
	m      *cost.Model
	plan   *physical.Plan
	frames []*frame
	ctes   map[*logical.CTE]int // position in plan.CTEs
	est    stats.Estimator
	// qualify: names in EXPLAIN carry their relation.
	qualify  bool
	names    []string // with their relations, by ColID: every node and reference has one
	noSeq    bool     // enable_seqscan off
	noIndex  bool     // enable_indexscan off
	noBitmap bool     // enable_bitmapscan off
	err      error
	wrote    bool          // writes was called
	member   *logical.Scan // the table of a family that is being planned
}

// rel is a built subtree: its node and which column is at which position.
type rel struct {
	node physical.Node
	cols []logical.ColID
}

func (r *rel) info() *physical.Base { return r.node.Info() }

// layout is which column is at which position of a row; the first wins where one comes
// twice. Rows are short: looking through one is faster than making a map of it.
type layout []logical.ColID

func (r *rel) layout() layout { return r.cols }

// at is the position of a column.
func (l layout) at(c logical.ColID) (int, bool) {
	i := slices.Index(l, c)
	return i, i >= 0
}

// Plan optimises a bound statement.
func Plan(s *bind.Statement, o bind.Options) (*physical.Plan, error) {
	out := make([]logical.ColID, 0, len(s.Out)+2*len(s.Positions))
	for _, c := range s.Out {
		out = append(out, c.ID)
	}
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	tree, failed := logical.Normalize(ctx, s.Tree, s.Meta, out)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.Locks {
		if err := logical.CheckLocks(tree); err != nil {
			return nil, err
		}
	}
	tree = logical.ReadBefore(tree, s.Meta)
	p := &planner{o: o, meta: s.Meta, m: &cost.Default, ctes: map[*logical.CTE]int{}, qualify: relations(s.Meta) > 1,
		noSeq: settingOff(o, "enable_seqscan"), noIndex: settingOff(o, "enable_indexscan"),
		noBitmap: settingOff(o, "enable_bitmapscan")}
	p.est.Col = p.columnStats
	p.plan = &physical.Plan{Params: s.Params, ParamDomains: s.ParamDomains, Tag: s.Tag, Fails: failed, Version: o.Catalog.Version, ReadOnly: s.Tag == "SELECT" && !s.Locks, Calls: s.Calls,
		Unkeyed: s.Meta.Unlimited && !logical.Keyed(tree)}
	need := &logical.ColSet{}
	for _, c := range s.Out {
		need.Add(c.ID)
	}
	for _, c := range s.Positions {
		if need.Add(c.Row); c.Family != nil {
			need.Add(c.TableOID)
		}
	}
	if err := p.writingCTEs(); err != nil {
		return nil, err
	}
	r, err := p.build(tree, need)
	if err != nil {
		return nil, err
	}
	if s.Out != nil {
		ids := make([]logical.ColID, len(s.Out))
		for i, c := range s.Out {
			ids[i] = c.ID
		}
		for _, c := range s.Positions {
			at := physical.Position{Table: c.Table, Col: len(ids), Locked: c.Locked, Family: c.Family}
			if ids = append(ids, c.Row); c.Family != nil {
				at.TableCol = len(ids)
				ids = append(ids, c.TableOID)
			}
			p.plan.Positions = append(p.plan.Positions, at)
		}
		r = p.exact(r, ids)
	}
	if p.err != nil {
		return nil, p.err
	}
	p.plan.Root = r.node
	p.finish(s)
	return p.plan, nil
}

// writes notes that the plan writes a table or locks rows of it.
func (p *planner) writes(t *catalog.Table) {
	p.plan.TempOnly, p.wrote = t.Temp && (p.plan.TempOnly || !p.wrote), true
}

// changes notes that the plan changes rows of a table, or of its family.
func (p *planner) changes(w *physical.TableWrite) {
	p.writes(w.Table)
	p.plan.Calls = p.plan.Calls || w.HasTrigger(0)
}

// finish fills what describes the plan.
func (p *planner) finish(s *bind.Statement) {
	p.plan.Out = slices.Grow(p.plan.Out, len(s.Out))
	for _, c := range s.Out {
		info := &p.meta.Cols[c.ID]
		out := physical.OutColumn{Name: c.Name, Type: c.T, Collation: info.Collation, Domain: c.Domain, FoldedMod: c.T.Mod}
		if mod, ok := p.meta.FoldedMods[c.ID]; ok {
			out.FoldedMod = mod
		}
		if info.OrigAttr != catalog.RowIDAttr {
			out.Table, out.Attr = info.OrigTable, info.OrigAttr
		}
		p.plan.Out = append(p.plan.Out, out)
	}
	p.plan.Tables = slices.Clone(p.meta.Tables())
	p.plan.Uses = p.meta.Uses
	p.plan.Bytes = 2048 + 512*p.plan.NodeCount + p.meta.FoldedBytes
}

// writingCTEs plans the data-modifying WITH queries, which run even when unread, and
// what must be read before them.
func (p *planner) writingCTEs() error {
	for _, c := range p.meta.ReadFirst {
		n, err := p.cte(c)
		if err != nil {
			return err
		}
		p.plan.RunCTEs = append(p.plan.RunCTEs, n)
	}
	for _, c := range p.meta.CTEs {
		if !c.Write {
			continue
		}
		p.plan.ReadOnly = false
		n, err := p.cte(c)
		if err != nil {
			return err
		}
		p.plan.WriteCTEs = append(p.plan.WriteCTEs, n)
	}
	return nil
}

// relations counts the different names that columns come from.
func relations(m *logical.Meta) int {
	seen := map[string]bool{}
	for i := range m.Cols {
		if r := m.Cols[i].Rel; r != "" {
			seen[r] = true
		}
	}
	return len(seen)
}

func settingOff(o bind.Options, name string) bool {
	if o.Session == nil {
		return false
	}
	v, ok := o.Session.Setting(name)
	return ok && (v == "off" || v == "false" || v == "0" || v == "no")
}

// columnStats answers for ColIDs.
func (p *planner) columnStats(id int) (*catalog.ColumnStats, float64, bool) {
	if id <= 0 || id >= len(p.meta.Cols) {
		return nil, stats.DefaultRows, false
	}
	c := &p.meta.Cols[id]
	if c.Table == nil {
		return nil, stats.DefaultRows, false
	}
	if t, attr := p.memberColumn(id); t != nil {
		return stats.TableColumn(t, p.o.Catalog.Stats(t.ID), attr)
	}
	return stats.TableColumn(c.Table, p.o.Catalog.Stats(c.Table.ID), c.Attr)
}

// base starts a node: number, columns and names.
func (p *planner) base(cols []logical.ColID) physical.Base {
	b := physical.Base{ID: p.plan.NodeCount, Cols: make([]types.T, len(cols)), Names: make([]string, len(cols))}
	p.plan.NodeCount++
	for i, c := range cols {
		b.Cols[i], b.Names[i] = p.meta.Cols[c].T, p.name(c)
		b.Width += cost.Width(b.Cols[i])
	}
	return b
}

// name is how EXPLAIN shows a column.
func (p *planner) name(c logical.ColID) string {
	info := &p.meta.Cols[c]
	if info.Rel == "" || !p.qualify {
		return quoteIdent(info.Name)
	}
	if c >= len(p.names) {
		p.names = append(p.names, make([]string, len(p.meta.Cols)-len(p.names))...)
	}
	if p.names[c] == "" {
		p.names[c] = quoteIdent(info.Rel) + "." + quoteIdent(info.Name)
	}
	return p.names[c]
}

// exact makes the output be exactly the columns, in order.
func (p *planner) exact(r *rel, ids []logical.ColID) *rel {
	same := len(ids) == len(r.cols)
	for i := 0; same && i < len(ids); i++ {
		same = ids[i] == r.cols[i]
	}
	if same {
		return r
	}
	at := r.layout()
	n := &physical.Project{Base: p.base(ids), Input: r.node}
	for _, c := range ids {
		n.Exprs = append(n.Exprs, p.remapCol(c, p.meta.Cols[c].T, at))
	}
	p.inherit(&n.Base, r, 0)
	return &rel{n, ids}
}

// inherit takes the input's estimates and adds work per row.
func (p *planner) inherit(b *physical.Base, in *rel, perRow float64) {
	i := in.info()
	b.Rows, b.Startup = i.Rows, i.Startup
	b.Cost = i.Cost + i.Rows*(perRow+p.m.Emit)
}

// sel is the estimated fraction of rows that pass all conditions.
func (p *planner) sel(conds []expr.Expr) float64 {
	f := 1.0
	var few [8]expr.Expr
	plain := few[:0]
	for _, c := range conds {
		if s, ok := p.subquerySel(c); ok {
			f *= s
			continue
		}
		plain = append(plain, c)
	}
	if len(plain) > 0 {
		f *= p.est.Conjunction(plain)
	}
	return f
}

// subquerySel estimates [NOT] x IN (SELECT y FROM t WHERE …): as many values of x
// pass as the subquery has rows.
func (p *planner) subquerySel(c expr.Expr) (float64, bool) {
	not := false
	if n, ok := c.(*expr.Not); ok {
		c, not = n.X, true
	}
	s, ok := c.(*logical.Subquery)
	if !ok || s.Kind != expr.AnySub || len(s.Left) != 1 {
		return 0, false
	}
	col, ok := s.Left[0].(*expr.Column)
	if !ok {
		return 0, false
	}
	scan, conds, _, ok := logical.ScanChain(s.Tree)
	if !ok {
		return 0, false
	}
	rows := p.tableRows(scan.Table) * p.sel(conds)
	st, n, unique := p.columnStats(col.Index)
	f := math.Min(rows/stats.Distinct(st, n, unique, col.T), 1)
	if not {
		f = 1 - f
	}
	return math.Max(f, 1e-6), true
}
