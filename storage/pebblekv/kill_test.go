package pebblekv

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// TestKill kills a writing process on the real disk, again and again over the
// same directory: what it acknowledged is there, and the next one can open it.
func TestKill(t *testing.T) {
	if dir := os.Getenv("PEBBLEKV_TEST_KILL"); dir != "" {
		killedChild(t, dir)
		return
	}
	dir := filepath.Join(t.TempDir(), "db")
	acked := 0
	for round := range 3 {
		acked = killOne(t, dir, acked, 40*(round+1))
		e, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := contents(t, e, "n")
		for i := range acked {
			if got[fmt.Sprintf("n%06d", i)] == "" {
				t.Fatalf("round %d: commit %d was acknowledged and is gone; %d of %d are there", round, i, len(got), acked)
			}
		}
		// Those of the open large transaction are not, and one more commit may be.
		if len(got) > acked+1 {
			t.Fatalf("round %d: %d commits, %d were acknowledged", round, len(got), acked)
		}
		acked = len(got)
		closeEngine(t, e)
	}
}

// killOne lets a child commit from number from on and kills it after n commits.
func killOne(t *testing.T, dir string, from, n int) (acked int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), "PEBBLEKV_TEST_KILL="+dir, fmt.Sprint("PEBBLEKV_TEST_FROM=", from))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked = from
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var i int
		if _, err := fmt.Sscanf(lines.Text(), "acked %d", &i); err != nil {
			t.Fatalf("child: %s", lines.Text())
		}
		if acked = i + 1; acked == from+n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if acked < from+n {
		t.Fatalf("the child ended by itself after %d commits", acked-from)
	}
	return acked
}

func killedChild(t *testing.T, dir string) {
	var from int
	fmt.Sscan(os.Getenv("PEBBLEKV_TEST_FROM"), &from)
	e, err := Open(dir, Options{SpillBytes: 4 << 10, TableBytes: []int{0, 1}[from%2]})
	if err != nil {
		t.Fatal(err)
	}
	large, err := e.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := from; ; i++ {
		for k := range 20 {
			if err := large.Put(fmt.Appendf(nil, "n-open%06d", i*20+k), []byte("never committed")); err != nil {
				t.Fatal(err)
			}
		}
		commitPairs(t, e, fmt.Sprintf("n%06d", i), "1")
		fmt.Println("acked", i)
	}
}
