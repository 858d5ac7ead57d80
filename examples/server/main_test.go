package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// running is a server within the process of the test.
type running struct {
	*client
	stop   context.CancelFunc // asks it to end
	ended  chan error         // what run answered
	output string             // what it wrote until it listened
}

// serve runs a server on a free port until it is stopped or the test ends.
func serve(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	output, w := io.Pipe()
	s := &running{stop: stop, ended: make(chan error, 1)}
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), w)
		w.CloseWithError(io.EOF)
		s.ended <- err
	}()
	t.Cleanup(func() { s.end(t) })
	lines := bufio.NewScanner(output)
	made := ""
	for lines.Scan() {
		s.output += lines.Text() + "\n"
		if rest, ok := strings.CutPrefix(lines.Text(), "token: "); ok {
			made = rest
		}
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go io.Copy(io.Discard, output)
			s.client = newClient(url, made)
			return s
		}
	}
	t.Fatalf("the server did not start: %v", <-s.ended)
	return nil
}

// end stops the server and waits until it has ended, without an error.
func (s *running) end(t *testing.T) {
	t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		s.ended <- err // for those who ask again
		if err != nil && s.client != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(stopWithin):
		t.Errorf("the server was still there after %v", stopWithin)
	}
}

func TestFlagsHaveDefaults(t *testing.T) {
	s, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := settings{addr: "127.0.0.1:8080", base: "/scim/v2", store: "sqlite:scimgroups.db", profile: "default"}
	if *s != want {
		t.Errorf("%+v, want %+v", *s, want)
	}
}

func TestTheBaseMayBeWrittenWithAndWithoutSlashes(t *testing.T) {
	for given, want := range map[string]string{
		"/scim/v2": "/scim/v2", "/scim/v2/": "/scim/v2", "scim/v2": "/scim/v2", "//scim//v2//": "/scim/v2", "/": "/", "": "/",
	} {
		s, err := parse([]string{"-base", given}, io.Discard)
		if err != nil || s.base != want {
			t.Errorf("%q is %+v, want %q (%v)", given, s, want, err)
		}
	}
}

func TestWhatCannotBeServedIsRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a flag that is not there":                    {[]string{"-colour", "red"}, "not defined"},
		"an argument":                                 {[]string{"memory:"}, `unexpected argument "memory:"`},
		"a base that no URL has":                      {[]string{"-store", "memory:", "-base", "/a b"}, "not a path"},
		"a URL that is none":                          {[]string{"-store", "memory:", "-url", "app.example.com"}, "not an absolute URL"},
		"a profile that is not there":                 {[]string{"-profile", "nobody"}, `unknown profile "nobody"; there are default, interop, ipsie, lenient, opsera, scim11, strict, workspaceone`},
		"a store that is not there":                   {[]string{"-store", "mongodb://u:p@h"}, `unknown store "mongodb:"`},
		"a store without a scheme":                    {[]string{"-store", "groups"}, "unknown store"},
		"SQLite without a file":                       {[]string{"-store", "sqlite:"}, "unknown store"},
		"SQLite in memory":                            {[]string{"-store", "sqlite::memory:"}, "memory: is one that works"},
		"SQLite in a directory that is not there":     {[]string{"-store", "sqlite:" + filepath.Join(dir, "no", "groups.db")}, "unable to open"},
		"SQLite in a file that is something else":     {[]string{"-store", "sqlite:" + file("text.db", strings.Repeat("no database ", 100))}, "not a database"},
		"PostgreSQL where nobody answers":             {[]string{"-store", "postgres://u:secret@" + silent(t) + "/db"}, "refused"},
		"MariaDB where nobody answers":                {[]string{"-store", "mysql://u:secret@" + silent(t) + "/db"}, "refused"},
		"MariaDB at a URL that is none":               {[]string{"-store", "mysql://u:secret@h:port/db"}, "not a URL"},
		"an address that is taken":                    {[]string{"-store", "memory:", "-addr", busy.Addr().String()}, "in use"},
		"an extension file that is not there":         {[]string{"-store", "memory:", "-extension", filepath.Join(dir, "none.json")}, "none.json"},
		"an extension that is not JSON":               {[]string{"-store", "memory:", "-extension", file("bad.json", "{")}, "bad.json"},
		"an extension that is not a list":             {[]string{"-store", "memory:", "-extension", file("one.json", "{}")}, "one.json"},
		"an extension of an attribute without a type": {[]string{"-store", "memory:", "-extension", file("type.json", `[{"id":"urn:x","name":"X","attributes":[{"name":"a"}]}]`)}, "type"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := run(ctx, c.args, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") || ctx.Err() != nil {
				t.Errorf("%v; want %q in it", err, c.says)
			}
		})
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h answers %v", err)
	}
	for _, name := range []string{"addr", "base", "url", "token", "store", "profile", "extension"} {
		if !strings.Contains(help.String(), "\n  -"+name+" ") {
			t.Errorf("-h does not tell of -%s:\n%s", name, help.String())
		}
	}
}

// silent is an address where nobody listens.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestATokenIsMadeAndPrintedIfThereIsNone(t *testing.T) {
	s := serve(t, "-store", "memory:")
	if !regexp.MustCompile(`^token: [A-Z2-7]{26,}\nlistening on http://127\.0\.0\.1:\d+/scim/v2\n$`).MatchString(s.output) {
		t.Errorf("it prints %q", s.output)
	}
	s.must(t, http.StatusOK, http.MethodGet, "/Groups", nil)
	for _, wrong := range []string{"", "wrong"} {
		newClient(s.url, wrong).must(t, http.StatusUnauthorized, http.MethodGet, "/Groups", nil)
	}
	other := serve(t, "-store", "memory:")
	if other.token == s.token {
		t.Error("two servers made the same token")
	}
}

func TestATokenThatIsGivenIsNotPrinted(t *testing.T) {
	s := serve(t, "-store", "memory:", "-token", token)
	if strings.Contains(s.output, token) || strings.Contains(s.output, "token") {
		t.Errorf("it prints %q", s.output)
	}
	newClient(s.url, token).must(t, http.StatusOK, http.MethodGet, "/Groups", nil)
	newClient(s.url, "").must(t, http.StatusUnauthorized, http.MethodGet, "/Groups", nil)
}

func TestPathsAreServedUnderTheBase(t *testing.T) {
	for _, c := range []struct{ base, url, path string }{
		{"/scim/v2", "/scim/v2", "/scim/v2/Groups"},
		{"/scim/v2", "/scim/v2", "/scim/v2/Groups/"},
		{"/scim/v2", "/scim/v2", "/scim/v2//Groups"},
		{"/scim/v2", "/scim/v2", "//scim/v2/Groups"},
		{"/scim/v2", "/scim/v2", "//scim//v2///Groups//"},
		{"/scim/v2/", "/scim/v2", "/scim/v2/Groups"},
		{"tenants/acme", "/tenants/acme", "/tenants/acme/Groups"},
		{"/", "", "/Groups"},
		{"", "", "/scim/v2/Groups"},
		{"/scim/v1", "/scim/v1", "/scim/v1/Groups"},
		{"/Groups/of/acme", "/Groups/of/acme", "/Groups/of/acme//Groups"},
	} {
		t.Run(fmt.Sprintf("%s under %q", c.path, c.base), func(t *testing.T) {
			s := serve(t, "-store", "memory:", "-token", token, "-base", c.base)
			origin, ok := strings.CutSuffix(s.url, c.url)
			if !ok || strings.Count(origin, "/") != 2 {
				t.Errorf("it listens on %q", s.url)
			}
			web := newClient(origin, token)
			created := web.must(t, http.StatusCreated, http.MethodPost, c.path, resource("Tour Guides"))
			location, ok := strings.CutPrefix(created.header.Get("Location"), origin)
			if !ok {
				t.Fatalf("the group is at %q", created.header.Get("Location"))
			}
			web.must(t, http.StatusOK, http.MethodGet, location, nil)
			web.must(t, http.StatusOK, http.MethodGet, c.path+"?count=1", nil)
		})
	}
}

func TestPathsElsewhereAreNotFound(t *testing.T) {
	s := serve(t, "-store", "memory:", "-token", token)
	web := newClient(strings.TrimSuffix(s.url, "/scim/v2"), token)
	for _, path := range []string{"/", "/Groups", "/scim", "/scim/v2", "/scim/v2/", "/scim/v2x/Groups", "/scim/v2/Nothing", "/healthz/x"} {
		web.must(t, http.StatusNotFound, http.MethodGet, path, nil)
	}
}

func TestBehindAProxyTheURLIsTheOneThatClientsSee(t *testing.T) {
	s := serve(t, "-store", "memory:", "-token", token, "-url", "https://app.example.com/x/scim/v2")
	web := newClient(strings.TrimSuffix(s.url, "/scim/v2"), token)
	created := web.must(t, http.StatusCreated, http.MethodPost, "/scim/v2/Groups", resource("Tour Guides"))
	if location := created.header.Get("Location"); !strings.HasPrefix(location, "https://app.example.com/x/scim/v2/Groups/") {
		t.Errorf("the group is at %q", location)
	}
}

func TestHealthIsThatOfTheStore(t *testing.T) {
	onEachStore(t, false, func(t *testing.T, store string) {
		s := serve(t, "-store", store)
		a := newClient(strings.TrimSuffix(s.url, "/scim/v2"), "").must(t, http.StatusOK, http.MethodGet, "/healthz", nil)
		if string(a.body) != "ok\n" {
			t.Errorf("/healthz is %q", a.body)
		}
	})
	t.Run("which may be gone", func(t *testing.T) {
		handler, groups, err := newService(t.Context(), &settings{base: "/", token: token, profile: "default",
			store: "sqlite:" + filepath.Join(t.TempDir(), "groups.db")})
		if err != nil {
			t.Fatal(err)
		}
		groups.close()
		if code := get(handler, "/healthz"); code != http.StatusServiceUnavailable {
			t.Errorf("/healthz answers %d", code)
		}
	})
}

func TestTheExtensionOfTheFileIsServed(t *testing.T) {
	const urn = "urn:example:params:scim:schemas:extension:tours:2.0:Group"
	file := filepath.Join(t.TempDir(), "extension.json")
	if err := os.WriteFile(file, []byte(`[{"id":"`+urn+`","name":"Tours","description":"Tours",
		"attributes":[{"name":"season","type":"string","multiValued":false,"required":false,"caseExact":false,
		"mutability":"readWrite","returned":"default","uniqueness":"none","description":"When"}]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	onEachStore(t, false, func(t *testing.T, store string) {
		s := serve(t, "-store", store, "-extension", file)
		if a := s.must(t, http.StatusOK, http.MethodGet, "/Schemas/"+urn, nil); !bytes.Contains(a.body, []byte(`"season"`)) {
			t.Errorf("the schema is %s", a.body)
		}
		s.must(t, http.StatusCreated, http.MethodPost, "/Groups",
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","`+urn+`"],"displayName":"a","`+urn+`":{"season":"Summer"}}`)
		a := s.must(t, http.StatusOK, http.MethodGet, "/Groups?filter="+urn+`:season+eq+"summer"`, nil)
		if !bytes.Contains(a.body, []byte(`"totalResults":1`)) || !bytes.Contains(a.body, []byte(`"season":"Summer"`)) {
			t.Errorf("the list is %s", a.body)
		}
	})
}

// The first command of the README keeps its data over a restart.
func TestTheFirstCommandOfTheREADMEKeepsItsData(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^go run (\S+)([^#\n]*)`).FindSubmatch(readme)
	if command == nil || string(command[1]) != "./examples/server" {
		t.Fatalf("the first command of the README is %q", command)
	}
	args := strings.Fields(string(command[2]))
	dir := t.TempDir()
	var id string
	for n := range 3 {
		p := start(t, dir, slices.Concat(args, []string{"-token", token})...)
		if n == 0 {
			id = p.create(t, "Tour Guides", "u1").ID
		}
		g := p.read(t, id)
		if g.DisplayName != "Tour Guides" || len(g.Members) != 1+n {
			t.Errorf("after %d restarts it is %+v", n, g)
		}
		p.must(t, http.StatusNoContent, http.MethodPatch, "/Groups/"+id, patchBody(addMembers([]string{fmt.Sprint("n", n)})))
		p.stop(t)
	}
	if _, err := os.Stat(filepath.Join(dir, "scimgroups.db")); err != nil {
		t.Error(err)
	}
}

// A file may be called whatever the system allows.
func TestFilesOfSQLiteMayHaveAnyName(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"groups.db", "a b.db", "50%.db", "who?.db", "#1.db", "é&x=y.db", "sub:c.db"} {
		s := serve(t, "-store", "sqlite:"+name, "-token", token)
		newClient(s.url, token).create(t, "a")
		s.end(t)
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestARequestInFlightIsFinishedBeforeTheServerEnds(t *testing.T) {
	onEachStore(t, false, func(t *testing.T, store string) {
		s := serve(t, "-store", store, "-token", token)
		address, path, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), "/")
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(stopWithin)); err != nil {
			t.Fatal(err)
		}
		const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Tour Guides"}`
		fmt.Fprintf(conn, "POST /%s/Groups HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/scim+json\r\n"+
			"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", path, address, token, len(body))
		answers := bufio.NewReader(conn)
		// The server says so when it starts to read the body.
		if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}

		s.stop()
		for deadline := time.Now().Add(stopWithin); ; { // until it lets nobody else in
			other, err := net.Dial("tcp", address)
			if err != nil {
				break
			}
			other.Close()
			if time.Now().After(deadline) {
				t.Fatal("it still lets others in")
			}
			time.Sleep(time.Millisecond)
		}
		select {
		case err := <-s.ended:
			t.Fatalf("it ended (%v) with a request in flight", err)
		default:
		}
		if _, err := io.WriteString(conn, body); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			t.Errorf("status %d", response.StatusCode)
		}
		s.end(t)
		if store == "memory:" {
			return // which has ended with it
		}
		again := serve(t, "-store", store, "-token", token)
		if a := newClient(again.url, token).must(t, http.StatusOK, http.MethodGet, "/Groups", nil); !bytes.Contains(a.body, []byte("Tour Guides")) {
			t.Errorf("afterwards: %s", a.body)
		}
	})
}
