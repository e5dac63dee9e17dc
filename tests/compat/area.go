package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// script is a list of statements that run in order in a schema of their own.
type script struct {
	area, name  string
	setup       []string // made on both servers, not compared; it must succeed on both
	independent bool     // its statements need nothing of their own: no schema is made

	statements []statement
}

// scripts reads DIR/AREA/NAME.sql, in the order of their names.
func scripts(dir string) ([]*script, error) {
	var list []*script
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sql" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		area, name, ok := strings.Cut(filepath.ToSlash(strings.TrimSuffix(rel, ".sql")), "/")
		if !ok {
			area, name = filepath.Base(dir), area
		}
		list = append(list, &script{area: area, name: name, statements: split(string(text))})
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no scripts in %s", dir)
	}
	return list, err
}

// areasDir is where the scripts lie, from the root of the project.
func areasDir() string { return filepath.Join("tests", "compat", "areas") }
