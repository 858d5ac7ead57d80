// Package transcript replays recorded requests of SCIM clients against a handler
// over HTTP and checks what they got. The recordings are in testdata/clients,
// one file a client.
package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
)

// Step is one request of a client and what a server has to answer.
type Step struct {
	Name, Method, Path string
	Headers            map[string]string
	Body               json.RawMessage
	BodyRaw            *string `json:"body_raw"`
	Expect             Expectation
	Capture            map[string]string
}

// Expectation is what an answer must be. Pointers name places in its JSON; their
// segments are split on "/".
type Expectation struct {
	Status       []int
	JSON         map[string]any
	Absent       []string
	Count        map[string]int
	Members      *[]string
	BodyContains []string          `json:"body_contains"`
	RespHeaders  map[string]string `json:"resp_headers"`
}

// Token is the bearer token that the clients send.
const Token = "transcript-token"

// Load reads a transcript file.
func Load(t testing.TB, file string) []Step {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []Step
	if err := json.Unmarshal(data, &steps); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return steps
}

// Replay sends the steps in order to a server with the handler, whose endpoints
// are below base ("/scim/v2", say). The handler must be new and empty, and let
// in [Token].
func Replay(t *testing.T, steps []Step, handler http.Handler, base string) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	vars := map[string]string{"token": Token, "user1": "u-0001", "user2": "u-0002", "user3": "u-0003"}
	for i := range steps {
		step := &steps[i]
		t.Run(fmt.Sprintf("%02d %s", i+1, step.Name), func(t *testing.T) {
			run(t, step, server, base, vars)
		})
	}
}

func run(t *testing.T, step *Step, server *httptest.Server, base string, vars map[string]string) {
	t.Helper()
	body := string(step.Body)
	if step.BodyRaw != nil {
		body = *step.BodyRaw
	} else if body == "null" {
		body = ""
	}
	url := server.URL + base + fill(step.Path, vars)
	request, err := http.NewRequest(step.Method, url, strings.NewReader(fill(body, vars)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range step.Headers {
		request.Header.Set(name, fill(value, vars))
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	e := &step.Expect
	if !slices.Contains(e.Status, response.StatusCode) {
		t.Fatalf("%s %s: status %d, want %v\n%s", step.Method, step.Path, response.StatusCode, e.Status, got)
	}
	for name, part := range e.RespHeaders {
		if value := response.Header.Get(name); !strings.Contains(value, fill(part, vars)) {
			t.Errorf("header %s is %q, want %q in it", name, value, part)
		}
	}
	if response.StatusCode == http.StatusNoContent {
		if len(got) > 0 {
			t.Errorf("204 with a body: %s", got)
		}
		return
	}
	for _, part := range e.BodyContains {
		if !bytes.Contains(got, []byte(fill(part, vars))) {
			t.Errorf("the body has no %q:\n%s", part, got)
		}
	}
	var doc any
	if err := json.Unmarshal(got, &doc); err != nil && len(got) > 0 {
		t.Fatalf("the body is not JSON: %v\n%s", err, got)
	}
	check(t, e, doc, vars)
	for name, pointer := range step.Capture {
		value, ok := at(doc, pointer)
		if !ok {
			t.Fatalf("nothing at %s to capture:\n%s", pointer, got)
		}
		vars[name] = fmt.Sprint(value)
	}
	if t.Failed() {
		t.Logf("body: %s", got)
	}
}

func check(t *testing.T, e *Expectation, doc any, vars map[string]string) {
	t.Helper()
	for pointer, want := range e.JSON {
		if s, ok := want.(string); ok {
			want = fill(s, vars)
		}
		if got, _ := at(doc, pointer); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", pointer, got, want)
		}
	}
	for _, pointer := range e.Absent {
		if got, ok := at(doc, pointer); ok && got != nil {
			t.Errorf("%s is %v, want nothing", pointer, got)
		}
	}
	for pointer, want := range e.Count {
		got, _ := at(doc, pointer)
		if list, _ := got.([]any); len(list) != want {
			t.Errorf("%s has %d elements, want %d", pointer, len(list), want)
		}
	}
	if e.Members == nil {
		return
	}
	want := []string{}
	for _, m := range *e.Members {
		want = append(want, fill(m, vars))
	}
	got := []string{}
	list, _ := at(doc, "/members")
	members, _ := list.([]any)
	for _, m := range members {
		value, _ := at(m, "/value")
		got = append(got, fmt.Sprint(value))
	}
	sort.Strings(want)
	sort.Strings(got)
	if !slices.Equal(got, want) {
		t.Errorf("members are %q, want %q", got, want)
	}
}

// at follows a pointer.
func at(doc any, pointer string) (any, bool) {
	for _, segment := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[segment]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			var i int
			if _, err := fmt.Sscanf(segment, "%d", &i); err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// fill puts the variables in the place of {{name}}.
func fill(s string, vars map[string]string) string {
	for name, value := range vars {
		s = strings.ReplaceAll(s, "{{"+name+"}}", value)
	}
	return s
}
