package expr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The golden files hold expressions and what PostgreSQL 15 answers, a line each:
//
//	expression
//	=> result, or ERROR sqlstate: message
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { goldenFile(t, f) })
	}
}

func goldenFile(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sql := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		want, isAnswer := strings.CutPrefix(line, "=> ")
		if !isAnswer {
			sql = line
			continue
		}
		got, err := evalText(sql)
		if e, ok := pgerr.As(err); ok {
			got = "ERROR " + e.Code + ": " + e.Message
			if e.Hint != "" {
				got += " HINT: " + e.Hint
			}
		} else if err != nil {
			got = "FAILED " + err.Error()
		}
		if got = strings.ReplaceAll(got, "\n", "\\n"); got != want {
			t.Errorf("%s\n got  %s\n want %s", sql, got, want)
		}
	}
}
