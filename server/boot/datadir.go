package boot

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	formatFile = "FORMAT" // names the layout; its presence makes a directory ours
	formatText = "loxodb data directory, format 1\n"
	lockFile   = "LOCK"
)

// errInUse is returned by lock when another process holds it.
var errInUse = errors.New("in use")

// dataDir is a data directory that this process alone may use:
//
//	FORMAT  the layout's version
//	LOCK    locked while a server runs; holds its process number
//	store/  the key-value store
//	index/  vector index files of the first database
//	databases/  those of the others, by their OIDs
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir makes the directory or checks that it is one of ours, private and
// not in use.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the data directory: %w", err)
	}
	// First whether it is ours: the advice on its mode must not reach another's directory.
	known, err := checkFormat(path)
	if err != nil {
		return nil, err
	}
	if err := checkMode(path, known); err != nil {
		return nil, err
	}
	d := &dataDir{path: path}
	if d.lock, err = os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("cannot use the data directory: %w", err)
	}
	if err := lock(d.lock); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(d.lock, 20))
		d.lock.Close()
		if errors.Is(err, errInUse) {
			return nil, fmt.Errorf("data directory %s is in use by another server (process %s): stop it, or choose another directory with --data",
				path, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("cannot lock the data directory %s: %w", path, err)
	}
	if err := d.claim(known); err != nil {
		d.close()
		return nil, fmt.Errorf("cannot write in the data directory: %w", err)
	}
	return d, nil
}

// checkMode refuses a directory that other users may look into; an empty one is made
// private.
func checkMode(path string, known bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("cannot use the data directory: %w", err)
	}
	perm := info.Mode().Perm()
	switch {
	case perm&0o027 == 0 || runtime.GOOS == "windows":
		return nil
	case known:
		return fmt.Errorf("data directory %s is open to other users (mode %04o): run chmod 700 %s", path, perm, path)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("cannot make the data directory private: %w", err)
	}
	return nil
}

// claim writes the process number, and the format when the directory is new.
func (d *dataDir) claim(known bool) error {
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	if _, err := d.lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0); err != nil {
		return err
	}
	if known {
		return nil
	}
	return os.WriteFile(filepath.Join(d.path, formatFile), []byte(formatText), 0o600)
}

// checkFormat reports whether the directory already holds our data; one that
// holds something else is refused.
func checkFormat(path string) (known bool, err error) {
	text, err := os.ReadFile(filepath.Join(path, formatFile))
	switch {
	case err == nil && string(text) == formatText:
		return true, nil
	case err == nil:
		return false, fmt.Errorf("data directory %s has another format (%q): it was made by another version", path, strings.TrimSpace(string(text)))
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("cannot use the data directory: %w", err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, fmt.Errorf("cannot use the data directory: %w", err)
	}
	for _, e := range entries {
		if e.Name() != lockFile && e.Name() != "lost+found" {
			return false, fmt.Errorf("%s is not empty and not a LoxoDB data directory: choose another one with --data", path)
		}
	}
	return false, nil
}

func (d *dataDir) close() error { return d.lock.Close() }
