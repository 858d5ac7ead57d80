package scimtest

import (
	"fmt"
	"slices"
	"strings"
)

const configSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

// discoveryRules are about ServiceProviderConfig, Schemas and ResourceTypes: section K
// of the checklist.
var discoveryRules = []Rule{
	{ID: "K01", Level: Must, Source: "RFC 7644 §4, RFC 7643 §5",
		Sentence: "/ServiceProviderConfig has all required attributes.",
		Failure: "Clients do not know what the service supports: authentik falls back to PUT; SailPoint and CyberArk " +
			"need it to connect.",
		check: func(p *probe) {
			r := p.get("/ServiceProviderConfig").must(200)
			if !slices.Contains(r.list("/schemas"), any(configSchema)) {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
			for _, f := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
				if _, ok := r.value("/" + f + "/supported").(bool); !ok {
					r.wrong("%s.supported is %s", f, text(r.value("/"+f+"/supported")))
				}
			}
			for _, n := range []string{"bulk/maxOperations", "bulk/maxPayloadSize", "filter/maxResults"} {
				if _, ok := r.value("/" + n).(float64); !ok {
					r.wrong("%s is %s", strings.ReplaceAll(n, "/", "."), text(r.value("/"+n)))
				}
			}
			if r.value("/authenticationSchemes") == nil {
				r.wrong("authenticationSchemes is missing")
			}
			for i := range r.list("/authenticationSchemes") {
				for _, name := range []string{"type", "name", "description"} {
					if r.str(fmt.Sprintf("/authenticationSchemes/%d/%s", i, name)) == "" {
						r.wrong("an authentication scheme has no %s", name)
					}
				}
			}
		}},
	{ID: "K02", Level: Should, Source: "RFC 7643 §5",
		Sentence: "authenticationSchemes can be read without credentials.",
		Failure:  "Administrators have to be told how to authenticate. Many services keep the document private on purpose.",
		check: func(p *probe) {
			r := p.get("/ServiceProviderConfig", p.anonymous()...)
			if r.want(200) && r.value("/authenticationSchemes") == nil {
				r.wrong("authenticationSchemes is missing")
			}
		}},
	{ID: "K03", Level: Must, Source: "RFC 7644 §4",
		Sentence: "/Schemas lists the schemas, and /Schemas/{urn} returns the schema of groups.",
		Failure:  "Clients that derive their mapping from it, such as CyberArk and SailPoint, cannot connect.",
		check: func(p *probe) {
			list := p.get("/Schemas").must(200)
			if !slices.Contains(list.list("/schemas"), any(messages+"ListResponse")) {
				list.wrong("schemas is %s", text(list.value("/schemas")))
			}
			if !slices.Contains(list.found(), coreSchema) {
				list.wrong("%s is not in the list", coreSchema)
			}
			p.get("/Schemas/"+coreSchema).must(200).is("/id", coreSchema)
			p.get("/Schemas/urn:scimtest:nothing").want(404)
		}},
	{ID: "K04", Level: Must, Source: "RFC 7644 §3.1",
		Sentence: "/Schemas does not list schemas of messages.",
		Failure:  "Clients take messages for resources.",
		check: func(p *probe) {
			r := p.schemas()
			for _, id := range r.found() {
				if strings.HasPrefix(strings.ToLower(id), "urn:ietf:params:scim:api:") {
					r.wrong("%s is in the list", id)
				}
			}
		}},
	{ID: "K05", Level: Must, Source: "RFC 7644 §4",
		Sentence: "/ResourceTypes lists Group.",
		Failure:  "Clients do not know that the service has groups, or where.",
		check: func(p *probe) {
			r := p.get("/ResourceTypes").must(200)
			if !slices.Contains(r.list("/schemas"), any(messages+"ListResponse")) {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
			if p.resourceType() == nil {
				r.wrong("Group is not in the list")
			}
		}},
	{ID: "K06", Level: Must, Source: "RFC 7644 §4",
		Sentence: "Discovery ignores paging and sorting, and refuses filters.",
		Failure:  "Clients that send these parameters by default do not see everything.",
		check: func(p *probe) {
			all := p.get("/ResourceTypes").must(200)
			if r := p.get("/ResourceTypes?startIndex=1000&count=0&sortBy=name"); r.want(200) &&
				len(r.found()) != len(all.found()) {
				r.wrong("the list has %d resource types, and %d without parameters", len(r.found()), len(all.found()))
			}
			r := p.get("/ResourceTypes?" + query("filter", `name eq "scimtest"`))
			switch {
			case r.ok() && len(r.found()) == len(all.found()):
				p.tolerates(r.exchange, "a filter is ignored, and SHOULD be 403")
			case r.status != 403:
				r.wrong("status %d, and should be 403", r.status)
			}
		}},
	{ID: "K07", Level: Must, Source: "RFC 7643 §6, erratum 8475",
		Sentence: "The resource type Group has a name, an endpoint and a schema, and its schemas are served.",
		Failure:  "Clients do not find the groups, or do not know their attributes.",
		check: func(p *probe) {
			t := p.groupType()
			for _, name := range []string{"name", "endpoint", "schema"} {
				if s, ok := t[name].(string); !ok || s == "" {
					p.wrong("%s is %s", name, text(t[name]))
				}
			}
			if endpoint, _ := t["endpoint"].(string); strings.Trim(endpoint, "/") != "Groups" {
				p.wrong("endpoint is %s", text(t["endpoint"]))
			}
			served := p.schemas().found()
			urns := []any{t["schema"]}
			extensions, _ := t["schemaExtensions"].([]any)
			for _, e := range extensions {
				urn, _ := at(e, "/schema")
				urns = append(urns, urn)
				if required, _ := at(e, "/required"); required != true && required != false {
					p.wrong("required of the extension %v is %s", urn, text(required))
				}
			}
			for _, urn := range urns {
				if s, ok := urn.(string); !ok || !slices.Contains(served, s) {
					p.wrong("the schema %s is not in /Schemas", text(urn))
				}
			}
		}},
	{ID: "K08", Level: Must, Source: "RFC 7643 §7",
		Sentence: "The attributes of every schema have their characteristics.",
		Failure:  "Clients that derive their mapping from it mistake what attributes are.",
		check: func(p *probe) {
			r := p.schemas()
			for i := range r.list("/Resources") {
				schema := r.value(fmt.Sprintf("/Resources/%d", i))
				id, _ := at(schema, "/id")
				list, _ := at(schema, "/attributes")
				attributes, ok := list.([]any)
				if !ok {
					r.wrong("%v has no attributes", id)
				}
				for _, problem := range characteristics(attributes) {
					r.wrong("%v: %s", id, problem)
				}
			}
		}},
	{ID: "K09", Level: Stated, Source: "RFC 7643 §7 and §8.7, errata 5999 and 8417",
		Sentence: "A schema and a resource type have schemas and meta.",
		Failure:  "Typed SDKs cannot read them.",
		check: func(p *probe) {
			for path, kind := range map[string]string{"/Schemas/" + coreSchema: "Schema",
				"/ResourceTypes/Group": "ResourceType"} {
				r := p.get(path).must(200)
				if !slices.Contains(r.list("/schemas"), any("urn:ietf:params:scim:schemas:core:2.0:"+kind)) {
					r.wrong("schemas is %s", text(r.value("/schemas")))
				}
				r.is("/meta/resourceType", kind)
				if r.str("/meta/location") == "" {
					r.wrong("meta.location is missing")
				}
			}
		}},
	{ID: "K10", Level: Stated, Source: "RFC 7643 §4.2 and §8.7.1, errata 5368 and 6011",
		Sentence: "The schema of groups has a required displayName, and members with value.",
		Failure:  "Clients that derive their mapping from it do not offer these attributes.",
		check: func(p *probe) {
			r := p.get("/Schemas/" + coreSchema).must(200)
			find := func(list []any, name string) map[string]any {
				for _, a := range list {
					if n, _ := at(a, "/name"); n == name {
						m, _ := a.(map[string]any)
						return m
					}
				}
				return nil
			}
			name := find(r.list("/attributes"), "displayName")
			if name == nil || name["type"] != "string" || name["required"] != true || name["multiValued"] != false {
				r.wrong("displayName is %s", text(name))
			}
			members := find(r.list("/attributes"), "members")
			if members == nil || members["type"] != "complex" || members["multiValued"] != true {
				r.wrong("members is %s", text(members))
				return
			}
			sub, _ := members["subAttributes"].([]any)
			value := find(sub, "value")
			if value == nil || value["type"] != "string" || value["mutability"] != "immutable" {
				r.wrong("members.value is %s", text(value))
			}
		}},
	{ID: "K11", Level: Stated, Source: "RFC 7644 §3.2, table 2",
		Sentence: "Discovery endpoints refuse writes.",
		Failure:  "A client believes that it has configured the service.",
		check: func(p *probe) {
			for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"} {
				if r := p.post(path, object{"schemas": []string{configSchema}}); r.status < 400 || r.status > 499 &&
					r.status != 501 {
					r.wrong("status %d", r.status)
				}
			}
		}},
	{ID: "K13", Level: Should, Source: "RFC 7644 §3.11",
		Sentence: "An unsupported /Me returns 501.",
		Failure:  "Clients take the response for a missing user.",
		check: func(p *probe) {
			if r := p.get("/Me"); !r.ok() && r.status != 308 && r.status != 307 && r.status != 401 && r.status != 403 {
				r.want(501)
			}
		}},
}

// schemas reads the list of schemas.
func (p *probe) schemas() *response {
	r := p.get("/Schemas")
	if r.status != 200 || len(r.list("/Resources")) == 0 {
		p.block("there are no schemas (K03)")
	}
	return r
}

// groupType returns the resource type of groups.
func (p *probe) groupType() map[string]any {
	t := p.resourceType()
	if t == nil {
		p.block("there is no resource type of groups (K05)")
	}
	return t
}

// characteristics returns what is wrong with those of attributes.
func characteristics(attributes []any) (problems []string) {
	for _, a := range attributes {
		get := func(name string) any { v, _ := at(a, "/"+name); return v }
		name := fmt.Sprint(get("name"))
		one := func(characteristic string, values ...any) {
			if v := get(characteristic); !slices.Contains(values, v) {
				problems = append(problems, fmt.Sprintf("%s of %s is %s", characteristic, name, text(v)))
			}
		}
		one("multiValued", true, false)
		one("required", true, false)
		one("mutability", "readOnly", "readWrite", "immutable", "writeOnly")
		one("returned", "always", "never", "default", "request")
		one("type", "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex")
		if get("type") == "string" {
			one("caseExact", true, false)
			one("uniqueness", "none", "server", "global")
		}
		if get("type") == "complex" {
			sub, ok := get("subAttributes").([]any)
			if !ok {
				problems = append(problems, name+" has no subAttributes")
			}
			for _, problem := range characteristics(sub) {
				problems = append(problems, name+": "+problem)
			}
		}
	}
	return problems
}
