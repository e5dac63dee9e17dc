package pgwire

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// extended answers one message of the extended protocol.
func (c *conn) extended(ctx context.Context, typ byte, body []byte) error {
	switch typ {
	case 'P':
		return c.parseStatement(ctx, body)
	case 'B':
		return c.bindPortal(ctx, body)
	case 'D':
		return c.describe(ctx, body)
	case 'E':
		return c.execute(ctx, body)
	case 'C':
		return c.close(body)
	case 'H':
		return decodeEmpty(body)
	}
	return fatal(pgerrcode.ProtocolViolation, "invalid frontend message type %d", typ)
}

func (c *conn) parseStatement(ctx context.Context, body []byte) error {
	if err := c.parse.decode(body, c.out.enc); err != nil {
		return err
	}
	if err := c.session.Parse(ctx, string(c.parse.name), string(c.parse.query), c.parse.params); err != nil {
		return err
	}
	c.notices()
	c.out.parseComplete()
	return nil
}

func (c *conn) bindPortal(ctx context.Context, body []byte) error {
	m := &c.bind
	if err := m.decode(body, c.out.enc); err != nil {
		return err
	}
	portal, statement := c.intern(0, m.portal), c.intern(1, m.statement)
	err := c.session.Bind(ctx, portal, statement, m.argFormats, m.args, m.resultFormats)
	clear(m.args) // they point into the read buffer
	if err != nil {
		return err
	}
	c.notices()
	c.out.bindComplete()
	return nil
}

func (c *conn) describe(ctx context.Context, body []byte) error {
	kind, name, err := decodeTarget("DESCRIBE", body, c.out.enc)
	if err != nil {
		return err
	}
	if kind == 'S' {
		s, err := c.session.DescribeStatement(ctx, c.intern(1, name))
		if err != nil {
			return err
		}
		c.notices()
		c.out.parameterDescription(s.Params)
		if s.Kind == backend.KindRows {
			return c.out.rowDescription(s.Columns, nil)
		}
		c.out.noData()
		return nil
	}
	p, err := c.session.DescribePortal(ctx, c.intern(0, name))
	if err != nil {
		return err
	}
	c.notices()
	if p.Kind() == backend.KindRows {
		return c.out.rowDescription(p.Columns(), p.Formats())
	}
	c.out.noData()
	return nil
}

func (c *conn) execute(ctx context.Context, body []byte) error {
	name, max, err := decodeExecute(body, c.out.enc)
	if err != nil {
		return err
	}
	p, err := c.session.Portal(ctx, c.intern(0, name))
	if err != nil {
		return err
	}
	suspended, err := c.drain(ctx, p, max, p.Formats(), nil)
	if err != nil {
		return err
	}
	if suspended {
		c.notices()
		c.out.portalSuspended()
		return nil
	}
	c.complete(p)
	return nil
}

// close closes a statement or portal; a missing one is no error.
func (c *conn) close(body []byte) error {
	kind, name, err := decodeTarget("CLOSE", body, c.out.enc)
	if err != nil {
		return err
	}
	if kind == 'S' {
		err = c.session.CloseStatement(string(name))
	} else {
		err = c.session.ClosePortal(string(name))
	}
	switch pgerr.Code(err) {
	case pgerrcode.InvalidSQLStatementName, pgerrcode.InvalidCursorName:
		err = nil
	}
	if err != nil {
		return err
	}
	c.out.closeComplete()
	return nil
}

// sync ends a run of extended messages: the implicit transaction, then ReadyForQuery.
func (c *conn) sync(body []byte) error {
	ctx := c.begin()
	c.skip = false
	malformed := decodeEmpty(body)
	if malformed != nil {
		c.session.Fail()
	}
	err := c.session.Sync(ctx)
	c.done()
	if err == nil {
		err = malformed
	}
	if err != nil {
		if err := c.fail(ctx, err); err != nil {
			return err
		}
	}
	return c.ready()
}

// intern returns b as a string without allocating when the same name comes again.
func (c *conn) intern(slot int, b []byte) string {
	if string(b) != c.names[slot] {
		c.names[slot] = string(b)
	}
	return c.names[slot]
}
