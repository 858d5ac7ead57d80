package scimtest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// representationRules are about groups as they are shown: section B of the checklist.
var representationRules = []Rule{
	{ID: "B01", Level: Must, Source: "RFC 7643 §3, erratum 8084",
		Sentence: "Every representation of a group has schemas, including in lists and with attributes.",
		Failure:  "Clients that look up the schema of a resource, such as typed SDKs, cannot read it.",
		check: func(p *probe) {
			g := p.create()
			has := func(r *response, pointer string) {
				if list := r.list(pointer); len(list) == 0 {
					r.wrong("there is no schemas")
				}
			}
			has(g.read(), "/schemas")
			has(p.get(g.path()+"?attributes=displayName"), "/schemas")
			p.needs("filter")
			if r := p.find("displayName eq " + quote(g.name)); r.ok() && len(r.list("/Resources")) > 0 {
				has(r, "/Resources/0/schemas")
			}
			r := p.find("displayName eq "+quote(g.name), "attributes=displayName")
			if r.ok() && len(r.list("/Resources")) > 0 && len(r.list("/Resources/0/schemas")) == 0 {
				p.tolerates(r.exchange,
					"a list with attributes has no schemas, as in figure 5 of RFC 7644; erratum 8084 wants them")
			}
		}},
	{ID: "B02", Level: Must, Source: "RFC 7643 §3 and §3.3",
		Sentence: "schemas contains the schema of groups, only schemas of the resource type, and no duplicate.",
		Failure:  "Clients that look up the schema of a resource mistake its type.",
		check: func(p *probe) {
			r := p.create().read()
			var known []any
			if t := p.resourceType(); t != nil {
				known = append(known, t["schema"])
				extensions, _ := t["schemaExtensions"].([]any)
				for _, e := range extensions {
					urn, _ := at(e, "/schema")
					known = append(known, urn)
				}
			}
			seen := map[any]bool{}
			for _, urn := range r.list("/schemas") {
				if seen[urn] {
					r.wrong("%v is a duplicate", urn)
				}
				if seen[urn] = true; known != nil && !slices.Contains(known, urn) {
					r.wrong("%v is no schema of the resource type", urn)
				}
			}
			if !seen[p.schema] {
				r.wrong("%s is missing", p.schema)
			}
		}},
	{ID: "B03", Level: Must, Source: "RFC 7643 §3.1",
		Sentence: "The service assigns the id of a group, and the id never changes.",
		Failure:  "Clients that remember the id lose the group and create it again.",
		check: func(p *probe) {
			chosen := p.name()
			body := with(p.group(p.name()), "id", chosen)
			g := p.adopt(p.post("/Groups", body).succeeds(), body)
			if g.id == chosen {
				g.response.wrong("the id is that of the client")
			}
			g.read().is("/id", g.id)
			if name := p.name(); g.put(with(p.group(name), "id", chosen)).ok() && !g.get().ok() {
				g.response.wrong("the group is not found by its id after PUT")
			}
		}},
	{ID: "B04", Level: Must, Source: "RFC 7643 §3.1",
		Sentence: "No id contains \"bulkId\".",
		Failure:  "Okta's documentation rules such ids out, and they can be mistaken for references in bulk requests.",
		check: func(p *probe) {
			if g := p.create(); strings.Contains(strings.ToLower(g.id), "bulkid") {
				g.response.wrong("the id is %q", g.id)
			}
		}},
	{ID: "B06", Level: Must, Source: "RFC 7643 §3.1",
		Sentence: "externalId is what the client set, and absent if it set none.",
		Failure:  "Clients that match groups by externalId, as Entra ID can, find none or the wrong one.",
		check: func(p *probe) {
			p.create().read().lacks("/externalId")
			p.createAs(with(p.group(p.name()), "externalId", p.stem()+"e")).is("/externalId", p.stem()+"e")
		}},
	{ID: "B07", Level: Must, Source: "RFC 7643 §3.1",
		Sentence: "The service assigns meta and ignores meta in requests.",
		Failure:  "Clients that compare lastModified or follow location are misled.",
		check: func(p *probe) {
			r := p.createAs(with(p.group(p.name()), "meta", object{"resourceType": "User", "created": "2001-02-03T04:05:06Z",
				"lastModified": "2001-02-03T04:05:06Z", "location": "https://client.example/Groups/1",
				"version": `W/"client"`})).read()
			for _, name := range []string{"resourceType", "created", "lastModified", "location"} {
				switch v := r.str("/meta/" + name); {
				case v == "":
					r.wrong("meta.%s is missing", name)
				case v == "User" || strings.HasPrefix(v, "2001-") || strings.HasPrefix(v, "https://client.example"):
					r.wrong("meta.%s is that of the client", name)
				}
			}
			if r.str("/meta/version") == `W/"client"` {
				r.wrong("meta.version is that of the client")
			}
		}},
	{ID: "B08", Level: Must, Source: "RFC 7644 §3.3.1",
		Sentence: "meta.resourceType is \"Group\".",
		Failure:  "Clients that search several resource types mistake the type of the group.",
		check:    func(p *probe) { p.create().is("/meta/resourceType", "Group") }},
	{ID: "B09", Level: Must, Source: "RFC 7643 §2.3.5 and §3.1",
		Sentence: "meta.created and meta.lastModified are dateTimes, and equal for a new group.",
		Failure:  "Clients that ask only for what has changed miss groups, or get all of them.",
		check: func(p *probe) {
			r := p.create().read()
			created, ok := dateTime(r.str("/meta/created"))
			modified, ok2 := dateTime(r.str("/meta/lastModified"))
			if !ok || !ok2 {
				r.wrong("created is %q and lastModified %q", r.str("/meta/created"), r.str("/meta/lastModified"))
			} else if !created.Equal(modified) {
				r.wrong("the group is new, and lastModified is not created")
			}
		}},
	{ID: "B10", Level: Must, Source: "RFC 7643 §3.1",
		Sentence: "meta.location is the URI of the group, and equals Content-Location if that is present.",
		Failure:  "Clients that follow meta.location find another resource, or none.",
		check: func(p *probe) {
			g := p.create()
			r := g.read()
			if location := r.str("/meta/location"); !strings.HasSuffix(location, g.path()) && !strings.HasSuffix(location,
				"/Groups/"+g.id) {
				r.wrong("meta.location is %q", location)
			} else if other := r.header.Get("Content-Location"); other != "" && other != location {
				r.wrong("Content-Location is %q and meta.location %q", other, location)
			}
		}},
	{ID: "B11", Level: Stated, Source: "RFC 7643 §3.1",
		Sentence: "meta.version equals the ETag.",
		Failure:  "Clients that send meta.version in If-Match always get 412.",
		check: func(p *probe) {
			r := p.create().read()
			version, tag := r.str("/meta/version"), r.header.Get("ETag")
			if version == "" || tag == "" {
				p.skip("there is no ETag, or no meta.version")
			}
			if version != tag {
				r.wrong("meta.version is %q and ETag %q", version, tag)
			}
		}},
	{ID: "B12", Level: Must, Source: "RFC 7644 §3.14",
		Sentence: "If the service supports ETags, every group has an ETag header.",
		Failure:  "Clients cannot make writes conditional, and overwrite each other's changes.",
		check: func(p *probe) {
			p.needs("etag")
			g := p.create()
			for _, r := range []*response{g.response, g.read()} {
				if !entityTag(r.header.Get("ETag")) {
					r.wrong("ETag is %q", r.header.Get("ETag"))
				}
			}
		}},
	{ID: "B16", Level: Must, Source: "RFC 7643 §2.3.7 and §4.2",
		Sentence: "The $ref of a member is the URI of that member.",
		Failure:  "Clients that follow $ref find another resource, or none.",
		check: func(p *probe) {
			child := p.create()
			body := with(p.group(p.name()), "members", []object{{"value": child.id, "type": "Group"}})
			r := p.post("/Groups", body)
			if !r.ok() {
				p.skip("a group cannot be a member: status %d", r.status)
			}
			r = p.adopt(r, body).read()
			ref := r.str("/members/0/$ref")
			if ref == "" {
				p.skip("members have no $ref")
			}
			if u, err := url.Parse(ref); err != nil || !strings.HasSuffix("/"+u.EscapedPath(), child.path()) {
				r.wrong("$ref is %q", ref)
			}
		}},
	{ID: "B19", Level: Should, Source: "RFC 7643 §2.4",
		Sentence: "A member that is sent twice is stored once.",
		Failure:  "Clients that remove the member remove one of two, or count wrong.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.create(m[0], m[1], m[0])
			g.has(m...)
		}},
	{ID: "B26", Level: Must, Source: "RFC 7643 §7",
		Sentence: "The letter case of externalId is preserved.",
		Failure:  "Clients cannot find what they created: their ids may differ in letter case only.",
		check: func(p *probe) {
			p.createAs(with(p.group(p.name()), "externalId", p.stem()+"aBcD")).is("/externalId", p.stem()+"aBcD")
		}},
}

// dateTime parses an xsd:dateTime.
func dateTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// entityTag reports whether a text is an entity tag (RFC 9110 §8.8.3).
func entityTag(s string) bool {
	s = strings.TrimPrefix(s, "W/")
	return len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' && !strings.ContainsAny(s[1:len(s)-1], "\" ")
}

// resourceType is the resource type of groups; nil if the service does not publish it.
func (p *probe) resourceType() map[string]any {
	for _, t := range p.get("/ResourceTypes").list("/Resources") {
		if name, _ := at(t, "/name"); name == "Group" {
			t, _ := t.(map[string]any)
			return t
		}
	}
	return nil
}
