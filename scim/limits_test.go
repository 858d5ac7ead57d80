package scim_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// endless is a body that never ends and counts what is read of it.
type endless struct {
	read int64
	text string
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[int(e.read+int64(i))%len(e.text)]
	}
	e.read += int64(len(p))
	return len(p), nil
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What is too large is refused with an error that says so, costs little memory,
// and changes nothing.
func TestLimitsOnWhatClientsMakeLarge(t *testing.T) {
	const many = 100_000
	parens := strings.Repeat("(", many)
	var operations, members strings.Builder
	for i := range many {
		fmt.Fprintf(&operations, `,{"op":"add","path":"members","value":[{"value":"%d"}]}`, i)
		fmt.Fprintf(&members, `,{"value":"%d"}`, i)
	}
	tooMany := "[" + members.String()[1:] + `,{"value":"one too many"}]`
	nested := strings.Repeat("[", many) + strings.Repeat("]", many)
	deep := strings.Repeat(`{"a":`, many) + "1" + strings.Repeat("}", many)
	terms := strings.Repeat(`id pr or `, 1000) + "id pr"
	const mib = 1 << 20

	for _, c := range []struct {
		name, method, path, body string
		status                   int
		scimType                 string
		memory                   uint64 // bytes
	}{
		{"a filter of 100,000 parentheses in a URL", "GET", "/Groups?filter=" + parens, "", 400, "invalidFilter", mib},
		{"a filter of 100,000 parentheses in a search", "POST", "/Groups/.search", search(`"filter":"` + parens + `"`), 400, "invalidFilter", 8 * mib},
		{"a filter of 100,000 parentheses in a path", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members[` + parens + `"}`), 400, "invalidFilter|invalidPath", 8 * mib},
		{"a filter of 1,000 terms", "GET", "/Groups" + query("filter", terms), "", 400, "invalidFilter", mib},
		{"a body nested 100,000 deep in a POST", "POST", "/Groups", deep, 400, "invalidSyntax", 8 * mib},
		{"a body nested 100,000 deep in an attribute", "PUT", "/Groups/{id}", group(`"displayName":"x","members":` + nested), 400, "invalidSyntax", 8 * mib},
		{"a body nested 100,000 deep in an operation", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":` + nested + `}`), 400, "invalidSyntax", 8 * mib},
		{"a body nested 100,000 deep in a search", "POST", "/.search", search(`"x":` + nested), 400, "invalidSyntax", 8 * mib},
		{"a PATCH of 100,000 operations", "PATCH", "/Groups/{id}", patchOp(operations.String()[1:]), 400, "invalidSyntax|tooMany|invalidValue", 68 * mib},
		{"a POST of more than 100,000 members", "POST", "/Groups", group(`"displayName":"x","members":` + tooMany), 400, "invalidValue|tooMany", 32 * mib},
		{"a PUT of more than 100,000 members", "PUT", "/Groups/{id}", group(`"displayName":"x","members":` + tooMany), 400, "invalidValue|tooMany", 32 * mib},
		{"a PATCH that adds more than 100,000 members", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":` + tooMany + `}`), 400, "invalidValue|tooMany", 32 * mib},
		{"a PATCH that removes more than 100,000 members", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members","value":` + tooMany + `}`), 400, "invalidValue|tooMany", 32 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, scim.Config{})
			id := create(t, h, "G", "a", "b")
			unchanged(t, h, id, func() {
				r := httptest.NewRequest(c.method, mount+strings.ReplaceAll(c.path, "{id}", id), strings.NewReader(c.body))
				w := httptest.NewRecorder()
				if used := allocated(func() { h.ServeHTTP(w, r) }); used > c.memory {
					t.Errorf("%d KiB allocated, want at most %d", used>>10, c.memory>>10)
				}
				a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
				a.check(t, c.method)
				a.is(t, c.status, oneOf(a.str("/scimType"), c.scimType))
				if len(a.text) > 1000 {
					t.Errorf("the error has %d bytes", len(a.text))
				}
			})
			do(t, h, "GET", "/Groups", "").has(t, map[string]any{"/totalResults": 1})
		})
	}

	t.Run("members of several operations count together", func(t *testing.T) {
		h := newHandler(t, scim.Config{Limits: scim.Limits{Body: patch.Limits{MaxMembers: 3}}})
		id := create(t, h, "G", "a")
		unchanged(t, h, id, func() {
			do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":["b","c"]}`, `{"op":"remove","path":"members","value":["d","e"]}`)).
				is(t, 400, "invalidValue")
		})
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":["b","c"]}`, `{"op":"remove","path":"members","value":["a"]}`)).is(t, 204, "")
	})
	t.Run("values of extensions are not looked at again and again", func(t *testing.T) {
		h := newHandler(t, scim.Config{Extensions: extensions(t, siteExtension)})
		id := create(t, h, "G")
		path := `"path":"` + siteURN + `:tags"`
		var tags []string
		for i := range 2000 {
			tags = append(tags, strconv.Quote(strconv.Itoa(i)))
		}
		add, remove := `{"op":"add",`+path+`,"value":[`+strings.Join(tags, ",")+`]}`, `{"op":"remove",`+path+`,"value":["0"]}`
		again := `{"op":"add",` + path + `,"value":["0"]}`
		unchanged(t, h, id, func() {
			do(t, h, "PATCH", "/Groups/"+id, patchOp(append([]string{add}, slices.Repeat([]string{remove, again}, 252)...)...)).is(t, 400, "tooMany")
		})
		do(t, h, "PATCH", "/Groups/"+id, patchOp(append([]string{add}, slices.Repeat([]string{again}, 1000)...)...)).is(t, 204, "")
	})
	t.Run("the largest that is allowed is served", func(t *testing.T) {
		h := newHandler(t, scim.Config{Limits: scim.Limits{Body: patch.Limits{MaxOperations: 2, MaxMembers: 2, MaxDepth: 4}, Filter: filter.Limits{MaxTerms: 2}}})
		id := create(t, h, "G", "a", "b")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":"c"}`, `{"op":"add","path":"members","value":"d"}`)).is(t, 204, "")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"externalId","value":"c"}`, `{"op":"add","path":"externalId","value":"d"}`, `{"op":"add","path":"externalId","value":"e"}`)).is(t, 400, "invalidSyntax")
		do(t, h, "GET", "/Groups?filter=id+pr+and+id+pr", "").is(t, 200, "")
		do(t, h, "GET", "/Groups?filter=id+pr+and+id+pr+and+id+pr", "").is(t, 400, "invalidFilter")
	})
	t.Run("a startIndex beyond all bounds", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		do(t, h, "GET", "/Groups?startIndex=10000001", "").is(t, 200, "").has(t, map[string]any{"/totalResults": 0})
		do(t, h, "POST", "/Groups/.search", search(`"startIndex":2147483647`)).is(t, 200, "").has(t, map[string]any{"/totalResults": 0})
	})
}

func TestLimitsOnBodies(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := create(t, h, "G", "a")
	for _, r := range []request{{"POST", "POST", "/Groups", "", 0, "", nil}, {"PUT", "PUT", "/Groups/" + id, "", 0, "", nil}, {"PATCH", "PATCH", "/Groups/" + id, "", 0, "", nil}, {"search", "POST", "/.search", "", 0, "", nil}} {
		t.Run("a body declared as 10 GB is not read: "+r.name, func(t *testing.T) {
			body := &endless{text: " "}
			request := httptest.NewRequest(r.method, mount+r.path, body)
			request.ContentLength = 10 << 30
			w := httptest.NewRecorder()
			if used := allocated(func() { h.ServeHTTP(w, request) }); used > 1<<20 || body.read > 0 {
				t.Errorf("%d bytes allocated, %d read", used, body.read)
			}
			a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
			a.check(t, r.method)
			a.is(t, 413, "")
			if !strings.Contains(a.str("/detail"), strconv.Itoa(8<<20)) {
				t.Errorf("the detail does not name the limit: %s", a.text)
			}
		})
		t.Run("a body without a length is read up to the limit: "+r.name, func(t *testing.T) {
			body := &endless{text: `{"schemas":["` + groupURN + `"],"displayName":"x","a":"` + strings.Repeat("y", 10<<20)}
			request := httptest.NewRequest(r.method, mount+r.path, body)
			request.ContentLength = -1
			w := httptest.NewRecorder()
			if used := allocated(func() { h.ServeHTTP(w, request) }); used > 96<<20 || body.read > 17<<20 {
				t.Errorf("%d bytes allocated, %d read", used, body.read)
			}
			a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
			a.check(t, r.method)
			a.is(t, 413, "")
		})
	}
	t.Run("a body of exactly the limit is taken", func(t *testing.T) {
		body := group(`"displayName":"exact"`)
		h := newHandler(t, scim.Config{Limits: scim.Limits{MaxBody: int64(len(body))}})
		do(t, h, "POST", "/Groups", body).is(t, 201, "")
		do(t, h, "POST", "/Groups", body+" ").is(t, 413, "")
	})
	// raw sends bytes over a connection and answers what comes back.
	raw := func(t *testing.T, server *httptest.Server, send func(w io.Writer)) answer {
		t.Helper()
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		var sending sync.WaitGroup
		defer sending.Wait()
		defer c.Close()
		sending.Go(func() { send(c) })
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		a := answer{status: response.StatusCode, header: response.Header, text: readAll(t, response)}
		a.check(t, "POST")
		return a
	}
	server := httptest.NewServer(h)
	defer server.Close()
	t.Run("over a connection, 10 GB that are announced are refused before they come", func(t *testing.T) {
		raw(t, server, func(w io.Writer) {
			fmt.Fprintf(w, "POST %s/Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nExpect: 100-continue\r\nContent-Length: 10737418240\r\n\r\n", mount)
		}).is(t, 413, "")
	})
	t.Run("over a connection, a stream without end is refused", func(t *testing.T) {
		raw(t, server, func(w io.Writer) {
			fmt.Fprintf(w, "POST %s/Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n", mount)
			chunk := "10000\r\n" + strings.Repeat(" ", 1<<16) + "\r\n"
			for range 1 << 14 { // a GiB, if nobody stopped it
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}).is(t, 413, "")
	})
	t.Run("over a connection, a body that ends too early changes nothing", func(t *testing.T) {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST %s/Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nContent-Length: 1000\r\n\r\n%s", mount, group(`"displayName":"half"`))
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, c)
		c.Close()
		equal(t, "groups", names(t, h, `displayName eq "half"`), nil)
	})
}

// records is a slog.Handler that keeps what is logged.
type records struct {
	mu   sync.Mutex
	text bytes.Buffer
	h    slog.Handler
}

func newRecords() *records {
	r := &records{}
	r.h = slog.NewJSONHandler(&r.text, &slog.HandlerOptions{Level: slog.LevelDebug})
	return r
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }
func (r *records) Handle(ctx context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.h.Handle(ctx, record)
}

// lines are the records, decoded.
func (r *records) lines(t testing.TB) []map[string]any {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []map[string]any
	for d := json.NewDecoder(bytes.NewReader(r.text.Bytes())); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	return out
}

// sensitive is in every request below, and must be in no log.
const sensitive = "sensitive-4711"

// A fault of the host's code never reaches the client as text, is answered 500
// with the id of the request, and is logged once without what the client sent.
func TestFaultsOfTheHostAreLoggedOnceAndNotTold(t *testing.T) {
	var noMap map[string]int
	faults := map[string]func() error{
		"an error":              func() error { return errHost },
		"a wrapped error":       func() error { return fmt.Errorf("wrapped: %w", errHost) },
		"a panic with a string": func() error { panic("host-text") },
		"a panic with an error": func() error { panic(errHost) },
		"a panic of any type":   func() error { panic(struct{ text string }{"host-text"}) },
		"a runtime panic":       func() error { noMap["host-text"]++; return nil },
	}
	places := map[string]func(fault func() error) scim.Config{
		"Authenticate": func(fault func() error) scim.Config {
			return scim.Config{Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(*http.Request) (scim.Subject, error) {
				return scim.Subject{}, fault()
			})}}
		},
		"Authorize": func(fault func() error) scim.Config {
			return scim.Config{Auth: scim.Auth{Authorize: func(context.Context, scim.Access) error { return fault() }}}
		},
		"SelectTenant": func(fault func() error) scim.Config {
			return scim.Config{SelectTenant: func(*http.Request, scim.Subject) (scim.Tenant, error) { return scim.Tenant{}, fault() }}
		},
		"the store": func(fault func() error) scim.Config {
			return scim.Config{Groups: &hookedStore{GroupStore: memory.New(), before: func(string) error { return fault() }}}
		},
		"CanonicalMember": nil,
	}
	requests := []request{
		{"", "GET", "/Groups" + query("filter", `members.value eq "`+sensitive+`"`), "", 500, "", nil},
		{"", "GET", "/Groups/x?attributes=" + sensitive, "", 500, "", nil},
		{"", "POST", "/Groups", group(`"displayName":"` + sensitive + `","members":["` + sensitive + `"]`), 500, "", nil},
		{"", "POST", "/Groups/.search", search(`"filter":"members.value eq \"` + sensitive + `\""`), 500, "", nil},
		{"", "PUT", "/Groups/x", group(`"displayName":"` + sensitive + `","members":["` + sensitive + `"]`), 500, "", nil},
		{"", "PATCH", "/Groups/x", patchOp(`{"op":"add","path":"members","value":[{"value":"` + sensitive + `"}]}`), 500, "", nil},
		{"", "DELETE", "/Groups/x", "", 500, "", nil},
	}
	for place, config := range places {
		for kind, fault := range faults {
			if config == nil && !strings.Contains(kind, "panic") {
				continue // CanonicalMember answers no error
			}
			t.Run(kind+" in "+place, func(t *testing.T) {
				var c scim.Config
				if config != nil {
					c = config(fault)
				} else {
					c.Members.Canonical = func(string) string { panic(fault()) }
				}
				for _, r := range requests {
					if config == nil && !strings.Contains(r.path+r.body, `members`) {
						continue
					}
					logged := newRecords()
					c.Logger = slog.New(logged)
					a := do(t, newHandler(t, c), r.method, r.path, r.body, "Authorization", "Bearer "+sensitive).is(t, 500, "")
					if strings.Contains(a.text, "host-text") || strings.Contains(fmt.Sprint(a.header), "host-text") || strings.Contains(a.text, ".go") || strings.Contains(a.text, sensitive) {
						t.Errorf("%s %s tells: %s", r.method, r.path, a.text)
					}
					id := a.header.Get("X-Request-Id")
					lines := logged.lines(t)
					if len(lines) != 1 || id == "" || lines[0]["request_id"] != id || lines[0]["level"] != "ERROR" || !strings.Contains(a.text, id) {
						t.Errorf("%s %s: request %q, logged %v, answered %s", r.method, r.path, id, lines, a.text)
					}
					if log := fmt.Sprint(lines); strings.Contains(log, sensitive) {
						t.Errorf("%s %s: the log has what the client sent: %v", r.method, r.path, log)
					}
				}
			})
		}
	}
}

func TestFaultsKeepTheIDThatTheClientGaveTheRequest(t *testing.T) {
	h := newHandler(t, scim.Config{Groups: failing(errHost), Logger: quiet()})
	if a := do(t, h, "GET", "/Groups", "", "X-Request-Id", "abc-1").is(t, 500, ""); a.header.Get("X-Request-Id") != "abc-1" {
		t.Errorf("X-Request-Id is %q", a.header.Get("X-Request-Id"))
	}
	for _, bad := range []string{strings.Repeat("x", 1000), `a"b`, "a\x00b"} {
		if a := do(t, h, "GET", "/Groups", "", "X-Request-Id", bad).is(t, 500, ""); a.header.Get("X-Request-Id") == bad {
			t.Errorf("X-Request-Id is %q", bad)
		}
	}
}

// What the client did wrong is not logged at all.
func TestFaultsOfTheClientAreNotLogged(t *testing.T) {
	logged := newRecords()
	h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}, Logger: slog.New(logged)})
	do(t, h, "GET", "/Groups", "").is(t, 401, "")
	for _, r := range []request{{"", "GET", "/Groups/x", "", 404, "", nil}, {"", "POST", "/Groups", "{", 400, "invalidSyntax", nil}, {"", "GET", "/Groups?filter=x", "", 400, "invalidFilter", nil}, {"", "GET", "/Me", "", 501, "", nil}} {
		do(t, h, r.method, r.path, r.body, "Authorization", "Bearer t").is(t, r.status, r.scimType)
	}
	if lines := logged.lines(t); len(lines) > 0 {
		t.Errorf("logged: %v", lines)
	}
}

func TestErrAbortHandlerPasses(t *testing.T) {
	logged := newRecords()
	h := newHandler(t, scim.Config{Logger: slog.New(logged), Auth: scim.Auth{Authorize: func(context.Context, scim.Access) error { panic(http.ErrAbortHandler) }}})
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
		if lines := logged.lines(t); len(lines) > 0 {
			t.Errorf("logged: %v", lines)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", mount+"/Groups", nil))
	t.Error("nothing panicked")
}

// brokenScan is a store whose second piece of members cannot be read.
type brokenScan struct {
	*memory.Store
	fault func() error
}

// Get leaves the members to ScanMembers, as a store over a database would.
func (s brokenScan) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	omitted := sel.Members && sel.MaxMembers > 0
	sel.Members = sel.Members && !omitted
	g, err := s.Store.Get(ctx, id, sel)
	g.MembersOmitted = omitted
	return g, err
}

func (s brokenScan) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	if after != "" {
		return 0, s.fault()
	}
	return s.Store.ScanMembers(ctx, id, after, into)
}

// An answer that has begun cannot be taken back: the connection is cut, so that no
// client takes it for a whole one.
func TestFaultsInTheMiddleOfAnAnswerCutTheConnection(t *testing.T) {
	members := make([]store.Member, 5000)
	for i := range members {
		members[i] = store.Member{Value: fmt.Sprintf("member-%05d", i), Display: strings.Repeat("x", 100)}
	}
	for name, fault := range map[string]func() error{"an error": func() error { return errHost }, "a panic": func() error { panic("host-text") }} {
		t.Run(name, func(t *testing.T) {
			groups, logged := memory.New(), newRecords()
			g, err := groups.Create(t.Context(), store.Group{DisplayName: "large", Members: members})
			if err != nil {
				t.Fatal(err)
			}
			h := newHandler(t, scim.Config{Groups: brokenScan{groups, fault}, Logger: slog.New(logged)})
			server := httptest.NewServer(h)
			defer server.Close()
			response, err := server.Client().Get(server.URL + mount + "/Groups/" + g.Group.ID)
			if err == nil {
				var b []byte
				if b, err = io.ReadAll(response.Body); err == nil && response.StatusCode == 200 {
					t.Errorf("200 with %d bytes as if nothing had happened", len(b))
				}
				if bytes.Contains(b, []byte("host-text")) {
					t.Error("the answer has the text of the fault")
				}
				response.Body.Close()
			}
			if lines := logged.lines(t); len(lines) != 1 {
				t.Errorf("logged %d times: %v", len(lines), lines)
			}
		})
	}
}

// What groups and members are found by has the same bound in every store.
func TestNamesAreBounded(t *testing.T) {
	h := newHandler(t, scim.Config{Limits: scim.Limits{Body: patch.Limits{MaxName: 10}}, MembershipDraft: true, BaseURL: "https://example.com/scim/v2"})
	id := create(t, h, "G", "0123456789")
	const long = "0123456789x"
	before := state(t, h, id)
	for name, request := range map[string][3]string{
		"a displayName in a POST":  {"POST", "/Groups", group(`"displayName":"` + long + `"`)},
		"an externalId in a POST":  {"POST", "/Groups", group(`"displayName":"H","externalId":"` + long + `"`)},
		"a member in a POST":       {"POST", "/Groups", group(`"displayName":"H","members":[{"value":"` + long + `"}]`)},
		"a displayName in a PUT":   {"PUT", "/Groups/" + id, group(`"displayName":"` + long + `"`)},
		"a displayName in a PATCH": {"PATCH", "/Groups/" + id, patchOp(`{"op":"replace","path":"displayName","value":"` + long + `"}`)},
		"an externalId in a PATCH": {"PATCH", "/Groups/" + id, patchOp(`{"op":"add","value":{"externalId":"` + long + `"}}`)},
		"a member in a PATCH":      {"PATCH", "/Groups/" + id, patchOp(`{"op":"add","path":"members","value":[{"value":"` + long + `"}]}`)},
		"a member by its $ref":     {"PATCH", "/Groups/" + id, patchOp(`{"op":"add","path":"members","value":[{"$ref":"../Users/` + long + `"}]}`)},
		"a member in a replace":    {"PATCH", "/Groups/" + id, patchOp(`{"op":"replace","path":"members","value":[{"value":"` + long + `"}]}`)},
		"a member of its own":      {"POST", "/GroupMembers", membership(id, long)},
	} {
		t.Run(name, func(t *testing.T) {
			do(t, h, request[0], request[1], request[2]).is(t, 400, "invalidValue")
			equal(t, "group", []string{state(t, h, id)}, []string{before})
		})
	}
	t.Run("in SCIM 1.1", func(t *testing.T) {
		groups := memory.New()
		g, err := groups.Create(t.Context(), store.Group{DisplayName: "G"})
		if err != nil {
			t.Fatal(err)
		}
		h := newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{Body: patch.Limits{MaxName: 10}}, Dialect: scim.SCIM11})
		for _, attributes := range []string{`"displayName":"` + long + `"`, `"members":[{"value":"` + long + `"}]`} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("PATCH", mount+"/Groups/"+g.Group.ID, strings.NewReader(`{"schemas":["urn:scim:schemas:core:1.0"],`+attributes+`}`))
			r.Header.Set("Content-Type", "application/json")
			if h.ServeHTTP(w, r); w.Code != 400 || !strings.Contains(w.Body.String(), "10 bytes") {
				t.Errorf("%s: %d %s", attributes, w.Code, w.Body)
			}
		}
	})
}

// A cursor that fits into no URL is not given out.
func TestAValueThatIsTooLongForACursorIsTold(t *testing.T) {
	h := newHandler(t, scim.Config{Extensions: extensions(t, siteExtension)})
	for i := range 3 {
		createWith(t, h, fmt.Sprintf(`"displayName":"G%d",`, i)+site(`"site":"`+strings.Repeat("x", 10_000)+strconv.Itoa(i)+`"`))
	}
	sorted := []string{"sortBy", siteURN + ":site", "count", "1"}
	do(t, h, "GET", "/Groups"+query(append(sorted, "cursor", "")...), "").is(t, 400, "invalidValue")
	do(t, h, "GET", "/Groups"+query(append(sorted, "startIndex", "3")...), "").has(t, map[string]any{"/Resources/0/displayName": "G2"})
}

// goneScan is a store whose groups are deleted between the page that has them and
// their members.
type goneScan struct{ *memory.Store }

func (s goneScan) List(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := s.Store.List(ctx, q)
	for i := range page.Groups {
		page.Groups[i].Members, page.Groups[i].MembersOmitted = nil, true
	}
	return page, err
}

func (s goneScan) ScanMembers(context.Context, string, string, []store.Member) (int, error) {
	return 0, store.ErrNotFound
}

func TestAListOfWhichAGroupIsDeletedMeanwhileIsTriedAgain(t *testing.T) {
	h := newHandler(t, scim.Config{Groups: goneScan{memory.New()}, Logger: quiet()})
	create(t, h, "G", "a")
	if a := do(t, h, "GET", "/Groups", "").is(t, 503, ""); a.header.Get("Retry-After") == "" {
		t.Error("when, is not said")
	}
}

// The errors of stores have their statuses, wrapped or not.
func TestErrorsOfStoresAreToldAsTheyAreMeant(t *testing.T) {
	for _, c := range []struct {
		err      error
		status   int
		scimType string
		logged   int
	}{
		{store.ErrNotFound, 404, "", 0}, {store.ErrVersionMismatch, 412, "", 0}, {store.ErrNoTarget, 400, "noTarget", 0},
		{store.ErrImmutable, 400, "mutability", 0}, {store.ErrClearRefused, 400, "invalidValue", 0}, {store.ErrTooMany, 400, "tooMany", 0},
		{&store.ConflictError{Attribute: "displayName"}, 409, "uniqueness", 0}, {&store.InvalidError{Attribute: "displayName", Reason: "is odd"}, 400, "invalidValue", 0},
		{&store.UnknownMemberError{Values: []string{"u"}}, 400, "invalidValue", 0}, {&store.ThrottledError{}, 429, "", 0},
		{store.ErrUnavailable, 503, "", 1}, {context.DeadlineExceeded, 503, "", 1}, {context.Canceled, 503, "", 0},
		{scim.ErrForbidden, 403, "", 0}, {errors.New("host-text"), 500, "", 1},
	} {
		for _, err := range []error{c.err, fmt.Errorf("host-text: %w", c.err)} {
			logged := newRecords()
			h := newHandler(t, scim.Config{Groups: failing(err), Logger: slog.New(logged)})
			for _, r := range []request{{"", "GET", "/Groups", "", 0, "", nil}, {"", "DELETE", "/Groups/x", "", 0, "", nil}, {"", "POST", "/Groups", group(`"displayName":"x"`), 0, "", nil}, {"", "PUT", "/Groups/x", group(`"displayName":"x"`), 0, "", nil}} {
				a := do(t, h, r.method, r.path, r.body).is(t, c.status, c.scimType)
				if strings.Contains(a.text, "host-text") {
					t.Errorf("%v: %s", err, a.text)
				}
			}
			if n := len(logged.lines(t)); n != 4*c.logged {
				t.Errorf("%v: logged %d times", err, n)
			}
		}
	}
}

// The Handler works wherever it is mounted, and knows where it is.
func TestMounting(t *testing.T) {
	ids := []string{"plain", "with space", "a/b", "a//b", "100%", "%2F", "grün/世界", "v1.2", "a..b", "x;y=1", "q?x#y", "+", "Groups", "a:b@c", "~", "back\\slash"}
	for name, c := range map[string]struct {
		prefix string // of the requests
		strip  string
		base   string
	}{
		"at the root":                                  {"", "", ""},
		"under a prefix":                               {"/scim/v2", "", ""},
		"under a deep prefix":                          {"/api/v2/tenants/t-1/scim/v2", "", ""},
		"under a prefix with an escape":                {"/my%20scim", "", ""},
		"with StripPrefix":                             {"/scim/v2", "/scim/v2", ""},
		"with StripPrefix of a part":                   {"/api/scim/v2", "/api", ""},
		"with a base URL":                              {"/scim/v2", "", "https://example.com/scim/v2"},
		"with a base URL and StripPrefix":              {"/scim/v2", "/scim/v2", "https://example.com/scim/v2"},
		"with a base URL of another path (a gateway)":  {"/internal", "", "https://example.com/public/scim/"},
		"with a base URL whose path ends like a group": {"/Groups", "", "https://example.com/Groups"},
	} {
		for _, mux := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, mux %t", name, mux), func(t *testing.T) {
				// A Group's name is its id here, so that ids can be chosen.
				h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{IDFromName: true}), BaseURL: c.base})
				if c.strip != "" {
					h = http.StripPrefix(c.strip, h)
				}
				if mux {
					m := http.NewServeMux()
					pattern, err := url.PathUnescape(c.prefix)
					if err != nil {
						t.Fatal(err)
					}
					m.Handle(strings.ReplaceAll(pattern, " ", "%20")+"/", h)
					h = m
				}
				base := strings.TrimSuffix(c.base, "/")
				if base == "" {
					base = "http://example.com" + c.prefix
				}
				send := func(method, path, body string) answer {
					t.Helper()
					return serve(t, h, httptest.NewRequest(method, c.prefix+path, strings.NewReader(body)))
				}
				for _, id := range ids {
					escaped := url.PathEscape(id)
					a := send("POST", "/Groups", group(`"displayName":`+text(t, id))).is(t, 201, "")
					if want := base + "/Groups/" + escaped; a.header.Get("Location") != want || a.str("/meta/location") != want {
						t.Errorf("%q: Location is %s, want %s", id, a.header.Get("Location"), want)
					}
					b := send("GET", "/Groups/"+escaped, "")
					if b.status != 200 || b.str("/id") != id || b.text != a.text {
						t.Errorf("%q: GET answers %d %s", id, b.status, b.text)
					}
					send("PATCH", "/Groups/"+escaped, patchOp(`{"op":"add","path":"members","value":["u"]}`)).is(t, 204, "")
					send("PUT", "/Groups/"+escaped+"/", group(`"displayName":`+text(t, id))).is(t, 200, "")
				}
				send("GET", "/Groups", "").is(t, 200, "").has(t, map[string]any{"/totalResults": len(ids)})
				send("GET", "/Groups/", "").is(t, 200, "").has(t, map[string]any{"/totalResults": len(ids)})
				send("POST", "/Groups/.search", search("")).is(t, 200, "").has(t, map[string]any{"/totalResults": len(ids)})
				send("GET", "/Groups/.search", "").is(t, 405, "")
				send("DELETE", "/Groups/.search", "").is(t, 405, "")
				send("GET", "/Schemas/"+groupURN, "").is(t, 200, "").has(t, map[string]any{"/meta/location": base + "/Schemas/" + groupURN})
				send("GET", "/Groups/plain/members", "").is(t, 404, "")
				if !mux { // ServeMux redirects doubled slashes by itself
					send("GET", "//Groups", "").is(t, 200, "").has(t, map[string]any{"/totalResults": len(ids)})
					send("GET", "/Groups//plain", "").is(t, 200, "").has(t, map[string]any{"/id": "plain"})
				}
				for _, id := range ids {
					send("DELETE", "/Groups/"+url.PathEscape(id), "").is(t, 204, "")
				}
			})
		}
	}
	t.Run("a path with escaped letters is the same path (RFC 3986 section 6.2.2)", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		id := create(t, h, "G")
		do(t, h, "GET", "/%47roups/"+id, "").is(t, 200, "")
		do(t, h, "POST", "/Groups/%2Esearch", search("")).is(t, 200, "")
		do(t, h, "GET", "/Groups/%"+strconv.FormatInt(int64(id[0]), 16)+id[1:], "").is(t, 200, "")
	})
	t.Run("without a base URL, what is odd in a prefix is escaped in the URLs", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		create(t, h, "G")
		for _, prefix := range []string{`/a"b`, `/a\b`, "/<a>", "/ä"} {
			u, err := url.ParseRequestURI(prefix + "/Groups")
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.URL, r.RequestURI = u, prefix+"/Groups" // as a server gets it
			a := serve(t, h, r).is(t, 200, "")
			if location := a.str("/Resources/0/meta/location"); !strings.HasPrefix(location, "http://example.com"+(&url.URL{Path: prefix}).EscapedPath()+"/Groups/") {
				t.Errorf("%s: meta.location is %q", prefix, location)
			}
		}
	})
	t.Run("ids that no group can have are not found", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		for _, path := range []string{"/Groups/%00", "/Groups/%FF", "/Groups/.", "/Groups/..", "/Groups/.hidden", "/Groups/%2E%2E%2FGroups", "/Groups/" + strings.Repeat("x", 10_000)} {
			do(t, h, "GET", path, "").is(t, 404, "")
			do(t, h, "DELETE", path, "").is(t, 404, "")
		}
	})
	t.Run("a server on TLS gives https URLs", func(t *testing.T) {
		server := httptest.NewTLSServer(newHandler(t, scim.Config{}))
		defer server.Close()
		response, err := server.Client().Post(server.URL+"/x/Groups", "application/scim+json", strings.NewReader(group(`"displayName":"G"`)))
		if err != nil {
			t.Fatal(err)
		}
		if body := readAll(t, response); !strings.HasPrefix(response.Header.Get("Location"), server.URL+"/x/Groups/") {
			t.Errorf("Location is %q: %s", response.Header.Get("Location"), body)
		}
	})
}

// Bearer tokens (RFC 6750).
func TestBearerTokens(t *testing.T) {
	h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("old-token", "new-token"), Authorize: func(_ context.Context, a scim.Access) error {
		if strings.Contains(a.Subject.Name, "token-") && !strings.Contains(a.Subject.Name, "old") && !strings.Contains(a.Subject.Name, "new") {
			return nil
		}
		return fmt.Errorf("the subject is %q", a.Subject.Name)
	}}})
	for _, c := range []struct {
		name      string
		headers   []string
		status    int
		challenge string
	}{
		{"the old token during rotation", []string{"Bearer old-token"}, 200, ""},
		{"the new token during rotation", []string{"Bearer new-token"}, 200, ""},
		{"the scheme in another letter case", []string{"bearer new-token"}, 200, ""},
		{"several spaces", []string{"Bearer   new-token "}, 200, ""},
		{"no credentials", nil, 401, `Bearer realm="scim"`},
		{"another scheme", []string{"Basic bmV3LXRva2Vu"}, 401, `Bearer realm="scim"`},
		{"a wrong token", []string{"Bearer wrong"}, 401, `error="invalid_token"`},
		{"the beginning of a token", []string{"Bearer old"}, 401, `error="invalid_token"`},
		{"a token in another letter case", []string{"Bearer OLD-TOKEN"}, 401, `error="invalid_token"`},
		{"an empty token", []string{"Bearer "}, 400, `error="invalid_request"`},
		{"the scheme alone", []string{"Bearer"}, 400, `error="invalid_request"`},
		{"two headers", []string{"Bearer old-token", "Bearer new-token"}, 400, `error="invalid_request"`},
		{"two tokens in one header", []string{"Bearer old-token, new-token"}, 400, `error="invalid_request"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []string
			for _, value := range c.headers {
				headers = append(headers, "Authorization", value)
			}
			a := do(t, h, "GET", "/Groups", "", headers...).is(t, c.status, "")
			got := a.header.Get("WWW-Authenticate")
			if !strings.Contains(got, c.challenge) || (c.challenge == "") != (got == "") || !strings.Contains(c.challenge, "error=") && strings.Contains(got, "error=") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
	t.Run("a token in the query or the body is none", func(t *testing.T) {
		do(t, h, "GET", "/Groups?access_token=new-token", "").is(t, 401, "")
		do(t, h, "POST", "/Groups", "access_token=new-token", "Content-Type", "application/x-www-form-urlencoded").is(t, 401, "")
	})
	t.Run("nothing is read before authentication", func(t *testing.T) {
		body := &endless{text: " "}
		a := serve(t, h, httptest.NewRequest("POST", mount+"/Groups", body))
		if a.status != 401 || body.read > 0 {
			t.Errorf("%d after %d bytes", a.status, body.read)
		}
	})
	t.Run("Anonymous lets everybody in", func(t *testing.T) {
		h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.Anonymous}})
		do(t, h, "GET", "/Groups", "").is(t, 200, "")
		do(t, h, "GET", "/Groups", "", "Authorization", "Bearer anything").is(t, 200, "")
	})
}

// Many clients at once lose nothing.
func TestConcurrentClients(t *testing.T) {
	// all sends a request per client at the same moment and counts the statuses.
	all := func(t *testing.T, n int, request func(i int) *http.Request) map[int]int {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
		defer client.CloseIdleConnections()
		start, statuses := make(chan struct{}), make(chan int, n)
		var group sync.WaitGroup
		for i := range n {
			r := request(i)
			group.Go(func() {
				<-start
				response, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				statuses <- response.StatusCode
			})
		}
		close(start)
		group.Wait()
		close(statuses)
		counts := map[int]int{}
		for s := range statuses {
			counts[s]++
		}
		return counts
	}
	setup := func(t *testing.T) (http.Handler, func(method, path, body string, headers ...string) *http.Request) {
		h := newHandler(t, scim.Config{})
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return h, func(method, path, body string, headers ...string) *http.Request {
			r, err := http.NewRequest(method, server.URL+mount+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/scim+json")
			for i := 0; i+1 < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			return r
		}
	}
	t.Run("of 16 PATCHes with the same If-Match one wins", func(t *testing.T) {
		h, request := setup(t)
		id := create(t, h, "G")
		tag := do(t, h, "GET", "/Groups/"+id, "").header.Get("ETag")
		counts := all(t, 16, func(i int) *http.Request {
			return request("PATCH", "/Groups/"+id, patchOp(fmt.Sprintf(`{"op":"add","path":"members","value":["u%d"]}`, i)), "If-Match", tag)
		})
		if counts[204] != 1 || counts[412] != 15 || len(membersOf(t, h, id)) != 1 {
			t.Errorf("statuses %v, members %q", counts, membersOf(t, h, id))
		}
	})
	t.Run("of 16 PUTs with the same If-Match one wins", func(t *testing.T) {
		h, request := setup(t)
		id := create(t, h, "G")
		tag := do(t, h, "GET", "/Groups/"+id, "").header.Get("ETag")
		counts := all(t, 16, func(i int) *http.Request {
			return request("PUT", "/Groups/"+id, group(fmt.Sprintf(`"displayName":"G%d"`, i)), "If-Match", tag)
		})
		if counts[200] != 1 || counts[412] != 15 {
			t.Errorf("statuses %v", counts)
		}
	})
	t.Run("of 16 DELETEs one finds the group", func(t *testing.T) {
		h, request := setup(t)
		id := create(t, h, "G")
		if counts := all(t, 16, func(int) *http.Request { return request("DELETE", "/Groups/"+id, "") }); counts[204] != 1 || counts[404] != 15 {
			t.Errorf("statuses %v", counts)
		}
	})
	t.Run("of 32 POSTs with one name one is made", func(t *testing.T) {
		h, request := setup(t)
		counts := all(t, 32, func(i int) *http.Request {
			name := []string{"Same Name", "SAME NAME", "same name"}[i%3]
			return request("POST", "/Groups", group(`"displayName":"`+name+`"`))
		})
		if counts[201] != 1 || counts[409] != 31 {
			t.Errorf("statuses %v", counts)
		}
		do(t, h, "GET", "/Groups", "").has(t, map[string]any{"/totalResults": 1})
	})
	t.Run("of 16 clients that add, remove, rename and read none loses anything", func(t *testing.T) {
		h, request := setup(t)
		const each = 10
		var old []string
		for i := range 16 * each {
			old = append(old, fmt.Sprintf("old-%02d-%d", i/each, i%each))
		}
		id := create(t, h, "G", old...)
		for round := range each {
			counts := all(t, 32, func(i int) *http.Request {
				switch client := i / 2; {
				case i%2 == 0:
					return request("PATCH", "/Groups/"+id, patchOp(
						fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"new-%02d-%d"}]}`, client, round),
						fmt.Sprintf(`{"op":"remove","path":"members[value eq \"old-%02d-%d\"]"}`, client, round)))
				case client%4 == 0:
					return request("PATCH", "/Groups/"+id, patchOp(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"G %d"}`, client)))
				}
				return request("GET", "/Groups/"+id, "")
			})
			if counts[204] != 20 || counts[200] != 12 {
				t.Fatalf("statuses %v", counts)
			}
		}
		var want []string
		for i := range 16 * each {
			want = append(want, fmt.Sprintf("new-%02d-%d", i/each, i%each))
		}
		equal(t, "members", membersOf(t, h, id), want)
	})
}
