// Package wiretest is a client of PostgreSQL's protocol 3 for tests: it sends the
// bytes it is told to and shows the answer in a short form, with no library in
// between. It must not know the server.
package wiretest

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Codes of packets without type byte.
const (
	Protocol3 = 3 << 16
	Cancel    = 1234<<16 | 5678
	SSL       = 1234<<16 | 5679
	GSSENC    = 1234<<16 | 5680
)

// Client is one connection; failures to read or write fail the test.
type Client struct {
	t  testing.TB
	NC net.Conn
	// Key is the body of BackendKeyData, once it came.
	Key []byte
}

// Dial connects; the connection closes with the test and times out after 20 s.
func Dial(t testing.TB, addr string) *Client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	return &Client{t: t, NC: nc}
}

// Login is a client of the user postgres past its first ReadyForQuery.
func Login(t testing.TB, addr string) *Client {
	t.Helper()
	c := Dial(t, addr)
	c.Send(Startup(Protocol3, "user", "postgres"))
	if got := c.Until("Z"); !strings.HasPrefix(got, "R(0) S") || !strings.HasSuffix(got, "K Z(I)") {
		t.Fatalf("login: %s", got)
	}
	return c
}

// Send writes the messages at once.
func (c *Client) Send(parts ...[]byte) {
	c.t.Helper()
	if _, err := c.NC.Write(Join(parts...)); err != nil {
		c.t.Fatal(err)
	}
}

// Read returns one message in a short form: its type, with the part that matters.
func (c *Client) Read() (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(c.NC, head[:]); err != nil {
		return "", err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	if _, err := io.ReadFull(c.NC, body); err != nil {
		return "", err
	}
	switch typ := head[0]; typ {
	case 'E', 'N':
		f := map[byte]string{}
		for len(body) > 1 {
			text, rest, _ := strings.Cut(string(body[1:]), "\x00")
			f[body[0]] = text
			body = []byte(rest)
		}
		return fmt.Sprintf("%c(%s %s %s)", typ, f['S'], f['C'], f['M']), nil
	case 'Z':
		return fmt.Sprintf("Z(%s)", body), nil
	case 'C':
		return fmt.Sprintf("C(%s)", body[:len(body)-1]), nil
	case 'K':
		c.Key = body
		return "K", nil
	case 'R':
		return fmt.Sprintf("R(%d)", binary.BigEndian.Uint32(body)), nil
	case 'v':
		return fmt.Sprintf("v(%d %q)", binary.BigEndian.Uint32(body), body[8:]), nil
	case 'D', 'd':
		return fmt.Sprintf("%c(%q)", typ, body), nil
	default:
		return string(typ), nil
	}
}

// Until reads up to the first message of the type, or the end of the stream.
func (c *Client) Until(typ string) string {
	c.t.Helper()
	var got []string
	for {
		m, err := c.Read()
		if err == io.EOF {
			return strings.Join(append(got, "EOF"), " ")
		}
		if err != nil {
			c.t.Fatalf("after %v: %v", got, err)
		}
		got = append(got, m)
		if strings.HasPrefix(m, typ) {
			return strings.Join(got, " ")
		}
	}
}

// Want is Until with what it must return.
func (c *Client) Want(until, want string) {
	c.t.Helper()
	if got := c.Until(until); got != want {
		c.t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Join concatenates.
func Join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// Int16 is v as two bytes, big-endian.
func Int16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

// Int32 is v as four bytes, big-endian.
func Int32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

// Z is s with its terminating zero.
func Z(s string) []byte { return append([]byte(s), 0) }

// Msg is a message of the type.
func Msg(typ byte, parts ...[]byte) []byte {
	body := Join(parts...)
	return Join([]byte{typ}, Int32(len(body)+4), body)
}

// Startup is a start-up packet with the code and the parameters (name, value, …).
func Startup(code int, params ...string) []byte {
	body := Int32(code)
	for _, p := range params {
		body = append(body, Z(p)...)
	}
	body = append(body, 0)
	return append(Int32(len(body)+4), body...)
}

// Parse, Bind and Execute are those messages without parameters; all results are text.
func Parse(name, q string) []byte { return Msg('P', Z(name), Z(q), Int16(0)) }

// Bind binds the statement to the portal; see Parse.
func Bind(portal, name string) []byte {
	return Msg('B', Z(portal), Z(name), Int16(0), Int16(0), Int16(0))
}

// Execute runs the portal for at most max rows, 0 for all.
func Execute(portal string, max int) []byte { return Msg('E', Z(portal), Int32(max)) }

// Sync is the message.
var Sync = Msg('S')
