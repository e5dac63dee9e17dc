package boot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/loxodb/loxodb/server/auth"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/server/pgwire"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// Superuser is the role, and the database, that the first start makes.
const Superuser = "postgres"

// Options are what a server is started with.
type Options struct {
	Data   string // data directory
	Listen string // host:port
	// Password, if not "", becomes the superuser's.
	Password string
	// TLSCert and TLSKey name PEM files; with them clients may encrypt.
	TLSCert, TLSKey string
	MaxConnections  int // 0: the wire's default
	// MemoryMiB bounds the memory of the server; 0: not. Main has Go's collector keep to it.
	MemoryMiB int
	// PlanCacheMiB, RowCacheMiB and ColumnCacheMiB bound the caches; 0: the defaults,
	// negative: none.
	PlanCacheMiB, RowCacheMiB, ColumnCacheMiB int
	// NoRecallReplay turns the background measurement of recall off.
	NoRecallReplay bool
	// Flags are those that the command line has.
	Flags           map[string]bool
	ShutdownTimeout time.Duration // used by the command only
	Log             *slog.Logger  // default: discarded

	logLevel slog.Level
	heap     int64 // the bound on it that Main has set, 0 or math.MaxInt64: none
}

// database is what lies behind the wire.
type database interface {
	backend.Opener
	// SetPassword stores a SCRAM verifier for the role.
	SetPassword(ctx context.Context, role, verifier string) error
	// Close stops background work; sessions and engine are not its own.
	Close() error
}

// Server is a running LoxoDB.
type Server struct {
	dir    *dataDir
	engine *pebblekv.Engine
	db     database
	wire   *pgwire.Server
	addr   net.Addr
	log    *slog.Logger
	failed chan error // what ended Serve, if not Shutdown
}

// Start opens the data directory, making it if it is missing, and begins to
// accept connections. It returns when clients can connect.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{log: o.Log, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			_ = s.close()
		}
	}()
	began := time.Now()
	secure, err := loadTLS(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, err
	}
	if s.dir, err = openDataDir(o.Data); err != nil {
		return nil, err
	}
	o = o.within()
	store := pebblekv.Options{Logger: engineLog{o.Log}, RunLen: keys.RunLen, Memory: types.Memory{}}
	if memory := o.memory(); memory > 0 {
		sh := share(memory)
		store.CacheBytes, store.MemTableBytes, store.SpillBytes = sh.blocks, uint64(sh.memTable), int(sh.spill)
		store.Compactions = 1 // each has blocks of the longest values
	}
	s.engine, err = pebblekv.Open(filepath.Join(s.dir.path, "store"), store)
	if err != nil {
		return nil, fmt.Errorf("opening the data in %s: %w", s.dir.path, err)
	}
	given := newGiven(s.dir.path, o)
	if s.db, err = compose(ctx, s.engine, s.dir.path, o, given, s.signal); err != nil {
		return nil, fmt.Errorf("opening the database in %s: %w", s.dir.path, err)
	}
	if err := s.setPassword(ctx, o); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", o.Listen, err)
	}
	s.addr = ln.Addr()
	given.listening(s.addr)
	s.wire, err = pgwire.NewServer(pgwire.Config{
		Opener: s.db, Log: o.Log, Superuser: Superuser, MaxConnections: o.MaxConnections, TLS: secure,
	})
	if err != nil {
		ln.Close()
		return nil, err
	}
	go func() {
		if err := s.wire.Serve(ln); !errors.Is(err, pgwire.ErrServerClosed) {
			s.failed <- err
		}
	}()
	o.Log.Info("ready", "listen", s.addr, "data", s.dir.path, "version", Version, "took", time.Since(began).Round(time.Millisecond))
	return s, nil
}

// loadTLS reads the certificate; nil without one.
func loadTLS(cert, key string) (*tls.Config, error) {
	if cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("loading the TLS certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// setPassword stores the password that was asked for, and refuses to be
// reachable from other machines without one.
func (s *Server) setPassword(ctx context.Context, o Options) error {
	info, err := s.db.Auth(ctx, Superuser)
	if err != nil {
		return fmt.Errorf("reading the superuser's credentials: %w", err)
	}
	if o.Password != "" {
		v, err := auth.ParseVerifier(info.Password)
		if err != nil || !v.Check(o.Password) {
			if v, err = auth.NewVerifier(o.Password); err != nil {
				return err
			}
			if err := s.db.SetPassword(ctx, Superuser, v.String()); err != nil {
				return fmt.Errorf("setting the superuser's password: %w", err)
			}
			s.log.Info("the superuser's password was set", "role", Superuser)
		}
	}
	return auth.CheckListen(o.Listen, o.Password != "" || info.Password != "")
}

// signal cancels what the session pid runs, or ends it.
func (s *Server) signal(pid int32, terminate bool) bool {
	if terminate {
		return s.wire.Terminate(pid)
	}
	return s.wire.Cancel(pid)
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.addr }

// Shutdown stops accepting, lets running statements finish until ctx ends, and
// closes everything. Statements cut off by ctx are not an error.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.wire.Shutdown(ctx); err != nil {
		s.log.Warn("statements were cancelled to shut down", "error", err)
	}
	return s.close()
}

// close closes what is open, from the top down.
func (s *Server) close() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	if s.dir != nil {
		errs = append(errs, s.dir.close())
	}
	s.db, s.engine, s.dir = nil, nil, nil
	return errors.Join(errs...)
}

// engineLog gives the store's messages to the log. A store that cannot trust its
// log any more must not go on: acknowledged commits could be lost.
type engineLog struct{ log *slog.Logger }

func (l engineLog) Infof(format string, args ...any)  { l.log.Debug(fmt.Sprintf(format, args...)) }
func (l engineLog) Errorf(format string, args ...any) { l.log.Error(fmt.Sprintf(format, args...)) }
func (l engineLog) Fatalf(format string, args ...any) {
	l.log.Error("the store failed and the server stops", "error", fmt.Sprintf(format, args...))
	os.Exit(1)
}
