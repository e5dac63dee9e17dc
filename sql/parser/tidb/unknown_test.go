package tidb

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Every statement of the references of MySQL 8 and TiDB that testdata/statements has a form of is
// done or refused with 0A000 by a name out of its text; and it has each that the library knows.
func TestEveryStatement(t *testing.T) {
	text, err := os.ReadFile("testdata/statements")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for query := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if list, err := grammar(query); err == nil {
			for _, n := range list {
				seen[reflect.TypeOf(n).Elem().Name()] = true
			}
		}
		_, err := New().Parse(query)
		if e, ok := pgerr.As(err); ok && (e.Code != "0A000" || e.Position == 0 || !namesPart(e.Message, query)) {
			t.Errorf("%s: %s %s", query, e.Code, e.Message)
		}
	}
	for _, name := range libraryStatements(t) {
		if strings.HasSuffix(name, "Stmt") && !seen[name] {
			t.Errorf("testdata/statements has no %s", name)
		}
	}
}

// namesPart reports whether an error's message has a word that the statement has, too.
func namesPart(message, query string) bool {
	signs := strings.NewReplacer("(", " ", ")", " ", "=", " ", ",", " ", ";", " ", ":", " ")
	words := strings.Fields(fold(signs.Replace(query)))
	return slices.ContainsFunc(strings.Fields(signs.Replace(message)), func(w string) bool {
		return (w == strings.ToUpper(w) || len(w) > 3) && (slices.Contains(words, fold(w)) || slices.Contains(words, strings.TrimSuffix(fold(w), "s")))
	})
}

// libraryStatements are the types of the library's statements, read from its source.
func libraryStatements(t *testing.T) []string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(tast.NewCIStr).Pointer()).FileLine(0)
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*.go"))
	if len(files) == 0 {
		t.Log("the library's source is not here")
	}
	var names []string
	for _, f := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok && slices.ContainsFunc(s.Fields.List, isStatement) {
				names = append(names, spec.Name.Name)
			}
			return false
		})
	}
	return slices.DeleteFunc(names, func(name string) bool { // parts of stored programs
		return strings.HasPrefix(name, "Procedure") || strings.HasPrefix(name, "Simple") || strings.HasPrefix(name, "Search")
	})
}

func isStatement(f *ast.Field) bool {
	id, ok := f.Type.(*ast.Ident)
	return ok && len(f.Names) == 0 && (id.Name == "stmtNode" || id.Name == "ddlNode" || id.Name == "dmlNode")
}
