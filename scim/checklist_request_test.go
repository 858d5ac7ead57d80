package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// What requests and answers carry.
const (
	mount      = "/scim/v2" // where do sends its requests
	groupURN   = "urn:ietf:params:scim:schemas:core:2.0:Group"
	messageURN = "urn:ietf:params:scim:api:messages:2.0:"
	siteURN    = "urn:example:scim:schemas:extension:2.0:Site"
)

// answer is what came back; doc is nil if there was no content.
type answer struct {
	status int
	header http.Header
	text   string
	doc    map[string]any
}

// do sends a request and checks of the answer what must hold for every one. A
// body has the media type of SCIM unless the headers (name, value, …) say
// otherwise; the value "-" leaves a header out.
func do(t testing.TB, h http.Handler, method, path, body string, headers ...string) answer {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, mount+path, content)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	first := map[string]bool{}
	for i := 0; i+1 < len(headers); i += 2 {
		name, value := headers[i], headers[i+1]
		if !first[name] {
			r.Header.Del(name)
			first[name] = true
		}
		if value != "-" {
			r.Header.Add(name, value)
		}
	}
	return serve(t, h, r)
}

// serve is do for a request that is there.
func serve(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	a.check(t, r.Method)
	if t.Failed() {
		t.Logf("%s %s -> %d %s", r.Method, r.URL, a.status, shortened(a.text))
	}
	return a
}

func shortened(s string) string {
	if len(s) > 1000 {
		return s[:1000] + "…"
	}
	return s
}

// scimTypes are those of RFC 7644 table 9.
var scimTypes = []string{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath",
	"noTarget", "invalidValue", "invalidVers", "sensitive"}

// check looks for what every answer must have.
func (a *answer) check(t testing.TB, method string) {
	t.Helper()
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified || method == http.MethodHead {
		if a.text != "" {
			t.Errorf("%d to %s has content: %s", a.status, method, shortened(a.text))
		}
		return
	}
	if kind, params, err := mime.ParseMediaType(a.header.Get("Content-Type")); err != nil || kind != "application/scim+json" ||
		params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("Content-Type is %q", a.header.Get("Content-Type"))
	}
	if length := a.header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(a.text)) {
		t.Errorf("Content-Length is %s, the content has %d bytes", length, len(a.text))
	}
	if !utf8.ValidString(a.text) {
		t.Errorf("the content is not UTF-8: %q", shortened(a.text))
	}
	if err := json.Unmarshal([]byte(a.text), &a.doc); err != nil {
		t.Errorf("the content of %d is no JSON object: %v\n%q", a.status, err, shortened(a.text))
		return
	}
	if len(a.text) < 1<<20 {
		if err := distinctNames(json.NewDecoder(strings.NewReader(a.text))); err != nil {
			t.Error(err)
		}
	}
	urns := checkSchemas(t, a.doc)
	switch {
	case a.status >= 300:
		a.checkError(t, urns)
	case slices.Contains(urns, messageURN+"ListResponse"):
		a.checkList(t)
	case slices.Contains(urns, groupURN):
		a.checkGroup(t)
	}
}

// checkSchemas checks the schemas of a resource or message and answers them.
func checkSchemas(t testing.TB, doc map[string]any) []string {
	t.Helper()
	var urns []string
	list, _ := doc["schemas"].([]any)
	for _, item := range list {
		urn, _ := item.(string)
		if !strings.HasPrefix(urn, "urn:") || slices.Contains(urns, urn) {
			t.Errorf("schemas is %v", list)
		}
		urns = append(urns, urn)
	}
	if len(urns) == 0 {
		t.Errorf("there is no schemas in %v", doc)
	}
	return urns
}

func (a *answer) checkError(t testing.TB, urns []string) {
	t.Helper()
	if !slices.Equal(urns, []string{messageURN + "Error"}) {
		t.Errorf("schemas of an error are %v", urns)
	}
	if a.doc["status"] != strconv.Itoa(a.status) {
		t.Errorf("the status line says %d, the body %#v", a.status, a.doc["status"])
	}
	if typ, ok := a.doc["scimType"]; ok && !slices.Contains(scimTypes, fmt.Sprint(typ)) {
		t.Errorf("scimType is %v", typ)
	}
	if a.doc["detail"] == nil || a.doc["detail"] == "" {
		t.Error("the error has no detail")
	}
	for status, name := range map[int]string{401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"} {
		if a.status == status && a.header.Get(name) == "" {
			t.Errorf("%d without %s", status, name)
		}
	}
}

func (a *answer) checkList(t testing.TB) {
	t.Helper()
	resources, ok := a.doc["Resources"].([]any)
	if !ok {
		t.Error("a list without Resources")
	}
	_, byIndex := a.at("/startIndex") // a page by cursor has none
	if a.int("/itemsPerPage") != len(resources) || byIndex && a.int("/startIndex") < 1 || a.int("/totalResults") < len(resources) {
		t.Errorf("a list of %d says %s", len(resources), shortened(a.text))
	}
	for _, r := range resources {
		r, _ := r.(map[string]any)
		checkSchemas(t, r)
		if id, _ := r["id"].(string); id == "" {
			t.Errorf("a resource without id: %v", r)
		}
	}
}

func (a *answer) checkGroup(t testing.TB) {
	t.Helper()
	if a.str("/id") == "" {
		t.Error("a group without id")
	}
	tag, location := a.header.Get("ETag"), a.header.Get("Content-Location")
	if version, ok := a.at("/meta/version"); ok && version != tag || !strings.HasPrefix(tag, `W/"`) {
		t.Errorf("ETag is %s, meta.version %v", tag, version)
	}
	if own, ok := a.at("/meta/location"); ok && own != location || location == "" {
		t.Errorf("Content-Location is %q, meta.location %v", location, own)
	}
	if l := a.header.Get("Location"); l != "" && l != location {
		t.Errorf("Location is %q, Content-Location %q", l, location)
	}
}

// distinctNames reports a name that is twice in a JSON object.
func distinctNames(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	delim, _ := token.(json.Delim)
	names := map[any]bool{}
	for (delim == '{' || delim == '[') && d.More() {
		if delim == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("the name %v is twice in an object", name)
			}
			names[name] = true
		}
		if err := distinctNames(d); err != nil {
			return err
		}
	}
	if delim == '{' || delim == '[' {
		_, err = d.Token()
	}
	return err
}

// at follows a pointer such as /Resources/0/id.
func (a *answer) at(pointer string) (any, bool) { return follow(a.doc, pointer) }

func follow(doc any, pointer string) (any, bool) {
	for _, segment := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[segment]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(segment)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

func (a *answer) str(pointer string) string {
	v, _ := a.at(pointer)
	s, _ := v.(string)
	return s
}

// int is a number at the pointer, or -1.
func (a *answer) int(pointer string) int {
	v, _ := a.at(pointer)
	n, ok := v.(float64)
	if !ok || n != float64(int(n)) {
		return -1
	}
	return int(n)
}

// values are the members' values, sorted.
func (a *answer) values() []string {
	out := []string{}
	list, _ := a.doc["members"].([]any)
	for _, m := range list {
		v, _ := follow(m, "/value")
		out = append(out, fmt.Sprint(v))
	}
	sort.Strings(out)
	return out
}

// names are the displayNames of a list, in its order.
func (a *answer) names() []string {
	out := []string{}
	list, _ := a.doc["Resources"].([]any)
	for _, g := range list {
		v, _ := follow(g, "/displayName")
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// keys are the names of the attributes, sorted.
func (a *answer) keys() []string {
	out := []string{}
	for name := range a.doc {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// is checks status and scimType ("" for none).
func (a answer) is(t testing.TB, status int, scimType string) answer {
	t.Helper()
	if got := a.str("/scimType"); a.status != status || got != scimType {
		t.Errorf("got %d %q, want %d %q: %s", a.status, got, status, scimType, shortened(a.text))
	}
	return a
}

// ok checks that the status is one of the 200s.
func (a answer) ok(t testing.TB) answer {
	t.Helper()
	if a.status/100 != 2 {
		t.Fatalf("got %d: %s", a.status, shortened(a.text))
	}
	return a
}

// has checks values by pointer; nil means absent.
func (a answer) has(t testing.TB, want map[string]any) answer {
	t.Helper()
	for pointer, value := range want {
		got, ok := a.at(pointer)
		if n, isInt := value.(int); isInt {
			value = float64(n)
		}
		if value == nil && !ok {
			continue
		}
		if b, err := json.Marshal(got); err != nil || value == nil || string(b) != text(t, value) {
			t.Errorf("%s is %s, want %v", pointer, b, value)
		}
	}
	return a
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// query is a query of a URL, of names and values.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}

// Bodies: what stands in the object beside schemas.
func group(attributes string) string { return message(groupURN, attributes) }

func search(parameters string) string {
	return message(messageURN+"SearchRequest", parameters)
}

func patchOp(operations ...string) string {
	return message(messageURN+"PatchOp", `"Operations":[`+strings.Join(operations, ",")+`]`)
}

func message(urn, rest string) string {
	if rest != "" {
		rest = "," + rest
	}
	return `{"schemas":["` + urn + `"]` + rest + `}`
}

// create makes a group with these members and answers its id.
func create(t testing.TB, h http.Handler, name string, members ...string) string {
	t.Helper()
	list := []map[string]string{}
	for _, m := range members {
		list = append(list, map[string]string{"value": m})
	}
	return createWith(t, h, `"displayName":`+text(t, name)+`,"members":`+text(t, list))
}

func createWith(t testing.TB, h http.Handler, attributes string) string {
	t.Helper()
	a := do(t, h, "POST", "/Groups", group(attributes)).ok(t)
	return a.str("/id")
}

// state is all that can be seen of a group, meta included.
func state(t testing.TB, h http.Handler, id string) string {
	t.Helper()
	return do(t, h, "GET", "/Groups/"+url.PathEscape(id), "").ok(t).text
}

func membersOf(t testing.TB, h http.Handler, id string) []string {
	t.Helper()
	a := do(t, h, "GET", "/Groups/"+url.PathEscape(id), "").ok(t)
	return a.values()
}

// unchanged checks that what f does leaves the group as it is, version and
// lastModified too.
func unchanged(t testing.TB, h http.Handler, id string, f func()) {
	t.Helper()
	before := state(t, h, id)
	f()
	if after := state(t, h, id); after != before {
		t.Errorf("the group has changed:\n%s\n%s", before, after)
	}
}

// ticking is a clock that goes on a minute whenever it is read.
func ticking() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Minute)
		return now
	}
}

// siteExtension has an attribute of every type and of every odd kind.
const siteExtension = `[{"id":"` + siteURN + `","name":"Site","description":"Where the group sits","attributes":[
	{"name":"site","type":"string","multiValued":false,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
	{"name":"code","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"default","uniqueness":"none"},
	{"name":"floor","type":"integer","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
	{"name":"area","type":"decimal","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
	{"name":"open","type":"boolean","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default"},
	{"name":"since","type":"dateTime","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default"},
	{"name":"badge","type":"binary","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"default"},
	{"name":"page","type":"reference","referenceTypes":["external"],"multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"default"},
	{"name":"tags","type":"string","multiValued":true,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
	{"name":"owner","type":"complex","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default","subAttributes":[
		{"name":"name","type":"string","multiValued":false,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
		{"name":"mail","type":"string","multiValued":false,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]},
	{"name":"rooms","type":"complex","multiValued":true,"description":"d","required":false,"mutability":"readWrite","returned":"default","subAttributes":[
		{"name":"value","type":"string","multiValued":false,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
		{"name":"type","type":"string","multiValued":false,"description":"d","required":false,"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"},
		{"name":"primary","type":"boolean","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default"},
		{"name":"seats","type":"integer","multiValued":false,"description":"d","required":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]},
	{"name":"secret","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"writeOnly","returned":"never","uniqueness":"none"},
	{"name":"hidden","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"never","uniqueness":"none"},
	{"name":"cost","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"request","uniqueness":"none"},
	{"name":"born","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"immutable","returned":"default","uniqueness":"none"},
	{"name":"stamp","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readOnly","returned":"default","uniqueness":"none"},
	{"name":"seal","type":"string","multiValued":false,"description":"d","required":false,"caseExact":true,"mutability":"readWrite","returned":"always","uniqueness":"none"}]}]`

func extensions(t testing.TB, text string) []filter.Extension {
	t.Helper()
	e, err := scim.ParseExtensions([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// withSite is a handler with the extension Site.
func withSite(t testing.TB) http.Handler {
	t.Helper()
	return newHandler(t, scim.Config{
		Groups:     memory.NewWith(memory.Options{Clock: ticking()}),
		Extensions: extensions(t, siteExtension),
		BaseURL:    "https://example.com/scim/v2",
	})
}

// site is the member of a group with attributes of the extension.
func site(attributes string) string { return `"` + siteURN + `":{` + attributes + `}` }

// hookedStore runs before before each of its methods, which do not run if that
// fails, and notes what is asked of it.
type hookedStore struct {
	store.GroupStore
	before func(method string) error

	mu         sync.Mutex
	selections []store.Selection
}

func (s *hookedStore) hook(method string, sel ...store.Selection) error {
	s.mu.Lock()
	s.selections = append(s.selections, sel...)
	s.mu.Unlock()
	if s.before == nil {
		return nil
	}
	return s.before(method)
}

func (s *hookedStore) Create(ctx context.Context, g store.Group) (store.Change, error) {
	if err := s.hook("Create"); err != nil {
		return store.Change{}, err
	}
	return s.GroupStore.Create(ctx, g)
}

func (s *hookedStore) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	if err := s.hook("Get", sel); err != nil {
		return store.Group{}, err
	}
	return s.GroupStore.Get(ctx, id, sel)
}

func (s *hookedStore) List(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.hook("List", q.Select); err != nil {
		return store.Page{}, err
	}
	return s.GroupStore.List(ctx, q)
}

func (s *hookedStore) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	if err := s.hook("Update"); err != nil {
		return store.Change{}, err
	}
	return s.GroupStore.Update(ctx, id, u)
}

func (s *hookedStore) Delete(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	if err := s.hook("Delete"); err != nil {
		return store.Change{}, err
	}
	return s.GroupStore.Delete(ctx, id, c)
}

// failing is a store whose methods all answer err.
func failing(err error) store.GroupStore {
	return &hookedStore{GroupStore: memory.New(), before: func(string) error { return err }}
}

// request is a request of a table, and what must come of it.
type request struct {
	name, method, path, body string
	status                   int
	scimType                 string
	headers                  []string
}

// sendAll sends requests that do not depend on each other.
func sendAll(t *testing.T, h http.Handler, requests []request) {
	t.Helper()
	for _, r := range requests {
		t.Run(r.name, func(t *testing.T) {
			do(t, h, r.method, r.path, r.body, r.headers...).is(t, r.status, r.scimType)
		})
	}
}

// readAll reads a body of a real answer.
func readAll(t testing.TB, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(b))
}

// userType is the host's type of users.
func userType() []scim.ResourceType {
	return []scim.ResourceType{{Name: "User", Endpoint: "/Users", Description: "Users of the host", Schema: schema.CoreUserSchema()}}
}

func schemaOf(t testing.TB, text string) schema.Schema {
	t.Helper()
	var s schema.Schema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// quiet is a logger for tests that provoke what is logged.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// oneOf is got if it is one of the alternatives "a|b", or else the first.
func oneOf(got, alternatives string) string {
	list := strings.Split(alternatives, "|")
	if slices.Contains(list, got) {
		return got
	}
	return list[0]
}
