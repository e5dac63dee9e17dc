package sets

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	fashionPackage = "dataset-fashion-mnist" // of Debian; MIT
	fashionDir     = "usr/share/datasets/fashion-mnist"
	side           = 28 // pixels of an image
	imageMagic     = 0x803
)

// Fashion is pictures of clothes: 60,000 of 28 × 28 grey values, by L2.
func Fashion(cache string, say func(string)) (*Set, error) {
	base, query, err := fashionImages(cache, say)
	if err != nil {
		return nil, err
	}
	s := &Set{Name: "fashion", About: "grey values of the pictures of Debian's package " + fashionPackage, Dims: side * side, Metric: L2}
	s.Base = floats(nil, base)
	for i := range Queries {
		s.Queries = append(s.Queries, floats(nil, query[i*s.Dims:(i+1)*s.Dims]))
	}
	return s, nil
}

func floats(dst []float32, pixels []byte) []float32 {
	for _, p := range pixels {
		dst = append(dst, float32(p))
	}
	return dst
}

// fashionImages are the training and the test pictures, one after the other.
func fashionImages(cache string, say func(string)) (train, test []byte, err error) {
	dir := filepath.Join(cache, fashionPackage)
	if _, err := os.Stat(dir); err != nil {
		if err := fetchFashion(cache, dir, say); err != nil {
			return nil, nil, err
		}
	}
	if train, err = images(filepath.Join(dir, fashionDir, "train-images-idx3-ubyte.gz"), 60_000); err != nil {
		return nil, nil, err
	}
	test, err = images(filepath.Join(dir, fashionDir, "t10k-images-idx3-ubyte.gz"), 10_000)
	return train, test, err
}

// fetchFashion unpacks Debian's package into dir, whole or not at all.
func fetchFashion(cache, dir string, say func(string)) error {
	say("getting " + fashionPackage + " with apt-get (31 MB)")
	part, err := filepath.Abs(dir + ".part")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part)
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	const script = `(apt-get download -qq "$1" || { apt-get update -qq && apt-get download -qq "$1"; }) && dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb`
	cmd := exec.Command("sh", "-c", script, "sh", fashionPackage)
	cmd.Dir, cmd.Stderr = part, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get download %s (Debian's tools are needed once): %w", fashionPackage, err)
	}
	return os.Rename(part, dir)
}

// images reads count pictures in the IDX format (http://yann.lecun.com/exdb/mnist).
func images(path string, count int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var head [16]byte
	if _, err := io.ReadFull(z, head[:]); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	be := binary.BigEndian
	if be.Uint32(head[:]) != imageMagic || int(be.Uint32(head[4:])) != count || be.Uint32(head[8:]) != side || be.Uint32(head[12:]) != side {
		return nil, fmt.Errorf("%s is not %d pictures of %d × %d", path, count, side, side)
	}
	pixels := make([]byte, count*side*side)
	if _, err := io.ReadFull(z, pixels); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pixels, nil
}
