package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// sequenceStmt converts CREATE, ALTER and DROP SEQUENCE; nil when n is something else.
func (c *conv) sequenceStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.CreateSequenceStmt:
		for _, o := range v.TblOptions {
			if o.Tp != tast.TableOptionComment && !harmless[o.Tp] {
				c.fail(nil, "option %s of a sequence is not supported", optionName(o))
			}
		}
		return &ast.CreateSequence{At: c.here(), Name: c.table(v.Name), IfNotExists: v.IfNotExists, Options: c.sequenceOptions(v.SeqOptions)}
	case *tast.AlterSequenceStmt:
		return &ast.AlterSequence{At: c.here(), Name: c.table(v.Name), IfExists: v.IfExists, Options: c.sequenceOptions(v.SeqOptions)}
	case *tast.DropSequenceStmt:
		out := &ast.Drop{At: c.here(), Kind: ast.ObjSequence, IfExists: v.IfExists}
		for _, t := range v.Sequences {
			out.Names = append(out.Names, c.table(t))
		}
		return out
	}
	return nil
}

func (c *conv) sequenceOptions(list []*tast.SequenceOption) []ast.SeqOption {
	var out []ast.SeqOption
	for _, o := range list {
		s := ast.SeqOption{At: placeless, Value: integer(placeless, o.IntValue)}
		switch o.Tp {
		case tast.SequenceOptionIncrementBy:
			s.Name = "increment"
		case tast.SequenceStartWith:
			s.Name = "start"
		case tast.SequenceNoMinValue:
			s.Name, s.Value = "minvalue", nil
		case tast.SequenceMinValue:
			s.Name = "minvalue"
		case tast.SequenceNoMaxValue:
			s.Name, s.Value = "maxvalue", nil
		case tast.SequenceMaxValue:
			s.Name = "maxvalue"
		case tast.SequenceNoCache, tast.SequenceCache: // no number is lost here but by a crash
			continue
		case tast.SequenceNoCycle, tast.SequenceCycle:
			s.Name, s.Value = "cycle", &ast.Lit{At: placeless, Kind: ast.LitBool, Bool: o.Tp == tast.SequenceCycle}
		case tast.SequenceRestart:
			s.Name, s.Value = "restart", nil
		case tast.SequenceRestartWith:
			s.Name = "restart"
		default:
			c.fail(nil, "this option of a sequence is not supported")
		}
		out = append(out, s)
	}
	return out
}

var _ = register(map[string]func(*conv, *tast.FuncCallExpr) (ast.Expr, bool){
	"nextval": sequenceCall("nextval", 1),
	"lastval": sequenceCall("currval", 1), // of that sequence, in this session
	"setval":  sequenceCall("setval", 2),
})

// sequenceCall is a call of a function of PostgreSQL's over a sequence's name.
func sequenceCall(name string, n int) func(*conv, *tast.FuncCallExpr) (ast.Expr, bool) {
	return func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, n, n)
		t, ok := f.Args[0].(*tast.TableNameExpr)
		if !ok {
			c.fail(f, "%s of anything but a sequence's name is not supported", f.FnName.O)
		}
		q := c.table(t.Name)
		seq := ast.QuoteIdent(q.Name)
		if q.Schema != "" {
			seq = ast.QuoteIdent(q.Schema) + "." + seq
		}
		at := c.at(f)
		return syscall(at, name, append([]ast.Expr{cast(text(at, seq), typed(at, "regclass"))}, c.exprs(f.Args[1:])...)...), false
	}
}
