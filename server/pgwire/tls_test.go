package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// certificate makes a self-signed one for 127.0.0.1 and the file that trusts it.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestTLS(t *testing.T) {
	cert, root := certificate(t)
	o := &fakeOpener{started: make(chan string, 1)}
	_, addr := serve(t, Config{Opener: o, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}})
	c := connect(t, "postgres://alice:wonder@"+addr+"/postgres?sslmode=verify-full&sslrootcert="+root)
	if _, ok := c.PgConn().Conn().(*tls.Conn); !ok {
		t.Fatal("the connection is not encrypted")
	}
	rows, err := c.Query(t.Context(), "rows 20000")
	if err != nil {
		t.Fatal(err)
	}
	if ns, err := pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil || len(ns) != 20000 {
		t.Fatalf("%d rows, %v", len(ns), err)
	}
	go func() { <-o.started; _ = c.PgConn().CancelRequest(context.Background()) }()
	_, err = c.Exec(t.Context(), "sleep")
	wantCode(t, err, "57014")
	// An interrupted read must not break the encryption.
	o.sessions[0].startup.Wake()
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	connect(t, "postgres://alice:wonder@"+addr+"/postgres?sslmode=disable")
	if got := psql(t, addr, "rows 1;", "PGSSLMODE=verify-full", "PGSSLROOTCERT="+root); strings.TrimSpace(got) != "1" {
		t.Errorf("psql: %s", got)
	}
}
