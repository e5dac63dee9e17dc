package pgwire

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// psql runs the real client, when it is installed, with the script on its input.
func psql(t *testing.T, addr, script string, env ...string) string {
	t.Helper()
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed: install postgresql-client to run this test")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-X", "-h", host, "-p", port, "-U", "alice", "-d", "postgres", "-At")
	cmd.Env = append(append(os.Environ(), "PGPASSWORD=wonder", "LC_ALL=C"), env...)
	cmd.Stdin = strings.NewReader(script)
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, b)
	}
	return string(b)
}

func TestPsql(t *testing.T) {
	_, addr := serve(t, Config{})
	got := psql(t, addr, strings.Join([]string{
		`rows 3;`,
		`notice hello;`,
		`é syntax error;`,
		`fail;`,
		`copyout 2;`,
		`echo done;`,
	}, "\n"), "PGOPTIONS=-c a.b=c --d-e=f\\ g")
	want := `1
2
3
NOTICE:  hello
NOTICE
ERROR:  syntax error at or near "syntax"
LINE 1: é syntax error;
          ^
ERROR:  division by zero
1
0
done
`
	if got != want {
		t.Errorf("psql said\n%s\nwant\n%s", got, want)
	}
	got = psql(t, addr, "startup;", "PGOPTIONS=-c a.b=c --d-e=f\\ g", "PGAPPNAME=it", "PGCLIENTENCODING=UTF8")
	if want := "alice/postgres[[a.b c] [d_e f g] [application_name it] [client_encoding UTF8]]\n"; got != want {
		t.Errorf("startup parameters:\n%s\nwant\n%s", got, want)
	}
}
