package scimtest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

const token = "secret"

func newHandler(t testing.TB, c scim.Config) http.Handler {
	t.Helper()
	if c.Groups == nil {
		c.Groups = memory.New()
	}
	c.Auth.Authenticator = scim.BearerTokens(token)
	h, err := scim.NewHandler(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// inProcess calls a handler without a network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

func inside(h http.Handler) scimtest.Target {
	return scimtest.Target{URL: "http://scim.test/scim/v2", Token: token, Client: &http.Client{Transport: inProcess{h}}}
}

// fast are the options of runs over inProcess.
func fast(o scimtest.Options) scimtest.Options {
	o.Rate = 1e9
	return o
}

func check(t *testing.T, target scimtest.Target, o scimtest.Options) *scimtest.Report {
	t.Helper()
	r, err := scimtest.Check(t.Context(), target, fast(o))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names are the names of all groups in a store.
func names(t *testing.T, groups store.GroupStore) (all []string) {
	t.Helper()
	page, err := groups.List(context.Background(), store.Query{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range page.Groups {
		all = append(all, g.DisplayName)
	}
	slices.Sort(all)
	return all
}

func TestOurHandlerPassesOverLoopback(t *testing.T) {
	groups := memory.New()
	begin := time.Now()
	scimtest.Run(t, scimtest.Target{Handler: newHandler(t, scim.Config{Groups: groups}), URL: "/scim/v2", Token: token}, scimtest.Options{})
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("it took %s", d)
	}
	if left := names(t, groups); left != nil {
		t.Errorf("it left %q", left)
	}
}

// configured returns what makes a Handler keep to a profile, with all that can be turned on.
func configured(profile string) scim.Config {
	c := scim.Config{Auth: scim.Auth{PublicDiscovery: true}}
	switch profile {
	case "interop":
		c.Profile = scim.Interop
	case "ipsie":
		c.Profile = scim.IPSIE
	case "default", "rfc7644":
		// It demands schemas, so that a fault in that can be seen.
		c.Tolerate.Quirks = patch.Default &^ patch.MissingSchemas
	case "opsera":
		c.Dialect, c.Groups = scim.Opsera, memory.NewWith(memory.Options{IDFromName: true})
	case "workspaceone":
		c.Dialect, c.Extensions = scim.WorkspaceONE, []filter.Extension{workspaceone.Extension()}
	}
	return c
}

func TestEachProfilePasses(t *testing.T) {
	for _, p := range scimtest.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			target := scimtest.Target{Handler: newHandler(t, configured(p.Name)), URL: "/scim/v2", Token: token}
			scimtest.Run(t, target, scimtest.Options{Profile: p.Name})
		})
	}
}

// What the Handler tolerates unless it is told otherwise, beyond the RFCs and beyond the
// profiles.
func TestTheReportSaysWhatTheDefaultHandlerToleratesBeyondAProfile(t *testing.T) {
	for profile, want := range map[string][]string{
		"rfc7644": {"C08 tolerated", "H02 tolerated"},
		"interop": {"C08 tolerated", "H02 tolerated", "P01 failed", "P06 tolerated", "P07 tolerated", "P08 tolerated", "P16 tolerated"},
		"ipsie":   {"C08 tolerated", "H02 tolerated", "P01 failed", "P06 tolerated", "P07 tolerated", "P08 tolerated", "P16 tolerated"},
	} {
		h := newHandler(t, scim.Config{Auth: scim.Auth{PublicDiscovery: true}})
		r := check(t, scimtest.Target{Handler: h, URL: "/scim/v2", Token: token}, scimtest.Options{Profile: profile})
		var got []string
		for _, result := range r.Results {
			if result.Outcome != scimtest.Passed && result.Outcome != scimtest.Skipped {
				got = append(got, result.ID+" "+string(result.Outcome))
			}
		}
		if !slices.Equal(got, want) || r.Conforms() != (profile == "rfc7644") {
			t.Errorf("%s: %q", profile, got)
		}
	}
}

func TestOldTLSIsFound(t *testing.T) {
	for oldest, conforms := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true} {
		server := httptest.NewUnstartedServer(newHandler(t, scim.Config{}))
		server.TLS = &tls.Config{MinVersion: oldest}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		r := check(t, scimtest.Target{URL: server.URL + "/scim/v2", Token: token, Client: server.Client()},
			scimtest.Options{Profile: "interop", Only: []string{"P24"}})
		if r.Conforms() != conforms {
			t.Errorf("from %s on: %+v", tls.VersionName(oldest), r.Results)
		}
		server.Close()
	}
}

// ours puts groups of somebody else into a store, more than fit on a page.
func ours(t *testing.T, groups store.GroupStore) store.GroupStore {
	t.Helper()
	for i := range 250 {
		g := store.Group{DisplayName: fmt.Sprintf("Department %03d", i), ExternalID: fmt.Sprint("e", i)}
		g.Members = []store.Member{{Value: "scimtest-user-1"}, {Value: "person-1"}, {Value: fmt.Sprint("u", i)}}
		if _, err := groups.Create(context.Background(), g); err != nil {
			t.Fatal(err)
		}
	}
	return groups
}

// versions are the names and versions of all groups in a store.
func versions(t *testing.T, groups store.GroupStore) (all []string) {
	t.Helper()
	page, err := groups.List(context.Background(), store.Query{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range page.Groups {
		all = append(all, fmt.Sprint(g.DisplayName, " ", g.Version))
	}
	slices.Sort(all)
	return all
}

func TestGroupsOfOthersDoNotMatterAndStay(t *testing.T) {
	for _, p := range scimtest.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			c := configured(p.Name)
			if c.Groups == nil {
				c.Groups = memory.New()
			}
			c.Members.Resolver = people
			ours(t, c.Groups)
			before := versions(t, c.Groups)
			h := newHandler(t, c)
			target := inside(h)
			target.Members = persons
			r := check(t, target, scimtest.Options{Profile: p.Name, Except: overTLS(p)})
			if !r.Conforms() {
				t.Errorf("it does not conform: %d failed, %d blocked", r.Number(scimtest.Failed), r.Number(scimtest.Blocked))
			}
			if after := versions(t, c.Groups); !slices.Equal(before, after) {
				t.Errorf("before: %q\nafter: %q", before, after)
			}
			// A service that ignores filters finds the groups of others for ours.
			ignores := inside(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = regexp.MustCompile("filter=[^&]*&?").ReplaceAllString(r.URL.RawQuery, "")
				h.ServeHTTP(w, r)
			}))
			ignores.Members = persons
			if r := check(t, ignores, scimtest.Options{Profile: p.Name}); r.Conforms() {
				t.Error("a service that ignores filters conforms")
			}
			if after := versions(t, c.Groups); !slices.Equal(before, after) {
				t.Errorf("before: %q\nafter, without filters: %q", before, after)
			}
		})
	}
}

// overTLS excepts the rule that needs TLS.
func overTLS(p scimtest.Profile) map[string]string {
	if p.Strict {
		return map[string]string{"P24": "without a network"}
	}
	return nil
}

// people knows 300 users, and that ids of groups are long.
var people = scim.MemberResolverFunc(func(_ context.Context, members []store.Member) ([]scim.Resolution, error) {
	known := make([]scim.Resolution, len(members))
	for i, m := range members {
		known[i].Unknown = !strings.HasPrefix(m.Value, "person-") && len(m.Value) < 36
	}
	return known, nil
})

func persons(_ context.Context, n int) (ids []string, err error) {
	for i := range min(n, 300) {
		ids = append(ids, fmt.Sprint("person-", i))
	}
	return ids, nil
}

func TestAServiceThatVerifiesMembersIsCheckedWithMembersItKnows(t *testing.T) {
	target := inside(newHandler(t, scim.Config{Members: scim.Members{Resolver: people}}))
	r := check(t, target, scimtest.Options{})
	if r.Conforms() || r.Number(scimtest.Blocked) == 0 {
		t.Error("made-up members are accepted")
	}
	target.Members = persons
	r = check(t, target, scimtest.Options{})
	if !r.Conforms() || r.Number(scimtest.Skipped) > 0 {
		t.Errorf("%d failed, %d blocked, %d skipped", r.Number(scimtest.Failed), r.Number(scimtest.Blocked), r.Number(scimtest.Skipped))
	}
	target.Members = func(ctx context.Context, n int) ([]string, error) { return persons(ctx, min(n, 3)) }
	r = check(t, target, scimtest.Options{})
	if !r.Conforms() || r.Number(scimtest.Skipped) == 0 {
		t.Error("rules that need many members are not skipped")
	}
}

func TestARunEndsWhenItIsInterruptedAndLeavesNothing(t *testing.T) {
	whole := check(t, inside(newHandler(t, scim.Config{})), scimtest.Options{}).Requests
	groups := memory.New()
	h := newHandler(t, scim.Config{Groups: groups})
	for at := 3; at < whole; at += 41 {
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int32
		target := inside(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			if int(n.Add(1)) == at {
				cancel()
			}
		}))
		r, err := scimtest.Check(ctx, target, fast(scimtest.Options{}))
		if !errors.Is(err, context.Canceled) || at > 2 && r == nil {
			t.Fatalf("interrupted at request %d of %d: %v", at, whole, err)
		}
		if left := names(t, groups); left != nil {
			t.Errorf("interrupted at request %d, it left %q", at, left)
		}
		cancel()
	}
}

func TestARequestWhoseResponseIsLostLeavesNothing(t *testing.T) {
	for _, lose := range []func(w http.ResponseWriter){
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) { w.WriteHeader(500) },
		func(w http.ResponseWriter) { w.WriteHeader(201) },
	} {
		groups := memory.New()
		h := newHandler(t, scim.Config{Groups: groups})
		target := scimtest.Target{URL: "/scim/v2", Token: token, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != "POST" {
				h.ServeHTTP(w, r)
				return
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			lose(w)
		})}
		if r := check(t, target, scimtest.Options{}); r.Conforms() {
			t.Error("it conforms")
		}
		if left := names(t, groups); left != nil {
			t.Errorf("it left %q", left)
		}
	}
}

func TestWhatCannotBeDeletedIsReportedAndSweptLater(t *testing.T) {
	groups := ours(t, memory.New())
	before := names(t, groups)
	h := newHandler(t, scim.Config{Groups: groups})
	keeps := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "DELETE" {
			w.WriteHeader(503)
			return
		}
		h.ServeHTTP(w, r)
	})
	r := check(t, inside(keeps), scimtest.Options{Only: []string{"C03", "C05"}})
	if len(r.Left) != 2 || r.Conforms() {
		t.Errorf("left are %q", r.Left)
	}
	kept := check(t, inside(h), scimtest.Options{Only: []string{"H20"}, Keep: true})
	if len(kept.Left) != 0 || len(names(t, groups)) != len(before)+3 {
		t.Errorf("there are %d groups, and left are %q", len(names(t, groups)), kept.Left)
	}
	swept, err := scimtest.Sweep(t.Context(), inside(h), fast(scimtest.Options{}))
	if err != nil || len(swept) != 3 {
		t.Errorf("swept are %q, %v", swept, err)
	}
	if after := names(t, groups); !slices.Equal(before, after) {
		t.Errorf("there were %d groups, and are %d", len(before), len(after))
	}
}

func TestSweepReadsAllGroupsOfAServiceThatCannotFilter(t *testing.T) {
	for name, refuse := range map[string]func(w http.ResponseWriter, h http.Handler, r *http.Request){
		"refused": func(w http.ResponseWriter, _ http.Handler, _ *http.Request) { w.WriteHeader(400) },
		"nothing is found": func(w http.ResponseWriter, _ http.Handler, _ *http.Request) {
			fmt.Fprint(w, `{"totalResults":0,"Resources":[]}`)
		},
		"ignored": func(w http.ResponseWriter, h http.Handler, r *http.Request) {
			r.URL.RawQuery = regexp.MustCompile("filter=[^&]*&").ReplaceAllString(r.URL.RawQuery, "")
			h.ServeHTTP(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			groups := ours(t, memory.New())
			h := newHandler(t, scim.Config{Groups: groups})
			if _, err := groups.Create(t.Context(), store.Group{DisplayName: "scimtest-abcdef-C03-1"}); err != nil {
				t.Fatal(err)
			}
			swept, err := scimtest.Sweep(t.Context(), inside(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.RawQuery, "filter") {
					refuse(w, h, r)
					return
				}
				h.ServeHTTP(w, r)
			})), fast(scimtest.Options{}))
			if err != nil || len(swept) != 1 || len(names(t, groups)) != 250 {
				t.Errorf("swept are %q, %v", swept, err)
			}
		})
	}
}

func TestARateIsKeptAndRetryAfterHeeded(t *testing.T) {
	h := newHandler(t, scim.Config{})
	var refused, served atomic.Int32
	busy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1)%3 == 0 {
			refused.Add(1)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(429)
			return
		}
		h.ServeHTTP(w, r)
	})
	begin := time.Now()
	r, err := scimtest.Check(t.Context(), inside(busy), scimtest.Options{Only: []string{"C03", "H20"}, Rate: 100})
	if err != nil || !r.Conforms() {
		t.Fatalf("%v, %+v", err, r)
	}
	if r.Throttled != int(refused.Load()) || refused.Load() == 0 || r.Requests != int(served.Load()) {
		t.Errorf("%d of %d requests were repeated, and %d of %d refused", r.Throttled, r.Requests, refused.Load(), served.Load())
	}
	if d := time.Since(begin); d < time.Duration(r.Requests-1)*10*time.Millisecond {
		t.Errorf("%d requests took %s at 100 a second", r.Requests, d)
	}
}

func TestServicesThatCannotBeCheckedAreErrors(t *testing.T) {
	h := newHandler(t, scim.Config{})
	for name, target := range map[string]scimtest.Target{
		"no URL":       {},
		"no base URL":  {URL: "example.com/scim"},
		"a query":      {URL: "https://example.com/scim?x=1"},
		"not there":    {URL: "http://127.0.0.1:1/scim"},
		"wrong token":  {Handler: h, Token: "wrong"},
		"Handler, URL": {Handler: h, URL: "http://example.com/scim/v2"},
	} {
		if _, err := scimtest.Check(t.Context(), target, scimtest.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, o := range map[string]scimtest.Options{
		"profile":   {Profile: "nothing"},
		"only":      {Only: []string{"Z99"}},
		"exception": {Except: map[string]string{"Z99": "why"}},
	} {
		if _, err := scimtest.Check(t.Context(), inside(h), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestExceptionsAreSkipped(t *testing.T) {
	r := check(t, inside(newHandler(t, scim.Config{})), scimtest.Options{
		Only: []string{"C03", "h20", "okta-oin-patch"}, Except: map[string]string{"H20": "we know"}})
	if len(r.Results) != 3 || r.Results[1].Outcome != scimtest.Skipped || !r.Conforms() {
		t.Errorf("results are %+v", r.Results)
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	all, err := scimtest.Rules("")
	if err != nil {
		t.Fatal(err)
	}
	checklist, err := os.ReadFile("../CHECKLIST.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, r := range all {
		if ids[r.ID] {
			t.Errorf("duplicate %s", r.ID)
		}
		ids[r.ID] = true
		if !regexp.MustCompile(`^[A-Z][0-9]{2}$`).MatchString(r.ID) || r.Source == "" || r.Level == "" {
			t.Errorf("%+v", r)
		}
		for _, sentence := range []string{r.Sentence, r.Failure} {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s: %q", r.ID, sentence)
			}
		}
		if r.ID < "N" && !strings.Contains(string(checklist), "**"+r.ID+"**") {
			t.Errorf("%s is no line of the checklist", r.ID)
		}
	}
	for _, r := range all {
		for _, id := range r.Implies {
			if !ids[id] && !slices.ContainsFunc(scimtest.Transcripts(), func(t scimtest.Transcript) bool { return t.Name == id }) {
				t.Errorf("%s implies %s, which does not exist", r.ID, id)
			}
		}
	}
	for _, p := range scimtest.Profiles() {
		rules, err := scimtest.Rules(p.Name)
		if err != nil || len(rules) == 0 {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// CHECKS.md has all rules.
func TestThePaperHasAllRules(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# What is checked

Each line is a rule of package scimtest: its id, how binding it is, what the service does, where that comes from, and
what a failure means for whom. Ids from A to M are those of [the checklist](../CHECKLIST.md). The levels are MUST and
SHOULD of RFC 2119 (with SHALL, REQUIRED, RECOMMENDED and their negations); *stated* is what a document describes without
a keyword, or demands of clients without saying what becomes of those that do otherwise; *need* is what no document demands but a client relies on.

This file is written by ` + "`go test ./scim/scimtest -update`" + `.

## Profiles

`)
	for _, p := range scimtest.Profiles() {
		rules, err := scimtest.Rules(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(rules, func(r scimtest.Rule) bool { return strings.HasPrefix(r.Source, "transcript: ") })
		if n < 0 {
			n = len(rules)
		}
		strict := ""
		if p.Strict {
			strict = " What is tolerated is a failure there."
		}
		fmt.Fprintf(&b, "- **%s**: %s. %d rules, %d transcripts. %s%s\n", p.Name, p.Title, n, len(rules)-n, p.About, strict)
	}
	rules, err := scimtest.Rules("")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{"A": "All requests and responses", "B": "Representations", "C": "POST", "D": "GET", "E": "Lists, filters and searches",
		"F": "Pages by cursor", "G": "PUT", "H": "PATCH", "I": "DELETE", "J": "Bulk requests", "K": "Discovery", "M": "HTTP",
		"N": "What clients need", "P": "Interoperability profile", "Q": "IPSIE", "O": "Opsera", "W": "Workspace ONE Access"}
	last := ""
	for _, r := range rules {
		if section := r.ID[:1]; section != last {
			fmt.Fprintf(&b, "\n## %s. %s\n\n| id | level | the service | source | if not |\n|---|---|---|---|---|\n", section, sections[section])
			last = section
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.ID, r.Level, r.Sentence, r.Source, r.Failure)
	}
	golden(t, "CHECKS.md", b.String())
}
