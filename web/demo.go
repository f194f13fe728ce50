package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/demo"
)

// Demo is the demonstration that can be started from a page.
type Demo interface {
	// State is its present state; the channel is closed when that changes.
	State() (demo.State, <-chan struct{})
	// Start starts one unless one runs; Stop stops the running one, if any.
	Start()
	Stop()
}

const demoPath = "/demo"

// mountDemo adds the page of the demonstration if there is one: in `yeyak dev` only.
func (p *Pages) mountDemo(r gin.IRouter) {
	if p.Demo == nil {
		return
	}
	p.page(r, http.MethodGet, demoPath, booking.ReadSelf, p.showDemo)
	p.page(r, http.MethodGet, demoPath+"/part", booking.ReadSelf, p.showDemoPart)
	p.page(r, http.MethodGet, demoPath+"/banner", booking.ReadSelf, p.showDemoBanner)
	p.page(r, http.MethodPost, demoPath+"/start", booking.SwitchSandbox, p.switchDemo(Demo.Start))
	p.page(r, http.MethodPost, demoPath+"/stop", booking.SwitchSandbox, p.switchDemo(Demo.Stop))
	r.GET(demoPath+"/live", p.demoLive)
}

// demoShown is the demonstration as its page shows it.
type demoShown struct {
	version  string
	phase    badge
	runs     bool
	ends     bool // no more orders are placed
	may      bool // the caller may start and stop it
	failing  *outageShown
	past     []outageShown
	facts    []fact
	left     []leftShown
	result   string
	clean    bool
	report   string // the failures and the audit's report, in English in each language
	finished bool
}

// outageShown is one outage on the page.
type outageShown struct {
	what, why, status string
	waiting, examples []exampleShown
}

// exampleShown is an order that has met an outage.
type exampleShown struct{ id, what string }

// leftShown is an order that has not recovered: its status, what it waits for, and the
// answer to the last request.
type leftShown struct {
	exampleShown
	status, last string
}

// awaitedWords are the words for what orders wait for.
var awaitedWords = map[demo.Awaited]string{
	demo.Answer: "demo.for.answer", demo.Decision: "demo.for.decision", demo.Work: "demo.for.work",
	demo.Confirm: "demo.for.confirm", demo.Reject: "demo.for.reject", demo.Cancel: "demo.for.cancel",
	demo.Complete: "demo.for.complete", demo.Change: "demo.for.change", demo.Refund: "demo.for.refund",
}

// outageWords describe each kind of outage: what fails, and what people notice.
var outageWords = map[demo.Kind][2]string{
	demo.ProviderSlow:  {"demo.slow", "demo.slow.why"},
	demo.InventoryAway: {"demo.away", "demo.away.why"},
	demo.WorkerKilled:  {"demo.killed", "demo.killed.why"},
}

var phaseWords = map[demo.Phase]badge{
	demo.Idle:       {"demo.idle", toneUndone},
	demo.Opening:    {"demo.opening", toneWait},
	demo.Calm:       {"demo.calm", toneGood},
	demo.Failing:    {"demo.failing", toneUndoing},
	demo.Recovering: {"demo.healing", toneWait},
	demo.Ending:     {"demo.ending", toneWait},
	demo.Auditing:   {"demo.auditing", toneWait},
}

func (p *Pages) showDemo(v *visit) error {
	return v.show(http.StatusOK, demoPage(v.page(v.say("demo.title"), "nav.demo"), v.demoShown()))
}

func (p *Pages) showDemoPart(v *visit) error {
	shown := v.demoShown()
	v.c.Header(versionHeader, shown.version)
	return v.show(http.StatusOK, demoPart(v.words, shown))
}

// showDemoBanner shows the banner, which open pages request from time to time.
func (p *Pages) showDemoBanner(v *visit) error {
	return v.show(http.StatusOK, demoBanner(v.words, v.demoBanner()))
}

// switchDemo starts or stops the demonstration.
func (p *Pages) switchDemo(what func(Demo)) handler {
	return func(v *visit) error {
		if err := v.caller.Authorize(booking.SwitchSandbox, booking.Thing{}); err != nil {
			return err
		}
		what(p.Demo)
		return v.goTo(demoPath)
	}
}

func (v *visit) demoShown() demoShown {
	s, _ := v.Demo.State()
	phase := phaseWords[s.Phase]
	d := demoShown{
		version: strconv.FormatInt(s.Version, 10), phase: badge{v.say(phase.text), phase.tone}, runs: s.Runs(),
		ends: s.Phase == demo.Ending || s.Phase == demo.Auditing,
		may:  v.caller.Allowed(booking.SwitchSandbox, booking.Thing{}),
	}
	if s.Now != nil {
		is := v.outage(*s.Now)
		d.failing = &is
	}
	for _, o := range s.Past {
		d.past = append(d.past, v.outage(o))
	}
	if !s.Began.IsZero() {
		d.facts = []fact{
			{name: v.say("demo.orders"), value: v.say("demo.count", s.Orders)},
			{name: v.say("demo.finished"), value: v.say("demo.count", s.Finished)},
			{name: v.say("demo.hurt"), value: v.say("demo.count", s.Delayed)},
			{name: v.say("demo.healed"), value: v.say("demo.count", s.Recovered)},
		}
	}
	for _, w := range s.Left {
		d.left = append(d.left, v.left(w))
	}
	if r := s.Result; r != nil {
		d.finished, d.clean, d.report = true, r.Clean, strings.TrimSpace(r.Failure+"\n\n"+r.Says)
		switch {
		case r.Failure != "":
			d.result = v.say("demo.failed")
		case r.Clean:
			d.result = v.say("demo.clean")
		default:
			d.result = v.say("demo.unclean")
		}
	}
	return d
}

func (v *visit) outage(o demo.Outage) outageShown {
	words := outageWords[o.Kind]
	is := outageShown{what: v.say(words[0]), examples: v.examples(o.Examples)}
	for _, w := range o.Waiting {
		if len(is.waiting) < mostWaiting && w.ID != "" {
			is.waiting = append(is.waiting, v.example(w.Example))
		}
	}
	if o.RecoveredAt.IsZero() {
		is.why = v.say(words[1])
	}
	switch {
	case o.Ended.IsZero() && o.Delayed == 0:
		is.status = v.say("demo.fails.none")
	case o.Ended.IsZero():
		is.status = v.say("demo.fails", o.Delayed, o.Recovered)
	case o.RecoveredAt.IsZero():
		is.status = v.say("demo.heals", o.Delayed, o.Recovered)
	default:
		is.status = v.say("demo.healed.after", o.Recovered, seconds(o.Ended.Sub(o.Began)), seconds(o.RecoveredAt.Sub(o.Ended)))
	}
	return is
}

func (v *visit) examples(of []demo.Example) (shown []exampleShown) {
	for _, e := range of {
		shown = append(shown, v.example(e))
	}
	return shown
}

func (v *visit) example(e demo.Example) exampleShown {
	return exampleShown{e.ID, cmp.Or(e.What, v.say("nav.cleaning"))}
}

// mostWaiting is how many waiting orders of an outage the page lists.
const mostWaiting = 5

func (v *visit) left(w demo.Wait) leftShown {
	status := v.say("demo.left.unknown")
	if w.Status != "" {
		status = w.Status.Label(booking.KindOf(w.ID), v.language)
	}
	return leftShown{v.example(w.Example), v.say("demo.left.stands", status, v.say(awaitedWords[w.For])), w.Last}
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

// demoBanner is the text on all pages while a demonstration runs, "" for none.
func (v *visit) demoBanner() string {
	if v.Demo == nil {
		return ""
	}
	switch s, _ := v.Demo.State(); {
	case !s.Runs():
		return ""
	case s.Phase == demo.Failing && s.Now != nil:
		return v.say(outageWords[s.Now.Kind][0])
	default:
		return v.say(phaseWords[s.Phase].text)
	}
}

// demoEvery is the shortest time between two events of the page: a demonstration changes
// faster than people can read.
const demoEvery = time.Second

// demoLive streams the changes of the demonstration to its page.
func (p *Pages) demoLive(c *gin.Context) {
	v := p.visit(c)
	if err := v.followDemo(); err != nil {
		c.Status(statusOfError(err))
	}
}

func (v *visit) followDemo() error {
	leave, err := v.enterStream()
	if err != nil {
		return err
	}
	defer leave()
	v.beginStream()
	heartbeat := time.NewTicker(v.Heartbeat)
	defer heartbeat.Stop()
	for {
		s, changed := v.Demo.State()
		if v.send(fmt.Sprintf("event: changed\ndata: %d\n\n", s.Version)) != nil {
			return nil
		}
		quiet := time.After(demoEvery)
		var more <-chan struct{} // read once this time has passed without an event
		for again := true; again; {
			select {
			case <-quiet:
				more = changed
			case <-more:
				again = false
			case <-heartbeat.C:
				if sessionEnded(v.identify()) || v.send(": alive\n\n") != nil {
					return nil
				}
			case <-v.ctx.Done():
				return nil
			case <-v.Closing:
				return nil
			}
		}
	}
}
