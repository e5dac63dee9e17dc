package boot

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func noEnv(string) string { return "" }

func TestCommandLine(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\nsecond line"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args     string
		status   int
		out, err string // what stdout and stderr begin with
	}{
		{"", 2, "", "LoxoDB is a SQL vector database"},
		{"help", 0, "LoxoDB is a SQL vector database", ""},
		{"--help", 0, "LoxoDB is a SQL vector database", ""},
		{"start --help", 0, "LoxoDB is a SQL vector database", ""},
		{"version", 0, "loxodb dev (go", ""},
		{"stop", 2, "", `loxodb: unknown command "stop"`},
		{"start --nonsense", 2, "", "loxodb: flag provided but not defined: -nonsense"},
		{"start here", 2, "", `loxodb: unexpected argument "here"`},
		{"start --listen 5433", 2, "", `loxodb: --listen "5433" is not HOST:PORT`},
		{"start --log-level loud", 2, "", `loxodb: --log-level "loud"`},
		{"start --max-connections 0", 2, "", "loxodb: --max-connections must be at least 1"},
		{"start --tls-cert x", 2, "", "loxodb: --tls-cert and --tls-key belong together"},
		{"start --log-level error --tls-cert x --tls-key y", 1, "", "loxodb: loading the TLS certificate: open x"},
		{"start --password-file " + empty, 2, "", "loxodb: the first line of --password-file"},
		{"start --password-file " + empty + "no", 2, "", "loxodb: reading --password-file: open"},
	} {
		var out, err bytes.Buffer
		status := Main(strings.Fields(tc.args), noEnv, &out, &err)
		if status != tc.status || !strings.HasPrefix(out.String(), tc.out) || !strings.HasPrefix(err.String(), tc.err) ||
			(tc.out == "") != (out.Len() == 0) || (tc.err == "") != (err.Len() == 0) {
			t.Errorf("loxodb %s: status %d\nstdout %q\nstderr %q", tc.args, status, out.String(), err.String())
		}
	}
}

func TestPasswordSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(file, []byte("from file\r\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if name == "LOXODB_PASSWORD" {
			return "from env"
		}
		return ""
	}
	o, err := parseStart(nil, env)
	if err != nil || o.Password != "from env" || o.Listen != "127.0.0.1:5433" || o.Data != "./data" {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err = parseStart([]string{"--password-file", file}, env); err != nil || o.Password != "from file" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestDataDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "data")
	d, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(path); err == nil || !strings.Contains(err.Error(), "is in use by another server (process ") {
		t.Errorf("a second server: %v", err)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if d, err = openDataDir(path); err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	d.close()
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(path); err == nil || !strings.Contains(err.Error(), "run chmod 700") {
		t.Errorf("a directory open to others: %v", err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, formatFile), []byte("loxodb data directory, format 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(path); err == nil || !strings.Contains(err.Error(), "made by another version") {
		t.Errorf("another format: %v", err)
	}
	foreign := t.TempDir() // whatever its mode is
	if err := os.Chmod(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "letters"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(foreign); err == nil || !strings.Contains(err.Error(), "not a LoxoDB data directory") {
		t.Errorf("someone else's directory: %v", err)
	}
	empty := t.TempDir()
	if err := os.Chmod(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if d, err = openDataDir(empty); err != nil {
		t.Fatalf("an empty directory: %v", err)
	}
	defer d.close()
	if info, err := os.Stat(empty); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("an empty directory is left with mode %v, %v", info.Mode(), err)
	}
}

// The environment's word on how much runs at once is the last.
func TestRunning(t *testing.T) {
	for env, want := range map[string]int{"": 2 + spare, "2": 2} {
		if got := running(2, func(string) string { return env }); got != want {
			t.Errorf("GOMAXPROCS=%q: %d, want %d", env, got, want)
		}
	}
}
