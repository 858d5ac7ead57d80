package scimtest

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A Transcript is one run of a client: its requests in order, and what the responses
// must be. Those of real clients come with this package; see [Transcripts]. The format
// of a file is described in the folder transcripts of this package.
type Transcript struct {
	// Name of the client.
	Name  string
	Steps []Step
}

// Step is one request of a client and what the response must be.
type Step struct {
	// Name says what the client wants.
	Name string `json:"name"`
	// Method and Path of the request. The path is below the base URL, and has the query
	// as the client sends it.
	Method string `json:"method"`
	Path   string `json:"path"`
	// Headers of the request.
	Headers map[string]string `json:"headers"`
	// Body of the request, or null. BodyRaw is the body if it is not JSON.
	Body    json.RawMessage `json:"body"`
	BodyRaw *string         `json:"body_raw,omitempty"`
	// Expect says what the response must be.
	Expect Expectation `json:"expect"`
	// Capture are variables that get their values from the response: name to pointer.
	Capture map[string]string `json:"capture,omitempty"`
	// Mode is how a service has to behave that the client talks to: "scim1.1" in the
	// dialect of Workspace ONE Access, "id-is-displayName" as Opsera. Empty for SCIM 2.0.
	Mode string `json:"mode,omitempty"`
	// Verify reports that the client does not send this request, which was added to see
	// what the one before it did.
	Verify bool `json:"verify,omitempty"`
	// Confidence and Source say where the step comes from.
	Confidence string `json:"confidence,omitempty"`
	Source     string `json:"source,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Expectation is what a response must be. Pointers name places in its JSON: names and
// indexes after slashes.
type Expectation struct {
	// Status is one of these, or any that is no error.
	Status []int `json:"status"`
	// JSON has the values at pointers, Absent the pointers that have none or null, and
	// Count the lengths of the lists at pointers.
	JSON   map[string]any `json:"json,omitempty"`
	Absent []string       `json:"absent,omitempty"`
	Count  map[string]int `json:"count,omitempty"`
	// Members are the values of all members, in any order; nil if they do not matter.
	Members *[]string `json:"members,omitempty"`
	// BodyContains are parts of the body, RespHeaders parts of headers.
	BodyContains []string          `json:"body_contains,omitempty"`
	RespHeaders  map[string]string `json:"resp_headers,omitempty"`
}

//go:embed transcripts/*.json
var recordings embed.FS

// Transcripts returns the transcripts of clients that come with this package, by name.
func Transcripts() []Transcript {
	files, err := recordings.ReadDir("transcripts")
	if err != nil {
		panic(err)
	}
	var all []Transcript
	for _, file := range files {
		data, err := recordings.ReadFile(path.Join("transcripts", file.Name()))
		if err != nil {
			panic(err)
		}
		t, err := ReadTranscript(strings.TrimSuffix(file.Name(), ".json"), bytes.NewReader(data))
		if err != nil {
			panic(err)
		}
		all = append(all, t)
	}
	return all
}

// Recorded returns the transcript of a client that comes with this package, and ends
// the test if there is none of that name.
func Recorded(t testing.TB, name string) Transcript {
	t.Helper()
	all := Transcripts()
	i := slices.IndexFunc(all, func(t Transcript) bool { return t.Name == name })
	if i < 0 {
		t.Fatalf("there is no transcript of %q", name)
	}
	return all[i]
}

// ReadTranscript reads a transcript from JSON, such as one that was downloaded from a
// service that recorded what a client sent.
func ReadTranscript(name string, r io.Reader) (Transcript, error) {
	t := Transcript{Name: name}
	if err := json.NewDecoder(r).Decode(&t.Steps); err != nil {
		return t, fmt.Errorf("transcript %s: %w", name, err)
	}
	for i := range t.Steps {
		if s := &t.Steps[i]; s.Method == "" || !strings.HasPrefix(s.Path, "/") {
			return t, fmt.Errorf("transcript %s: step %d has no method or no path", name, i+1)
		}
	}
	return t, nil
}

// Replay sends the steps in order, each in a subtest, to a service that is new and
// empty. [Run] replays transcripts against services that hold other groups.
func (tr Transcript) Replay(t *testing.T, target Target) {
	t.Helper()
	service, err := target.open()
	if err != nil {
		t.Fatal(err)
	}
	defer service.close()
	vars := variables{"token": target.Token, "user1": "u-0001", "user2": "u-0002", "user3": "u-0003"}
	for i := range tr.Steps {
		step := &tr.Steps[i]
		t.Run(fmt.Sprintf("%02d %s", i+1, step.Name), func(t *testing.T) {
			request, err := step.request(t.Context(), service.base, vars)
			if err != nil {
				t.Fatal(err)
			}
			response, err := service.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			problems := step.check(&reply{response.StatusCode, response.Header, body}, vars)
			for _, p := range problems {
				t.Error(p)
			}
			if problems != nil {
				t.Logf("%s %s: %d\n%s", step.Method, step.Path, response.StatusCode, body)
			}
		})
	}
}

// variables are the values of {{name}}.
type variables map[string]string

// fill puts the values of variables in the place of {{name}}.
func (v variables) fill(s string) string {
	for name, value := range v {
		s = strings.ReplaceAll(s, "{{"+name+"}}", value)
	}
	return s
}

// request returns the request of a step.
func (s *Step) request(ctx context.Context, base string, vars variables) (*http.Request, error) {
	body := strings.NewReader(vars.fill(s.text()))
	r, err := http.NewRequestWithContext(ctx, s.Method, base+vars.fill(s.Path), body)
	if err != nil {
		return nil, err
	}
	for name, value := range s.Headers {
		if strings.EqualFold(name, "Accept-Encoding") {
			continue // is the transport's
		}
		r.Header.Set(name, vars.fill(value))
	}
	return r, nil
}

// text is the body of a step as it is recorded.
func (s *Step) text() string {
	switch {
	case s.BodyRaw != nil:
		return *s.BodyRaw
	case string(s.Body) == "null":
		return ""
	default:
		return string(s.Body)
	}
}

// check returns what is wrong with a response, and captures variables from it.
func (s *Step) check(r *reply, vars variables) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	e := &s.Expect
	if len(e.Status) == 0 && r.status >= 400 {
		wrong("status %d, want a success", r.status)
		return problems
	} else if len(e.Status) > 0 && !slices.Contains(e.Status, r.status) {
		wrong("status %d, want %v", r.status, e.Status)
		return problems
	}
	for _, name := range slices.Sorted(maps.Keys(e.RespHeaders)) {
		part := e.RespHeaders[name]
		if value := r.header.Get(name); !strings.Contains(value, vars.fill(part)) {
			wrong("header %s is %q, want %q in it", name, value, part)
		}
	}
	if r.status == http.StatusNoContent {
		if len(r.body) > 0 {
			wrong("204 with a body")
		}
		return problems
	}
	for _, part := range e.BodyContains {
		if !bytes.Contains(r.body, []byte(vars.fill(part))) {
			wrong("no %q in the body", part)
		}
	}
	var doc any
	if err := json.Unmarshal(r.body, &doc); err != nil && len(r.body) > 0 {
		wrong("the body is not JSON: %v", err)
		return problems
	}
	for _, pointer := range slices.Sorted(maps.Keys(e.JSON)) {
		want := e.JSON[pointer]
		if text, ok := want.(string); ok {
			want = vars.fill(text)
		}
		got, _ := at(doc, pointer)
		if least, ok := want.(atLeast); ok {
			if n, ok := got.(float64); !ok || n < float64(least) {
				wrong("%s is %v, want %v or more", pointer, got, least)
			}
		} else if !reflect.DeepEqual(got, want) {
			wrong("%s is %v, want %v", pointer, got, want)
		}
	}
	for _, pointer := range e.Absent {
		if got, ok := at(doc, pointer); ok && got != nil {
			wrong("%s is %v, want nothing", pointer, got)
		}
	}
	for _, pointer := range slices.Sorted(maps.Keys(e.Count)) {
		want := e.Count[pointer]
		got, _ := at(doc, pointer)
		if list, _ := got.([]any); len(list) != want {
			wrong("%s has %d elements, want %d", pointer, len(list), want)
		}
	}
	if e.Members != nil {
		var want []string
		for _, m := range *e.Members {
			want = append(want, vars.fill(m))
		}
		slices.Sort(want)
		if got := memberValues(doc); !slices.Equal(got, want) {
			wrong("%s", difference(got, want))
		}
	}
	for name, pointer := range s.Capture {
		value, ok := at(doc, pointer)
		if !ok {
			wrong("nothing at %s to capture", pointer)
			continue
		}
		vars[name] = fmt.Sprint(value)
	}
	return problems
}

// difference says how sorted values of members differ from others.
func difference(got, want []string) string {
	left := slices.Clone(want)
	var more []string
	for _, v := range got {
		if i, ok := slices.BinarySearch(left, v); ok {
			left = slices.Delete(left, i, i+1)
		} else {
			more = append(more, v)
		}
	}
	text := fmt.Sprintf("the group has %d members, and should have %d", len(got), len(want))
	list := func(what string, values []string) {
		if n := len(values); n > 5 {
			text += fmt.Sprintf("; %s: %q and %d others", what, values[:4], n-4)
		} else if n > 0 {
			text += fmt.Sprintf("; %s: %q", what, values)
		}
	}
	list("missing", left)
	list("too many", more)
	return text
}

// memberValues returns the sorted values of the members of a group.
func memberValues(group any) []string {
	list, _ := at(group, "/members")
	members, _ := list.([]any)
	var values []string
	for _, m := range members {
		value, _ := at(m, "/value")
		values = append(values, fmt.Sprint(value))
	}
	slices.Sort(values)
	return values
}

// at follows a pointer.
func at(doc any, pointer string) (any, bool) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
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
