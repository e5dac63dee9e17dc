package importer

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A dry run loads the files into a database of its own, which it drops, so that it lists what
// the server alone refuses, too, and nothing else is changed. Where no server answers, or the
// role may not make a database, the files are only read.

// scratch makes that database and connects to it. drop, which is never nil, takes it away.
func (l *load) scratch(ctx context.Context) (drop func(), err error) {
	drop = func() {}
	cfg, err := pgconn.ParseConfig(l.Connect)
	if err != nil {
		return drop, err
	}
	cfg.RuntimeParams["sql_dialect"] = "postgres"
	cfg.RuntimeParams["client_min_messages"] = "error"
	admin, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return drop, err
	}
	name := fmt.Sprintf("loxodb_dry_run_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name).ReadAll(); err != nil {
		return drop, closed(ctx, admin, err)
	}
	drop = func() {
		end := context.WithoutCancel(ctx)
		if l.conn != nil {
			l.conn.Close(end)
		}
		_, err := admin.Exec(end, "DROP DATABASE "+name+" WITH (FORCE)").ReadAll()
		if err := closed(end, admin, err); err != nil {
			l.report.say("the database %s is left behind: %v", name, err)
		}
	}
	return drop, l.connect(ctx, name)
}

// closed closes a connection and passes an error on.
func closed(ctx context.Context, c *pgconn.PgConn, err error) error {
	c.Close(context.WithoutCancel(ctx))
	return err
}
