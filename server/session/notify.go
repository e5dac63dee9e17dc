package session

import (
	"net"
	"runtime"
	"sort"
	"strconv"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// hub delivers NOTIFY to listening sessions when the sender commits.
type hub struct {
	mu       sync.Mutex
	channels map[string]map[*Session]bool
}

// listener is a session's side of it.
type listener struct {
	mu      sync.Mutex
	pending []backend.Notification
}

type notification struct {
	pid              int32
	channel, payload string
}

func newHub() *hub { return &hub{channels: map[string]map[*Session]bool{}} }

func (h *hub) add(s *Session, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels[channel] == nil {
		h.channels[channel] = map[*Session]bool{}
	}
	h.channels[channel][s] = true
}

func (h *hub) drop(s *Session, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.channels[channel], s)
}

func (h *hub) remove(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.channels {
		delete(m, s)
	}
}

// listening lists the session's channels.
func (h *hub) listening(s *Session) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for ch, m := range h.channels {
		if m[s] {
			out = append(out, ch)
		}
	}
	sort.Strings(out)
	return out
}

func (h *hub) send(notes []notification) {
	if len(notes) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range notes {
		for s := range h.channels[n.channel] {
			s.listens.mu.Lock()
			s.listens.pending = append(s.listens.pending, backend.Notification{PID: n.pid, Channel: n.channel, Payload: n.payload})
			s.listens.mu.Unlock()
			if s.wake != nil {
				s.wake()
			}
		}
	}
}

// TakeNotifications implements backend.Session.
func (s *Session) TakeNotifications() []backend.Notification {
	s.listens.mu.Lock()
	defer s.listens.mu.Unlock()
	n := s.listens.pending
	s.listens.pending = nil
	return n
}

// Notify implements builtin.Session: it takes effect at commit, duplicates of
// one transaction once.
func (s *Session) Notify(channel, payload string) error {
	switch {
	case channel == "":
		return pgerr.New(pgerrcode.InvalidParameterValue, "channel name cannot be empty")
	case len(channel) > 63:
		return pgerr.New(pgerrcode.InvalidParameterValue, "channel name too long")
	case len(payload) >= 8000:
		return pgerr.New(pgerrcode.InvalidParameterValue, "payload string too long")
	}
	n := notification{s.pid, channel, payload}
	for _, o := range s.tx.notifies {
		if o == n {
			return nil
		}
	}
	s.tx.notifies = append(s.tx.notifies, n)
	return nil
}

// listen runs LISTEN, UNLISTEN and NOTIFY; the first two take effect at commit.
func (s *Session) listen(st *ast.Listen) (string, error) {
	switch st.Kind {
	case "NOTIFY":
		return "NOTIFY", s.Notify(st.Channel, st.Payload)
	case "LISTEN":
		s.tx.atCommit = append(s.tx.atCommit, func() { s.db.notify.add(s, st.Channel) })
	default:
		s.tx.atCommit = append(s.tx.atCommit, func() {
			if st.Channel == "" {
				s.db.notify.remove(s)
			} else {
				s.db.notify.drop(s, st.Channel)
			}
		})
	}
	return st.Kind, nil
}

func (s *Session) host() string {
	h, _, err := net.SplitHostPort(s.remote)
	if err != nil {
		return ""
	}
	return h
}

func (s *Session) port() int {
	_, p, err := net.SplitHostPort(s.remote)
	if err != nil {
		return -1
	}
	n, _ := strconv.Atoi(p)
	return n
}

// platform is the host as version() names it.
func platform() string {
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	if runtime.GOOS == "linux" {
		return arch + "-pc-linux-gnu"
	}
	return arch + "-" + runtime.GOOS
}
