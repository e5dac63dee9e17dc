package pgwire

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Start-up packets have no type byte: a 32-bit length, then a code.
const (
	maxStartupPacket = 10000 // MAX_STARTUP_PACKET_LENGTH

	protocolMajor = 3
	codeCancel    = 1234<<16 | 5678
	codeSSL       = 1234<<16 | 5679
	codeGSSENC    = 1234<<16 | 5680
)

// startup is a decoded StartupMessage.
type startup struct {
	major, minor int
	// params are the name, value pairs in order, without the _pq_ options.
	params [][2]string
	// unknownOptions are the names of _pq_ protocol options, none of which is known here.
	unknownOptions []string
}

// needsNegotiation reports that the client asked for more than protocol 3.0.
func (s *startup) needsNegotiation() bool { return s.minor > 0 || len(s.unknownOptions) > 0 }

// readStartupPacket reads a packet without type byte and returns its code and
// what follows the code, borrowed until the next read.
func readStartupPacket(r *reader) (code uint32, rest []byte, err error) {
	head, err := r.body(4)
	if err != nil {
		if err == io.ErrUnexpectedEOF && r.buffered() == 0 {
			err = io.EOF // a port check: connected and went away
		}
		return 0, nil, err
	}
	n := int64(binary.BigEndian.Uint32(head)) - 4
	if n < 4 || n > maxStartupPacket {
		return 0, nil, fatal(pgerrcode.ProtocolViolation, "invalid length of startup packet")
	}
	body, err := r.body(int(n))
	if err != nil {
		return 0, nil, err
	}
	return binary.BigEndian.Uint32(body), body[4:], nil
}

// parseStartup decodes the parameters of a StartupMessage. The errors are FATAL
// and PostgreSQL's own.
func parseStartup(code uint32, rest []byte) (*startup, error) {
	s := &startup{major: int(code >> 16), minor: int(code & 0xffff)}
	if s.major != protocolMajor {
		return nil, fatal(pgerrcode.FeatureNotSupported,
			"unsupported frontend protocol %d.%d: server supports %d.0 to %d.0",
			s.major, s.minor, protocolMajor, protocolMajor)
	}
	c := cursor{b: rest}
	for {
		name := string(c.text())
		if c.err != nil || name == "" {
			break
		}
		value := string(c.text())
		if c.err != nil {
			break
		}
		if strings.HasPrefix(name, "_pq_.") {
			s.unknownOptions = append(s.unknownOptions, name)
			continue
		}
		s.params = append(s.params, [2]string{name, value})
	}
	if c.err != nil && pgerr.Code(c.err) == pgerrcode.CharacterNotInRepertoire {
		return nil, asFatal(c.err)
	}
	if c.end() != nil {
		return nil, fatal(pgerrcode.ProtocolViolation,
			"invalid startup packet layout: expected terminator as last byte")
	}
	return s, nil
}

// login is who the start-up parameters say is there, and where to.
type login struct{ user, database string }

// login resolves the parameters; the database defaults to the user's name.
func (s *startup) login() (*login, error) {
	l := &login{}
	for _, p := range s.params {
		switch name, value := p[0], p[1]; name {
		case "user":
			l.user = value
		case "database":
			l.database = value
		case "replication":
			if err := checkReplication(value); err != nil {
				return nil, err
			}
		}
	}
	if l.user == "" {
		return nil, fatal(pgerrcode.InvalidAuthorizationSpecification,
			"no PostgreSQL user name specified in startup packet")
	}
	if l.database == "" {
		l.database = l.user
	}
	l.user, l.database = ident.Cut(l.user), ident.Cut(l.database)
	return l, nil
}

// settings are the settings asked for: those in options= come before the others, as
// PostgreSQL applies them. Like there, they are looked at only after the login.
func (s *startup) settings() ([][2]string, error) {
	var all, direct [][2]string
	for _, p := range s.params {
		switch p[0] {
		case "user", "database", "replication":
		case "options":
			split, err := splitOptions(p[1])
			if err != nil {
				return nil, err
			}
			all = append(all, split...)
		default:
			direct = append(direct, p)
		}
	}
	return append(all, direct...), nil
}

// checkReplication accepts replication= when it asks for an ordinary connection.
func checkReplication(v string) error {
	switch strings.ToLower(v) {
	case "false", "off", "no", "0", "f", "n":
		return nil
	case "true", "on", "yes", "1", "t", "y", "database":
		return fatal(pgerrcode.FeatureNotSupported, "replication connections are not supported")
	}
	e := fatal(pgerrcode.InvalidParameterValue, "invalid value for parameter \"replication\": \"%s\"", v)
	e.Hint = `Valid values are: "false", 0, "true", 1, "database".`
	return e
}

// splitOptions turns a command-line options string into settings: -c name=value,
// -cname=value and --name=value, split at white space, backslash escapes any
// character (pg_split_opts, process_postgres_switches).
func splitOptions(s string) ([][2]string, error) {
	words := splitWords(s)
	var out [][2]string
	for i := 0; i < len(words); i++ {
		w := words[i]
		var setting, flag string
		switch {
		case w == "--": // the end of the switches
			if i+1 < len(words) {
				return nil, invalidSwitch(words[i+1])
			}
			return out, nil
		case strings.HasPrefix(w, "--"):
			setting, flag = w[2:], "--"
		case w == "-c":
			if i++; i == len(words) {
				return nil, invalidSwitch("-c")
			}
			setting, flag = words[i], "-c "
		case strings.HasPrefix(w, "-c"):
			setting, flag = w[2:], "-c "
		default:
			return nil, invalidSwitch(w)
		}
		name, value, ok := strings.Cut(setting, "=")
		if !ok {
			return nil, fatal(pgerrcode.SyntaxError, "%s%s requires a value", flag, setting)
		}
		out = append(out, [2]string{strings.ReplaceAll(name, "-", "_"), value})
	}
	return out, nil
}

func invalidSwitch(w string) error {
	return fatal(pgerrcode.SyntaxError, "invalid command-line argument for server process: %s", w)
}

func splitWords(s string) []string {
	var words []string
	var word strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == ' ' || ch >= '\t' && ch <= '\r':
			if in {
				words = append(words, word.String())
				word.Reset()
				in = false
			}
			continue
		case ch == '\\' && i+1 < len(s):
			i++
		case ch == '\\':
			in = true
			continue
		}
		in = true
		word.WriteByte(s[i])
	}
	if in {
		words = append(words, word.String())
	}
	return words
}

// asFatal makes a copy of err that ends the connection.
func asFatal(err error) *pgerr.Error {
	e := *toError(err)
	if e.Severity != pgerr.Panic {
		e.Severity = pgerr.Fatal
	}
	return &e
}
