package pgwire

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgproto3/v2"

	"github.com/loxodb/loxodb/server/auth"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// login does everything up to the first ReadyForQuery.
func (c *conn) login() error {
	start, err := c.startup()
	if err != nil {
		return err
	}
	if start.needsNegotiation() {
		c.out.negotiateProtocolVersion(start.unknownOptions)
	}
	who, err := start.login()
	if err != nil {
		return err
	}
	if e := c.srv.admit(c); e != nil {
		return e
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.AuthTimeout)
	defer cancel()
	if err := c.authenticate(ctx, who.user); err != nil {
		return err
	}
	if !c.srv.admitted(c) {
		return errClosed
	}
	settings, err := start.settings()
	if err != nil {
		return err
	}
	c.session, err = c.srv.cfg.Opener.Open(ctx, backend.Startup{
		User:       who.user,
		Database:   who.database,
		Settings:   settings,
		RemoteAddr: c.nc.RemoteAddr().String(),
		PID:        c.pid,
		Free:       c.srv.cfg.MaxConnections - c.srv.Connections(),
		Wake:       c.wake,
		Tell:       c.tell,
	})
	if err != nil {
		c.session = nil
		return asFatal(err)
	}
	c.in.auth, c.in.max, c.in.interrupted = false, c.srv.cfg.MaxMessageBytes, c.interrupted
	_ = c.nc.SetDeadline(time.Time{})
	c.adopt()
	c.notices()
	for _, p := range c.session.TakeParameterChanges() {
		c.out.parameterStatus(p[0], p[1])
	}
	c.out.backendKey(c.pid, c.secret)
	return c.ready()
}

// startup reads packets until the StartupMessage: encryption requests are
// declined, a cancel request is carried out and ends the connection.
func (c *conn) startup() (*startup, error) {
	var askedSSL, askedGSS bool
	for {
		code, rest, err := readStartupPacket(c.in)
		if err != nil {
			return nil, err
		}
		switch {
		case code == codeCancel:
			if len(rest) == 8 {
				c.srv.cancelRequest(int32(binary.BigEndian.Uint32(rest)), rest[4:])
			}
			return nil, errClosed
		case code == codeSSL && !askedSSL:
			askedSSL = true
			if c.srv.cfg.TLS == nil {
				err = c.decline("SSL")
			} else {
				err = c.encrypt()
			}
		case code == codeGSSENC && !askedGSS:
			askedGSS = true
			err = c.decline("GSSAPI encryption")
		default:
			return parseStartup(code, rest)
		}
		if err != nil {
			return nil, err
		}
	}
}

// decline answers an encryption request with N.
func (c *conn) decline(what string) error {
	if err := c.nothingAhead(what); err != nil {
		return err
	}
	c.out.buf = append(c.out.buf, 'N')
	return c.out.flush()
}

// encrypt answers with S and goes on over TLS.
func (c *conn) encrypt() error {
	if err := c.nothingAhead("SSL"); err != nil {
		return err
	}
	c.out.buf = append(c.out.buf, 'S')
	if err := c.out.flush(); err != nil {
		return err
	}
	secure := tls.Server(c.nc, c.srv.cfg.TLS)
	if err := secure.Handshake(); err != nil {
		return fmt.Errorf("pgwire: TLS handshake: %w", err)
	}
	c.in.src, c.out.dst, c.closer = secure, secure, secure
	return nil
}

// nothingAhead refuses bytes sent ahead of the answer to an encryption request:
// a man in the middle could have put them there (CVE-2021-23214).
func (c *conn) nothingAhead(what string) error {
	if c.in.buffered() == 0 {
		return nil
	}
	e := fatal(pgerrcode.ProtocolViolation, "received unencrypted data after %s request", what)
	e.Detail = "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack."
	return e
}

// authenticate lets the user in or returns a FATAL error. Wrong user and wrong
// password look the same.
func (c *conn) authenticate(ctx context.Context, user string) error {
	opener := c.srv.cfg.Opener
	info, err := opener.Auth(ctx, user)
	if err != nil {
		return asFatal(err)
	}
	super, err := opener.Auth(ctx, c.srv.cfg.Superuser)
	if err != nil {
		return asFatal(err)
	}
	if auth.Choose(auth.Loopback(c.nc.RemoteAddr()), super.Password != "", info.Password != "") == auth.Trust {
		c.out.encode(&pgproto3.AuthenticationOk{})
		if !info.Exists {
			return fatal(pgerrcode.InvalidAuthorizationSpecification, "role \"%s\" does not exist", user)
		}
	} else {
		if err := c.password(user, info); err != nil {
			return err
		}
		c.out.encode(&pgproto3.AuthenticationOk{})
	}
	if !info.CanLogin {
		return fatal(pgerrcode.InvalidAuthorizationSpecification, "role \"%s\" is not permitted to log in", user)
	}
	return nil
}

// password asks for the password; the answer to wrong ones comes ever later.
func (c *conn) password(user string, info backend.AuthInfo) error {
	host, _, err := net.SplitHostPort(c.nc.RemoteAddr().String())
	if err != nil {
		host = c.nc.RemoteAddr().String()
	}
	key := user + "\x00" + host
	err = c.scram(user, info)
	switch {
	case err == nil:
		c.srv.throttle.Succeeded(key)
	case pgerr.Code(err) == pgerrcode.InvalidPassword:
		// Guessing must not use up the slots of others.
		c.srv.release(c)
		time.Sleep(c.srv.throttle.Failed(key))
	}
	return err
}

// scram runs the SCRAM-SHA-256 conversation.
func (c *conn) scram(user string, info backend.AuthInfo) error {
	x := auth.NewMockExchange(user, c.srv.mockSecret)
	if v, err := auth.ParseVerifier(info.Password); err == nil && info.Exists {
		x = auth.NewExchange(v)
	}
	c.out.encode(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{auth.Mechanism}})
	body, err := c.passwordMessage()
	if err != nil {
		return err
	}
	first, err := decodeSASLInitial(body)
	if err != nil {
		return err
	}
	reply, err := x.First(first)
	if err != nil {
		return scramError(user, err)
	}
	c.out.encode(&pgproto3.AuthenticationSASLContinue{Data: []byte(reply)})
	if body, err = c.passwordMessage(); err != nil {
		return err
	}
	if reply, err = x.Final(string(body)); err != nil {
		return scramError(user, err)
	}
	c.out.encode(&pgproto3.AuthenticationSASLFinal{Data: []byte(reply)})
	return nil
}

// passwordMessage flushes the server's part and reads the client's.
func (c *conn) passwordMessage() ([]byte, error) {
	if err := c.out.flush(); err != nil {
		return nil, err
	}
	_, n, err := c.in.next()
	if err == errIdle {
		return nil, fmt.Errorf("pgwire: waiting for a password: %w", contextDeadline{})
	}
	if err != nil {
		return nil, err
	}
	return c.in.body(n)
}

// contextDeadline is a timeout to isTimeout.
type contextDeadline struct{}

func (contextDeadline) Error() string { return "deadline passed" }
func (contextDeadline) Timeout() bool { return true }

// decodeSASLInitial decodes SASLInitialResponse: the mechanism and the first message.
func decodeSASLInitial(body []byte) (string, error) {
	m := cursor{b: body}
	mechanism := m.text()
	n := m.int32()
	var data []byte
	if n != -1 {
		data = m.bytes(int(n))
	}
	if err := m.end(); err != nil {
		return "", asFatal(err)
	}
	if string(mechanism) != auth.Mechanism {
		return "", fatal(pgerrcode.ProtocolViolation, "client selected an invalid SASL authentication mechanism")
	}
	return string(data), nil
}

func scramError(user string, err error) error {
	switch {
	case errors.Is(err, auth.ErrRejected):
		return fatal(pgerrcode.InvalidPassword, "password authentication failed for user \"%s\"", user)
	case errors.Is(err, auth.ErrMalformed):
		e := fatal(pgerrcode.ProtocolViolation, "%s", auth.ErrMalformed.Error())
		e.Detail = strings.TrimPrefix(err.Error(), auth.ErrMalformed.Error()+": ")
		return e
	}
	return &pgerr.Error{Severity: pgerr.Fatal, Code: pgerrcode.InternalError, Message: err.Error()}
}
