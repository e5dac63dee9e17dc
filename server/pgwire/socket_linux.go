package pgwire

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is a client's connection. While nothing comes its goroutine waits in Go's
// network poller, which costs no thread. But a turn by the poller takes a read in vain,
// a look for other goroutines to run, a thread that waits for all connections and wakes
// another, and that one's look. So when a client has sent its next message at once
// several times, the connection leaves the poller: its own thread waits in the kernel,
// as that of a process for each connection would, until a message is late.
//
// One goroutine reads and writes. Deadlines, Close and disconnected are for all; what
// they change is noticed within patience.
type socket struct {
	seats         *seats
	local, remote net.Addr

	// of the goroutine that reads and writes
	seated  bool      // out of the poller
	prompt  int       // how many messages in succession came at once
	yielded time.Time // when others could run last

	turns   atomic.Uint64 // reads while seated
	evicted atomic.Bool   // the seat is another's
	seen    uint64        // turns when its seat was last asked for; seats.mu, as
	moved   time.Time     // when seen was seen first

	mu              sync.Mutex
	polled          polledConn // nil when seated
	fd              int        // that blocks, when seated
	busy            bool       // a system call on fd is under way
	closed          bool
	readBy, writeBy time.Time // deadlines
}

// polledConn is what *net.TCPConn and *os.File have in common.
type polledConn interface {
	io.ReadWriteCloser
	syscall.Conn
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

const (
	// atOnce is how long the next message of a dialogue takes at most, and promptOnes
	// how many must have come so before the connection is seated.
	atOnce     = time.Millisecond
	promptOnes = 8
	// patience is how long a seated connection waits; the kernel rounds it up to its ticks.
	patience = 4 * time.Millisecond
	// running is how long a goroutine takes turns before it lets others run. After 10 ms
	// the runtime would take it for one that computes, and its place to run from it.
	running = 5 * time.Millisecond
)

// seats bounds how many connections are seated: a thread that waits in the kernel holds
// one of the runtime's places to run goroutines.
type seats struct {
	most    int
	mu      sync.Mutex
	holders []*socket
}

func newSeats() *seats { return &seats{most: runtime.GOMAXPROCS(0) / 2} }

// take gives s a seat; false when there is none. A holder whose statement takes long
// loses its seat to others.
func (t *seats) take(s *socket) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.seen, s.moved = 0, time.Time{}
	if len(t.holders) < t.most {
		t.holders = append(t.holders, s)
		return true
	}
	now := time.Now()
	for i, h := range t.holders {
		if n := h.turns.Load(); n != h.seen || h.moved.IsZero() {
			h.seen, h.moved = n, now
		} else if now.Sub(h.moved) > 2*patience {
			h.evicted.Store(true)
			t.holders[i] = s
			return true
		}
	}
	return false
}

func (t *seats) leave(s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.holders, s); i >= 0 {
		t.holders = slices.Delete(t.holders, i, i+1)
	}
}

// errStood: the connection is back in the poller.
var errStood = errors.New("pgwire: back in the poller")

// newSocket takes over an accepted connection.
func newSocket(nc net.Conn, s *seats) net.Conn {
	p, ok := nc.(polledConn)
	if !ok {
		return nc
	}
	return &socket{seats: s, local: nc.LocalAddr(), remote: nc.RemoteAddr(), polled: p}
}

// LocalAddr implements net.Conn.
func (s *socket) LocalAddr() net.Addr { return s.local }

// RemoteAddr implements net.Conn.
func (s *socket) RemoteAddr() net.Addr { return s.remote }

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if s.seated {
		if n, err := s.readSeated(p); err != errStood {
			return n, err
		}
	}
	began := time.Now()
	n, err := s.polled.Read(p)
	if err != nil || time.Since(began) > atOnce {
		s.prompt = 0
		return n, s.asNet("read", err)
	}
	if s.prompt++; s.prompt%promptOnes == 0 {
		s.sit()
	}
	return n, err
}

// readSeated waits for patience at most.
func (s *socket) readSeated(p []byte) (int, error) {
	if s.evicted.Load() {
		return 0, s.stand()
	}
	if s.turns.Add(1)%16 == 0 { // the clock is not free
		if now := time.Now(); now.Sub(s.yielded) > running {
			runtime.Gosched()
			s.yielded = now
		}
	}
	for {
		if err := s.begin("read", &s.readBy); err != nil {
			return 0, err
		}
		n, err := syscall.Read(s.fd, p)
		s.end()
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0, s.stand()
		case err != nil:
			return 0, s.failed("read", os.NewSyscallError("read", err))
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Write implements net.Conn.
func (s *socket) Write(p []byte) (done int, err error) {
	for s.seated && done < len(p) {
		n, err := s.writeSeated(p[done:])
		done += n
		if err != nil && err != errStood {
			return done, err
		}
	}
	if s.seated {
		return done, nil
	}
	n, err := s.polled.Write(p[done:])
	return done + n, s.asNet("write", err)
}

// writeSeated writes what can be written within patience.
func (s *socket) writeSeated(p []byte) (int, error) {
	if err := s.begin("write", &s.writeBy); err != nil {
		return 0, err
	}
	n, err := syscall.Write(s.fd, p)
	s.end()
	switch {
	case err == syscall.EINTR:
		return 0, nil
	case err == syscall.EAGAIN: // the client does not read
		return 0, s.stand()
	case err != nil:
		return 0, s.failed("write", os.NewSyscallError("write", err))
	}
	return n, nil
}

func (s *socket) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: s.remote.Network(), Source: s.local, Addr: s.remote, Err: err}
}

// asNet makes a file's error the one that a net.Conn has: TLS asks it whether it is
// temporary, and others whether the connection is closed.
func (s *socket) asNet(op string, err error) error {
	if e, ok := err.(*os.PathError); ok {
		if errors.Is(e.Err, os.ErrClosed) {
			return s.failed(op, net.ErrClosed)
		}
		return s.failed(op, e.Err)
	}
	return err
}

// begin allows a system call on fd, unless the deadline has passed.
func (s *socket) begin(op string, by *time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.failed(op, net.ErrClosed)
	}
	if !by.IsZero() && !time.Now().Before(*by) {
		return s.failed(op, os.ErrDeadlineExceeded)
	}
	s.busy = true
	return nil
}

// end is the end of begin.
func (s *socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.closed {
		_ = unix.Close(s.fd)
	}
}

// sit takes the connection out of the poller. When that fails it stays.
func (s *socket) sit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evicted.Store(false)
	if s.closed || !s.seats.take(s) {
		return
	}
	fd, err := s.duplicate()
	if err != nil {
		s.seats.leave(s)
		return
	}
	_ = s.polled.Close() // of this descriptor: the other one keeps the connection
	s.seated, s.fd, s.polled = true, fd, nil
}

// duplicate returns a descriptor of the connection that blocks, for patience. So do
// all others of it from now on.
func (s *socket) duplicate() (fd int, err error) {
	raw, err := s.polled.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd = -1
	tv := unix.NsecToTimeval(patience.Nanoseconds())
	err2 := raw.Control(func(from uintptr) {
		if fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0); err != nil {
			return
		}
		err = errors.Join(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv))
		if err == nil {
			err = unix.SetNonblock(fd, false)
		}
		if err != nil {
			_ = unix.Close(fd)
		}
	})
	return fd, errors.Join(err, err2)
}

// stand gives the connection back to the poller; its error is errStood.
func (s *socket) stand() error {
	s.seats.leave(s)
	s.prompt = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.failed("read", net.ErrClosed)
	}
	if err := unix.SetNonblock(s.fd, true); err != nil {
		return s.failed("read", os.NewSyscallError("fcntl", err))
	}
	f := os.NewFile(uintptr(s.fd), "client")
	err := errors.Join(f.SetReadDeadline(s.readBy), f.SetWriteDeadline(s.writeBy))
	s.polled, s.seated = f, false
	if err != nil { // it could not be registered
		return s.failed("read", err)
	}
	return errStood
}

// SetDeadline implements net.Conn.
func (s *socket) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readBy = t
	if s.polled == nil {
		return nil
	}
	return s.polled.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeBy = t
	if s.polled == nil {
		return nil
	}
	return s.polled.SetWriteDeadline(t)
}

// Close implements net.Conn. A system call that waits ends at once.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.failed("close", net.ErrClosed)
	}
	s.closed = true
	s.seats.leave(s)
	switch {
	case s.polled != nil:
		return s.polled.Close()
	case s.busy: // its end closes the descriptor, whose number must not be used again before
		return os.NewSyscallError("shutdown", unix.Shutdown(s.fd, unix.SHUT_RDWR))
	}
	return os.NewSyscallError("close", unix.Close(s.fd))
}
