package scimtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const (
	mediaType = "application/scim+json"

	coreSchema   = "urn:ietf:params:scim:schemas:core:2.0:Group"
	coreSchema11 = "urn:scim:schemas:core:1.0"
	messages     = "urn:ietf:params:scim:api:messages:2.0:"
)

// run is what the rules of one run share. They share nothing of what they find.
type run struct {
	*session
	profile *Profile
	// prefix begins the names of all groups that the run makes.
	prefix string
	// config is the ServiceProviderConfig; nil if the service does not serve it.
	config any
	// schema is the core schema of groups in the dialect of the profile.
	schema string
	// members are ids that the target gave.
	members []string
	keep    bool
}

// supports returns what ServiceProviderConfig says of a feature, such as "bulk", or
// otherwise if it does not say.
func (r *run) supports(feature string, otherwise bool) bool {
	at, _ := at(r.config, "/"+feature+"/supported")
	supported, ok := at.(bool)
	return ok && supported || !ok && otherwise
}

// probe is one rule in one run, and what it found.
type probe struct {
	*run
	ctx  context.Context
	rule *Rule

	outcome  Outcome
	reason   string
	findings []Finding

	names    int
	made     []string // paths of groups to delete
	doubtful []string // names of groups that may have been made
}

// Ends of a rule before its time; see [probe.do].
type (
	stopped     struct{}
	skipped     struct{ reason string }
	blocked     struct{ reason string }
	interrupted struct{ err error }
)

// skip ends a rule that does not apply.
func (p *probe) skip(format string, args ...any) {
	panic(skipped{fmt.Sprintf(format, args...)})
}

// block ends a rule that cannot find out, as something else went wrong that the rules
// named are about.
func (p *probe) block(format string, args ...any) {
	panic(blocked{fmt.Sprintf(format, args...)})
}

// wrong notes that the service does otherwise than the rule says.
func (p *probe) wrong(format string, args ...any) {
	p.findings = append(p.findings, Finding{Message: fmt.Sprintf(format, args...)})
	p.outcome = Failed
}

// tolerates notes that the service accepts what the rule wants to be refused.
func (p *probe) tolerates(e *Exchange, format string, args ...any) {
	p.findings = append(p.findings, Finding{Message: fmt.Sprintf(format, args...), Exchange: e})
	if p.outcome != Failed {
		p.outcome = Tolerated
	}
}

// needs skips the rule unless the service offers a feature of ServiceProviderConfig.
func (p *probe) needs(features ...string) {
	for _, f := range features {
		// Without a word of it, PATCH and filters are taken to be there.
		if !p.supports(f, f == "patch" || f == "filter") {
			p.skip("the service does not offer %s (ServiceProviderConfig)", f)
		}
	}
}

// ids returns the ids of n members.
func (p *probe) ids(n int) []string {
	find := p.target.Members
	if find == nil && p.target.UsersAreMembers {
		find = p.users
	}
	if find == nil {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("scimtest-user-%d", i+1)
		}
		return ids
	}
	if len(p.members) < n {
		members, err := find(p.ctx, n)
		if err != nil {
			if p.ctx.Err() != nil {
				panic(interrupted{p.ctx.Err()})
			}
			p.block("ids of members are not known: %v", err)
		}
		p.members = members
	}
	if len(p.members) < n {
		p.skip("the rule needs %d ids of members, and there are %d", n, len(p.members))
	}
	return slices.Clone(p.members[:n])
}

// users returns ids of users that the service lists.
func (s *session) users(ctx context.Context, n int) (ids []string, err error) {
	for start := 1; len(ids) < n; {
		r, err := s.send(ctx, "GET", fmt.Sprintf("%s/Users?attributes=id&startIndex=%d&count=%d", s.base, start, min(n, 100)),
			"", nil)
		if err != nil {
			return nil, err
		}
		if r.status != 200 {
			return nil, fmt.Errorf("GET /Users is %d", r.status)
		}
		fresh := 0
		page := newResponse(nil, r, nil).found()
		for _, id := range page {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
				fresh++
			}
		}
		if fresh == 0 {
			break
		}
		start += len(page)
	}
	return ids[:min(n, len(ids))], nil
}

// stem begins the names of the groups that the rule makes, and of no other.
func (p *probe) stem() string { return p.prefix + strings.ToLower(p.rule.ID) + "-" }

// name returns a name for a group that no group has.
func (p *probe) name() string {
	p.names++
	return fmt.Sprintf("%s%d", p.stem(), p.names)
}

type object = map[string]any

// group returns the body of a group with a name and members.
func (p *probe) group(name string, members ...string) object {
	g := object{"schemas": []string{p.schema}, "displayName": name}
	if len(members) > 0 {
		g["members"] = elements(members...)
	}
	return g
}

// elements are members with values.
func elements(values ...string) []object {
	list := []object{}
	for _, v := range values {
		list = append(list, object{"value": v})
	}
	return list
}

// with returns a body with more attributes: names and values.
func with(body object, more ...any) object {
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

// op returns an operation of a PATCH. Without a path or a value it has none.
func op(kind, path string, value ...any) object {
	o := object{"op": kind}
	if path != "" {
		o["path"] = path
	}
	if len(value) > 0 {
		o["value"] = value[0]
	}
	return o
}

func patchOf(operations ...object) object {
	return object{"schemas": []string{messages + "PatchOp"}, "Operations": append([]object{}, operations...)}
}

// member is the path of one member.
func member(value string) string { return "members[value eq " + quote(value) + "]" }

// quote writes a string as filters have it.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// do sends a request and returns the response. A body is text, or what is encoded as
// JSON; nil is none. Headers are names and values; an empty value removes one.
func (p *probe) do(method, path string, body any, headers ...string) *response {
	var text string
	switch b := body.(type) {
	case nil:
	case string:
		text = b
	default:
		data, err := json.Marshal(b)
		if err != nil {
			panic(err)
		}
		text = string(data)
	}
	if method == "POST" || method == "PUT" {
		p.doubt(text)
	}
	r, err := p.send(p.ctx, method, p.base+path, text, headers)
	if err != nil {
		if p.ctx.Err() != nil {
			panic(interrupted{p.ctx.Err()})
		}
		p.findings = append(p.findings, Finding{Message: "there is no response: " + err.Error(),
			Exchange: &Exchange{Method: method, URL: p.base + path, Request: cut(text)}})
		p.outcome = Failed
		panic(stopped{})
	}
	response := newResponse(p, r, r.show(method, p.base+path, text, headers))
	p.learn(method, path, text, response)
	if _, later := retryAfter(r); later {
		p.block("the service refuses requests for now: status %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	return response
}

// doubt notes the names of groups that a body might create.
func (p *probe) doubt(body string) {
	for i := 1; i <= p.names; i++ {
		if name := fmt.Sprintf("%s%d", p.stem(), i); !slices.Contains(p.doubtful, name) && strings.Contains(body, name) {
			p.doubtful = append(p.doubtful, name)
		}
	}
}

// learn notes which groups a response says were created.
func (p *probe) learn(method, path, body string, r *response) {
	path, _, _ = strings.Cut(path, "?")
	created := func(displayName, location, id string) {
		ours := strings.HasPrefix(strings.ToLower(displayName), p.prefix) || displayName == "" && r.status != 200 ||
			path == "/Bulk"
		if !ours {
			return // the group of somebody else
		}
		switch i := strings.LastIndex(location, "/Groups/"); {
		case id != "":
			p.made = append(p.made, groupPath(id))
		case i >= 0:
			p.made = append(p.made, location[i:])
		default:
			return
		}
		if path != "/Bulk" { // of which a part may have no location
			p.doubtful = slices.DeleteFunc(p.doubtful, func(name string) bool { return strings.Contains(body, name) })
		}
	}
	refused := r.status >= 400 && r.status < 500
	switch {
	case refused && path != "/Bulk":
		p.doubtful = slices.DeleteFunc(p.doubtful, func(name string) bool { return strings.Contains(body, name) })
	case r.status >= 300:
	case method == "POST" && strings.Trim(path, "/") == "Groups":
		created(r.str("/displayName"), r.header.Get("Location"), r.str("/id"))
	case method == "POST" && path == "/Bulk":
		for _, o := range r.list("/Operations") {
			method, _ := at(o, "/method")
			location, _ := at(o, "/location")
			if status, _ := at(o, "/status"); strings.HasPrefix(fmt.Sprint(status), "2") && method == "POST" {
				created("", fmt.Sprint(location), "")
			}
		}
	case method == "PUT" && r.status == 201:
		created(r.str("/displayName"), p.base+path, r.str("/id"))
	}
}

func groupPath(id string) string { return "/Groups/" + url.PathEscape(id) }

func (p *probe) get(path string, headers ...string) *response {
	return p.do("GET", path, nil, headers...)
}

func (p *probe) post(path string, body any, headers ...string) *response {
	return p.do("POST", path, body, headers...)
}

// fixture is a group that a rule has created.
type fixture struct {
	p        *probe
	id, name string
	response *response // of the POST
}

// create creates a group with members, under a new name.
func (p *probe) create(members ...string) *fixture { return p.createAs(p.group(p.name(), members...)) }

// createAs creates a group for a rule that is about something else: any success will do.
func (p *probe) createAs(body object) *fixture {
	r := p.post("/Groups", body)
	if r.ok() {
		return p.adopt(r, body)
	}
	if r.status == 400 && body["members"] != nil && p.target.Members == nil && !p.target.UsersAreMembers {
		p.block("the group cannot be created with made-up members (400 %s): give ids of real ones", r.str("/detail"))
	}
	p.block("the group cannot be created (C03): status %d %s", r.status, r.str("/detail"))
	return nil
}

// adopt returns the group that a POST has created.
func (p *probe) adopt(r *response, body object) *fixture {
	g := &fixture{p: p, id: r.str("/id"), name: fmt.Sprint(body["displayName"]), response: r}
	if location := r.header.Get("Location"); g.id == "" && location != "" {
		g.id, _ = url.PathUnescape(location[strings.LastIndex(location, "/")+1:])
	}
	if g.id == "" {
		p.block("the new group has no id (B03)")
	}
	if name := r.str("/displayName"); name != "" && !strings.HasPrefix(strings.ToLower(name), p.prefix) {
		p.block("the response to a POST is a group of somebody else (A12)")
	}
	return g
}

// several creates n groups, whose names begin with the stem of the rule, and returns a
// filter that selects exactly them. change, if not nil, edits their bodies.
func (p *probe) several(n int, change func(i int, g object)) (groups []*fixture, filter string) {
	p.needs("filter")
	shared := p.stem() + "all"
	for i := range n {
		g := p.group(p.name())
		if change != nil {
			change(i, g)
		} else {
			g["externalId"] = shared
		}
		groups = append(groups, p.createAs(g))
	}
	candidates := []string{"displayName sw " + quote(p.stem())}
	if change == nil {
		candidates = append(candidates, "externalId eq "+quote(shared))
	}
	for _, filter := range candidates {
		if r := p.find(filter); r.status == 200 && r.total() == n && sameGroups(r.found(), groups) {
			return groups, filter
		}
	}
	p.block("no filter selects the groups of the rule (E12)")
	return nil, ""
}

// sameGroups reports whether ids are those of the groups, in any order.
func sameGroups(ids []string, groups []*fixture) bool {
	want := idsOf(groups)
	slices.Sort(want)
	ids = slices.Sorted(slices.Values(ids))
	return slices.Equal(ids, want)
}

func idsOf(groups []*fixture) []string {
	var ids []string
	for _, g := range groups {
		ids = append(ids, g.id)
	}
	return ids
}

// find lists the groups that a filter selects. More are parameters as URLs have them.
func (p *probe) find(filter string, more ...string) *response {
	query := "filter=" + url.QueryEscape(filter)
	for _, m := range more {
		query += "&" + m
	}
	return p.get("/Groups?" + query)
}

func (g *fixture) path() string { return groupPath(g.id) }

func (g *fixture) get(headers ...string) *response { return g.p.get(g.path(), headers...) }

// read returns the group; the rule is blocked if it cannot be read.
func (g *fixture) read() *response {
	r := g.get()
	if r.status != 200 || r.object() == nil {
		g.p.block("the group cannot be read (D01): status %d", r.status)
	}
	return r
}

// patch changes the group for a rule that is about a PATCH, or any success will do.
func (g *fixture) patch(operations ...object) *response {
	g.p.needs("patch")
	return g.p.do("PATCH", g.path(), patchOf(operations...))
}

func (g *fixture) put(body any, headers ...string) *response {
	return g.p.do("PUT", g.path(), body, headers...)
}

// has notes whether the group has other members than these.
func (g *fixture) has(members ...string) bool {
	got := g.read()
	want := slices.Sorted(slices.Values(members))
	if values := memberValues(got.json); !slices.Equal(values, want) {
		got.wrong("%s", difference(values, want))
		return false
	}
	return true
}

// otherName returns a new name for the group, or its own if the profile has names for ids.
func (g *fixture) otherName() string {
	if g.p.profile.namesAreIDs {
		return g.name
	}
	return g.p.name()
}

// is notes whether an attribute of the group has another value; nil is none.
func (g *fixture) is(pointer string, want any) bool { return g.read().is(pointer, want) }

// clash creates a group and returns it with the body of another of the same name, and
// skips the rule if the service accepts two groups of one name.
func (p *probe) clash() *fixture {
	first := p.create()
	switch r := p.post("/Groups", p.group(first.name)); {
	case r.ok():
		p.skip("the service accepts two groups of one name")
	case r.status != 409:
		p.block("a second group of one name is neither created nor a conflict (C06): status %d", r.status)
	}
	return first
}

// version returns the version of a group as clients see it: the ETag, or meta.version.
func (r *response) version() string { return cmp.Or(r.header.Get("ETag"), r.str("/meta/version")) }
