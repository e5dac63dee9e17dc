package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// lockModes are the names of lock modes 1–8 (storage/lockdefs.h).
var lockModes = [...]string{"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
	"SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}

// maintStmt converts VACUUM, ANALYZE, REINDEX and LOCK; nil when n is something else.
func (c *conv) maintStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_VacuumStmt:
		s := v.VacuumStmt
		out := &ast.Maintenance{At: c.here(), Vacuum: s.IsVacuumcmd, Options: c.options(s.Options)}
		for _, r := range s.Rels {
			t := r.GetVacuumRelation()
			if t.Relation != nil && !t.Relation.Inh { // a later PostgreSQL's
				c.refuseWord("only", int32(c.stmtPos))
			}
			out.Tables = append(out.Tables, ast.MaintTable{Name: c.relname(t.Relation), Columns: c.strs(t.VaCols)})
		}
		return out
	case *pgast.Node_ReindexStmt:
		return c.reindex(v.ReindexStmt)
	case *pgast.Node_ClusterStmt:
		s := v.ClusterStmt
		out := &ast.Cluster{At: c.here(), Index: s.Indexname, Options: c.options(s.Params)}
		if s.Relation != nil {
			out.Name = c.relname(s.Relation)
		} else if len(s.Params) > 0 { // a later PostgreSQL's
			panic(bail{missed(c.src, c.stmtEnd)})
		}
		return out
	case *pgast.Node_LockStmt:
		s := v.LockStmt
		if s.Mode < 1 || int(s.Mode) >= len(lockModes) {
			c.fail(int32(c.stmtPos), "unknown lock mode")
		}
		return &ast.LockTable{At: c.here(), Tables: c.relnames(s.Relations), Only: onlys(s.Relations), Mode: lockModes[s.Mode], NoWait: s.Nowait}
	}
	return nil
}

var reindexKinds = map[pgast.ReindexObjectType]string{
	pgast.ReindexObjectType_REINDEX_OBJECT_INDEX:    "INDEX",
	pgast.ReindexObjectType_REINDEX_OBJECT_TABLE:    "TABLE",
	pgast.ReindexObjectType_REINDEX_OBJECT_SCHEMA:   "SCHEMA",
	pgast.ReindexObjectType_REINDEX_OBJECT_SYSTEM:   "SYSTEM",
	pgast.ReindexObjectType_REINDEX_OBJECT_DATABASE: "DATABASE",
}

func (c *conv) reindex(s *pgast.ReindexStmt) ast.Stmt {
	out := &ast.Reindex{At: c.here(), Kind: reindexKinds[s.Kind], Name: ast.QName{At: c.here(), Name: s.Name}}
	if out.Kind == "" {
		c.fail(int32(c.stmtPos), "unknown kind of REINDEX")
	}
	if s.Relation != nil {
		out.Name = c.relname(s.Relation)
	} else if s.Name == "" { // a later PostgreSQL's
		panic(bail{missed(c.src, c.stmtEnd)})
	}
	for _, o := range c.options(s.Params) {
		if o.Name == "concurrently" && o.Value == nil {
			out.Concurrently = true
			continue
		}
		out.Options = append(out.Options, o)
	}
	return out
}
