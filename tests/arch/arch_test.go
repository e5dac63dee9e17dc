// Package arch holds the project's structure to what ARCHITECTURE.md says of it:
// who may import whom, how long a file may be, that every package says what it
// is for. It reads source and knows nothing of what the source does.
//
// Run it with -count=1: the test cache does not see what go list reads.
package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module   = "github.com/loxodb/loxodb"
	root     = "../.."
	maxLines = 800
)

// law: the packages under each path must not reach the named ones, directly or
// through others; every covers all of the module. Tests are free.
var law = []struct {
	packages  string
	forbidden []string
	except    []string // reachable although forbidden
}{
	{"sql/pgerr", []string{every}, nil},
	{"sql/ident", []string{every}, []string{"sql/pgerr"}},
	{"sql/types", []string{"sql", "planner", "executor", "storage", "server"}, []string{"sql/pgerr", "sql/ident", "sql/types", "sql/tsearch", "sql/geometry", "sql/libm", "sql/extension"}},
	{"sql/charset", []string{every}, []string{"sql/charset", "sql/pgerr"}},
	{"sql/tsearch", []string{every}, []string{"sql/tsearch", "sql/pgerr"}},
	{"sql/geometry", []string{every}, []string{"sql/geometry", "sql/libm", "sql/pgerr"}},
	{"sql/extension", []string{every}, []string{"sql/extension"}},
	{"sql/pgcrypto", []string{every}, []string{"sql/pgcrypto", "sql/pgerr"}},
	{"sql/libm", []string{every}, []string{"sql/libm"}},
	{"sql/regex", []string{every}, []string{"sql/regex"}},
	{"sql/batch", []string{every}, []string{"sql/batch", "sql/types", "sql/ident", "sql/tsearch", "sql/geometry", "sql/libm", "sql/extension", "sql/pgerr"}},
	{"sql/ast", []string{every}, []string{"sql/ast", "sql/pgerr"}},
	{"sql/plpgsql", []string{every}, []string{"sql/plpgsql", "sql/pgerr"}},
	{"sql/collate", []string{every}, []string{"sql/collate"}},
	{"sql/parser", []string{"sql/catalog", "sql/expr", "sql/builtin", "planner", "executor", "storage", "server"}, nil},
	{"sql/catalog", []string{"sql/ast", "sql/parser", "planner", "executor", "storage", "server"}, nil},
	{"sql/typehash", []string{every}, []string{"sql/types", "sql/ident", "sql/tsearch", "sql/geometry", "sql/libm", "sql/extension", "sql/pgerr"}},
	{"sql/partition", []string{"sql/ast", "sql/parser", "planner", "executor", "storage", "server"}, nil},
	{"sql/builtin", []string{"sql/ast", "sql/parser", "planner", "executor", "storage", "server"}, nil},
	{"sql/expr", []string{"sql/ast", "sql/parser", "planner", "executor", "storage", "server"}, nil},
	{"sql/trgm", []string{every}, []string{"sql/trgm"}},
	{"sql/gin", []string{"sql/ast", "sql/parser", "planner", "executor", "storage", "server"}, nil},
	{"sql/syscat", []string{"planner", "executor", "server"}, nil},
	{"planner", []string{"executor", "storage", "server", "vectorindex/sidecar"}, nil},
	{"executor", []string{"server", "sql/ast", "sql/parser", "planner/bind", "planner/logical", "storage/pebblekv", "storage/kv/memkv"}, nil},
	{"storage/kv", []string{"sql", "vectorindex", "planner", "executor", "server"}, nil},
	{"storage/pebblekv", []string{"sql", "vectorindex", "planner", "executor", "server"}, nil},
	{"storage", []string{"sql/ast", "sql/parser", "planner", "executor", "server"}, nil},
	{"vectorindex", []string{"sql", "planner", "executor", "storage", "server"}, nil},
	{"vectorindex/dist", []string{every}, []string{"vectorindex/dist"}},
	{"server/backend", []string{every}, []string{"server/backend", "sql/pgerr", "sql/types", "sql/ident", "sql/tsearch", "sql/geometry", "sql/libm", "sql/extension", "sql/batch", "sql/charset"}},
	{"server/auth", []string{every}, []string{"server/auth"}},
	{"server/pgwire", []string{"planner", "executor", "storage", "vectorindex", "server/session"}, nil},
	{"server/importer", []string{"sql/catalog", "sql/builtin", "planner", "executor", "storage", "vectorindex", "server/session", "server/pgwire"}, nil},
	{"server/session", []string{"server/pgwire", "server/boot", "storage/pebblekv", "storage/kv/memkv"}, nil},
}

const every = ""

// confined: a library may be imported only by the packages under these paths.
var confined = map[string][]string{
	"github.com/jackc/pgproto3/v2":         {"server/pgwire"},
	"github.com/sqlc-dev/oliphant":         {"sql/parser/pg"},
	"github.com/pingcap/tidb/pkg/parser":   {"sql/parser/tidb"},
	"github.com/cockroachdb/pebble/v2":     {"storage/pebblekv", "vectorindex/sidecar", "vectorindex/segfile", "server/boot", "tests"},
	"github.com/cockroachdb/pebble/v2/vfs": {"storage", "vectorindex", "server", "tests"}, // files, without the engine
	"github.com/dgraph-io/ristretto/v2":    {"server", "storage", "executor"},
	"github.com/RoaringBitmap/roaring/v2":  {"vectorindex", "storage", "executor"},
	"github.com/mmcloughlin/avo":           {"vectorindex/dist"},
	"github.com/ProtonMail/go-crypto":      {"sql/pgcrypto"},
	"github.com/jackc/pgx/v5":              {"tests", "examples", "server/importer"},
	"github.com/stretchr/testify":          {"tests"},
}

// pkg is what go list says of a package of the module, paths without the module's.
type pkg struct {
	Dir, ImportPath, Name string
	GoFiles, CgoFiles     []string
	Imports               []string
}

func (p *pkg) path() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,Imports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	all := map[string]*pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			all[p.path()] = &p
		}
	}
}

// under reports whether path is prefix or lies below it; every covers all.
func under(path, prefix string) bool {
	return prefix == every || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func underAny(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return under(path, p) })
}

// reach returns, for each package of the module that from reaches, the chain of imports.
func reach(all map[string]*pkg, from string) map[string][]string {
	chains := map[string][]string{from: {from}}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, i := range all[queue[0]].Imports {
			path, ours := strings.CutPrefix(i, module+"/")
			if _, seen := chains[path]; !ours || seen || all[path] == nil {
				continue
			}
			chains[path] = append(slices.Clone(chains[queue[0]]), path)
			queue = append(queue, path)
		}
	}
	delete(chains, from)
	return chains
}

func TestImportLaw(t *testing.T) {
	all := packages(t)
	if len(all) < 10 {
		t.Fatalf("go list found %d packages: the test looks in the wrong place", len(all))
	}
	for path := range all {
		reached := reach(all, path)
		for _, rule := range law {
			if !under(path, rule.packages) {
				continue
			}
			for to, chain := range reached {
				// A package may always reach those of its own rule.
				if underAny(to, rule.forbidden) && !underAny(to, rule.except) && !(under(to, rule.packages) && rule.packages != every) {
					t.Errorf("%s must not reach %s: %s", path, to, strings.Join(chain, " → "))
				}
			}
		}
	}
}

func TestLibrariesStayWhereTheyBelong(t *testing.T) {
	for path, p := range packages(t) {
		for _, i := range p.Imports {
			library := ""
			for l := range confined {
				if under(i, l) && len(l) > len(library) {
					library = l
				}
			}
			if library != "" && !underAny(path, confined[library]) {
				t.Errorf("%s imports %s, which belongs to %v", path, i, confined[library])
			}
		}
	}
}

func TestFilesAndPackages(t *testing.T) {
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	for path, p := range packages(t) {
		if slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool {
			return slices.Contains([]string{"util", "utils", "common", "misc", "helper", "helpers"}, s)
		}) {
			t.Errorf("%s: a package is named for what it is about", path)
		}
		documented := false
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			file := filepath.Join(p.Dir, name)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(src, []byte("\n")); n > maxLines && !generated.Match(src) {
				t.Errorf("%s/%s has %d lines, more than %d", path, name, n, maxLines)
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Errorf("%s/%s: %v", path, name, err)
				continue
			}
			if f.Doc != nil && (p.Name == "main" || strings.HasPrefix(f.Doc.Text(), "Package "+p.Name+" ")) {
				documented = true
			}
		}
		if !documented {
			t.Errorf("%s has no package comment that begins \"Package %s \"", path, p.Name)
		}
	}
}

// ARCHITECTURE.md names every package, in backquotes, and no package that is not there.
func TestArchitectureNamesPackages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z][a-z0-9/]*)`").FindAllSubmatch(text, -1) {
		named[string(m[1])] = true
	}
	all := packages(t)
	for path := range all {
		if !named[path] {
			t.Errorf("ARCHITECTURE.md does not name the package `%s`", path)
		}
	}
	for name := range named {
		if !strings.Contains(name, "/") || !underAny(name, []string{"server", "sql", "planner", "executor", "storage", "vectorindex"}) {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Errorf("ARCHITECTURE.md names `%s`, which does not exist", name)
		}
	}
}

// The root is the first thing that a newcomer sees: outputs left there by hand would be
// committed with the next change. (.gitignore names what tools leave.)
func TestRootHasNoStrayFiles(t *testing.T) {
	known := []string{
		".git", // a file in a worktree
		".gitignore", "ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "go.mod", "go.sum",
	}
	ignored := []string{"coverage.out", "*.test", "*.prof", ".DS_Store"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		matches := func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }
		if !e.IsDir() && !slices.Contains(known, e.Name()) && !slices.ContainsFunc(ignored, matches) {
			t.Errorf("%s lies in the root and belongs nowhere", e.Name())
		}
	}
}
