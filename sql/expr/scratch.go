package expr

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// Scratch is the working memory of an operator's programs: columns, selections,
// constants spread over a batch, results of subplans. The zero value is ready.
// It grows to a steady state in which evaluation allocates nothing. One
// goroutine; any number of programs.
type Scratch struct {
	last *state
	all  []*state
	one  batch.Batch
}

// Reset forgets what depends on parameters and on the run: operators call it at
// Open. Results handed out before are invalid.
func (s *Scratch) Reset() {
	for _, st := range s.all {
		st.reset()
	}
}

// state is the working memory of one program.
type state struct {
	p     *Program
	nodes []nodeState
	arena batch.Arena
	env   *Env
	b     *batch.Batch
	// amplified is how many bytes calls made: see Scratch.Amplified.
	amplified int64
	held      int       // of the arena, when it was asked last
	whole     batch.Col // see evalInPieces
	kept      []uint16  // see filterInPieces
	made      int       // bytes of values since there was room for those made before: see state.room
}

// nodeState is the working memory of one node.
type nodeState struct {
	col    batch.Col
	sel    []uint16 // rows handed on to a child or a kernel
	rest   []uint16 // rows left over
	args   []*batch.Col
	row    []types.Datum
	site   builtin.Site
	val    types.Datum // of constants: the value that fills col
	filled int         // of constants: how many rows of col hold val
	set    *valueSet   // of opInList and opAnyAll with constant lists
	sub    *subState
	vec    *spread // of opAnyAll
	test   *valueTest
	same   batch.Col // of stable nodes: the one value in every row
}

// Len is how many programs it holds working memory for.
func (s *Scratch) Len() int { return len(s.all) }

func (s *Scratch) state(p *Program) *state {
	if s.last != nil && s.last.p == p {
		return s.last
	}
	for _, st := range s.all {
		if st.p == p {
			s.last = st
			return st
		}
	}
	st := newState(p)
	s.all = append(s.all, st)
	s.last = st
	return st
}

func newState(p *Program) *state {
	st := &state{p: p, nodes: make([]nodeState, len(p.nodes))}
	for i := range p.nodes {
		n, ns := &p.nodes[i], &st.nodes[i]
		ns.args = make([]*batch.Col, len(n.args))
		ns.row = make([]types.Datum, len(n.args))
		if n.fn != nil {
			ns.site = builtin.Site{Ret: n.t, Variadic: n.varia, Collation: n.coll}
			for _, a := range n.args {
				ns.site.Args = append(ns.site.Args, p.nodes[a].t)
			}
			if n.op == opAnyAll { // called with the elements
				ns.site.Args[1] = elemType(ns.site.Args[1])
			}
		}
		if n.sub != nil {
			ns.sub = &subState{}
		}
	}
	return st
}

func (st *state) reset() {
	for i := range st.nodes {
		ns := &st.nodes[i]
		ns.filled = 0
		ns.set = nil
		if ns.sub != nil {
			ns.sub.reset()
		}
		if ns.test != nil {
			ns.test.s.Reset()
		}
	}
	st.arena.Reset()
}

// Eval computes the rows in sel of b. The column is indexed by the batch's row
// numbers and valid until the next call with the same program and scratch, or
// until the batch changes; it is one of the batch's own when the expression is a
// column. Rows outside sel hold nothing.
func (p *Program) Eval(env *Env, s *Scratch, b *batch.Batch, sel []uint16) (c *batch.Col, err error) {
	st := s.state(p)
	outer := st.enter(env, b)
	defer env.leave(outer, &err)
	if n := &p.nodes[p.root]; n.long && p.t.Rep() != types.RepBytes && len(sel) > 1 {
		return st.evalInPieces(sel)
	}
	return st.eval(p.root, sel)
}

// Filter narrows b.Sel to the rows where the program is true. The new selection
// lives in the scratch until the next call.
func (p *Program) Filter(env *Env, s *Scratch, b *batch.Batch) (err error) {
	st := s.state(p)
	outer := st.enter(env, b)
	defer env.leave(outer, &err)
	filter := st.filter
	if p.nodes[p.root].long {
		filter = st.filterInPieces
	}
	sel, err := filter(p.root, b.Sel)
	if err != nil {
		return err
	}
	b.Sel = sel
	return nil
}

// One computes an expression without an input row. The datum is valid until the
// next call with the same program and scratch.
func (p *Program) One(env *Env, s *Scratch) (_ types.Datum, err error) {
	st := s.state(p)
	outer := st.enter(env, &s.one)
	defer env.leave(outer, &err)
	c, err := st.eval(p.root, batch.Identity(1))
	if err != nil {
		return types.Datum{}, err
	}
	return c.Datum(0), nil
}

// leave ends an evaluation, also one that has met a value too large to be made.
func (env *Env) leave(outer *batch.Arena, err *error) {
	env.Arena = outer
	if p := recover(); p != nil {
		env.Site = nil
		*err = types.Stopped(p)
	}
}

// enter starts an evaluation and returns the arena to put back after it: calls
// nest when a subplan's operators evaluate with the same Env.
func (st *state) enter(env *Env, b *batch.Batch) *batch.Arena {
	outer := env.Arena
	st.arena.Reset()
	st.made, st.held = 0, 0
	env.Arena = &st.arena
	st.env, st.b = env, b
	return outer
}

// rows is how many rows a column must have room for.
func rows(sel []uint16) int {
	if len(sel) == 0 {
		return 0
	}
	return int(sel[len(sel)-1]) + 1
}

// out prepares a node's own column for the rows in sel.
func (st *state) out(id int, sel []uint16) *batch.Col {
	c := &st.nodes[id].col
	c.Init(st.p.nodes[id].t, rows(sel))
	return c
}

// fill makes a node's column hold one value in all rows that sel may name.
func (st *state) fill(id int, d types.Datum, sel []uint16) *batch.Col {
	ns := &st.nodes[id]
	n := rows(sel)
	if n == 1 && ns.col.Null != nil { // setting it is no more than comparing
		ns.col.Set(0, d)
		ns.val, ns.filled = d, 1
		return &ns.col
	}
	if ns.filled >= n && ns.filled > 0 && sameDatum(ns.val, d) {
		return &ns.col
	}
	from := ns.filled
	if from == 0 || !sameDatum(ns.val, d) || n > ns.col.Cap() {
		from = 0
	}
	if n > ns.col.Cap() || ns.col.Null == nil {
		room := n
		if n > 1 {
			room = batch.MaxRows
		}
		ns.col.Init(st.p.nodes[id].t, max(room, n))
	}
	for i := from; i < n; i++ {
		ns.col.Set(i, d)
	}
	ns.val, ns.filled = d, n
	return &ns.col
}

// sameDatum reports the same bits and the same memory.
func sameDatum(a, b types.Datum) bool {
	if a.IsNull() != b.IsNull() || a.Int() != b.Int() {
		return false
	}
	x, y := a.Bytes(), b.Bytes()
	return len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0])
}
