package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/tests/bench/sets"
)

// peerNames are the libraries that peers.py knows; wheels are the packages that
// have them.
var (
	peerNames = []string{"hnswlib", "faiss", "usearch", "scann", "svs", "svs-lvq"}
	wheels    = []string{"numpy==2.4.6", "hnswlib==0.8.0", "faiss-cpu==1.15.1", "usearch==2.26.6", "scann==1.4.2", "scalable-vs==0.5.0"}
)

//go:embed peers.py
var script string

// peers measures the other libraries, in a process of their own.
func peers(ctx context.Context, o *options, s *sets.Set) ([]*result, error) {
	if len(o.peers) == 0 {
		return nil, nil
	}
	python, err := environment(ctx, o)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.cache, "peers-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := hand(dir, s); err != nil {
		return nil, err
	}
	var all []*result
	for _, name := range o.peers {
		cmd := exec.CommandContext(ctx, python, "-", dir, strconv.Itoa(s.N()), strconv.Itoa(s.Dims), string(s.Metric), strconv.Itoa(sets.K), name)
		results, err := interpret(cmd, s)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil { // some libraries end the process where they do not like the processor
			results = append(results, &result{name: name, failed: err.Error()})
		}
		for _, r := range results {
			r.print()
		}
		all = append(all, results...)
	}
	return all, nil
}

// interpret gives the script to an interpreter, which reads all of it before it starts,
// and checks what it prints. An error ends with the last of what it complained of.
func interpret(cmd *exec.Cmd, s *sets.Set) ([]*result, error) {
	var said lastLine
	cmd.Stdin, cmd.Stderr = strings.NewReader(script), &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	results, err := collect(out, s)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return results, fmt.Errorf("%w: %s", err, said.text)
	}
	return results, nil
}

// lastLine keeps the last line that was written with anything in it.
type lastLine struct{ text string }

func (l *lastLine) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if line = strings.TrimSpace(line); line != "" {
			l.text = line
		}
	}
	return len(p), nil
}

// environment installs the libraries once and returns their Python.
func environment(ctx context.Context, o *options) (string, error) {
	dir := filepath.Join(o.cache, "python")
	python := filepath.Join(dir, "bin", "python")
	done := filepath.Join(dir, "installed")
	if _, err := os.Stat(done); err == nil {
		return python, nil
	}
	fmt.Println("installing the other libraries with pip (about 1 GB)")
	for _, args := range [][]string{{o.python, "-m", "venv", "--clear", dir}, append([]string{python, "-m", "pip", "install", "-q"}, wheels...)} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%v: %w (-peers - measures LoxoDB alone)", args, err)
		}
	}
	return python, os.WriteFile(done, nil, 0o644)
}

// hand writes the set where the script reads it.
func hand(dir string, s *sets.Set) error {
	if err := writeFloats(filepath.Join(dir, "base.f32"), s.Base); err != nil {
		return err
	}
	var all []float32
	for _, q := range s.Queries {
		all = append(all, q...)
	}
	return writeFloats(filepath.Join(dir, "query.f32"), all)
}

func writeFloats(path string, v []float32) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	var b [4]byte
	for _, x := range v {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		if _, err := w.Write(b[:]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// collect reads the script's lines and checks what they say was answered.
func collect(out io.Reader, s *sets.Set) ([]*result, error) {
	var results []*result
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var l struct {
			Name                               string `json:"library"`
			Version, Settings, Effort, Answers string
			Build, Seconds                     float64
			BuildCPU                           float64 `json:"build_cpu"`
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return results, fmt.Errorf("a peer says %q: %w", lines.Text(), err)
		}
		if n := len(results); n == 0 || results[n-1].name != l.Name {
			results = append(results, &result{name: l.Name, version: l.Version, settings: l.Settings, build: l.Build, buildCPU: l.BuildCPU})
		}
		answers, err := readAnswers(l.Answers)
		if err != nil {
			return results, err
		}
		if err := results[len(results)-1].add(s, l.Effort, answers, l.Seconds); err != nil {
			return results, err
		}
	}
	return results, lines.Err()
}

func readAnswers(path string) ([]uint32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out, os.Remove(path)
}
