package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// Session is one client's conversation; see backend.Session.
type Session struct {
	db       *Database
	pid      int32
	user     string
	role     *catalog.Role
	ending   ending
	acting   *catalog.Role // the owner of the running function that is SECURITY DEFINER, or nil
	remote   string
	wake     func() // tells the wire that notifications wait; may be nil
	tell     func() // has the wire send the notices; may be nil
	opened   time.Time
	settings *settings
	// planKey is what planKeyNow said at planKeyAt; paths what searchPath did, by what it was asked for.
	planKey   string
	planKeyAt stamp
	key       []byte // memory of cacheKey
	paths     [4]atomic.Pointer[keptPath]

	stmts   map[string]*prepared
	portals map[string]*portal
	// portalCount is how many portals there have been.
	portalCount int64
	simple      []*prepared // statements of the running simple query
	text        string      // what the positions of errors and notices refer to

	tx       txState
	temp     tempObjects
	notices  []*pgerr.Error
	noticing sync.Mutex
	lastSeq  catalog.ID
	seqVals  map[catalog.ID]int64
	// inserted is the first value that the last statement which took one for an
	// AUTO_INCREMENT column took, and when that statement began.
	inserted struct {
		stmt  time.Time
		first int64
	}
	storing  storing
	arena    batch.Arena
	activity activity
	uses     table.Uses // of the transaction
	listens  listener
	hooks    hooks
	triggers triggerState
	// Of functions: how deep calls are, how many statements around the running one write, the
	// calls themselves, and bodies with their plans.
	calls, pinned  int
	calling        []*activation
	unnamed        int // portals that functions opened without a name
	sqlBodies      map[bodyKey]*sqlBody
	plBodies       map[bodyKey]*plBody
	casts          map[castKey]*expr.Program // of values assigned in PL/pgSQL
	domains        domainChecks
	objectCache    objectCache
	open           []*running // executions that have not ended
	idle           *running   // memory of an execution that has ended
	spare          *portal    // memory of the unnamed portal
	limits         limits
	running        atomic.Pointer[context.Context] // of the statement that limits knows, nil between statements
	waiting        kv.Waiting
	outcome        outcome
	lockModesNoted bool // activity.lockModes is not empty
	manual         bool // autocommit is off: see autoBegin
	// next are the modes that MySQL's SET TRANSACTION gave the next transaction.
	next *ast.TxnStmt
}

// activity is what other sessions may see of this one.
type activity struct {
	mu           sync.Mutex
	state, query string
	application  string
	since        time.Time
	queryStart   time.Time
	xactStart    time.Time
	lockModes    map[catalog.ID][]string // what LOCK TABLE called the transaction's locks
}

func newSession(d *Database, st backend.Startup, role *catalog.Role) *Session {
	s := &Session{
		db: d, pid: st.PID, user: st.User, role: role, remote: st.RemoteAddr, wake: st.Wake, tell: st.Tell, opened: time.Now(),
		stmts: map[string]*prepared{}, portals: map[string]*portal{}, seqVals: map[catalog.ID]int64{},
	}
	super := "off"
	if role.Super {
		super = "on"
	}
	replay := "on"
	if d.cfg.NoRecallReplay {
		replay = "off"
	}
	home, ok := d.store.Current().DatabaseByID(d.id)
	if !ok {
		home = &catalog.Database{}
	}
	given := map[string]Given{}
	if d.cfg.Given != nil {
		maps.Copy(given, d.cfg.Given())
	}
	for name, v := range map[string]string{
		"lc_collate": home.Collate, "lc_ctype": home.Ctype,
		"server_version": serverVersion(d.cfg.Version), "session_authorization": st.User, "is_superuser": super,
		"loxodb.recall_replay":   replay,
		"loxodb.plan_cache_size": fmt.Sprint(max(d.cfg.PlanCacheBytes, 0) >> 10), "loxodb.row_cache_size": fmt.Sprint(max(d.cfg.RowCacheBytes, 0) >> 10),
		"loxodb.column_cache_size": fmt.Sprint(max(d.cfg.ColumnCacheBytes, 0) >> 10), "loxodb.memory": fmt.Sprint(d.cfg.MemoryBytes >> 10),
	} {
		given[name] = Given{v, given[name].From}
	}
	s.settings = newSettings(given)
	s.settings.format.Names = names{s: s}
	s.settings.format.Types = names{s: s}
	s.settings.notice = s.notice
	s.tx.session = s
	s.makeHooks()
	s.settings.format.Interrupted = s.interrupted
	s.note("idle", "")
	return s
}

// serverVersion is what clients parse: PostgreSQL's number first.
func serverVersion(v string) string { return "15.18 (LoxoDB " + v + ")" }

func lower(s string) string { return strings.ToLower(s) }

// note publishes what the session is doing; an empty query keeps the last one.
func (s *Session) note(state, query string) {
	now := time.Now()
	a := &s.activity
	a.mu.Lock()
	defer a.mu.Unlock()
	a.application, _ = s.settings.get("application_name")
	a.state, a.since, a.xactStart = state, now, s.tx.began
	if query != "" {
		a.query, a.queryStart = query, now
	}
}

// TxStatus implements backend.Session.
func (s *Session) TxStatus() backend.TxStatus {
	switch {
	case s.tx.block && s.tx.failed:
		return backend.TxFailed
	case s.tx.block:
		return backend.TxOpen
	}
	return backend.TxIdle
}

// TextFormat implements backend.Session.
func (s *Session) TextFormat() *types.Format { return &s.settings.format }

// ClientEncoding implements backend.Session.
func (s *Session) ClientEncoding() *charset.Encoding { return s.settings.client }

// TakeNotices implements backend.Session.
func (s *Session) TakeNotices() []*pgerr.Error {
	s.noticing.Lock()
	defer s.noticing.Unlock()
	n := s.notices
	s.notices = nil
	return n
}

// notice queues a notice if client_min_messages lets it through.
func (s *Session) notice(e *pgerr.Error) {
	if e.Severity == "" {
		e.Severity = pgerr.Notice
	}
	if s.mysql() {
		level := "Note"
		if e.Severity != pgerr.Notice && e.Severity != pgerr.Info {
			level = "Warning"
		}
		s.noticing.Lock()
		s.remember(e, level)
		s.noticing.Unlock()
	}
	if e.Severity == pgerr.Kept {
		return
	}
	level, _ := s.settings.get("client_min_messages")
	rank := map[string]int{"warning": 2, "error": 3, "notice": 1}
	need := rank[level]
	have := map[string]int{pgerr.Warning: 2, pgerr.Notice: 1, pgerr.Info: 9}[e.Severity]
	if have >= need {
		e = s.placed(e, 0)
		s.noticing.Lock() // goroutines that help with a query may have something to tell
		defer s.noticing.Unlock()
		s.notices = append(s.notices, e)
	}
}

// tellNow sends the notices that there are, and is called by what may make any number of
// them: the statements of a function.
func (s *Session) tellNow() {
	if s.tell == nil {
		return
	}
	s.noticing.Lock()
	waiting := len(s.notices) > 0
	s.noticing.Unlock()
	if waiting {
		s.tell()
	}
}

func (s *Session) warn(code, message string) {
	s.notice(&pgerr.Error{Severity: pgerr.Warning, Code: code, Message: message})
}

// TakeParameterChanges implements backend.Session.
func (s *Session) TakeParameterChanges() [][2]string {
	// What a failed transaction has set is as good as gone.
	if len(s.settings.changed) == 0 || s.TxStatus() == backend.TxFailed {
		return nil
	}
	var out [][2]string
	for i := range definitions {
		d := &definitions[i]
		name := lower(d.name)
		if !d.report || !s.settings.changed[name] {
			continue
		}
		v, _ := s.settings.get(d.name)
		if sent, ok := s.settings.sent[name]; !ok || sent != v { // not when it is again what it was
			out = append(out, [2]string{d.name, v})
			s.settings.sent[name] = v
		}
	}
	clear(s.settings.changed)
	return out
}

// Position implements backend.Session: bytes to characters.
func (s *Session) Position(bytePos int) int {
	if bytePos-1 > len(s.text) {
		bytePos = s.place(bytePos-1) + 1
	}
	if bytePos <= 0 {
		return 0
	}
	return utf8.RuneCountInString(s.text[:min(bytePos-1, len(s.text))]) + 1
}

// place is the byte offset that a position stands for of a dialect that looks for some only now.
func (s *Session) place(pos int) int {
	for _, f := range s.db.cfg.Dialects {
		if p, ok := f.(parser.Placer); ok {
			return p.Place(s.text, pos)
		}
	}
	return pos
}

// Close implements backend.Session.
func (s *Session) Close() {
	s.closePortals()
	s.tx.rollback()
	s.db.advisory.releaseAll(s)
	s.db.notify.remove(s)
	s.dropTemp()
	s.db.mu.Lock()
	_, counted := s.db.sessions[s]
	delete(s.db.sessions, s)
	s.db.mu.Unlock()
	if counted {
		s.db.c.release(s.db)
	}
}

// planOptions is what the planner may see.
func (s *Session) planOptions(params []types.OID) planner.Options {
	f := *s.TextFormat()
	if f.Now = s.tx.began; f.Now.IsZero() {
		f.Now = time.Now()
	}
	return planner.Options{
		Transition: s.transitionFinder(), Midway: s.pinned > 0,
		Catalog: s.Catalog(), Session: s, Format: &f, Parser: s.db.cfg.Parser,
		ParamTypes: params, TempRows: s.tempRows, Role: s.current().ID, Super: s.current().Super,
		VectorStats: func(id catalog.ID) planner.VectorStats {
			ix, ok := s.db.vectors.Get(id)
			if !ok {
				return planner.VectorStats{}
			}
			st := ix.Stats()
			return planner.VectorStats{Entries: st.Entries, Effort: st.Effort, Lists: st.Lists}
		},
	}
}

// toPG gives low-level errors their SQLSTATE.
func toPG(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := pgerr.As(err); ok {
		return err
	}
	var unordered *kv.DependencyError
	switch {
	case errors.Is(err, kv.ErrLockTimeout):
		return pgerr.New(pgerrcode.LockNotAvailable, "canceling statement due to lock timeout").WithCause(err)
	case errors.Is(context.Cause(ctx), errStatementTimeout), errors.Is(err, context.DeadlineExceeded): // the latter of a context below
		return pgerr.New(pgerrcode.QueryCanceled, "canceling statement due to statement timeout").WithCause(err)
	case errors.Is(err, context.Canceled):
		return pgerr.New(pgerrcode.QueryCanceled, "canceling statement due to user request").WithCause(err)
	case errors.Is(err, table.ErrRestart), errors.Is(err, kv.ErrConflict):
		return pgerr.New(pgerrcode.SerializationFailure, "could not serialize access due to concurrent update").WithCause(err)
	case errors.As(err, &unordered):
		return pgerr.New(pgerrcode.SerializationFailure, "could not serialize access due to read/write dependencies among transactions").
			WithDetail("Reason code: Canceled on %s.", unordered.Reason).
			WithHint("The transaction might succeed if retried.").WithCause(err)
	case errors.Is(err, kv.ErrDeadlock):
		return pgerr.New(pgerrcode.DeadlockDetected, "deadlock detected").
			WithHint("Run the transaction again.").WithCause(err)
	case errors.Is(err, kv.ErrLocked):
		return pgerr.New(pgerrcode.LockNotAvailable, "could not obtain lock on row").WithCause(err)
	case errors.Is(err, kv.ErrTooLarge):
		return pgerr.New(pgerrcode.ProgramLimitExceeded, err.Error()).WithCause(err)
	case errors.Is(err, kv.ErrReadOnly):
		return pgerr.New(pgerrcode.ReadOnlySQLTransaction, "cannot execute statement in a read-only transaction").WithCause(err)
	case errors.Is(err, kv.ErrUndetermined):
		return pgerr.New("08007", "the result of the commit is not known").
			WithHint("Look whether the changes are there before you run the transaction again.").WithCause(err)
	}
	return pgerr.New(pgerrcode.InternalError, err.Error()).WithCause(err)
}
