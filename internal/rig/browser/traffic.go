package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/stretchr/testify/require"
)

// Request is one that a document has made, itself included.
type Request struct {
	Kind   string // Document, Stylesheet, Script, Image, EventSource, Fetch, …
	Method string
	URL    string
	Status int64 // zero before there is an answer
	Size   int64 // of the answer's body so far, uncompressed
}

// traffic is what a window has requested, and complained about.
type traffic struct {
	mu         sync.Mutex
	requests   map[network.RequestID]*Request
	order      map[cdp.LoaderID][]network.RequestID
	complaints []string
}

// note keeps what the browser tells.
func (s *traffic) note(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		s.sent(e)
	case *network.EventResponseReceived:
		s.answered(e)
	case *network.EventDataReceived:
		if r := s.requests[e.RequestID]; r != nil {
			r.Size += e.DataLength
		}
	case *runtime.EventExceptionThrown:
		s.complaints = append(s.complaints, "a script fails: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			s.complaints = append(s.complaints, "a script logs an error")
		}
	case *log.EventEntryAdded:
		// Failed requests are judged by their answers.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			s.complaints = append(s.complaints, e.Entry.Text)
		}
	}
}

func (s *traffic) sent(e *network.EventRequestWillBeSent) {
	if strings.HasPrefix(e.Request.URL, "data:") {
		return // no request: it is part of the document
	}
	if s.requests == nil {
		s.requests, s.order = map[network.RequestID]*Request{}, map[cdp.LoaderID][]network.RequestID{}
	}
	if s.requests[e.RequestID] == nil { // and not a redirect
		s.order[e.LoaderID] = append(s.order[e.LoaderID], e.RequestID)
	}
	s.requests[e.RequestID] = &Request{Kind: string(e.Type), Method: e.Request.Method, URL: e.Request.URL}
}

func (s *traffic) answered(e *network.EventResponseReceived) {
	if r := s.requests[e.RequestID]; r != nil {
		r.Status = e.Response.Status
	}
	if e.Type != network.ResourceTypeDocument && e.Response.Status >= 400 {
		s.complaints = append(s.complaints, fmt.Sprintf("%d for the %s %s", e.Response.Status, e.Type, e.Response.URL))
	}
}

// Requests are those of the document that is shown, in order. A redirect on the way
// to it is not counted.
func (p *Page) Requests() []Request {
	p.Helper()
	document := cdp.LoaderID(p.Document())
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	var all []Request
	for _, id := range p.seen.order[document] {
		all = append(all, *p.seen.requests[id])
	}
	return all
}

// Complaints are what the browser found wrong in all that the window has shown:
// violations of a Content-Security-Policy, scripts that fail, resources that are
// missing.
func (p *Page) Complaints() []string {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	return slices.Clone(p.seen.complaints)
}

// NoComplaint fails when the browser has complained.
func (p *Page) NoComplaint() {
	p.Helper()
	require.Empty(p, p.Complaints(), "the browser complains")
}
