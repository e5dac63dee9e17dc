package pgwire

import (
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/server/auth"
	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
	"github.com/loxodb/loxodb/sql/types"
)

func TestStartupPackets(t *testing.T) {
	_, addr := serve(t, Config{})
	long := strings.Repeat("x", 11000)
	for name, tc := range map[string]struct {
		send  []byte
		until string
		want  string
	}{
		"protocol 2":       {wt.Startup(2<<16, "user", "postgres"), "E", "E(FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0)"},
		"protocol 4":       {wt.Startup(4<<16, "user", "postgres"), "E", "E(FATAL 0A000 unsupported frontend protocol 4.0: server supports 3.0 to 3.0)"},
		"no user":          {wt.Startup(3<<16, "database", "x"), "E", "E(FATAL 28000 no PostgreSQL user name specified in startup packet)"},
		"too long":         {wt.Startup(3<<16, "user", long), "E", "E(FATAL 08P01 invalid length of startup packet)"},
		"too short":        {wt.Join(wt.Int32(4), wt.Int32(0)), "E", "E(FATAL 08P01 invalid length of startup packet)"},
		"negative":         {wt.Int32(-1), "E", "E(FATAL 08P01 invalid length of startup packet)"},
		"no terminator":    {wt.Join(wt.Int32(13), wt.Int32(3<<16), wt.Z("user")), "E", "E(FATAL 08P01 invalid startup packet layout: expected terminator as last byte)"},
		"no value":         {wt.Join(wt.Int32(14), wt.Int32(3<<16), wt.Z("user"), []byte{'x'}), "E", "E(FATAL 08P01 invalid startup packet layout: expected terminator as last byte)"},
		"after terminator": {wt.Join(wt.Int32(11), wt.Int32(3<<16), []byte{0, 0, 0}), "E", "E(FATAL 08P01 invalid startup packet layout: expected terminator as last byte)"},
		"minor version":    {wt.Startup(3<<16|9999, "user", "postgres", "_pq_.foo", "1"), "v", `v(196608 "_pq_.foo\x00")`},
		"pq option only":   {wt.Startup(3<<16, "user", "postgres", "_pq_.foo", "1"), "v", `v(196608 "_pq_.foo\x00")`},
		"bad option":       {wt.Startup(3<<16, "user", "postgres", "options", "-Z"), "E", "R(0) E(FATAL 42601 invalid command-line argument for server process: -Z)"},
		"replication":      {wt.Startup(3<<16, "user", "postgres", "replication", "database"), "E", "E(FATAL 0A000 replication connections are not supported)"},
		"garbage":          {[]byte("GET / HTTP/1.0\r\n\r\n"), "E", "E(FATAL 08P01 invalid length of startup packet)"},
		"cancel of nobody": {wt.Join(wt.Int32(16), wt.Int32(wt.Cancel), wt.Int32(99), wt.Int32(1)), "E", "EOF"},
		"cancel too short": {wt.Join(wt.Int32(12), wt.Int32(wt.Cancel), wt.Int32(99)), "E", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			c := wt.Dial(t, addr)
			c.Send(tc.send)
			c.Want(tc.until, tc.want)
		})
	}
}

func TestEncryptionRequests(t *testing.T) {
	_, addr := serve(t, Config{})
	ssl, gss := wt.Join(wt.Int32(8), wt.Int32(wt.SSL)), wt.Join(wt.Int32(8), wt.Int32(wt.GSSENC))
	c := wt.Dial(t, addr)
	for _, p := range [][]byte{gss, ssl} {
		c.Send(p)
		var b [1]byte
		if _, err := io.ReadFull(c.NC, b[:]); err != nil || b[0] != 'N' {
			t.Fatalf("answer %q, %v", b, err)
		}
	}
	c.Send(wt.Startup(3<<16, "user", "postgres"))
	if got := c.Until("Z"); !strings.HasSuffix(got, "Z(I)") {
		t.Error(got)
	}
	c = wt.Dial(t, addr)
	c.Send(ssl, wt.Startup(3<<16, "user", "postgres"))
	c.Want("E", "E(FATAL 08P01 received unencrypted data after SSL request)")
}

func TestSCRAMFrames(t *testing.T) {
	_, addr := serve(t, Config{})
	start := wt.Startup(3<<16, "user", "alice", "database", "postgres")
	initial := func(mechanism, data string) []byte {
		return wt.Msg('p', wt.Z(mechanism), wt.Int32(len(data)), []byte(data))
	}
	for name, tc := range map[string]struct{ send, want string }{
		"wrong mechanism": {string(initial("PLAIN", "x")), "E(FATAL 08P01 client selected an invalid SASL authentication mechanism)"},
		"malformed":       {string(initial(auth.Mechanism, "junk")), "E(FATAL 08P01 malformed SCRAM message)"},
		"cut":             {string(wt.Msg('p', wt.Z(auth.Mechanism), wt.Int32(99))), "E(FATAL 08P01 insufficient data left in message)"},
		"other message":   {string(wt.Msg('Q', wt.Z("rows 1"))), "E(FATAL 08P01 expected password response, got message type 81)"},
		"too long":        {"p" + string(wt.Int32(70000)), "E(FATAL 08P01 invalid message length)"},
	} {
		t.Run(name, func(t *testing.T) {
			c := wt.Dial(t, addr)
			c.Send(start)
			c.Want("R", "R(10)")
			c.Send([]byte(tc.send))
			c.Want("E", tc.want)
		})
	}
}

func TestAuthenticationTimeout(t *testing.T) {
	_, addr := serve(t, Config{AuthTimeout: 50 * time.Millisecond})
	c := wt.Dial(t, addr)
	c.Want("E", "E(FATAL 57014 canceling authentication due to timeout)")
	c = wt.Dial(t, addr)
	c.Send(wt.Startup(3<<16, "user", "alice"))
	c.Want("E", "R(10) E(FATAL 57014 canceling authentication due to timeout)")
}

func TestExtendedProtocol(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	c.Send(wt.Parse("", "rows 2"), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync)
	c.Want("Z", `1 2 T D("\x00\x01\x00\x00\x00\x011") D("\x00\x01\x00\x00\x00\x012") C(SELECT 2) Z(I)`)
	// A row limit suspends; Flush pushes the replies out without Sync.
	c.Send(wt.Parse("s", "rows 3"), wt.Bind("p", "s"), wt.Execute("p", 2), wt.Msg('H'))
	c.Want("s", `1 2 D("\x00\x01\x00\x00\x00\x011") D("\x00\x01\x00\x00\x00\x012") s`)
	c.Send(wt.Execute("p", 2), wt.Msg('H'))
	c.Want("C", `D("\x00\x01\x00\x00\x00\x013") C(SELECT 3)`)
	c.Send(wt.Sync)
	c.Want("Z", "Z(I)")
	// After an error everything up to Sync is skipped, and no further.
	c.Send(wt.Parse("", "fail"), wt.Bind("", ""), wt.Execute("", 0), wt.Parse("", "rows 1"), wt.Msg('Q', wt.Z("rows 1")), wt.Msg('H'), wt.Sync,
		wt.Parse("", "set a b"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync)
	c.Want("Z", "1 2 E(ERROR 22012 division by zero) Z(I)")
	c.Want("Z", "1 2 C(SET) S Z(I)")
	// The error does not wait for Sync.
	c.Send(wt.Parse("", "fail"), wt.Bind("", ""), wt.Execute("", 0), wt.Msg('H'))
	c.Want("E", "1 2 E(ERROR 22012 division by zero)")
	c.Send(wt.Sync)
	c.Want("Z", "Z(I)")
	// Closing what does not exist, describing what has no rows, an empty query.
	c.Send(wt.Msg('C', wt.Z("Snone")), wt.Msg('C', wt.Z("Pnone")), wt.Parse("", "begin"), wt.Msg('D', wt.Z("S")), wt.Sync)
	c.Want("Z", "3 3 1 t n Z(I)")
	c.Send(wt.Parse("", ""), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync)
	c.Want("Z", "1 2 n I Z(I)")
	c.Send(wt.Msg('D', wt.Z("Snone")), wt.Sync, wt.Msg('D', wt.Z("Pnone")), wt.Sync)
	c.Want("Z", `E(ERROR 26000 prepared statement "none" does not exist) Z(I)`)
	c.Want("Z", `E(ERROR 34000 portal "none" does not exist) Z(I)`)
}

func TestSimpleProtocol(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	c.Send(wt.Msg('Q', wt.Z("")), wt.Msg('Q', wt.Z(" ; ")))
	c.Want("Z", "I Z(I)")
	c.Want("Z", "I Z(I)")
	c.Send(wt.Msg('Q', wt.Z("rows 1; fail; rows 1")))
	c.Want("Z", `T D("\x00\x01\x00\x00\x00\x011") C(SELECT 1) E(ERROR 22012 division by zero) Z(I)`)
	c.Send(wt.Msg('Q', wt.Z("failcommit")), wt.Msg('Q', wt.Z("notice x; begin")))
	c.Want("Z", "E(ERROR 23503 deferred constraint) Z(I)")
	c.Want("Z", "N(NOTICE 00000 x) C(NOTICE) C(BEGIN) Z(T)")
	// Copy messages outside COPY are ignored; the fast path is declined.
	c.Send(wt.Msg('d', []byte("x")), wt.Msg('c'), wt.Msg('f', wt.Z("why")), wt.Msg('F', wt.Int32(1)))
	c.Want("Z", "E(ERROR 0A000 function calls through the fast-path interface are not supported) Z(E)")
	c.Send(wt.Msg('X'))
	c.Want("Z", "EOF")
}

func TestCopyProtocol(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	data := wt.Msg('d', []byte("a\n"))
	c.Send(wt.Msg('Q', wt.Z("copyin; rows 1")), data, data, wt.Msg('c'))
	c.Want("Z", `G C(COPY 2) T D("\x00\x01\x00\x00\x00\x011") C(SELECT 1) Z(I)`)
	c.Send(wt.Msg('Q', wt.Z("copyin")), data, wt.Msg('f', wt.Z("no")), wt.Msg('c'))
	c.Want("Z", "G E(ERROR 57014 COPY from stdin failed: no) Z(I)")
	c.Send(wt.Msg('Q', wt.Z("copyin")), wt.Msg('d', []byte("bad")), data, wt.Msg('c'), wt.Msg('Q', wt.Z("")))
	c.Want("Z", "G E(ERROR 22P02 invalid input syntax) Z(I)")
	c.Want("Z", "I Z(I)")
	c.Send(wt.Msg('Q', wt.Z("copyin")), wt.Msg('Q', wt.Z("rows 1")))
	c.Want("Z", "G E(ERROR 08P01 unexpected message type 0x51 during COPY from stdin) "+
		"E(FATAL 08P01 terminating connection because protocol synchronization was lost) EOF")
	c = wt.Login(t, addr)
	// In the extended protocol Sync usually comes before the data.
	c.Send(wt.Parse("", "copyin"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync, data, wt.Msg('c'), wt.Sync)
	c.Want("Z", "1 2 G C(COPY 1) Z(I)")
	c.Send(wt.Parse("", "copyin"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync, wt.Msg('d', []byte("bad")), data, wt.Msg('c'), wt.Sync)
	c.Want("Z", "1 2 G E(ERROR 22P02 invalid input syntax) Z(I)")
	c.Send(wt.Parse("", "copyout 2"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync)
	c.Want("Z", `1 2 H d("1\n") d("0\n") c C(COPY) Z(I)`)
}

func TestMalformedMessages(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	for want, m := range map[string][]byte{
		"ERROR 08P01 insufficient data left in message":                      wt.Msg('P', wt.Z(""), wt.Z("rows 1"), wt.Int16(2), wt.Int32(1)),
		"ERROR 08P01 invalid string in message":                              wt.Msg('P', wt.Z(""), []byte("rows")),
		"ERROR 08P01 invalid message format":                                 wt.Msg('P', wt.Z(""), wt.Z("rows 1"), wt.Int16(0), []byte{1}),
		"ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff":      wt.Parse("", "\xff"),
		"ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x28": wt.Parse("", "ab\xe2\x28"),
		"ERROR 08P01 invalid DESCRIBE message subtype 88":                    wt.Msg('D', wt.Z("X")),
		"ERROR 08P01 invalid CLOSE message subtype 88":                       wt.Msg('C', wt.Z("X")),
		"ERROR 08P01 no data left in message":                                wt.Msg('D'),
	} {
		c.Send(m, wt.Sync)
		if got := c.Until("Z"); got != "E("+want+") Z(I)" {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	c.Send(wt.Msg('Q', []byte("rows 1")))
	c.Want("Z", "E(ERROR 08P01 invalid string in message) Z(I)")
	c.Send(wt.Msg('S', []byte{1}), wt.Msg('H', []byte{1}))
	c.Want("Z", "E(ERROR 08P01 invalid message format) Z(I)")
	c.Want("E", "E(ERROR 08P01 invalid message format)")
	c.Send(wt.Sync)
	c.Want("Z", "Z(I)")
	c.Send([]byte("~\x00\x00\x00\x04"))
	c.Want("Z", "E(FATAL 08P01 invalid frontend message type 126) EOF")
	for _, m := range [][]byte{wt.Join([]byte("Q"), wt.Int32(3)), wt.Join([]byte("Q"), wt.Int32(-1)), wt.Join([]byte("S"), wt.Int32(20000))} {
		c = wt.Login(t, addr)
		c.Send(m)
		c.Want("Z", "E(FATAL 08P01 invalid message length) EOF")
	}
}

// A promise of a large message must not cost memory before its bytes arrive.
func TestPromisedLengthCostsNothing(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.Send([]byte("Q"), wt.Int32(200<<20), []byte("select"))
	time.Sleep(50 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if grew := after.TotalAlloc - before.TotalAlloc; grew > 4<<20 {
		t.Errorf("%d bytes allocated for 11 that were sent", grew)
	}
}

func TestLargeMessages(t *testing.T) {
	o := &fakeOpener{}
	_, addr := serve(t, Config{Opener: o})
	c := wt.Login(t, addr)
	text := strings.Repeat("0123456789", 300_000)
	c.Send(wt.Msg('Q', wt.Z("echo "+text)))
	if got := c.Until("Z"); !strings.Contains(got, text) {
		t.Errorf("3 MB did not come back: %d bytes did", len(got))
	}
	c.Send(wt.Msg('Q', wt.Z("copyin")), wt.Msg('d', []byte(text)), wt.Msg('c'))
	c.Want("Z", "G C(COPY 0) Z(I)")
	if string(o.sessions[0].copied) != text {
		t.Error("the copied bytes differ")
	}
}

// Messages of which the memory has no room are errors of their statements, and are not read.
func TestNoRoomForMessages(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	types.BoundMemory(1 << 20) // the heap is larger already
	t.Cleanup(func() { types.BoundMemory(math.MaxInt64) })
	long := strings.Repeat("0123456789", 300_000)
	c.Send(wt.Msg('Q', wt.Z("echo "+long)))
	c.Want("Z", "E(ERROR 53200 out of memory) Z(I)")
	c.Send(wt.Msg('P', wt.Z(""), wt.Z("echo "+long), wt.Int16(0)), wt.Msg('S'))
	c.Want("Z", "E(ERROR 53200 out of memory) Z(I)")
	c.Send(wt.Msg('Q', wt.Z("echo short")))
	if got := c.Until("Z"); !strings.Contains(got, "short") {
		t.Errorf("the next statement gives %s", got)
	}
}

// Messages may arrive in any pieces.
func TestByteByByte(t *testing.T) {
	_, addr := serve(t, Config{})
	c := wt.Login(t, addr)
	for _, b := range wt.Join(wt.Parse("", "rows 1"), wt.Bind("", ""), wt.Execute("", 0), wt.Sync) {
		c.Send([]byte{b})
	}
	c.Want("Z", `1 2 D("\x00\x01\x00\x00\x00\x011") C(SELECT 1) Z(I)`)
}
