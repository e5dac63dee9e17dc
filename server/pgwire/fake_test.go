package pgwire

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loxodb/loxodb/server/auth"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// fakeOpener makes fakeSessions. Roles: postgres (password in the field), alice
// (password "wonder"), nologin.
type fakeOpener struct {
	mu       sync.Mutex
	password string // verifier of postgres, "" for none
	started  chan string
	sessions []*fakeSession
}

func (o *fakeOpener) Open(_ context.Context, s backend.Startup) (backend.Session, error) {
	if s.Database == "nope" {
		return nil, pgerr.New("3D000", `database "nope" does not exist`)
	}
	f := &fakeSession{opener: o, startup: s, status: backend.TxIdle, statements: map[string]string{}, portals: map[string]*fakePortal{}}
	f.changes = [][2]string{{"server_version", "15.18"}, {"client_encoding", "UTF8"}, {"standard_conforming_strings", "on"}}
	o.mu.Lock()
	o.sessions = append(o.sessions, f)
	o.mu.Unlock()
	return f, nil
}

var aliceVerifier = func() string { h, _ := auth.Hash("", "wonder"); return h }()

func (o *fakeOpener) Auth(_ context.Context, user string) (backend.AuthInfo, error) {
	switch user {
	case "postgres":
		return backend.AuthInfo{Exists: true, CanLogin: true, Password: o.password}, nil
	case "alice":
		return backend.AuthInfo{Exists: true, CanLogin: true, Password: aliceVerifier}, nil
	case "nologin":
		return backend.AuthInfo{Exists: true}, nil
	}
	return backend.AuthInfo{}, nil
}

// fakeSession understands a handful of made-up statements; see run.
type fakeSession struct {
	opener     *fakeOpener
	startup    backend.Startup
	status     backend.TxStatus
	text       string // what positions refer to
	simple     []string
	statements map[string]string
	portals    map[string]*fakePortal
	notices    []*pgerr.Error
	changes    [][2]string
	pending    []backend.Notification
	notifyMu   sync.Mutex
	failed     bool
	failCommit bool
	syncs      int
	closed     bool
	copied     []byte
}

func (s *fakeSession) Simple(_ context.Context, query string) (int, error) {
	s.text = query
	s.simple = s.simple[:0]
	if at := strings.Index(query, "syntax"); at >= 0 {
		return 0, pgerr.New("42601", `syntax error at or near "syntax"`).At(at)
	}
	for q := range strings.SplitSeq(query, ";") {
		if q = strings.TrimSpace(q); q != "" {
			s.simple = append(s.simple, q)
		}
	}
	return len(s.simple), nil
}

func (s *fakeSession) SimpleNext(_ context.Context, i int) (backend.Portal, error) {
	return s.portal(s.simple[i], nil, nil)
}

func (s *fakeSession) SimpleEnd(ctx context.Context, failed bool) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed && s.status == backend.TxOpen {
		s.status = backend.TxFailed
	}
	if !failed && s.failCommit {
		s.failCommit = false
		return pgerr.New("23503", "deferred constraint")
	}
	return nil
}

func (s *fakeSession) Parse(_ context.Context, name, query string, _ []types.OID) error {
	s.text = query
	if at := strings.Index(query, "syntax"); at >= 0 {
		return pgerr.New("42601", `syntax error at or near "syntax"`).At(at)
	}
	s.statements[name] = query
	return nil
}

func (s *fakeSession) DescribeStatement(_ context.Context, name string) (*backend.Statement, error) {
	q, ok := s.statements[name]
	if !ok {
		return nil, pgerr.Newf("26000", "prepared statement \"%s\" does not exist", name)
	}
	p, err := s.portal(q, nil, nil)
	if err != nil {
		return nil, err
	}
	st := &backend.Statement{Kind: p.kind, Columns: p.cols}
	for range strings.Count(q, "$") {
		st.Params = append(st.Params, types.TextOID)
	}
	return st, nil
}

func (s *fakeSession) Bind(_ context.Context, portal, statement string, _ []int16, args [][]byte, formats []int16) error {
	q, ok := s.statements[statement]
	if !ok {
		return pgerr.Newf("26000", "prepared statement \"%s\" does not exist", statement)
	}
	p, err := s.portal(q, args, formats)
	if err != nil {
		return err
	}
	s.portals[portal] = p
	return nil
}

func (s *fakeSession) DescribePortal(ctx context.Context, name string) (backend.Portal, error) {
	return s.Portal(ctx, name)
}

func (s *fakeSession) Portal(_ context.Context, name string) (backend.Portal, error) {
	p, ok := s.portals[name]
	if !ok {
		return nil, pgerr.Newf("34000", "portal \"%s\" does not exist", name)
	}
	return p, nil
}

func (s *fakeSession) CloseStatement(name string) error { delete(s.statements, name); return nil }
func (s *fakeSession) ClosePortal(name string) error {
	return pgerr.Newf("34000", "portal \"%s\" does not exist", name)
}
func (s *fakeSession) Fail() { s.failed = true }
func (s *fakeSession) Sync(context.Context) error {
	s.syncs++
	s.failed = false
	return nil
}
func (s *fakeSession) TxStatus() backend.TxStatus { return s.status }
func (s *fakeSession) IdleLimit() (time.Duration, *pgerr.Error) {
	return 0, nil
}
func (s *fakeSession) TextFormat() *types.Format         { return types.DefaultFormat }
func (s *fakeSession) ClientEncoding() *charset.Encoding { return nil }
func (s *fakeSession) TakeNotices() []*pgerr.Error {
	n := s.notices
	s.notices = nil
	return n
}
func (s *fakeSession) TakeParameterChanges() [][2]string {
	c := s.changes
	s.changes = nil
	return c
}
func (s *fakeSession) TakeNotifications() []backend.Notification {
	s.notifyMu.Lock()
	defer s.notifyMu.Unlock()
	n := s.pending
	s.pending = nil
	return n
}
func (s *fakeSession) Position(bytePos int) int {
	return len([]rune(s.text[:min(bytePos-1, len(s.text))])) + 1
}
func (s *fakeSession) Close() { s.closed = true }

// portal prepares the statement: its words choose what it does.
func (s *fakeSession) portal(q string, args [][]byte, formats []int16) (*fakePortal, error) {
	p := &fakePortal{s: s, q: q, kind: backend.KindCommand}
	words := strings.Fields(q)
	if len(words) == 0 {
		p.kind = backend.KindEmpty
		return p, nil
	}
	switch words[0] {
	case "rows": // rows N: one int4 column 1..N
		p.left, _ = strconv.Atoi(words[1])
		p.total = p.left
		p.column("n", types.Int4OID)
	case "echo": // echo $1: the argument, or the rest of the text
		p.left, p.total = 1, 1
		p.value = []byte(strings.TrimSpace(strings.TrimPrefix(q, "echo")))
		if args != nil {
			p.value = append([]byte(nil), args[0]...)
		}
		p.column("echo", types.TextOID)
	case "startup": // what the session was opened with
		p.left, p.total = 1, 1
		p.value = fmt.Appendf(nil, "%s/%s%v", s.startup.User, s.startup.Database, s.startup.Settings)
		p.column("startup", types.TextOID)
	case "prepfail":
		return nil, pgerr.New("42P01", `relation "x" does not exist`).WithHint("make it").WithDetail("no x")
	case "copyin":
		p.kind = backend.KindCopyIn
	case "copyout":
		p.kind = backend.KindCopyOut
		p.left, _ = strconv.Atoi(words[1])
	}
	for len(p.formats) < len(p.cols) {
		f := int16(0)
		if len(formats) > 0 {
			f = formats[min(len(p.formats), len(formats)-1)]
		}
		p.formats = append(p.formats, f)
	}
	return p, nil
}

type fakePortal struct {
	s           *fakeSession
	q           string
	kind        backend.Kind
	cols        []backend.Column
	formats     []int16
	left, total int
	value       []byte
	tag         string
	b           *batch.Batch
}

func (p *fakePortal) column(name string, oid types.OID) {
	p.kind = backend.KindRows
	p.cols = append(p.cols, backend.Column{Name: name, Type: types.Of(oid)})
}

func (p *fakePortal) Kind() backend.Kind        { return p.kind }
func (p *fakePortal) Columns() []backend.Column { return p.cols }
func (p *fakePortal) Late() bool                { return false }
func (p *fakePortal) Formats() []int16          { return p.formats }
func (p *fakePortal) Tag() string               { return p.tag }
func (p *fakePortal) Copy() backend.Copy        { return p }

func (p *fakePortal) Pull(ctx context.Context, max int) (*batch.Batch, error) {
	if p.kind == backend.KindRows {
		return p.rows(max), nil
	}
	word, rest, _ := strings.Cut(p.q, " ")
	p.tag = strings.ToUpper(word)
	switch word {
	case "begin":
		p.s.status = backend.TxOpen
	case "commit", "rollback":
		if p.s.status == backend.TxFailed {
			p.tag = "ROLLBACK"
		}
		p.s.status = backend.TxIdle
	case "fail":
		return nil, pgerr.New("22012", "division by zero")
	case "plainfail":
		return nil, fmt.Errorf("something low")
	case "fatal":
		return nil, fatal("57P01", "told to go")
	case "panic":
		panic("made to")
	case "notice":
		p.s.notices = append(p.s.notices, &pgerr.Error{Severity: pgerr.Notice, Code: "00000", Message: rest})
	case "set":
		name, value, _ := strings.Cut(rest, " ")
		p.s.changes = append(p.s.changes, [2]string{name, value})
	case "failcommit":
		p.s.failCommit = true
	case "notify":
		p.s.pending = append(p.s.pending, backend.Notification{PID: 7, Channel: "c", Payload: rest})
	case "sleep":
		if p.s.opener.started != nil {
			p.s.opener.started <- "sleep"
		}
		d := 30 * time.Second
		if rest != "" {
			d, _ = time.ParseDuration(rest)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(d):
		}
	}
	return nil, nil
}

func (p *fakePortal) rows(max int) *batch.Batch {
	if p.left == 0 {
		p.tag = fmt.Sprintf("SELECT %d", p.total)
		return nil
	}
	n := min(p.left, batch.MaxRows)
	if max > 0 {
		n = min(n, max)
	}
	if p.b == nil {
		p.b = batch.New([]types.T{p.cols[0].Type}, batch.MaxRows)
	}
	for i := range n {
		if p.value != nil {
			p.b.Cols[0].Set(i, types.Bytes(p.value))
		} else {
			p.b.Cols[0].Set(i, types.Int(int64(p.total-p.left+i+1)))
		}
	}
	p.left -= n
	p.b.Sel = batch.Identity(n)
	return p.b
}

func (p *fakePortal) Format() (int8, int) { return 0, 1 }

func (p *fakePortal) Write(_ context.Context, b []byte) error {
	if strings.Contains(string(b), "bad") {
		return pgerr.New("22P02", "invalid input syntax")
	}
	p.s.copied = append(p.s.copied, b...)
	return nil
}

func (p *fakePortal) Finish(_ context.Context, failed bool, failure string) error {
	if failed {
		return pgerr.Newf("57014", "COPY from stdin failed: %s", failure)
	}
	p.tag = fmt.Sprintf("COPY %d", strings.Count(string(p.s.copied), "\n"))
	return nil
}

func (p *fakePortal) Read(_ context.Context, dst []byte) ([]byte, bool, error) {
	if p.left == 0 {
		p.tag = "COPY"
		return dst, true, nil
	}
	p.left--
	return fmt.Appendf(dst, "%d\n", p.left), false, nil
}

var fakeNotification = backend.Notification{PID: 8, Channel: "c", Payload: "while idle"}

// serve starts a server on a random port; it is shut down with the test.
func serve(t testing.TB, cfg Config) (*Server, string) {
	t.Helper()
	if cfg.Opener == nil {
		cfg.Opener = &fakeOpener{}
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-served; err != ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, ln.Addr().String()
}
