package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A capture is a file of the statements that a client has sent to a PostgreSQL, in
// order, each once:
//
//	-- [extended,named] x3
//	-- parameters: $1 = 'users', $2 = NULL
//	SELECT …;
//
// The numbers of objects in it are those of the server that it was taken from.
type capture struct {
	name       string
	statements []captured
}

// captured is one statement of a capture; text may be several to the simple protocol.
type captured struct {
	text     string
	extended bool
	params   [][]byte // nil inside: NULL
}

var captureHead = regexp.MustCompile(`(?m)^-- \[([a-z,|]+)\] x\d+\n`)

// captures reads the captures of a directory, and the schema that they were taken
// over: file, or schema.sql beside them.
func captures(dir, file string) (list []*capture, schema string, err error) {
	if file == "" {
		file = filepath.Join(dir, "schema.sql")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, "", err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		c := &capture{name: strings.TrimSuffix(filepath.Base(path), ".sql"), statements: parseCapture(string(b))}
		if len(c.statements) > 0 {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, "", fmt.Errorf("no captures in %s", dir)
	}
	return list, string(text), nil
}

// parseCapture takes a capture apart. A file without heads is none.
func parseCapture(text string) []captured {
	var list []captured
	heads := captureHead.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		how, body := text[h[2]:h[3]], text[h[1]:end]
		c := captured{extended: !strings.Contains(how, "simple")}
		if rest, ok := strings.CutPrefix(body, "-- parameters: "); ok {
			c.params, body = captureParams(rest)
			c.extended = true
		}
		c.text = strings.TrimSuffix(strings.TrimSpace(body), ";")
		list = append(list, c)
	}
	return list
}

var captureParam = regexp.MustCompile(`^\$\d+ = (NULL|'(?:[^']|'')*')`)

// captureParams takes "$1 = 'x', $2 = NULL" and the end of its line off a text. Such
// lines can be cut short: what is missing is NULL.
func captureParams(text string) (params [][]byte, rest string) {
	for {
		m := captureParam.FindStringSubmatch(text)
		if m == nil {
			_, rest, _ = strings.Cut(text, "\n")
			return params, rest
		}
		text = text[len(m[0]):]
		if m[1] == "NULL" {
			params = append(params, nil)
		} else {
			params = append(params, []byte(strings.ReplaceAll(m[1][1:len(m[1])-1], "''", "'")))
		}
		text = strings.TrimPrefix(text, ", ")
	}
}
