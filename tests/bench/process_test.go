package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingBinary(t *testing.T) {
	if _, err := startLoxoDB(context.Background(), filepath.Join(t.TempDir(), "none"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Fatal(err)
	}
}

func TestKilobytes(t *testing.T) {
	text := "Name:\tx\nVmRSS:\t  123 kB\nVmSwap: none\n"
	if got := kilobytes(text, "VmRSS:"); got != 123<<10 {
		t.Fatal(got)
	}
	if got := kilobytes(text, "VmSwap:") + kilobytes(text, "VmHWM:"); got != 0 {
		t.Fatal(got)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && rss(os.Getpid()) < 1<<20 {
		t.Fatal("this process has no memory")
	}
}

// speak answers the client's first request with the given messages.
func speak(t *testing.T, answer ...[]byte) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	go func() {
		if _, err := theirs.Read(make([]byte, 4096)); err != nil {
			return
		}
		for _, m := range answer {
			for i := range m { // a byte at a time
				if _, err := theirs.Write(m[i : i+1]); err != nil {
					return
				}
			}
		}
		theirs.Close()
	}()
	return &client{conn: ours, in: make([]byte, 8), stop: func() bool { return true }}
}

func TestClient(t *testing.T) {
	big := strings.Repeat("x", 1000)
	data := message(nil, 'D', []byte{0, 3, 0, 0, 0, 2}, []byte("ab"), []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 3, 0xe8}, []byte(big))
	ready := message(nil, 'Z', []byte{'I'})
	failed := message(nil, 'E', []byte("SERROR\x00C42P01\x00Mno such table\x00\x00"))
	req := newRequest("near", make([]byte, 8))
	req.put(0x0102030405060708)
	if want := "\x00near\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x08\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x01E"; !strings.Contains(string(req.bytes), want) {
		t.Fatalf("%q", req.bytes)
	}
	rows := 0
	err := speak(t, message(nil, '2'), data, data, message(nil, 'C', []byte("SELECT 2\x00")), ready).ask(req, func(r row) error {
		a, b, c := r.next(), r.next(), r.next()
		if string(a) != "ab" || b != nil || string(c) != big {
			t.Errorf("%q %q %d bytes", a, b, len(c))
		}
		rows++
		return nil
	})
	if err != nil || rows != 2 {
		t.Fatal(rows, err)
	}
	for what, answer := range map[string][][]byte{
		"42P01: no such table": {failed, ready},
		"closed":               {data},
		"message of":           {{'D', 0xff, 0, 0, 0}},
	} {
		err := speak(t, answer...).ask(req, func(row) error { return nil })
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c := speak(t, failed, ready)
	if _, err := c.copyIn("COPY", nil); err == nil || !strings.Contains(err.Error(), "42P01") {
		t.Error(err)
	}
}
