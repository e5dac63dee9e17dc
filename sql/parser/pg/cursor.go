package pg

import (
	"strconv"

	"github.com/jackc/pgerrcode"
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Cursor option bits of DeclareCursorStmt (nodes/parsenodes.h, CURSOR_OPT_*).
const (
	cursorBinary   = 0x0001
	cursorScroll   = 0x0002
	cursorNoScroll = 0x0004
	cursorInsens   = 0x0008
	cursorAsens    = 0x0010
	cursorHold     = 0x0020
)

// cursorStmt converts cursors, COPY and EXPLAIN; nil when n is something else.
func (c *conv) cursorStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_DeclareCursorStmt:
		d := v.DeclareCursorStmt
		out := &ast.Declare{At: c.here(), Name: d.Portalname, Binary: d.Options&cursorBinary != 0,
			Hold: d.Options&cursorHold != 0, Insensitive: d.Options&cursorInsens != 0}
		yes, no := true, false
		switch { // what is wrong with the options comes before what is wrong with the query
		case d.Options&cursorAsens != 0 && d.Options&cursorInsens != 0:
			panic(bail{pgerr.New(pgerrcode.InvalidCursorDefinition, "cannot specify both ASENSITIVE and INSENSITIVE")})
		case d.Options&cursorScroll != 0 && d.Options&cursorNoScroll != 0:
			panic(bail{pgerr.New(pgerrcode.InvalidCursorDefinition, "cannot specify both SCROLL and NO SCROLL")})
		case d.Options&cursorScroll != 0:
			out.Scroll = &yes
		case d.Options&cursorNoScroll != 0:
			out.Scroll = &no
		}
		out.Query = c.query(d.Query)
		out.Query.Pos = c.stmtPos
		return out
	case *pgast.Node_FetchStmt:
		return c.fetch(v.FetchStmt)
	case *pgast.Node_ClosePortalStmt:
		return &ast.CloseCursor{At: c.here(), Name: v.ClosePortalStmt.Portalname}
	case *pgast.Node_CopyStmt:
		return c.copy(v.CopyStmt)
	case *pgast.Node_ExplainStmt:
		return &ast.Explain{At: c.here(), Options: c.options(v.ExplainStmt.Options), Stmt: c.stmt(v.ExplainStmt.Query)}
	}
	return nil
}

func (c *conv) fetch(f *pgast.FetchStmt) ast.Stmt {
	out := &ast.Fetch{At: c.here(), Move: f.Ismove, Count: f.HowMany, Name: f.Portalname}
	switch f.Direction {
	case pgast.FetchDirection_FETCH_FORWARD:
		out.Direction = ast.FetchForward
	case pgast.FetchDirection_FETCH_BACKWARD:
		out.Direction = ast.FetchBackward
	case pgast.FetchDirection_FETCH_ABSOLUTE:
		out.Direction = ast.FetchAbsolute
	case pgast.FetchDirection_FETCH_RELATIVE:
		out.Direction = ast.FetchRelative
	default:
		c.fail(int32(c.stmtPos), "unknown FETCH direction")
	}
	return out
}

func (c *conv) copy(s *pgast.CopyStmt) ast.Stmt {
	if intoOf(s.Query) != nil {
		c.fail(-1, "COPY (SELECT INTO) is not supported")
	}
	out := &ast.Copy{At: c.here(), Columns: c.strs(s.Attlist), From: s.IsFrom, File: s.Filename, Program: s.IsProgram,
		Options: c.options(s.Options), Where: c.expr(s.WhereClause)}
	for i := range out.Options { // the old syntax gives booleans, the new one words
		if l, ok := out.Options[i].Value.(*ast.Lit); ok && l.Kind == ast.LitBool {
			*l = ast.Lit{At: l.At, Kind: ast.LitString, Text: strconv.FormatBool(l.Bool)}
		}
	}
	if s.Relation != nil {
		name := c.relname(s.Relation)
		out.Table = &name
	}
	if s.Query != nil {
		if q := s.Query.GetSelectStmt(); q != nil && q.IntoClause != nil {
			c.fail(-1, "COPY (SELECT INTO) is not supported")
		}
		out.Query = c.dml(s.Query)
	}
	return out
}
