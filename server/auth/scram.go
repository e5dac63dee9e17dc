package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is wrapped by errors about SCRAM messages that are not well
// formed: a protocol violation. Its text says what is wrong and is fit for a client.
var ErrMalformed = errors.New("malformed SCRAM message")

// ErrRejected says that the proof does not fit the password.
var ErrRejected = errors.New("auth: password authentication failed")

// Exchange is the server's side of one SCRAM-SHA-256 conversation: First, then Final.
type Exchange struct {
	verifier Verifier
	doomed   bool
	nonce    func() (string, error) // server nonce; replaced by tests with published vectors
	gs2      string                 // the client's channel binding header
	bare     string                 // client-first-message-bare
	first    string                 // server-first-message
	combined string                 // client and server nonce
}

// NewExchange starts a conversation that ends well only for the verifier's password.
func NewExchange(v Verifier) *Exchange { return &Exchange{verifier: v, nonce: newNonce} }

// NewMockExchange starts a conversation that always ends in ErrRejected and
// looks, on the wire and in time, like one for a real role: the salt is the same
// each time the same user is tried. secret is random and lives as long as the server.
func NewMockExchange(user string, secret []byte) *Exchange {
	return &Exchange{verifier: mockVerifier(user, secret), doomed: true, nonce: newNonce}
}

func mockVerifier(user string, secret []byte) Verifier {
	return Verifier{
		Iterations: DefaultIterations,
		Salt:       mac(secret, "salt "+user)[:saltLen],
		StoredKey:  mac(secret, "stored "+user),
		ServerKey:  mac(secret, "server "+user),
	}
}

// First takes the client-first-message and returns the server-first-message.
func (x *Exchange) First(message string) (string, error) {
	gs2, bare, err := splitGS2(message)
	if err != nil {
		return "", err
	}
	attrs := strings.Split(bare, ",")
	if len(attrs) < 2 || !strings.HasPrefix(attrs[0], "n=") {
		if strings.HasPrefix(attrs[0], "m=") {
			return "", malformed("client requires an unsupported SCRAM extension")
		}
		return "", malformed("expected user name and nonce")
	}
	nonce, ok := strings.CutPrefix(attrs[1], "r=")
	if !ok || nonce == "" || !printable(nonce) {
		return "", malformed("non-printable or missing characters in SCRAM nonce")
	}
	own, err := x.nonce()
	if err != nil {
		return "", err
	}
	x.gs2, x.bare, x.combined = gs2, bare, nonce+own
	x.first = fmt.Sprintf("r=%s,s=%s,i=%d", x.combined,
		base64.StdEncoding.EncodeToString(x.verifier.Salt), x.verifier.Iterations)
	return x.first, nil
}

// splitGS2 cuts the channel binding header off: "n,," and "y,," are accepted,
// "p=…" (a client that insists on channel binding) is not offered here.
func splitGS2(message string) (gs2, bare string, err error) {
	switch {
	case strings.HasPrefix(message, "n,"), strings.HasPrefix(message, "y,"):
	case strings.HasPrefix(message, "p="):
		return "", "", malformed("client requires SCRAM channel binding, but it is not supported")
	default:
		return "", "", malformed("unexpected SCRAM channel-binding flag")
	}
	authzid, bare, ok := strings.Cut(message[2:], ",")
	switch {
	case !ok:
		return "", "", malformed("expected a comma after the authorization identity")
	case authzid != "":
		return "", "", malformed("client uses authorization identity, but it is not supported")
	}
	return message[:len(message)-len(bare)], bare, nil
}

// Final takes the client-final-message. With the right proof it returns the
// server-final-message, else ErrRejected or an error that wraps ErrMalformed.
func (x *Exchange) Final(message string) (string, error) {
	at := strings.LastIndex(message, ",p=")
	if at < 0 {
		return "", malformed("expected a proof")
	}
	withoutProof := message[:at]
	proof, err := base64.StdEncoding.DecodeString(message[at+3:])
	if err != nil || len(proof) != keyLen {
		return "", malformed("malformed proof in client-final-message")
	}
	attrs := strings.Split(withoutProof, ",")
	if len(attrs) < 2 || attrs[0] != "c="+base64.StdEncoding.EncodeToString([]byte(x.gs2)) {
		return "", malformed("unexpected SCRAM channel-binding attribute in client-final-message")
	}
	if x.combined == "" || attrs[1] != "r="+x.combined {
		return "", malformed("nonce does not match")
	}
	signed := x.bare + "," + x.first + "," + withoutProof
	if !x.proves(proof, signed) || x.doomed {
		return "", ErrRejected
	}
	return "v=" + base64.StdEncoding.EncodeToString(mac(x.verifier.ServerKey, signed)), nil
}

// proves checks ClientProof: StoredKey = H(proof XOR HMAC(StoredKey, AuthMessage)).
func (x *Exchange) proves(proof []byte, signed string) bool {
	clientKey := make([]byte, keyLen)
	subtle.XORBytes(clientKey, proof, mac(x.verifier.StoredKey, signed))
	stored := sha256.Sum256(clientKey)
	return hmac.Equal(stored[:], x.verifier.StoredKey)
}

func newNonce() (string, error) {
	var raw [18]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("auth: reading randomness: %w", err)
	}
	return base64.StdEncoding.EncodeToString(raw[:]), nil
}

// printable is RFC 5802's printable: ASCII without controls, space and comma.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x21 || s[i] > 0x7e || s[i] == ',' {
			return false
		}
	}
	return true
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }
