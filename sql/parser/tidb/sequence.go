package tidb

import (
	"fmt"
	"regexp"
	"sync"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// sequenceStmt converts CREATE, ALTER and DROP SEQUENCE; nil when n is something else.
func (c *conv) sequenceStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.CreateSequenceStmt:
		for _, o := range v.TblOptions {
			if o.Tp != tast.TableOptionComment && !harmless[o.Tp] {
				c.failAt(fold(optionName(o)), "option %s of a sequence is not supported", optionName(o))
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
		args := append([]ast.Expr{cast(text(at, seq), typed(at, "regclass"))}, c.exprs(f.Args[1:])...)
		if used, written := c.setvals[int(at.Pos)]; written {
			args = append(args, cast(text(at, fmt.Sprint(used)), typed(at, "bool")))
		}
		return syscall(at, name, args...), false
	}
}

// threeValues finds MariaDB's SETVAL(sequence, value, used [, round]), which TiDB's grammar
// has with two arguments. Its dumps write it: 0 says that the value comes next.
var threeValues = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)\\bsetval\\s*\\(\\s*(?:`[^`]+`|[\\w.$`])+\\s*,\\s*-?\\d+\\s*(,\\s*([01])\\s*(?:,\\s*\\d+\\s*)?)\\)")
})

// cutSetvals takes what follows the value out of such calls, and gives it by their offsets.
func cutSetvals(query string) (shorter string, used map[int]bool) {
	used = map[int]bool{}
	shorter = query
	i := 0
	for _, m := range threeValues().FindAllStringSubmatchIndex(query, -1) {
		for i < m[0] {
			i = max(skipToken(query, i), i+1)
		}
		if i > m[0] { // within a string
			continue
		}
		used[m[0]] = query[m[4]:m[5]] == "1"
		shorter = shorter[:m[2]] + blank(shorter[m[2]:m[3]]) + shorter[m[3]:]
	}
	return shorter, used
}
