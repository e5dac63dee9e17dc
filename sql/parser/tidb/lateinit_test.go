//go:build gc && !go1.27

package tidb

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLateInit starts this test's program anew, with nothing to test, and reads what the
// runtime initialised: none of the grammar's packages may be among it. A package that is
// has come with a new version of the grammar and belongs into lateinit's list.
func TestLateInit(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	ours := false
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		name, found := strings.CutPrefix(lines.Text(), "init ")
		if !found {
			continue
		}
		name, _, _ = strings.Cut(name, " ")
		if strings.HasPrefix(name, "github.com/pingcap/tidb/") {
			t.Errorf("%s is initialised when the program starts", name)
		}
		ours = ours || name == "github.com/loxodb/loxodb/sql/parser/tidb/lateinit"
	}
	if !ours {
		t.Error("the runtime's report does not name lateinit: is its form another now?")
	}
}
