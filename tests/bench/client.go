package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// client speaks the protocol with as little work as possible: requests are bytes
// made ahead, answers are read in place. A driver of comfort costs as much as a
// point read, and it runs on the same cores as the server.
type client struct {
	conn     net.Conn
	in       []byte // received: [from:to] is not read yet
	from, to int
	stop     func() bool
}

// dial lets pgx connect and log in, and takes the connection over.
func dial(ctx context.Context, dsn string) (*client, error) {
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := c.SyncConn(ctx); err != nil {
		return nil, err
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	conn, err := blocking(h.Conn)
	if err != nil {
		return nil, err
	}
	// A read has no deadline; Ctrl-C ends it.
	return &client{conn: conn, in: make([]byte, 64<<10), stop: context.AfterFunc(ctx, func() { conn.Close() })}, nil
}

// blockingConn reads and writes by plain system calls: the thread itself waits,
// where Go's network poller would wake one thread to tell another.
type blockingConn struct {
	net.Conn
	file    *os.File // holds fd
	fd      int
	reads   int
	yielded time.Time // when others could run last
}

// running is how long a goroutine takes turns with the server before it lets others
// run. One that has not done so for 10 ms loses its place in the runtime while it waits
// in the kernel, and the thread that took it looks for more every 20 µs for a while:
// with two connections that alone cost a tenth of a core.
const running = 5 * time.Millisecond

// places lets as many goroutines wait in the kernel as there are connections that are
// measured at once, beside those that run: were all places taken, each wait of more
// than 20 µs would lose its own.
func places() { runtime.GOMAXPROCS(runtime.NumCPU() + 2) }

// blocking takes a TCP connection out of the poller; others stay as they are.
func blocking(c net.Conn) (net.Conn, error) {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c, nil
	}
	f, err := t.File()
	if err != nil {
		return nil, err
	}
	return &blockingConn{Conn: c, file: f, fd: int(f.Fd())}, nil
}

func (b *blockingConn) Read(p []byte) (n int, err error) {
	if b.reads++; b.reads%8 == 0 { // the clock is not free
		if now := time.Now(); now.Sub(b.yielded) > running {
			runtime.Gosched()
			b.yielded = now
		}
	}
	for {
		n, err = syscall.Read(b.fd, p)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, fmt.Errorf("read: %w", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (b *blockingConn) Write(p []byte) (done int, err error) {
	for done < len(p) {
		n, err := syscall.Write(b.fd, p[done:])
		if err != nil && err != syscall.EINTR {
			return done, fmt.Errorf("write: %w", err)
		}
		done += max(n, 0)
	}
	return done, nil
}

// Close ends what waits in Read or Write; the descriptor goes with the file.
func (b *blockingConn) Close() error {
	return errors.Join(syscall.Shutdown(b.fd, syscall.SHUT_RDWR), b.Conn.Close())
}

func (c *client) close() {
	c.stop()
	_, _ = c.conn.Write([]byte{'X', 0, 0, 0, 4})
	_ = c.conn.Close()
}

// message appends a message of a type and its parts.
func message(dst []byte, typ byte, parts ...[]byte) []byte {
	n := 4
	for _, p := range parts {
		n += len(p)
	}
	dst = binary.BigEndian.AppendUint32(append(dst, typ), uint32(n))
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// exec runs a statement whose rows nobody wants.
func (c *client) exec(sql string) error {
	if _, err := c.conn.Write(message(nil, 'Q', []byte(sql+"\x00"))); err != nil {
		return err
	}
	if _, err := c.answer(nil); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// query runs a statement by its text and hands each row of its answer on.
func (c *client) query(sql string, each func(row) error) error {
	if _, err := c.conn.Write(message(nil, 'Q', []byte(sql+"\x00"))); err != nil {
		return err
	}
	if _, err := c.answer(each); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// prepare makes or replaces a prepared statement.
func (c *client) prepare(name, sql string) error {
	b := message(nil, 'C', []byte("S"+name+"\x00"))
	b = message(b, 'P', []byte(name+"\x00"+sql+"\x00"), []byte{0, 0})
	if _, err := c.conn.Write(message(b, 'S')); err != nil {
		return err
	}
	if _, err := c.answer(nil); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// request is Bind, Execute and Sync of a prepared statement, all binary; put changes the
// first parameter, a bigint.
type request struct {
	bytes []byte
	at    int // of the first parameter
}

func newRequest(name string, params ...[]byte) *request {
	head := binary.BigEndian.AppendUint16([]byte("\x00"+name+"\x00\x00\x01\x00\x01"), uint16(len(params)))
	var values []byte
	for _, p := range params {
		values = append(binary.BigEndian.AppendUint32(values, uint32(len(p))), p...)
	}
	b := message(nil, 'B', head, values, []byte{0, 1, 0, 1})
	b = message(b, 'E', []byte{0, 0, 0, 0, 0})
	return &request{bytes: message(b, 'S'), at: 5 + len(head) + 4}
}

func (r *request) put(key uint64) { binary.BigEndian.PutUint64(r.bytes[r.at:], key) }

// ask sends a request and hands each's rows on; they are valid until it returns.
func (c *client) ask(r *request, each func(row) error) error {
	if _, err := c.conn.Write(r.bytes); err != nil {
		return err
	}
	_, err := c.answer(each)
	return err
}

// copyIn runs a COPY of the CopyData messages and returns its tag.
func (c *client) copyIn(sql string, messages [][]byte) (string, error) {
	if _, err := c.conn.Write(message(nil, 'Q', []byte(sql+"\x00"))); err != nil {
		return "", err
	}
	if err := c.expect('G'); err != nil {
		return "", fmt.Errorf("%s: %w", sql, err)
	}
	for _, m := range messages {
		if _, err := c.conn.Write(m); err != nil {
			return "", err
		}
	}
	if _, err := c.conn.Write(message(nil, 'c')); err != nil {
		return "", err
	}
	return c.answer(nil)
}

// row is the fields of a DataRow message.
type row []byte

// next cuts off a field; nil is NULL.
func (r *row) next() []byte {
	n := int32(binary.BigEndian.Uint32(*r))
	if *r = (*r)[4:]; n < 0 {
		return nil
	}
	f := (*r)[:n]
	*r = (*r)[n:]
	return f
}

// answer reads up to ReadyForQuery and returns the last command tag. An error of
// each is returned after the rest was read, so that the connection goes on.
func (c *client) answer(each func(row) error) (tag string, err error) {
	for {
		typ, body, lost := c.read()
		if lost != nil {
			return "", errors.Join(err, lost)
		}
		switch typ {
		case 'D':
			if each != nil && err == nil {
				err = each(row(body[2:]))
			}
		case 'C':
			if each == nil {
				tag = strings.TrimRight(string(body), "\x00")
			}
		case 'E':
			err = errors.Join(err, serverError(body))
		case 'Z':
			return tag, err
		}
	}
}

// expect reads up to a message of the type, or to the error before it.
func (c *client) expect(want byte) error {
	for {
		typ, body, err := c.read()
		switch {
		case err != nil:
			return err
		case typ == 'E':
			_, err := c.answer(nil)
			return errors.Join(serverError(body), err)
		case typ == want:
			return nil
		}
	}
}

// read returns the next message; its body is valid until the next call.
func (c *client) read() (typ byte, body []byte, err error) {
	if err := c.fill(5); err != nil {
		return 0, nil, err
	}
	n := 1 + int(binary.BigEndian.Uint32(c.in[c.from+1:]))
	if n < 5 || n > 1<<24 {
		return 0, nil, fmt.Errorf("a message of %d bytes", n)
	}
	if err := c.fill(n); err != nil {
		return 0, nil, err
	}
	m := c.in[c.from : c.from+n]
	c.from += n
	return m[0], m[5:], nil
}

// fill waits until n bytes are there to be read.
func (c *client) fill(n int) error {
	if c.to-c.from >= n {
		return nil
	}
	c.to = copy(c.in, c.in[c.from:c.to])
	c.from = 0
	if n > len(c.in) {
		c.in = append(c.in, make([]byte, n)...)
	}
	for c.to < n {
		m, err := c.conn.Read(c.in[c.to:])
		if c.to += m; m == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return errors.New("the server closed the connection")
			}
			return err
		}
	}
	return nil
}

// serverError is an ErrorResponse as Go's error.
func serverError(body []byte) error {
	var code, text string
	for len(body) > 1 {
		f, rest, _ := strings.Cut(string(body[1:]), "\x00")
		switch body[0] {
		case 'C':
			code = f
		case 'M':
			text = f
		}
		body = []byte(rest)
	}
	return fmt.Errorf("ERROR %s: %s", code, text)
}
