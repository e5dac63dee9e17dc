package pgwire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// late is far beyond what a seated connection takes to notice anything.
const late = 5 * time.Second

// sockets are both ends of a connection, and the seats that the server's end may take.
func sockets(t *testing.T, s *seats) (*socket, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server := newSocket(nc, s).(*socket)
	t.Cleanup(func() { server.Close(); client.Close() })
	return server, client.(*net.TCPConn)
}

// talk has the client send until the server's end is seated, or as often as is enough.
func talk(t *testing.T, server *socket, client net.Conn) (seated bool) {
	t.Helper()
	for range 100 * promptOnes {
		if err := turn(server, client); err != nil {
			t.Fatal(err)
		}
		if server.seated {
			return true
		}
	}
	return false
}

// turn is a question and its answer.
func turn(server *socket, client net.Conn) error {
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		if _, err := way[0].Write([]byte("hello")); err != nil {
			return err
		}
		if got := make([]byte, 5); true {
			if _, err := io.ReadFull(way[1], got); err != nil || string(got) != "hello" {
				return errors.Join(err, errors.New(string(got)))
			}
		}
	}
	return nil
}

// seated is talk that must succeed.
func seated(t *testing.T) (*socket, *net.TCPConn) {
	t.Helper()
	server, client := sockets(t, &seats{most: 1})
	if !talk(t, server, client) {
		t.Fatal("the connection is never seated")
	}
	return server, client
}

// A connection whose client falls silent goes back to the poller and gives up its seat;
// when the client speaks up again it is as before.
func TestSeatIsLeft(t *testing.T) {
	server, client := seated(t)
	go func() {
		time.Sleep(20 * patience)
		_, _ = client.Write([]byte("late"))
	}()
	got := make([]byte, 4)
	if _, err := io.ReadFull(server, got); err != nil || string(got) != "late" {
		t.Fatalf("%q, %v", got, err)
	}
	if server.seated || len(server.seats.holders) != 0 {
		t.Errorf("seated %v, %d holders", server.seated, len(server.seats.holders))
	}
	if flags, err := unix.FcntlInt(uintptr(fdOf(t, server)), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("in the poller the descriptor blocks: %v", err)
	}
	if !talk(t, server, client) {
		t.Error("not seated again")
	}
	client.CloseWrite()
	if _, err := server.Read(got); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func fdOf(t *testing.T, s *socket) (fd int) {
	t.Helper()
	raw, err := s.polled.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(n uintptr) { fd = int(n) }); err != nil {
		t.Fatal(err)
	}
	return fd
}

// Deadlines hold: one that others set while the reader waits, one set before, and one
// that has passed.
func TestSeatedDeadlines(t *testing.T) {
	for name, set := range map[string]func(s *socket){
		"moved to the past while waiting": func(s *socket) {
			time.AfterFunc(time.Millisecond, func() { _ = s.SetReadDeadline(time.Unix(1, 0)) })
		},
		"far enough to leave the seat": func(s *socket) { _ = s.SetReadDeadline(time.Now().Add(10 * patience)) },
		"passed":                       func(s *socket) { _ = s.SetDeadline(time.Unix(1, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			server, client := seated(t)
			set(server)
			began := time.Now()
			n, err := server.Read(make([]byte, 8))
			e, ok := err.(interface{ Temporary() bool }) // TLS asks
			if n != 0 || !isTimeout(err) || !ok || !e.Temporary() || time.Since(began) > late {
				t.Fatalf("%d, %v after %v", n, err, time.Since(began))
			}
			if err := server.SetDeadline(time.Time{}); err != nil {
				t.Fatal(err)
			}
			if err := turn(server, client); err != nil {
				t.Error(err)
			}
		})
	}
}

// A write deadline holds while the client does not read.
func TestSeatedWriteDeadline(t *testing.T) {
	server, _ := seated(t)
	much := make([]byte, 64<<20)
	_ = server.SetWriteDeadline(time.Now().Add(50 * patience))
	began := time.Now()
	n, err := server.Write(much)
	if !isTimeout(err) || n == 0 || n == len(much) || time.Since(began) > late {
		t.Errorf("%d, %v after %v", n, err, time.Since(began))
	}
}

// What does not fit at once is written in the end, whole and in order.
func TestSeatedLargeWrite(t *testing.T) {
	server, client := seated(t)
	sent := make([]byte, 16<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 8)
	}
	done := make(chan error, 1)
	go func() {
		n, err := server.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		done <- err
	}()
	time.Sleep(20 * patience)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("the bytes differ: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Close ends a read that waits, and the client learns of it; nothing can be done with the
// connection afterwards, and its descriptor is closed once.
func TestSeatedClose(t *testing.T) {
	for name, wait := range map[string]time.Duration{"while reading": time.Millisecond, "after standing": 4 * patience, "between": 0} {
		t.Run(name, func(t *testing.T) {
			server, client := seated(t)
			fd := server.fd
			ended := make(chan error, 1)
			if wait > 0 {
				go func() {
					_, err := server.Read(make([]byte, 8))
					ended <- err
				}()
				time.Sleep(wait)
			} else {
				ended <- io.EOF
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			select {
			case err := <-ended:
				if err == nil || isTimeout(err) {
					t.Errorf("the read ends with %v", err)
				}
			case <-time.After(late):
				t.Fatal("the read goes on")
			}
			if _, err := client.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the client gets %v", err)
			}
			if _, err := server.Read(make([]byte, 8)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("reading: %v", err)
			}
			if _, err := server.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("writing: %v", err)
			}
			if err := server.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("closing again: %v", err)
			}
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
				t.Errorf("the descriptor is still open: %v", err)
			}
			if len(server.seats.holders) != 0 {
				t.Error("it keeps its seat")
			}
		})
	}
}

// Seats are few, and nobody keeps one through a long statement while others want it.
func TestSeatsChangeHands(t *testing.T) {
	table := &seats{most: 1}
	first, firstClient := sockets(t, table)
	second, secondClient := sockets(t, table)
	if !talk(t, first, firstClient) {
		t.Fatal("the first is not seated")
	}
	for range 2 * promptOnes {
		for s, c := range map[*socket]net.Conn{first: firstClient, second: secondClient} {
			if err := turn(s, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if second.seated {
		t.Fatal("two on a seat")
	}
	// The first is busy: only the second goes on.
	for began := time.Now(); !talk(t, second, secondClient); {
		if time.Since(began) > late {
			t.Fatal("the second is not seated")
		}
	}
	if err := turn(first, firstClient); err != nil {
		t.Fatal(err)
	}
	if first.seated || len(table.holders) != 1 || table.holders[0] != second {
		t.Errorf("the first is still seated, or the second is not")
	}
	if err := turn(second, secondClient); err != nil || !second.seated {
		t.Errorf("the second: %v", err)
	}
}

func TestSeatedDisconnected(t *testing.T) {
	server, client := seated(t)
	if disconnected(server) {
		t.Error("the client is there")
	}
	client.Close()
	for began := time.Now(); !disconnected(server); time.Sleep(time.Millisecond) {
		if time.Since(began) > late {
			t.Fatal("the client is gone")
		}
	}
	server.Close()
	if disconnected(server) {
		t.Error("nothing is known of a closed connection")
	}
}

func needSeats(t *testing.T, s *Server) {
	t.Helper()
	if s.seats.most == 0 {
		t.Skip("only one goroutine runs at a time")
	}
}

// inDialogue logs in and talks until the connection is seated.
func inDialogue(t *testing.T, s *Server, addr string) *wt.Client {
	t.Helper()
	needSeats(t, s)
	c := wt.Login(t, addr)
	for range 100 * promptOnes {
		c.Send(wt.Msg('Q', wt.Z("rows 0")))
		c.Want("Z", "T C(SELECT 0) Z(I)")
		s.seats.mu.Lock()
		n := len(s.seats.holders)
		s.seats.mu.Unlock()
		if n > 0 {
			return c
		}
	}
	t.Fatal("the connection is never seated")
	return nil
}

// What others want of a connection that waits in a dialogue reaches it: notifications,
// and the end of the server.
func TestSeatedIsWoken(t *testing.T) {
	o := &fakeOpener{}
	s, addr := serve(t, Config{Opener: o})
	c := inDialogue(t, s, addr)
	f := o.sessions[0]
	f.notifyMu.Lock()
	f.pending = append(f.pending, fakeNotification)
	f.notifyMu.Unlock()
	f.startup.Wake()
	c.Want("A", "A")
	c = inDialogue(t, s, addr)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Want("Z", "E(FATAL 57P01 terminating connection due to administrator command) EOF")
}

// A COPY whose client is in a dialogue, and waits in the middle of it, can be cancelled.
func TestSeatedCopyIsCancelled(t *testing.T) {
	s, addr := serve(t, Config{})
	c := inDialogue(t, s, addr)
	c.Send(wt.Msg('Q', wt.Z("copyin")), wt.Msg('d', []byte("a\n")))
	c.Want("G", "G")
	time.Sleep(time.Millisecond)
	if !s.Cancel(1) {
		t.Fatal("no such session")
	}
	c.Want("E", "E(ERROR 57014 canceling statement due to user request)")
	c.Want("Z", "Z(I)")
}

// Dialogues over TLS go on after waits that were interrupted, in the seat and out of it.
func TestSeatedTLS(t *testing.T) {
	cert, root := certificate(t)
	o := &fakeOpener{}
	s, addr := serve(t, Config{Opener: o, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}})
	needSeats(t, s)
	c := connect(t, "postgres://postgres@"+addr+"/postgres?sslmode=verify-full&sslrootcert="+root)
	had := false
	for i := range 300 {
		if _, err := c.Exec(t.Context(), "rows 1"); err != nil {
			t.Fatal(err)
		}
		s.seats.mu.Lock()
		had = had || len(s.seats.holders) > 0
		s.seats.mu.Unlock()
		if i%50 == 49 {
			o.sessions[0].startup.Wake()
		}
	}
	if !had {
		t.Error("the connection is never seated")
	}
	time.Sleep(20 * patience)
	o.sessions[0].startup.Wake()
	time.Sleep(20 * patience)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
