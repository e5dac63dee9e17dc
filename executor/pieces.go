package executor

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
)

// pieces hands on the batches of its input in pieces of so many rows that what its reader
// computes of each is about expr.PieceBytes, as its expressions make long values of short ones.
// The first piece is one row: how long they are is known from the pieces before.
type pieces struct {
	Operator
	reader *expr.Scratch
	rows   *batch.Batch
	piece  batch.Batch
	at, n  int
}

// inPieces is the input of an operator that computes expressions with the scratch.
func inPieces(input Operator, reader *expr.Scratch, es ...expr.Expr) Operator {
	if !expr.Amplifies(es...) {
		return input
	}
	return &pieces{Operator: input, reader: reader}
}

func (p *pieces) Open(ctx context.Context, env *Env) error {
	p.rows, p.n = nil, 1
	p.reader.Amplified()
	return p.Operator.Open(ctx, env)
}

// bound implements bounded.
func (p *pieces) bound(rows int64) {
	if in, ok := p.Operator.(bounded); ok {
		in.bound(rows)
	}
}

func (p *pieces) Next(ctx context.Context) (*batch.Batch, error) {
	p.measure()
	if p.rows == nil || p.at == len(p.rows.Sel) {
		var err error
		if p.rows, err = p.Operator.Next(ctx); err != nil || p.rows == nil {
			return nil, err
		}
		p.at = 0
	}
	end := min(p.at+p.n, len(p.rows.Sel))
	p.piece = *p.rows
	p.piece.Sel = p.rows.Sel[p.at:end:end]
	p.at = end
	return &p.piece, nil
}

// measure makes the next piece as large as the last one tells.
func (p *pieces) measure() {
	if bytes := p.reader.Amplified(); p.rows != nil {
		p.n = expr.NextPiece(p.n, bytes)
	}
}
