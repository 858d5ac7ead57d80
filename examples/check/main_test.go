package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// serve serves groups, with a fault if wrong is not nil.
func serve(t *testing.T, wrong func(w http.ResponseWriter, r *http.Request, h http.Handler)) (url string, groups store.GroupStore) {
	t.Helper()
	groups = memory.New()
	h, err := scim.NewHandler(scim.Config{Groups: groups, Auth: scim.Auth{Authenticator: scim.BearerTokens("secret"), PublicDiscovery: true}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong != nil {
			wrong(w, r, h)
		} else {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/scim/v2", groups
}

// wrongStatus serves groups, but POST is 200.
func wrongStatus(w http.ResponseWriter, r *http.Request, h http.Handler) {
	if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/Groups") {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, r)
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		status := recorder.Code
		if status == 201 {
			status = 200
		}
		w.WriteHeader(status)
		w.Write(recorder.Body.Bytes())
		return
	}
	h.ServeHTTP(w, r)
}

// execute runs the program and returns its exit status and what it wrote.
func execute(t *testing.T, args ...string) (status int, out string, err error) {
	t.Helper()
	var b bytes.Buffer
	c := &command{out: &b, progress: io.Discard}
	status, err = c.run(t.Context(), args)
	return status, b.String(), err
}

func left(t *testing.T, groups store.GroupStore) int {
	t.Helper()
	page, err := groups.List(context.Background(), store.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Groups)
}

func TestAServiceThatConformsIsStatus0(t *testing.T) {
	url, groups := serve(t, nil)
	status, out, err := execute(t, "-url", url, "-token", "secret", "-rate", "1e6")
	if status != 0 || err != nil || !strings.Contains(out, "The service conforms.") || strings.Contains(out, "\x1b") {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
	if n := left(t, groups); n > 0 {
		t.Errorf("%d groups are left", n)
	}
}

func TestAServiceThatDoesNotConformIsStatus1(t *testing.T) {
	url, groups := serve(t, wrongStatus)
	dir := t.TempDir()
	status, out, err := execute(t, "-url", url+"/", "-token", "secret", "-rate", "1e6", "-profile", "rfc7644",
		"-json", filepath.Join(dir, "report.json"), "-junit", filepath.Join(dir, "report.xml"))
	if status != 1 || err != nil {
		t.Fatalf("status %d, %v\n%s", status, err, out)
	}
	for _, part := range []string{
		"failed    C03  MUST    A POST that creates a group returns 201.", "status 200, and should be 201", "POST " + url + "/Groups",
		"Source: RFC 7644 §3.3", "Clients take the response for a failure", "The service does not conform",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Profile  string
		Conforms bool
		Results  []scimtest.Result
	}
	if err := json.Unmarshal(data, &report); err != nil || report.Conforms || report.Profile != "rfc7644" || len(report.Results) < 100 {
		t.Errorf("the JSON is %.300s, %v", data, err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, "report.xml")); err != nil {
		t.Fatal(err)
	}
	var suite testSuite
	if err := xml.Unmarshal(data, &suite); err != nil || suite.Failures == 0 || suite.Tests != len(report.Results)+1 || suite.Errors != 0 || len(suite.Cases) != suite.Tests {
		t.Errorf("the XML is %.300s, %v", data, err)
	}
	if bytes.Contains(data, []byte("secret")) || strings.Contains(out, "secret") {
		t.Error("the token is in the report")
	}
	if n := left(t, groups); n > 0 {
		t.Errorf("%d groups are left", n)
	}
}

func TestWhatCannotBeCheckedIsStatus2(t *testing.T) {
	url, _ := serve(t, nil)
	for name, args := range map[string][]string{
		"no URL":          {},
		"wrong token":     {"-url", url, "-token", "wrong"},
		"not there":       {"-url", "http://127.0.0.1:1/scim/v2"},
		"unknown flag":    {"-nothing"},
		"unknown profile": {"-url", url, "-token", "secret", "-profile", "nothing"},
		"unknown rule":    {"-url", url, "-token", "secret", "-only", "Z99"},
		"argument":        {"-url", url, "more"},
		"rate":            {"-url", url, "-rate", "0"},
		"no rate":         {"-url", url, "-rate", "NaN"},
		"list of a rule":  {"-list", "-only", "Z99"},
		"header":          {"-url", url, "-header", "x"},
		"transcript":      {"-url", url, "-transcript", "/nothing.json"},
	} {
		if status, out, err := execute(t, args...); status != 2 || err == nil {
			t.Errorf("%s: status %d, %v\n%s", name, status, err, out)
		}
	}
}

func TestOnlySomeRulesATranscriptAndOutputForPrograms(t *testing.T) {
	url, _ := serve(t, nil)
	file := filepath.Join(t.TempDir(), "somebody.json")
	transcript := `[{"name":"create","method":"POST","path":"/Groups","headers":{"Authorization":"Bearer {{token}}","Content-Type":"application/json"},
		"body":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff"},"expect":{"status":[409]}}]`
	if err := os.WriteFile(file, []byte(transcript), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, err := execute(t, "-url", url, "-header", "Authorization: Bearer secret", "-rate", "1e6", "-only", "c03,somebody", "-transcript", file, "-json", "-")
	var report scimtest.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if status != 1 || err != nil || len(report.Results) != 2 || report.Results[0].Outcome != scimtest.Passed || report.Results[1].Outcome != scimtest.Failed {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
}

func TestMembersAreUsersOfTheService(t *testing.T) {
	var asked atomic.Int32
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/Users") {
			asked.Add(1)
			pages := map[string]string{"1": `{"Resources":[{"id":"ann"},{"id":"bob"}]}`, "3": `{"Resources":[{"id":"cid"}]}`, "4": `{}`}
			io.WriteString(w, pages[r.FormValue("startIndex")])
			return
		}
		h.ServeHTTP(w, r)
	})
	status, out, err := execute(t, "-url", url, "-token", "secret", "-rate", "1e6", "-members", "users", "-only", "H20,N14", "-v")
	if status != 0 || err != nil || asked.Load() == 0 || !strings.Contains(out, "passed    H20") ||
		!strings.Contains(out, "the rule needs 256 ids of members, and there are 3") {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
}

func TestListSendsNothing(t *testing.T) {
	status, out, err := execute(t, "-list", "-profile", "okta")
	if status != 0 || err != nil || !strings.Contains(out, "H20  MUST") || !strings.Contains(out, "okta-oin-patch") {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
}

func TestListHasWhatWouldBeChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "somebody.json")
	if err := os.WriteFile(file, []byte(`[{"method":"GET","path":"/Groups"}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, err := execute(t, "-list", "-transcript", file, "-only", "somebody,c03")
	if status != 0 || err != nil || !strings.Contains(out, "C03  MUST") || !strings.Contains(out, "somebody  need") ||
		!strings.Contains(out, ": 2 rules.") {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
}

// A report of a run that was interrupted, or that left something, does not look like
// success to a program.
func TestAReportOfHalfARunIsNoSuccess(t *testing.T) {
	url, _ := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	c := &command{out: &out, progress: io.Discard}
	dir := t.TempDir()
	time.AfterFunc(300*time.Millisecond, cancel)
	status, err := c.run(ctx, []string{"-url", url, "-token", "secret", "-json", filepath.Join(dir, "a.json"),
		"-junit", filepath.Join(dir, "a.xml")})
	if status != 2 || err == nil || !strings.Contains(out.String(), "interrupted") || strings.Contains(out.String(), "conforms") {
		t.Errorf("status %d, %v\n%s", status, err, out.String())
	}
	report, err := os.ReadFile(filepath.Join(dir, "a.json"))
	if err != nil || !bytes.Contains(report, []byte(`"conforms": false`)) {
		t.Errorf("%v\n%s", err, report)
	}
	var suite testSuite
	data, err := os.ReadFile(filepath.Join(dir, "a.xml"))
	if err != nil || xml.Unmarshal(data, &suite) != nil || suite.Errors != 1 {
		t.Errorf("%v\n%s", err, data)
	}
	left, err := junit(&scimtest.Report{Complete: true, Left: []string{"x"}})
	if suite = (testSuite{}); err != nil || xml.Unmarshal(left, &suite) != nil || suite.Errors != 1 {
		t.Errorf("%v\n%s", err, left)
	}
}

// What a service says is no command to the terminal.
func TestResponsesDoNotControlTheTerminal(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		if r.Method == "POST" {
			w.Header().Set("Content-Type", "application/scim+json")
			w.WriteHeader(400)
			io.WriteString(w, `{"detail":"\u001b[2J\u009b31m\u202e","scimType":"\u001b[2J"}`)
			return
		}
		h.ServeHTTP(w, r)
	})
	dir := t.TempDir()
	status, out, err := execute(t, "-url", url, "-token", "secret", "-rate", "1e6", "-junit", filepath.Join(dir, "a.xml"))
	if status != 1 || err != nil || strings.ContainsAny(out, "\x1b\u009b\u202e\r") {
		t.Errorf("status %d, %v\n%q", status, err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a.xml"))
	if err == nil {
		err = xml.Unmarshal(data, &testSuite{})
	}
	if err != nil {
		t.Error(err)
	}
}

func TestKeepAndSweep(t *testing.T) {
	url, groups := serve(t, nil)
	if status, out, err := execute(t, "-url", url, "-token", "secret", "-rate", "1e6", "-only", "C03,C05", "-keep"); status != 0 || left(t, groups) != 2 {
		t.Errorf("status %d, %v, %d groups\n%s", status, err, left(t, groups), out)
	}
	if _, err := groups.Create(t.Context(), store.Group{DisplayName: "Staff"}); err != nil {
		t.Fatal(err)
	}
	status, out, err := execute(t, "-url", url, "-token", "secret", "-rate", "1e6", "-sweep")
	if status != 0 || err != nil || left(t, groups) != 1 || !strings.Contains(out, "2 groups were deleted.") {
		t.Errorf("status %d, %v, %d groups\n%s", status, err, left(t, groups), out)
	}
}

func TestColorsAndProgressOnATerminal(t *testing.T) {
	url, _ := serve(t, wrongStatus)
	var out, progress bytes.Buffer
	c := &command{out: &out, progress: &progress, colors: true, live: true}
	if status, err := c.run(t.Context(), []string{"-url", url, "-token", "secret", "-rate", "1e6", "-only", "C03,C05"}); status != 1 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	if !strings.Contains(out.String(), "\x1b[31mfailed") || !strings.Contains(progress.String(), "\r\x1b[K[2/2, 1 failed] C05") ||
		!strings.HasSuffix(progress.String(), "\r\x1b[K") {
		t.Errorf("%q\n%s", progress.String(), out.String())
	}
}

// The real program is interrupted as from a terminal.
func TestAnInterruptedRunIsStatus2AndLeavesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes cannot be interrupted there")
	}
	program := filepath.Join(t.TempDir(), "check")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	created := make(chan struct{}, 1000)
	url, groups := serve(t, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
		h.ServeHTTP(w, r)
		if r.Method == "POST" {
			created <- struct{}{}
		}
	})
	command := exec.Command(program, "-url", url, "-rate", "200")
	command.Env = append(os.Environ(), "SCIM_TOKEN=secret")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		select {
		case <-created:
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing is created: %s", stderr.String())
		}
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := command.Wait()
	if status := command.ProcessState.ExitCode(); status != 2 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("status %d, %v\n%s", status, err, stderr.String())
	}
	if n := left(t, groups); n > 0 {
		t.Errorf("%d groups are left", n)
	}
}
