package executor

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// hashJoin keeps its right input in a hash table and probes it with the left.
type hashJoin struct {
	node        *physical.HashJoin
	left, right Operator
	leftKeys    []*expr.Program
	rightKeys   []*expr.Program
	filter      *expr.Program
	keyTypes    []types.T

	rows    *rowStore // right rows
	keys    *rowStore // their keys
	index   hashIndex
	matched []bool // by right row: for right and full joins
	lcols   []*batch.Col
	rcols   []*batch.Col
	env     *Env
	scratch expr.Scratch
	ready   bool
	spilled *joinParts // nil while the right rows fit in memory
	source  *scan      // of the left side's rows, which goroutines can join; nil: they cannot
	ahead   *readAhead // once they do

	probe
	rest int // next right row to emit without a partner
}

// probe is the work on one left batch.
type probe struct {
	b       *batch.Batch
	at      int      // position in b.Sel
	chain   uint32   // next right row of the present left row's chain
	started bool     // chain is valid
	met     bool     // the present left row has a pair
	hit     []bool   // by left row index
	firsts  []uint32 // by place in b.Sel: the first right row of its hash
	hashes  []uint64
	lid     []uint32
	rid     []uint32
	tail    bool // pairs are done; unmatched left rows remain
	out     batch.Batch
	sel     []uint16
}

func newHashJoin(n *physical.HashJoin) (Operator, error) {
	ops, err := buildAll([]physical.Node{n.Left, n.Right})
	if err != nil {
		return nil, err
	}
	j := &hashJoin{node: n, left: ops[0], right: ops[1]}
	if j.leftKeys, err = programs(n.LeftKeys); err != nil {
		return nil, err
	}
	if j.rightKeys, err = programs(n.RightKeys); err != nil {
		return nil, err
	}
	if j.filter, err = program(n.Filter); err != nil {
		return nil, err
	}
	for _, k := range n.RightKeys {
		j.keyTypes = append(j.keyTypes, k.Type())
	}
	j.rows, j.keys = newRowStore(n.Right.Info().Cols), newRowStore(j.keyTypes)
	j.lcols, j.rcols = make([]*batch.Col, len(n.LeftKeys)), make([]*batch.Col, len(n.RightKeys))
	j.out.Cols = make([]batch.Col, len(n.Left.Info().Cols)+len(n.Right.Info().Cols))
	j.hit = make([]bool, batch.MaxRows)
	if chained(n) {
		j.source = chainScan(j.left)
		j.source.taker = j
	}
	return j, nil
}

func (j *hashJoin) Open(ctx context.Context, env *Env) error {
	if err := j.stop(); err != nil {
		return err
	}
	j.env, j.ready, j.b, j.rest = env, false, nil, 0
	j.scratch.Reset()
	if err := j.dropParts(); err != nil {
		return err
	}
	j.rows.reset(env.Budget)
	j.keys.reset(env.Budget)
	j.index.reset()
	j.matched = j.matched[:0]
	return j.left.Open(ctx, env)
}

// load builds the hash table.
func (j *hashJoin) load(ctx context.Context) error {
	j.ready = true
	if err := j.right.Open(ctx, j.env); err != nil {
		return err
	}
	var view batch.Batch
	view.Cols = make([]batch.Col, len(j.rcols))
	for {
		b, err := j.right.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := evalAll(j.rightKeys, j.env, &j.scratch, b, j.rcols); err != nil {
			return err
		}
		for k, c := range j.rcols {
			view.Cols[k] = *c
		}
		view.Sel = b.Sel
		if j.spilled != nil {
			if err := j.spilled.addRight(b, &view); err != nil {
				return err
			}
			continue
		}
		if err := j.rows.append(b); err != nil {
			return err
		}
		if err := j.keys.append(&view); err != nil {
			return err
		}
		j.index.addAll(j.hash(j.rcols, b.Sel))
		if j.env.Spill != nil && j.env.Budget.crowded(j.rows.bytes+j.keys.bytes) {
			if err := j.spill(); err != nil {
				return err
			}
		}
	}
	if j.spilled != nil {
		return errors.Join(j.right.Close(), j.joinParts(ctx))
	}
	if j.keepsRight() {
		j.matched = append(j.matched, make([]bool, j.rows.n)...)
	}
	return j.right.Close()
}

func (j *hashJoin) keepsRight() bool {
	return j.node.Kind == physical.Right || j.node.Kind == physical.Full
}

func (j *hashJoin) keepsLeft() bool {
	return j.node.Kind == physical.Left || j.node.Kind == physical.Full
}

func (j *hashJoin) Next(ctx context.Context) (*batch.Batch, error) {
	if !j.ready {
		if err := j.load(ctx); err != nil {
			return nil, err
		}
	}
	if j.spilled != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return j.spilled.out.next(-1)
	}
	for {
		if j.ahead != nil {
			return j.ahead.nextBatch(ctx)
		}
		if j.b == nil {
			b, err := j.left.Next(ctx)
			if err != nil {
				return nil, err
			}
			if b == nil && j.source.offers() && j.source.taker == j {
				if err := j.source.readAhead(ctx, gathering(j, stretchBatches)); err != nil {
					return nil, err
				}
				j.ahead = j.source.ahead
				continue
			}
			if b == nil {
				return j.unmatchedRight(), nil
			}
			if err := j.begin(b); err != nil {
				return nil, err
			}
		}
		out, err := j.step()
		if err != nil || out != nil {
			return out, err
		}
	}
}

// begin starts probing with a left batch.
func (j *hashJoin) begin(b *batch.Batch) error {
	if err := evalAll(j.leftKeys, j.env, &j.scratch, b, j.lcols); err != nil {
		return err
	}
	j.beginProbe(b)
	return nil
}

// beginProbe is begin for a batch whose keys are in lcols.
func (j *hashJoin) beginProbe(b *batch.Batch) {
	j.b, j.at, j.started, j.tail = b, 0, false, false
	for _, i := range b.Sel {
		j.hit[i] = false
	}
	if len(j.firsts) < len(b.Sel) {
		j.firsts = make([]uint32, batch.MaxRows)
	}
	j.index.firsts(j.firsts, j.hash(j.lcols, b.Sel))
}

// hash hashes the keys of the rows of sel, in its order; valid until the next call.
func (j *hashJoin) hash(keys []*batch.Col, sel []uint16) []uint64 {
	if len(j.hashes) < len(sel) {
		j.hashes = make([]uint64, batch.MaxRows)
	}
	rowHashes(j.hashes[:len(sel)], j.keyTypes, keys, sel)
	return j.hashes[:len(sel)]
}

// step returns the next joined rows of the present left batch; nil when there
// are none yet. At its end it gives the batch up.
func (j *hashJoin) step() (*batch.Batch, error) {
	if j.tail {
		b := j.b
		j.b = nil
		return j.finishLeft(b), nil
	}
	j.pairs()
	if len(j.lid) == 0 {
		j.tail = true
		return nil, nil
	}
	j.join(j.b, j.lid, j.rid)
	if j.filter != nil {
		if err := j.filter.Filter(&j.env.Env, &j.scratch, &j.out); err != nil {
			return nil, err
		}
	}
	for _, p := range j.out.Sel {
		j.hit[j.lid[p]] = true
		if len(j.matched) > 0 && j.rid[p] != none {
			j.matched[j.rid[p]] = true
		}
	}
	if j.node.Kind == physical.Semi || j.node.Kind == physical.Anti || j.out.Len() == 0 {
		return nil, nil
	}
	return &j.out, nil
}

// pairs collects up to a batch of candidate pairs with equal keys. Where that is all
// there is to a pair, rows of an outer join's left side that have none come in their place.
func (j *hashJoin) pairs() {
	j.lid, j.rid = j.lid[:0], j.rid[:0]
	once := j.filter == nil && (j.node.Kind == physical.Semi || j.node.Kind == physical.Anti)
	pad := j.filter == nil && j.keepsLeft()
	for ; j.at < len(j.b.Sel); j.at++ {
		i := int(j.b.Sel[j.at])
		if !j.started {
			j.started, j.chain, j.met = true, none, false
			if !anyNull(j.lcols, i) {
				j.chain = j.firsts[j.at]
			}
		}
		for j.chain != none {
			if len(j.lid) == batch.MaxRows {
				return
			}
			if j.equal(i, int(j.chain)) {
				j.lid, j.rid = append(j.lid, uint32(i)), append(j.rid, j.chain)
				j.met = true
				if once {
					j.chain = none
					break
				}
			}
			j.chain = j.index.following(j.chain)
		}
		if pad && !j.met {
			if len(j.lid) == batch.MaxRows {
				return
			}
			j.lid, j.rid = append(j.lid, uint32(i)), append(j.rid, none)
		}
		j.started = false
	}
}

func anyNull(cols []*batch.Col, i int) bool {
	for _, c := range cols {
		if c.Null[i] {
			return true
		}
	}
	return false
}

func (j *hashJoin) equal(i, id int) bool {
	for k, c := range j.lcols {
		if j.keys.cols[k].Null[id] || !equalAt(j.keyTypes[k], c, i, &j.keys.cols[k], id) {
			return false
		}
	}
	return true
}

// join fills out with the pairs of left row index and right row number.
func (j *hashJoin) join(b *batch.Batch, lid, rid []uint32) {
	n := len(j.out.Cols) - len(j.rows.cols)
	for k := range n {
		gatherCol(&b.Cols[k], lid, &j.out.Cols[k])
	}
	for k := range j.rows.cols {
		gatherCol(&j.rows.cols[k], rid, &j.out.Cols[n+k])
	}
	j.out.Sel = batch.Identity(len(lid))
}

// finishLeft returns what the left batch's rows without, or for semi joins with,
// a partner give.
func (j *hashJoin) finishLeft(b *batch.Batch) *batch.Batch {
	want := j.node.Kind == physical.Semi
	if !want && j.node.Kind != physical.Anti && !j.keepsLeft() {
		return nil
	}
	j.sel = j.sel[:0]
	for _, i := range b.Sel {
		if j.hit[i] == want {
			j.sel = append(j.sel, i)
		}
	}
	if len(j.sel) == 0 {
		return nil
	}
	if !j.keepsLeft() {
		b.Sel = j.sel
		return b
	}
	j.lid, j.rid = j.lid[:0], j.rid[:0]
	for _, i := range j.sel {
		j.lid, j.rid = append(j.lid, uint32(i)), append(j.rid, none)
	}
	j.join(b, j.lid, j.rid)
	return &j.out
}

// unmatchedRight returns right rows without a partner, padded with NULLs.
func (j *hashJoin) unmatchedRight() *batch.Batch {
	if !j.keepsRight() {
		return nil
	}
	j.rid = j.rid[:0]
	for ; j.rest < j.rows.n && len(j.rid) < batch.MaxRows; j.rest++ {
		if !j.matched[j.rest] {
			j.rid = append(j.rid, uint32(j.rest))
		}
	}
	if len(j.rid) == 0 {
		return nil
	}
	n := len(j.out.Cols) - len(j.rows.cols)
	for k := range n {
		nullCol(&j.out.Cols[k], j.node.Left.Info().Cols[k], len(j.rid))
	}
	for k := range j.rows.cols {
		gatherCol(&j.rows.cols[k], j.rid, &j.out.Cols[n+k])
	}
	j.out.Sel = batch.Identity(len(j.rid))
	return &j.out
}

// nullCol makes a column of n NULLs.
func nullCol(c *batch.Col, t types.T, n int) {
	c.Init(t, n)
	for i := range n {
		c.Null[i] = true
	}
}

// stop ends goroutines that look into the table.
func (j *hashJoin) stop() error {
	j.ahead = nil
	if j.source == nil || j.source.ahead == nil {
		return nil
	}
	return j.source.Close()
}

func (j *hashJoin) Close() error {
	err := j.stop()
	j.rows.reset(nil)
	j.keys.reset(nil)
	j.b = nil
	return errors.Join(err, j.dropParts(), j.left.Close())
}

// prober is a join with the same right rows, which are all there, for other left ones.
func (j *hashJoin) prober(left Operator) *hashJoin {
	p := &hashJoin{node: j.node, left: left, leftKeys: j.leftKeys, filter: j.filter, keyTypes: j.keyTypes,
		rows: j.rows, keys: j.keys, index: j.index, ready: true, lcols: make([]*batch.Col, len(j.leftKeys))}
	p.out.Cols = make([]batch.Col, len(j.out.Cols))
	p.hit = make([]bool, batch.MaxRows)
	return p
}
