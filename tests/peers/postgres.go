package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Cluster is a PostgreSQL data directory.
type Cluster struct {
	bin, data string
	env       []string
	who       *syscall.Credential // who runs it; nil = whoever runs this
}

// InitPostgres makes a cluster in dir/postgres with the programs in bin: UTF8, everybody
// trusted, the superuser postgres. env and flags are for initdb, env for the server, too.
// Run by root it belongs to nobody, and dir is opened so far that he can go there.
func InitPostgres(ctx context.Context, bin, dir string, env []string, flags ...string) (*Cluster, error) {
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, data: filepath.Join(dir, "postgres"), env: append(os.Environ(), env...), who: who}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return nil, err
	}
	if who != nil {
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(c.data, int(who.Uid), int(who.Gid))); err != nil {
			return nil, err
		}
	}
	args := append([]string{"-D", c.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-instructions"}, flags...)
	if out, err := c.command(ctx, "initdb", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c, nil
}

// Server is the command that serves the cluster at addr, with settings as name=value.
func (c *Cluster) Server(addr string, settings ...string) (*exec.Cmd, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	args := []string{"-D", c.data, "-p", port, "-c", "listen_addresses=" + host, "-c", "unix_socket_directories="}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return c.command(context.Background(), "postgres", args...), nil
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.Env = c.data, c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.who}
	return cmd
}

// unprivileged is who runs PostgreSQL, which refuses root; nil = whoever runs this.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}
