package scimtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// namePrefix begins the names of all groups that any run makes.
const namePrefix = "scimtest-"

// cleaning is how long deleting groups may take once a run was interrupted, in addition
// to the time that the rate demands.
var cleaning = 15 * time.Second

// Options say what to check and how. The zero value checks what a service needs to get
// along with any client.
type Options struct {
	// Profile is the name of one of [Profiles]. Defaults to [DefaultProfile].
	Profile string
	// Only are the ids of the rules, and the names of the transcripts, to check.
	// Defaults to all of the profile.
	Only []string
	// Except are ids of rules, and names of transcripts, that are not checked, with the
	// reasons: deviations that are known and wanted.
	Except map[string]string
	// Transcripts are replayed in addition to those of the profile.
	Transcripts []Transcript
	// Strict makes a failure of what is only a SHOULD, and of what is tolerated.
	Strict bool
	// Rate is how many requests are sent in a second at most. Defaults to 20 for a URL;
	// requests to a Handler are not limited. The rule that 25 requests in a second are
	// served (Q03) sends these at once, and then waits. 429 and Retry-After are heeded in
	// any case.
	Rate float64
	// Keep leaves the groups that the rules make.
	Keep bool
	// Begin and End, if not nil, are called before and after each rule, to show how far
	// the run is.
	Begin func(r Rule, number, total int)
	End   func(r Result)
}

// Rules returns the rules that a run with these options checks, in order, transcripts
// included.
func (o *Options) Rules() ([]Rule, error) {
	profile, err := o.profile()
	if err != nil {
		return nil, err
	}
	all := profile.rules()
	for _, t := range o.Transcripts {
		all = append(all, replayed(t))
	}
	for id := range o.Except {
		if _, err := chosen(all, []string{id}); err != nil {
			return nil, err
		}
	}
	return chosen(all, o.Only)
}

func (o *Options) profile() (*Profile, error) {
	return profileNamed(cmp.Or(o.Profile, DefaultProfile))
}

// Check checks a service and returns what it found. It returns an error if the service
// cannot be checked at all: it cannot be reached, refuses the credentials, or ctx is
// done, in which case the report has what was found until then. In each case the groups
// that were made have been deleted.
func Check(ctx context.Context, target Target, o Options) (*Report, error) {
	r, err := start(ctx, target, &o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	report := r.report()
	rules := r.rules
	for i := range rules {
		if o.Begin != nil {
			o.Begin(rules[i], i+1, len(rules))
		}
		result, err := r.check(ctx, &rules[i])
		if err != nil {
			r.finish(ctx, report)
			return report, err
		}
		report.Results = append(report.Results, result)
		if o.End != nil {
			o.End(result)
		}
	}
	report.Complete = true
	r.finish(ctx, report)
	return report, nil
}

// Run checks a service in subtests of t, one for each rule and each transcript. An
// interrupt ends the run, and the groups that it made are deleted before the process
// ends.
func Run(t *testing.T, target Target, o Options) {
	t.Helper()
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	r, err := start(ctx, target, &o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	report := r.report()
	rules := r.rules
	for i := range rules {
		rule := &rules[i]
		if o.Begin != nil {
			o.Begin(*rule, i+1, len(rules))
		}
		var interrupted error
		t.Run(rule.ID+" "+strings.TrimSuffix(rule.Sentence, "."), func(t *testing.T) {
			result, err := r.check(ctx, rule)
			if interrupted = err; err != nil {
				t.Fatal(err)
			}
			report.Results = append(report.Results, result)
			if o.End != nil {
				o.End(result)
			}
			report.tell(t, &result)
		})
		if interrupted != nil {
			r.finish(ctx, report)
			stop()
			if p, err := os.FindProcess(os.Getpid()); err == nil && t.Context().Err() == nil {
				p.Signal(os.Interrupt) // which the rest of the test is to get too
			}
			return
		}
	}
	report.Complete = true
	r.finish(ctx, report)
	for _, left := range report.Left {
		t.Errorf("%s could not be deleted", left)
	}
	if !t.Failed() && report.Number(Blocked) > 0 {
		t.Errorf("%d rules could not be checked", report.Number(Blocked))
	}
}

// tell says in a test what came of a rule.
func (r *Report) tell(t *testing.T, result *Result) {
	t.Helper()
	if result.Reason != "" {
		t.Skipf("%s: %s", result.Outcome, result.Reason)
	}
	if len(result.Findings) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s): %s", result.ID, result.Level, result.Source, result.Sentence)
	for _, f := range result.Findings {
		fmt.Fprintf(&b, "\n%s", f.Message)
		if e := f.Exchange; e != nil {
			fmt.Fprintf(&b, "\n\t%s %s %s %s\n\t%d %s", e.Method, e.URL, strings.Join(e.Headers, ", "), e.Request, e.Status,
				e.Response)
		}
	}
	fmt.Fprintf(&b, "\n%s", result.Failure)
	if r.Counts(result) {
		t.Error(b.String())
	} else {
		t.Logf("%s: %s", result.Outcome, b.String())
	}
}

// start opens the service and finds out what it offers.
func start(ctx context.Context, target Target, o *Options) (*running, error) {
	profile, err := o.profile()
	if err != nil {
		return nil, err
	}
	rules, err := o.Rules()
	if err != nil {
		return nil, err
	}
	s, err := target.open()
	if err != nil {
		return nil, err
	}
	r := &running{run: run{session: &session{service: s, target: target}, profile: profile, keep: o.Keep,
		prefix: namePrefix + strings.ToLower(rand.Text()[:6]) + "-", schema: profile.schema}, options: o, rules: rules,
		started: time.Now()}
	if target.Handler == nil && o.Rate == 0 {
		o.Rate = 20
	}
	if o.Rate > 0 {
		r.interval = time.Duration(float64(time.Second) / o.Rate)
	}
	if err := r.meet(ctx); err != nil {
		s.close()
		return nil, err
	}
	return r, nil
}

// running is a run under way.
type running struct {
	run
	options *Options
	rules   []Rule
	started time.Time
	left    []leftover // groups that rules made and could not delete
}

func (r *running) report() *Report {
	return &Report{Profile: r.profile.Name, Target: r.base, Started: r.started,
		strict: r.options.Strict, intolerant: r.profile.Strict}
}

// meet reads ServiceProviderConfig, and finds out whether the service can be reached
// and lets the run in.
func (r *running) meet(ctx context.Context) error {
	for _, path := range []string{r.profile.config, "/Groups?count=1"} {
		reply, err := r.send(ctx, "GET", r.base+path, "", nil)
		if err != nil {
			return fmt.Errorf("scimtest: the service cannot be reached: %w", err)
		}
		if reply.status == 401 {
			return fmt.Errorf("scimtest: the service refuses the credentials: GET %s is 401", r.base+path)
		}
		if path == r.profile.config && reply.status == 200 {
			r.config = newResponse(nil, reply, nil).json
		}
	}
	return nil
}

// check checks one rule and deletes the groups that it made. It returns an error only
// if ctx is done.
func (r *running) check(ctx context.Context, rule *Rule) (result Result, err error) {
	if reason := r.options.Except[rule.ID]; reason != "" {
		return Result{Rule: *rule, Outcome: Skipped, Reason: "an exception: " + reason}, nil
	}
	p := &probe{run: &r.run, ctx: ctx, rule: rule, outcome: Passed}
	begin, sent := time.Now(), r.sent()
	defer func() { // also if Target.Members ends the test
		r.left = append(r.left, p.clean()...)
		result = Result{Rule: *rule, Outcome: p.outcome, Findings: p.findings, Reason: p.reason,
			Requests: r.sent() - sent, Duration: time.Since(begin)}
	}()
	return result, p.run1()
}

// run1 runs the rule until it ends, in whichever way.
func (p *probe) run1() (err error) {
	defer func() {
		switch end := recover().(type) {
		case nil, stopped:
		case skipped:
			p.end(Skipped, end.reason)
		case blocked:
			p.end(Blocked, end.reason)
		case interrupted:
			err = end.err
		default:
			p.wrong("the check itself failed: %v\n%s", end, debug.Stack())
		}
	}()
	p.rule.check(p)
	return nil
}

// end notes that a rule ended for a reason, unless it has failed already.
func (p *probe) end(o Outcome, reason string) {
	if p.outcome != Failed {
		p.outcome, p.reason, p.findings = o, reason, nil
	}
}

// finish completes a report, and deletes what is left of the run.
func (r *running) finish(ctx context.Context, report *Report) {
	if !r.keep {
		ctx, cancel := r.lingering(ctx, len(r.left)+10)
		defer cancel()
		groups, err := r.session.named(ctx, r.prefix, false)
		if err != nil && !errors.Is(err, errNoFilter) {
			report.Left = append(report.Left, "what this run made is not known: "+err.Error())
		}
		for _, g := range r.left { // which a filter may not find
			known := slices.ContainsFunc(groups, func(other leftover) bool { return other.path == g.path })
			if reply, err := r.send(ctx, "GET", r.base+g.path, "", nil); !known && (err != nil || reply.status == 200) {
				groups = append(groups, g)
			}
		}
		for _, g := range groups {
			if err := r.remove(ctx, g.path); err != nil {
				report.Left = append(report.Left, g.name+" ("+g.path+")")
			}
		}
	}
	report.explain()
	report.Requests, report.Throttled, report.Duration = r.sent(), len(r.throttled), time.Since(r.started)
}

// lingering returns a context for n requests and more, which ends some time after ctx.
func (s *session) lingering(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	grace := cleaning + time.Duration(n)*s.interval
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// clean deletes the groups that a rule made, also after the run was interrupted, and
// returns those that it could not delete.
func (p *probe) clean() (left []leftover) {
	if p.keep {
		return nil
	}
	ctx, cancel := p.lingering(p.ctx, len(p.made)+2*len(p.doubtful))
	defer cancel()
	for _, name := range p.doubtful {
		r, err := p.send(ctx, "GET", p.base+"/Groups?filter="+url.QueryEscape("displayName eq "+quote(name)), "", nil)
		if err != nil || r.status != 200 {
			continue
		}
		for _, g := range listed(r, name) {
			p.made = append(p.made, g.path)
		}
	}
	for _, path := range p.made {
		if err := p.remove(ctx, path); err != nil {
			left = append(left, leftover{"a group of " + p.rule.ID, path})
		}
	}
	return left
}

// remove deletes a group.
func (s *session) remove(ctx context.Context, path string) error {
	r, err := s.send(ctx, "DELETE", s.base+path, "", nil)
	if err != nil {
		return err
	}
	if r.status >= 300 && r.status != 404 {
		return fmt.Errorf("status %d", r.status)
	}
	return nil
}
