package e2e

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is between Yeyak and one of its dependencies. While it hangs, connections are
// open and nothing comes through: the worst way to be away. While it is cut, there are
// no connections: requests are never sent. While it is deaf, requests come through, and
// their connections break instead of an answer.
type proxy struct {
	net.Listener
	target string
	mu     sync.Mutex
	flows  *sync.Cond
	hangs  bool
	isCut  bool
	isDeaf bool
	ended  bool
	open   map[net.Conn]bool // from callers
	// noticed: a caller has tried to connect again since the cut.
	noticed bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l, target: target, open: map[net.Conn]bool{}}
	p.flows = sync.NewCond(&p.mu)
	go p.accept()
	atEnd(t, func() {
		p.set(func() { p.ended = true })
		_ = l.Close()
	})
	return p
}

func (p *proxy) hang()   { p.set(func() { p.hangs = true }) }
func (p *proxy) resume() { p.set(func() { p.hangs, p.isCut, p.isDeaf = false, false, false }) }
func (p *proxy) deafen() { p.set(func() { p.isDeaf = true }) }

func (p *proxy) cut() {
	p.set(func() {
		p.isCut, p.noticed = true, false
		for c := range p.open {
			_ = c.Close()
		}
	})
}

// isNoticed reports whether a caller has tried to connect since the cut. Before that it does not
// know whether what it has sent has arrived.
func (p *proxy) isNoticed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.noticed
}

// admits registers a connection, unless there are to be none.
func (p *proxy) admits(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut {
		p.noticed = true
		return false
	}
	p.open[c] = true
	return true
}

func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.flows.Broadcast()
}

func (p *proxy) accept() {
	for {
		from, err := p.Accept()
		if err != nil {
			return
		}
		if !p.admits(from) {
			_ = from.Close()
			continue
		}
		to, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = from.Close()
			continue
		}
		go p.copy(from, to, false)
		go p.copy(to, from, true)
	}
}

// copy copies what it reads, once it flows.
func (p *proxy) copy(from, to net.Conn, answers bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.hangs && !p.ended {
			p.flows.Wait()
		}
		broken := answers && p.isDeaf
		p.mu.Unlock()
		if broken {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
