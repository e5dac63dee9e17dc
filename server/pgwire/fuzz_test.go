package pgwire

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

func FuzzStartup(f *testing.F) {
	f.Add(wt.Startup(3<<16, "user", "postgres", "options", `-c a=b --c\ d=e`))
	f.Add(wt.Startup(3<<16|2, "user", "x", "_pq_.a", "b"))
	f.Add(wt.Int32(8))
	f.Fuzz(func(t *testing.T, data []byte) {
		code, rest, err := readStartupPacket(newReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		s, err := parseStartup(code, rest)
		if err != nil {
			return
		}
		if l, err := s.login(); err == nil && (l.user == "" || l.database == "" || len(l.user) > 63) {
			t.Errorf("accepted user %q, database %q", l.user, l.database)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(wt.Join(wt.Parse("a", "b"), wt.Bind("", "a"), wt.Sync), 3)
	f.Add([]byte("Q\x20\x00\x00\x00x"), 1)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		r := newReader(&pieces{data, max(piece, 1)})
		r.auth, r.max = false, 1<<20
		used := 0
		for {
			typ, n, err := r.next()
			if err != nil {
				return
			}
			if n > r.bodyLimit(typ) {
				t.Fatalf("type %c with %d bytes passed", typ, n)
			}
			b, err := r.body(n)
			if err != nil {
				return
			}
			used += headerLen + n
			if len(b) != n || !bytes.Equal(b, data[used-n:used]) {
				t.Fatalf("the body of frame %c differs from what was sent", typ)
			}
		}
	})
}

// pieces reads data a few bytes at a time.
type pieces struct {
	data []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(p.n, len(b))], p.data)
	p.data = p.data[n:]
	return n, nil
}

func FuzzDecoders(f *testing.F) {
	for _, m := range [][]byte{wt.Parse("n", "select 1"), wt.Bind("p", "s"), wt.Execute("p", 1), wt.Msg('D', wt.Z("Sx"))} {
		f.Add(m[headerLen:])
	}
	f.Add(wt.Join(wt.Z("p"), wt.Z("s"), wt.Int16(1), wt.Int16(1), wt.Int16(2), wt.Int32(-1), wt.Int32(3), []byte("abc"), wt.Int16(1), wt.Int16(0)))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p parseMessage
		if p.decode(body, nil) == nil && len(p.params)*4 > len(body) {
			t.Errorf("%d parameter types from %d bytes", len(p.params), len(body))
		}
		var b bindMessage
		if b.decode(body, nil) == nil && 4*len(b.args)+2*len(b.argFormats)+2*len(b.resultFormats) > len(body) {
			t.Errorf("%d arguments and %d, %d formats from %d bytes", len(b.args), len(b.argFormats), len(b.resultFormats), len(body))
		}
		_, n, err := decodeExecute(body, nil)
		if err == nil && n < 0 {
			t.Errorf("row limit %d", n)
		}
		_, _, _ = decodeTarget("CLOSE", body, nil)
		_, _ = decodeText(body, nil)
		_ = decodeEmpty(body)
		_, _ = decodeSASLInitial(body)
	})
}

// FuzzConnection feeds a whole connection. It must end, without a panic, and
// answer in whole frames.
func FuzzConnection(f *testing.F) {
	start := wt.Startup(3<<16, "user", "postgres")
	f.Add(wt.Join(start, wt.Msg('Q', wt.Z("rows 3; notice x; fail")), wt.Msg('X')))
	f.Add(wt.Join(start, wt.Parse("", "rows 3"), wt.Bind("", ""), wt.Execute("", 1), wt.Msg('H'), wt.Sync))
	f.Add(wt.Join(start, wt.Msg('Q', wt.Z("copyin")), wt.Msg('d', []byte("x\n")), wt.Msg('S'), wt.Msg('c')))
	f.Add(wt.Join(wt.Int32(8), wt.Int32(wt.SSL)))
	f.Add(wt.Join(start, wt.Msg('F', wt.Int32(1)), wt.Msg('d', []byte("stray"))))
	srv, err := NewServer(Config{Opener: &fakeOpener{}, MaxMessageBytes: 1 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("sleep")) || bytes.Contains(data, []byte("panic")) {
			return // the fake's own delays and panics
		}
		if bytes.Contains(data, []byte("rows")) && len(data) > 4096 {
			return
		}
		script := &scripted{Reader: bytes.NewReader(data)}
		c := newConn(srv, script)
		c.run()
		c.closeSession()
		srv.forget(c)
		replies := script.sent.Bytes()
		for len(replies) > 0 && replies[0] == 'N' && (len(replies) == 1 || replies[1] != 0) {
			replies = replies[1:] // declined encryption: a lone byte
		}
		r := newReader(bytes.NewReader(replies))
		for {
			head, err := r.body(headerLen)
			if err != nil {
				if r.buffered() > 0 {
					t.Fatalf("the answer ends inside a frame header: %q", replies)
				}
				return
			}
			n := int(uint32(head[1])<<24 | uint32(head[2])<<16 | uint32(head[3])<<8 | uint32(head[4]))
			if _, err := r.body(n - 4); err != nil {
				t.Fatalf("the answer ends inside a frame: %q", replies)
			}
		}
	})
}

// scripted is a connection whose client said everything in advance.
type scripted struct {
	io.Reader
	sent bytes.Buffer
}

func (s *scripted) Write(b []byte) (int, error)      { return s.sent.Write(b) }
func (s *scripted) Close() error                     { return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }
