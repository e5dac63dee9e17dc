package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// copyFile is COPY to or from a file of the server.
func (s *Session) copyFile(ctx context.Context, p *portal, st *ast.Copy) (tag string, err error) {
	if err := s.mayCopyFile(st); err != nil {
		return "", err
	}
	if err := s.checkCopied(st); err != nil {
		return "", err
	}
	opts, err := readCopyOptions(st)
	if err != nil {
		return "", err
	}
	if st.From {
		return s.copyFromFile(ctx, p, st, opts)
	}
	return s.copyToFile(ctx, p, st, opts)
}

// mayCopyFile refuses who is no superuser; programs are not run for anybody.
func (s *Session) mayCopyFile(st *ast.Copy) error {
	role, what := "pg_write_server_files", "COPY to a file"
	switch {
	case st.Program:
		role, what = "pg_execute_server_program", "COPY to or from an external program"
	case st.From:
		role, what = "pg_read_server_files", "COPY from a file"
	}
	if r, ok := s.Catalog().Role(s.CurrentUser()); !ok || !r.Super {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be superuser or have privileges of the %s role to %s", role, what).
			WithHint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.")
	}
	if st.Program {
		return pgerr.NotSupported(int(st.Pos), "COPY to or from a program is not supported").
			WithHint("Use psql's \\copy, which runs programs of the client.")
	}
	return nil
}

func (s *Session) copyFromFile(ctx context.Context, p *portal, st *ast.Copy, opts *copyOptions) (string, error) {
	c, err := s.newCopyIn(ctx, p, st, opts)
	if err != nil {
		return "", err
	}
	f, err := openCopied(st.File)
	if err != nil {
		c.close()
		return "", err
	}
	defer func() { _ = f.Close() }()
	p.copying = c
	buf := make([]byte, 1<<16)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			if err := c.Write(ctx, buf[:n]); err != nil {
				return "", err
			}
		}
		switch {
		case err == io.EOF:
			err := c.Finish(ctx, false, "")
			return p.tag, err
		case err != nil:
			return "", c.fail(ctx, pgerr.Newf(pgerrcode.IOError, "could not read from COPY file: %s", reason(err)))
		}
	}
}

func openCopied(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(err, fmt.Sprintf("could not open file \"%s\" for reading", name)).
			WithHint("COPY FROM instructs the PostgreSQL server process to read a file. You may want a client-side facility such as psql's \\copy.")
	}
	if i, err := f.Stat(); err == nil && i.IsDir() {
		_ = f.Close()
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is a directory", name)
	}
	return f, nil
}

// fileError is the error of a file that cannot be opened, with the code of its reason.
func fileError(err error, what string) *pgerr.Error {
	code := pgerrcode.IOError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		code = pgerrcode.UndefinedFile
	case errors.Is(err, fs.ErrPermission):
		code = pgerrcode.InsufficientPrivilege
	case errors.Is(err, syscall.EISDIR):
		code = pgerrcode.WrongObjectType
	case errors.Is(err, syscall.ENOSPC):
		code = pgerrcode.DiskFull
	}
	return pgerr.Newf(code, "%s: %s", what, reason(err))
}

// reasons are errors of files as the C library words them.
var reasons = map[syscall.Errno]string{
	syscall.ENOENT: "No such file or directory", syscall.EACCES: "Permission denied", syscall.EPERM: "Operation not permitted",
	syscall.EISDIR: "Is a directory", syscall.ENOTDIR: "Not a directory", syscall.ENOSPC: "No space left on device",
	syscall.EROFS: "Read-only file system", syscall.ENAMETOOLONG: "File name too long", syscall.EIO: "Input/output error",
	syscall.ETXTBSY: "Text file busy", syscall.ELOOP: "Too many levels of symbolic links",
}

func reason(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) && reasons[no] != "" {
		return reasons[no]
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func (s *Session) copyToFile(ctx context.Context, p *portal, st *ast.Copy, opts *copyOptions) (string, error) {
	if !filepath.IsAbs(st.File) {
		return "", pgerr.New(pgerrcode.InvalidName, "relative path not allowed for COPY to file")
	}
	c, err := s.newCopyOut(ctx, p, st, opts)
	if err != nil {
		return "", err
	}
	const mode = 0o644 // as umask 022 leaves it
	f, err := os.OpenFile(st.File, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		c.rows.close()
		e := fileError(err, fmt.Sprintf("could not open file \"%s\" for writing", st.File))
		if e.Code == pgerrcode.WrongObjectType {
			return "", e
		}
		return "", e.WithHint("COPY TO instructs the PostgreSQL server process to write a file. You may want a client-side facility such as psql's \\copy.")
	}
	defer func() { _ = f.Close() }()
	p.copying = c
	var buf []byte
	for done := false; !done; {
		if buf, done, err = c.Read(ctx, buf); err != nil {
			return "", err
		}
		const full = 1 << 16
		if len(buf) < full && !done {
			continue
		}
		if _, err := f.Write(buf); err != nil {
			c.rows.close()
			return "", pgerr.Newf(pgerrcode.IOError, "could not write to COPY file: %s", reason(err))
		}
		buf = buf[:0]
	}
	if err := f.Close(); err != nil {
		return "", pgerr.Newf(pgerrcode.IOError, "could not close file \"%s\": %s", st.File, reason(err))
	}
	return p.tag, nil
}

// copyWhere puts the condition of COPY FROM … WHERE between the rows and the table: Insert's
// input has all columns, defaults filled in.
func (s *Session) copyWhere(st *ast.Copy, t *catalog.Table, input physical.Node) (physical.Node, error) {
	cond, err := s.copyCondition(st, t)
	if err != nil || cond == nil {
		return input, err
	}
	return &physical.Filter{Base: *input.Info(), Input: input, Cond: cond}, nil
}

// copyCondition is the condition of COPY FROM … WHERE, nil for none.
func (s *Session) copyCondition(st *ast.Copy, t *catalog.Table) (expr.Expr, error) {
	if st.Where == nil {
		return nil, nil
	}
	cond, err := bind.Scalar(st.Where, t, bind.CopyWhere, types.Of(types.BoolOID), "", s.planOptions(nil))
	if err != nil {
		return nil, err
	}
	generated := ""
	expr.Walk(cond, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok && generated == "" && t.Columns[c.Index].Generated != 0 {
			generated = t.Columns[c.Index].Name
		}
		return true
	})
	if generated != "" {
		return nil, pgerr.New(pgerrcode.InvalidColumnReference, "generated columns are not supported in COPY FROM WHERE conditions").
			WithDetail("Column \"%s\" is a generated column.", generated)
	}
	return cond, nil
}
