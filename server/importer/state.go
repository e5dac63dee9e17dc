package importer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// What is loaded of each dump is kept in a table of the database itself: a row
// changes in the transaction of the statements that it is about.
const stateTable = "public.loxodb_import"

func (l *load) makeTable(ctx context.Context) error {
	err := l.exec(ctx, "CREATE TABLE IF NOT EXISTS "+stateTable+
		" (file VARCHAR(4096) PRIMARY KEY, size BIGINT NOT NULL, position BIGINT NOT NULL, done TINYINT(1) NOT NULL DEFAULT 0, problems BIGINT NOT NULL DEFAULT 0)")
	if err != nil {
		return err
	}
	return l.exec(ctx, "ALTER TABLE "+stateTable+" ADD COLUMN IF NOT EXISTS not_made TEXT")
}

// key is a dump's name in the table.
func (d *dump) key() string {
	if abs, err := filepath.Abs(d.path); err == nil {
		return abs
	}
	return d.path
}

// patience is how many seconds a load waits for another one of the same dump: the server may
// still be busy with what one that was killed sent last.
const patience = "10"

// alone waits until no other session loads the dump, until the end of this one.
func (l *load) alone(ctx context.Context, d *dump) error {
	r := l.conn.ExecParams(ctx, "SELECT GET_LOCK(CONCAT('loxodb import ', MD5(?)), "+patience+")", [][]byte{[]byte(d.key())}, nil, nil, nil).Read()
	if r.Err == nil && (len(r.Rows) != 1 || string(r.Rows[0][0]) != "1") {
		return errors.New("another import loads this file")
	}
	return r.Err
}

// position is how far an earlier load of the dump got.
func (l *load) position(ctx context.Context, d *dump) (int64, error) {
	if err := l.alone(ctx, d); err != nil {
		return 0, err
	}
	if l.Restart {
		return 0, l.params(ctx, "DELETE FROM "+stateTable+" WHERE file = ?", d.key())
	}
	r := l.conn.ExecParams(ctx, "SELECT size, position, COALESCE(not_made, '') FROM "+stateTable+" WHERE file = ?", [][]byte{[]byte(d.key())}, nil, nil, nil).Read()
	if r.Err != nil || len(r.Rows) == 0 {
		return 0, r.Err
	}
	size, _ := strconv.ParseInt(string(r.Rows[0][0]), 10, 64)
	at, _ := strconv.ParseInt(string(r.Rows[0][1]), 10, 64)
	if size != d.size {
		return 0, fmt.Errorf("the file had %d bytes when it was loaded before and has %d now: load it anew with --restart", size, d.size)
	}
	for end := range strings.FieldsSeq(string(r.Rows[0][2])) {
		if n, err := strconv.ParseInt(end, 10, 64); err == nil {
			d.notMade = append(d.notMade, n)
		}
	}
	return at, nil
}

// note says how far the dump is loaded, in the transaction that is open.
func (l *load) note(ctx context.Context, d *dump, end int64, done bool) error {
	flag := "0"
	if done {
		flag = "1"
	}
	return l.params(ctx, "INSERT INTO "+stateTable+" (file, size, position, done, problems, not_made) VALUES (?, ?, ?, ?, ?, ?)"+
		" ON DUPLICATE KEY UPDATE position = VALUES(position), done = VALUES(done), problems = VALUES(problems), not_made = VALUES(not_made)",
		d.key(), strconv.FormatInt(d.size, 10), strconv.FormatInt(end, 10), flag, strconv.Itoa(l.report.problems), strings.Trim(fmt.Sprint(d.notMade), "[]"))
}

func (l *load) params(ctx context.Context, sql string, args ...string) error {
	vals := make([][]byte, len(args))
	for i, a := range args {
		vals[i] = []byte(a)
	}
	return l.conn.ExecParams(ctx, sql, vals, nil, nil, nil).Read().Err
}
