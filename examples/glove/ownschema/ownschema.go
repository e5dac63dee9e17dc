// Package ownschema gives a tool a schema of its own on a server that may be
// anybody's. The schema carries a mark; one that lacks it was made by somebody
// else and is refused, and nothing outside is ever changed, but for the
// extension vector, which is created where it is missing.
package ownschema

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Schema is a schema's name and its mark, which is kept as its comment.
type Schema struct{ Name, Mark string }

// Path is the setting search_path of a session that works in the schema.
type Path string

// ErrForeign is a schema of the wanted name without the mark.
var ErrForeign = errors.New("the schema is not this tool's")

// Enter makes the schema unless it is there, sets c's search_path to it and
// returns that path for further sessions.
func (s Schema) Enter(ctx context.Context, c *pgx.Conn) (Path, error) {
	there, err := s.check(ctx, c)
	if err != nil {
		return "", err
	}
	// Before the schema is in the path: an extension goes into the first one there.
	if err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector"); err != nil {
			return fmt.Errorf("the server needs the extension vector: %w", err)
		}
		if there {
			return nil
		}
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+s.ident()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "COMMENT ON SCHEMA "+s.ident()+" IS "+literal(s.Mark))
		return err
	}); err != nil {
		return "", err
	}
	var home string
	if err := c.QueryRow(ctx, "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'").Scan(&home); err != nil {
		return "", fmt.Errorf("where the extension vector is: %w", err)
	}
	path := Path(s.ident() + ", " + pgx.Identifier{home}.Sanitize())
	_, err = c.Exec(ctx, path.Set())
	return path, err
}

// Set is the statement that moves a session to the path.
func (p Path) Set() string { return "SET search_path = " + string(p) }

// check reports whether the schema is there; it is an error if it is not marked.
func (s Schema) check(ctx context.Context, c *pgx.Conn) (bool, error) {
	var mark *string
	err := c.QueryRow(ctx, "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1", s.Name).Scan(&mark)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case mark == nil || *mark != s.Mark:
		return true, fmt.Errorf("%w: %q exists on the server without the comment %q, so that its content is somebody's; rename it, or name another database",
			ErrForeign, s.Name, s.Mark)
	}
	return true, nil
}

// Clear drops the named tables, which the tool has made. What depends on them
// and is not theirs makes it fail: it belongs to somebody.
func (s Schema) Clear(ctx context.Context, c *pgx.Conn, tables ...string) error {
	if there, err := s.check(ctx, c); err != nil || !there {
		return err
	}
	for _, t := range tables {
		if _, err := c.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{s.Name, t}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// Leave drops the named tables and the schema; it fails if something else is in it.
func (s Schema) Leave(ctx context.Context, c *pgx.Conn, tables ...string) error {
	if there, err := s.check(ctx, c); err != nil || !there {
		return err
	}
	if err := s.Clear(ctx, c, tables...); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "DROP SCHEMA "+s.ident())
	return err
}

func (s Schema) ident() string { return pgx.Identifier{s.Name}.Sanitize() }

// literal quotes a string that has no backslash.
func literal(s string) string {
	out := []byte{'\''}
	for i := range len(s) {
		if s[i] == '\'' {
			out = append(out, '\'')
		}
		out = append(out, s[i])
	}
	return string(append(out, '\''))
}
