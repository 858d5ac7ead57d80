package scimtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// replayed makes a rule of a transcript: what the client sends works on a service that
// holds groups of others too. Names and external ids in the transcript get values of
// their own for that, and of a list that a request does not narrow to them only a lower
// bound is known.
func replayed(t Transcript) Rule {
	var sources []string
	for _, s := range t.Steps {
		if s.Source != "" && !slices.Contains(sources, s.Source) {
			sources = append(sources, s.Source)
		}
	}
	return Rule{ID: t.Name, Sentence: "The requests of " + t.Name + " have the responses that it needs.", Level: Need,
		Source:  "transcript: " + strings.Join(sources, ", "),
		Failure: "The client fails at that step, or does not notice that it failed.",
		check:   func(p *probe) { p.replay(t) }}
}

// replay sends the steps of a transcript. It ends where the steps that follow have lost
// what they are about, or would change a group that is not the rule's.
func (p *probe) replay(t Transcript) {
	own := p.renamed(t)
	vars := variables{"token": p.target.Token}
	for i, id := range p.ids(t.users()) {
		vars[fmt.Sprint("user", i+1)] = id
	}
	anonymous := p.credential()
	if slices.ContainsFunc(t.Steps, func(s Step) bool { return s.authorized() }) {
		anonymous = "" // and in a run from which credentials were removed, no request is
	}
	for i := range t.Steps {
		step := own.step(&t.Steps[i])
		headers := []string{"Accept", "", "Content-Type", "", "Authorization", anonymous}
		for name, value := range step.Headers {
			switch {
			case strings.EqualFold(name, "Accept-Encoding"): // is the transport's
			case strings.EqualFold(name, "Authorization") && !slices.Contains(step.Expect.Status, 401):
				headers[5] = p.credential()
			default:
				headers = append(headers, name, vars.fill(value))
			}
		}
		path, body := vars.fill(step.Path), vars.fill(step.text())
		if p.foreign(step.Method, path, body) {
			p.block("step %d, %s, would change a group that is not of this run", i+1, step.Name)
		}
		r := p.do(step.Method, path, body, headers...)
		for _, problem := range step.check(r.reply, vars) {
			if step.Confidence != "" {
				problem = "(" + step.Confidence + ") " + problem
			}
			r.wrong("step %d, %s: %s", i+1, step.Name, problem)
		}
		for name := range step.Capture {
			if vars[name] == "" {
				return
			}
		}
	}
}

// authorized reports whether a step has credentials.
func (s *Step) authorized() bool {
	for name := range s.Headers {
		if strings.EqualFold(name, "Authorization") {
			return true
		}
	}
	return false
}

// users is how many users the steps are about.
func (tr Transcript) users() int {
	steps, err := json.Marshal(tr.Steps)
	if err != nil {
		return 3
	}
	for n := 3; n > 0; n-- {
		if strings.Contains(string(steps), fmt.Sprintf("{{user%d}}", n)) {
			return n
		}
	}
	return 0
}

// foreign reports whether a request would change a group that is there and that the run
// has not made: what a client has found, by a filter that the service ignores or in a
// list of all groups, is somebody else's.
func (p *probe) foreign(method, path, body string) bool {
	path, _, _ = strings.Cut(path, "?")
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if method == "POST" && len(segments) == 1 && segments[0] == "Bulk" {
		var bulk struct {
			Operations []struct{ Method, Path string }
		}
		json.Unmarshal([]byte(body), &bulk) // what is no bulk request does nothing
		return slices.ContainsFunc(bulk.Operations, func(o struct{ Method, Path string }) bool {
			return p.foreign(o.Method, o.Path, "")
		})
	}
	if method == "GET" || method == "HEAD" || len(segments) < 2 || segments[0] != "Groups" || segments[1] == ".search" {
		return false
	}
	group := "/Groups/" + segments[1]
	if slices.Contains(p.made, group) {
		return false
	}
	r := p.get(group)
	return r.status == 200 && !strings.HasPrefix(strings.ToLower(r.str("/displayName")), p.prefix)
}

// credential is the Authorization that requests have.
func (s *session) credential() string {
	if s.target.Token == "" || s.target.Header.Get("Authorization") != "" {
		return s.target.Header.Get("Authorization")
	}
	return "Bearer " + s.target.Token
}

// ownNames are the values that names and external ids of a transcript get, by what they
// are in the transcript.
type ownNames map[string]string

// renamed chooses values for the names and external ids of a transcript.
func (p *probe) renamed(t Transcript) ownNames {
	own := ownNames{}
	for i := range t.Steps {
		var body any
		if json.Unmarshal([]byte(t.Steps[i].text()), &body) == nil {
			own.collect(p, body)
		}
	}
	return own
}

func (own ownNames) collect(p *probe, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			own.collect(p, e)
		}
	case map[string]any:
		for key, value := range v {
			if path, _ := v["path"].(string); strings.EqualFold(key, "value") && path != "" {
				key = path
			}
			text, ok := value.(string)
			switch {
			case !ok:
				own.collect(p, value)
			case text == "" || own[text] != "":
			case attribute(key) == "displayname":
				own[text] = p.name() + " " + text
			case attribute(key) == "externalid":
				own[text] = another(text, p.stem())
			}
		}
	}
}

// attribute is the last name of a path.
func attribute(path string) string {
	return strings.ToLower(path[strings.LastIndexAny(path, ":.")+1:])
}

// another is an external id of the same form, or one that begins with the prefix.
func another(id, prefix string) string {
	hex := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	if !hex.MatchString(id) {
		return prefix + id
	}
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-4%03x-a%03x-%x", b[:4], b[4:6], int(b[6])<<4|int(b[7])&15, int(b[8])<<4|int(b[9])&15, b[10:])
}

// find returns the own value of one in a transcript, which may have other letter case.
func (own ownNames) find(value string) (string, bool) {
	if v, ok := own[value]; ok {
		return v, true
	}
	for name, v := range own {
		if strings.EqualFold(name, value) && strings.HasSuffix(v, name) {
			return strings.TrimSuffix(v, name) + value, true
		}
	}
	return value, false
}

var (
	// quotedInQuery are literals of filters in URLs.
	quotedInQuery = regexp.MustCompile(`(%22|")(.*?)(%22|")`)
	// groupSegment is the id in a path.
	groupSegment = regexp.MustCompile(`^/Groups/[^/?]+`)
	// inBody are JSON strings.
	inBody = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	// narrow are filters that select what a transcript knows.
	narrow = regexp.MustCompile(`(?i)^((id|displayName|externalId|members(\.value)?) eq "[^"]*"( and |$))+$`)
)

// step returns a step with own values in the place of those of the transcript.
func (own ownNames) step(s *Step) *Step {
	c := *s
	c.Path = groupSegment.ReplaceAllStringFunc(c.Path, func(segment string) string {
		id, err := url.PathUnescape(strings.TrimPrefix(segment, "/Groups/"))
		if value, ok := own.find(id); err == nil && ok {
			return groupPath(value)
		}
		return segment
	})
	c.Path = quotedInQuery.ReplaceAllStringFunc(c.Path, func(quoted string) string {
		parts := quotedInQuery.FindStringSubmatch(quoted)
		literal, err := url.QueryUnescape(parts[2])
		if value, ok := own.find(literal); err == nil && ok {
			return parts[1] + url.QueryEscape(value) + parts[3]
		}
		return quoted
	})
	c.BodyRaw = new(string)
	*c.BodyRaw = own.inText(s.text())
	c.Expect = own.expectation(s)
	return &c
}

// inText replaces JSON strings that are names, and filters' literals that are.
func (own ownNames) inText(s string) string {
	return inBody.ReplaceAllStringFunc(s, func(token string) string {
		var text string
		if json.Unmarshal([]byte(token), &text) != nil {
			return token
		}
		if value, ok := own.find(text); ok {
			return quote(value)
		}
		if strings.Contains(text, `"`) { // a filter
			filter := quotedInQuery.ReplaceAllStringFunc(text, func(quoted string) string {
				value, _ := own.find(strings.Trim(quoted, `"`))
				return `"` + value + `"`
			})
			return quote(filter)
		}
		return token
	})
}

// expectation returns what can be expected of a service that holds other groups too.
func (own ownNames) expectation(s *Step) Expectation {
	e := s.Expect
	e.JSON = map[string]any{}
	broad := own.broad(s)
	for pointer, want := range s.Expect.JSON {
		if text, ok := want.(string); ok {
			want, _ = own.find(text)
		}
		switch {
		case broad && pointer == "/totalResults":
			want = atLeast(want.(float64))
		case broad && (pointer == "/itemsPerPage" || strings.HasPrefix(pointer, "/Resources/")):
			continue
		}
		e.JSON[pointer] = want
	}
	if broad {
		e.Count = nil
	}
	e.BodyContains = nil
	for _, part := range s.Expect.BodyContains {
		e.BodyContains = append(e.BodyContains, own.inText(part))
	}
	return e
}

// atLeast is a lower bound of a number.
type atLeast float64

// broad reports whether a step lists groups that the transcript does not know.
func (own ownNames) broad(s *Step) bool {
	path, query, _ := strings.Cut(s.Path, "?")
	var filter string
	switch {
	case s.Method == "GET" && strings.Trim(path, "/") == "Groups":
		values, _ := url.ParseQuery(query)
		filter = values.Get("filter")
	case s.Method == "POST" && strings.HasSuffix(path, "/.search"):
		var body struct{ Filter string }
		if json.Unmarshal([]byte(s.text()), &body) != nil {
			return true
		}
		filter = body.Filter
	default:
		return false
	}
	return !narrow.MatchString(filter)
}
