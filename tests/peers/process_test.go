package peers

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

const nobody = "postgres://postgres@127.0.0.1:1/postgres?sslmode=disable&connect_timeout=1"

// TestDeadServer: a server that dies at once is reported at once, with its words.
func TestDeadServer(t *testing.T) {
	_, err := Start(context.Background(), exec.Command("sh", "-c", "echo cannot live like this >&2; exit 3"), nobody)
	if err == nil || !strings.Contains(err.Error(), "cannot live like this") || !strings.Contains(err.Error(), "exit status 3") {
		t.Fatal(err)
	}
}

// TestCancelledStart: a server that never answers is stopped when the caller gives up.
func TestCancelledStart(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cmd := exec.Command("sleep", "1000")
	if _, err := Start(ctx, cmd, nobody); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Fatal(err)
	}
	if cmd.ProcessState == nil {
		t.Fatal("the process still runs")
	}
}

func TestTail(t *testing.T) {
	var w tail
	for i := range 10_000 {
		fmt.Fprintf(&w, "line %d\n", i)
	}
	text := w.text()
	if !strings.HasSuffix(text, "line 9999") || len(text) > 2*tailSize || len(text) < tailSize/2 {
		t.Fatalf("%d bytes, …%q", len(text), text[len(text)-20:])
	}
}
