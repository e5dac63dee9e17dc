// Package pgwire speaks PostgreSQL's frontend/backend protocol 3.0: it listens,
// authenticates, reads frames, and turns a backend.Session's answers into
// messages. It must not know SQL, plans or storage: all it knows of a statement
// is what package backend says.
package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/loxodb/loxodb/server/auth"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Config is what a Server needs. Zero fields get the defaults named.
type Config struct {
	Opener backend.Opener // makes sessions and knows credentials; required
	Log    *slog.Logger   // default: discarded
	// Superuser is the role whose missing password lets loopback clients in without one; default postgres.
	Superuser      string
	MaxConnections int           // sessions at once; default 100
	AuthTimeout    time.Duration // from accept to login; default 60 s
	// MaxMessageBytes bounds one message's body after login; default 256 MiB, at most 1 GiB.
	MaxMessageBytes int
	// TLS, if set, is offered to clients that ask for encryption; others may go on without.
	TLS *tls.Config
	// CheckClient is how often the client of a running statement is checked to be
	// still there; default 1 s.
	CheckClient time.Duration
}

// ensureDefaults fills in what was left zero.
func (c *Config) ensureDefaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Superuser == "" {
		c.Superuser = "postgres"
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = 100
	}
	if c.AuthTimeout <= 0 {
		c.AuthTimeout = time.Minute
	}
	if c.MaxMessageBytes <= 0 {
		c.MaxMessageBytes = 256 << 20
	}
	c.MaxMessageBytes = min(c.MaxMessageBytes, 1<<30-2)
	if c.CheckClient <= 0 {
		c.CheckClient = time.Second
	}
}

// ErrServerClosed is returned by Serve after Shutdown.
var ErrServerClosed = errors.New("pgwire: server closed")

// Server accepts connections and serves each in a goroutine of its own. All
// methods are safe for concurrent use.
type Server struct {
	cfg        Config
	mockSecret []byte // keys the mock exchanges for unknown users
	throttle   auth.Throttle
	seats      *seats

	mu        sync.Mutex
	draining  bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	byPID     map[int32]*conn // connections past the start-up packet: they hold a slot
	lastPID   int32
	idle      *sync.Cond // signalled when a connection ends
	stopWatch chan struct{}
}

// NewServer returns a server that does not listen yet.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Opener == nil {
		return nil, errors.New("pgwire: Config.Opener is required")
	}
	cfg.ensureDefaults()
	s := &Server{
		cfg:        cfg,
		mockSecret: make([]byte, 32),
		seats:      newSeats(),
		listeners:  map[net.Listener]struct{}{},
		conns:      map[*conn]struct{}{},
		byPID:      map[int32]*conn{},
		stopWatch:  make(chan struct{}),
	}
	s.idle = sync.NewCond(&s.mu)
	if _, err := rand.Read(s.mockSecret); err != nil {
		return nil, fmt.Errorf("pgwire: reading randomness: %w", err)
	}
	go s.watchClients()
	return s, nil
}

// Serve accepts connections from ln until Shutdown; it closes ln. It always
// returns an error, ErrServerClosed after Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	defer ln.Close()
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return ErrServerClosed
	}
	s.listeners[ln] = struct{}{}
	s.mu.Unlock()
	var pause time.Duration
	for {
		nc, err := ln.Accept()
		if err != nil {
			s.mu.Lock()
			draining := s.draining
			s.mu.Unlock()
			if draining || errors.Is(err, net.ErrClosed) {
				return ErrServerClosed
			}
			// Most likely out of file descriptors: try again, ever more slowly.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.cfg.Log.Warn("could not accept a connection", "error", err, "retry_in", pause)
			time.Sleep(pause)
			continue
		}
		pause = 0
		s.start(nc)
	}
}

// start registers the connection and serves it, or turns it away when the server
// stops or far too many connections are already knocking.
func (s *Server) start(nc net.Conn) {
	if t, ok := nc.(*net.TCPConn); ok {
		// Errors only mean that the socket is already dead: reading finds out.
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4})
		_ = t.SetNoDelay(true)
	}
	nc = newSocket(nc, s.seats)
	c := newConn(s, nc)
	s.mu.Lock()
	full := s.draining || len(s.conns) >= 2*s.cfg.MaxConnections+64 && !s.evict(false)
	if !full {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if full {
		nc.Close()
		return
	}
	go s.serveConn(c)
}

// evict cuts off the login that has been under way longest, so that clients which
// connect and say nothing keep no others out; false when there is none. With slot it
// must be one that holds a slot. s.mu is held.
func (s *Server) evict(slot bool) bool {
	var oldest *conn
	for c := range s.conns {
		if !c.loggedIn && (!slot || s.byPID[c.pid] == c) && (oldest == nil || c.came.Before(oldest.came)) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	s.cfg.Log.Info("a login took too long while others wait", "client", oldest.nc.RemoteAddr(), "since", time.Since(oldest.came))
	delete(s.conns, oldest)
	if s.byPID[oldest.pid] == oldest {
		delete(s.byPID, oldest.pid)
	}
	oldest.nc.Close()
	return true
}

// admitted marks the end of a login; false when the connection was cut off meanwhile.
func (s *Server) admitted(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.loggedIn = s.byPID[c.pid] == c
	return c.loggedIn
}

// serveConn runs one connection from start-up to end. A panic ends this
// connection only.
func (s *Server) serveConn(c *conn) {
	defer s.forget(c)
	defer func() { _ = c.closer.Close() }()
	defer c.closeSession()
	defer func() {
		if v := recover(); v != nil {
			e, cause := recovered(v)
			s.cfg.Log.Error("a connection failed", "pid", c.pid, "error", cause, "stack", string(debug.Stack()))
			c.sendFatal(e)
		}
	}()
	c.run()
}

// release gives the connection's slot back.
func (s *Server) release(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPID[c.pid] == c {
		delete(s.byPID, c.pid)
	}
}

func (s *Server) forget(c *conn) {
	s.release(c)
	s.mu.Lock()
	delete(s.conns, c)
	s.idle.Broadcast()
	s.mu.Unlock()
}

// admit gives the connection a slot, a process number and a secret key.
func (s *Server) admit(c *conn) *pgerr.Error {
	var key [4]byte
	if _, err := rand.Read(key[:]); err != nil {
		return asFatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return errStarting
	case len(s.byPID) >= s.cfg.MaxConnections && !s.evict(true):
		return errTooMany
	}
	for {
		s.lastPID = s.lastPID%(1<<30) + 1
		if s.byPID[s.lastPID] == nil {
			break
		}
	}
	c.pid, c.secret = s.lastPID, binary.BigEndian.Uint32(key[:])
	s.byPID[c.pid] = c
	return nil
}

// cancelRequest cancels what the connection with that number is running, if the
// secret is right. The asking client never learns.
func (s *Server) cancelRequest(pid int32, secret []byte) {
	s.mu.Lock()
	c := s.byPID[pid]
	s.mu.Unlock()
	var want [4]byte
	if c != nil {
		binary.BigEndian.PutUint32(want[:], c.secret)
	}
	if subtle.ConstantTimeCompare(want[:], secret) == 1 && c != nil {
		c.stopStatement(errCanceled)
	}
}

// Cancel cancels the statement that the session pid is running, as
// pg_cancel_backend does; false when there is no such session.
func (s *Server) Cancel(pid int32) bool {
	return s.withConn(pid, func(c *conn) { c.stopStatement(errCanceled) })
}

// Terminate ends the session pid, as pg_terminate_backend does; false when there is none.
func (s *Server) Terminate(pid int32) bool {
	return s.withConn(pid, func(c *conn) {
		c.requestStop(errShutdown)
		c.stopStatement(errShutdown)
		// A client that does not read must not keep the session and its locks.
		_ = c.nc.SetWriteDeadline(time.Now().Add(2 * time.Second))
	})
}

func (s *Server) withConn(pid int32, do func(*conn)) bool {
	s.mu.Lock()
	c := s.byPID[pid]
	s.mu.Unlock()
	if c == nil {
		return false
	}
	do(c)
	return true
}

// Connections is the number of sessions now.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byPID)
}

// all returns the connections of this moment.
func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	return list
}

// Shutdown stops accepting and tells idle clients that the server goes down;
// running statements may finish until ctx ends. Then they are cancelled, and
// what is still there shortly after is cut off. It returns ctx's error in that case.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.stopWatch)
	}
	for ln := range s.listeners {
		ln.Close()
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.requestStop(errShutdown)
	}
	if s.waitEmpty(ctx) {
		return nil
	}
	for _, c := range s.all() {
		c.stopStatement(errStopping)
	}
	last, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if !s.waitEmpty(last) {
		for _, c := range s.all() {
			c.nc.Close()
		}
	}
	return context.Cause(ctx)
}

// waitEmpty waits until there is no connection; false when ctx ended first.
func (s *Server) waitEmpty(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		s.idle.Broadcast()
		s.mu.Unlock()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.conns) > 0 {
		if ctx.Err() != nil {
			return false
		}
		s.idle.Wait()
	}
	return true
}

// watchClients cancels statements whose client is gone. Reading would notice,
// but a connection does not read while it runs.
func (s *Server) watchClients() {
	tick := time.NewTicker(s.cfg.CheckClient)
	defer tick.Stop()
	for {
		select {
		case <-s.stopWatch:
			return
		case now := <-tick.C:
			for _, c := range s.all() {
				if c.runningSince(now.Add(-s.cfg.CheckClient)) && disconnected(c.nc) {
					c.stopStatement(errGone)
				}
			}
		}
	}
}
