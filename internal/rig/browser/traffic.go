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

// Request is a request of a document, or for the document itself.
type Request struct {
	Kind   string // Document, Stylesheet, Script, Image, EventSource, Fetch, …
	Method string
	URL    string
	Status int64 // zero until the answer arrives
	Size   int64 // of the answer's body so far, uncompressed
}

// traffic records the requests and complaints of a window.
type traffic struct {
	mu         sync.Mutex
	requests   map[network.RequestID]*Request
	order      map[cdp.LoaderID][]network.RequestID
	complaints []string
}

// note records an event of the browser.
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
		// The status of the answer shows that a request failed.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			s.complaints = append(s.complaints, e.Entry.Text)
		}
	}
}

func (s *traffic) sent(e *network.EventRequestWillBeSent) {
	if strings.HasPrefix(e.Request.URL, "data:") {
		return // not a request: a part of the document
	}
	if s.requests == nil {
		s.requests, s.order = map[network.RequestID]*Request{}, map[cdp.LoaderID][]network.RequestID{}
	}
	if s.requests[e.RequestID] == nil { // not for a redirect
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

// Requests are the requests of the shown document, in order. A redirect to the document
// is not counted.
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

// Complaints are the errors that the browser reported for all documents of the window:
// violations of a Content-Security-Policy, errors of scripts, missing resources.
func (p *Page) Complaints() []string {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	return slices.Clone(p.seen.complaints)
}

// NoComplaint fails if the browser has reported an error.
func (p *Page) NoComplaint() {
	p.Helper()
	require.Empty(p, p.Complaints(), "the browser complains")
}
