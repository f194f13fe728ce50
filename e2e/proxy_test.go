package e2e

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between Yeyak and something it depends on. While it hangs,
// connections are open and nothing comes through: the worst way to be away.
type proxy struct {
	net.Listener
	target string
	mu     sync.Mutex
	flows  *sync.Cond
	hangs  bool
	over   bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l, target: target}
	p.flows = sync.NewCond(&p.mu)
	go p.accept()
	t.Cleanup(func() {
		p.set(func() { p.over = true })
		_ = l.Close()
	})
	return p
}

func (p *proxy) hang()   { p.set(func() { p.hangs = true }) }
func (p *proxy) resume() { p.set(func() { p.hangs = false }) }

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
		to, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = from.Close()
			continue
		}
		go p.pass(from, to)
		go p.pass(to, from)
	}
}

// pass copies what it reads, once it flows.
func (p *proxy) pass(from, to net.Conn) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.hangs && !p.over {
			p.flows.Wait()
		}
		p.mu.Unlock()
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
