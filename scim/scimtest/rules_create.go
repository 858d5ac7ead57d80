package scimtest

// createRules are about POST /Groups: section C of the checklist.
var createRules = []Rule{
	{ID: "C01", Level: Must, Source: "RFC 7644 §3.3",
		Sentence: "readOnly attributes in the body of a POST are ignored.",
		Failure:  "Entra ID sends meta, and many clients send display: they cannot create groups.",
		check: func(p *probe) {
			m := p.ids(1)
			p.post("/Groups", with(p.group(p.name()), "id", "1", "meta", object{"resourceType": "Group", "location": "x"},
				"members", []object{{"value": m[0], "display": "somebody"}})).succeeds()
		}},
	{ID: "C03", Level: Must, Source: "RFC 7644 §3.3",
		Sentence: "A POST that creates a group returns 201.",
		Failure:  "Clients take the response for a failure, or for an existing group.",
		check:    func(p *probe) { p.post("/Groups", p.group(p.name())).want(201) }},
	{ID: "C04", Level: Should, Source: "RFC 7644 §3.3",
		Sentence: "The response to a POST contains the new group.",
		Failure:  "Clients do not learn the id of the group, and create it again in the next cycle.",
		check: func(p *probe) {
			r := p.post("/Groups", p.group(p.name())).succeeds()
			if r.object() == nil {
				r.wrong("there is no body")
			} else if r.str("/id") == "" || r.str("/displayName") == "" {
				r.wrong("the body has no id or no displayName")
			}
		}},
	{ID: "C05", Level: Must, Source: "RFC 7644 §3.3",
		Sentence: "The URI of a new group is in Location and in meta.location.",
		Failure:  "Clients that follow Location do not find the group.",
		check: func(p *probe) {
			r := p.post("/Groups", p.group(p.name())).succeeds()
			if location := r.header.Get("Location"); location == "" {
				r.wrong("there is no Location")
			} else if r.object() != nil {
				r.is("/meta/location", location)
			}
		}},
	{ID: "C06", Level: Must, Source: "RFC 7644 §3.3",
		Sentence: "A POST that conflicts with another group returns 409 and uniqueness.",
		Failure:  "Clients that adopt the existing group on 409, as authentik does, fail instead.",
		check: func(p *probe) {
			first := p.create()
			r := p.post("/Groups", p.group(first.name))
			if r.ok() {
				p.skip("the service accepts two groups of one name")
			}
			r.fault(409, "uniqueness")
		}},
	{ID: "C07", Level: Stated, Source: "RFC 7644 §3.12, RFC 7643 §4.2",
		Sentence: "A body that is not JSON, lacks displayName or has values of other types returns 400.",
		Failure:  "Clients with a wrong mapping create groups without names, or repeat the request forever.",
		check: func(p *probe) {
			p.post("/Groups", `{"schemas":[`+quote(p.schema)+`],"displayName":`+quote(p.name())).fault(400, "", "invalidSyntax")
			p.post("/Groups", object{"schemas": []string{p.schema}}).fault(400, "", "invalidValue", "invalidSyntax")
			p.post("/Groups", with(p.group(""), "displayName", object{"a": p.name()})).fault(400, "", "invalidValue",
				"invalidSyntax")
			p.post("/Groups", with(p.group(p.name()), "members", []any{[]any{}})).fault(400, "", "invalidValue", "invalidSyntax")
		}},
	{ID: "C08", Level: Stated, Source: "RFC 7643 §3",
		Sentence: "A body without schemas returns 400.",
		Failure:  "Accepting it harms nobody: some clients leave schemas out.",
		check: func(p *probe) {
			p.post("/Groups", object{"displayName": p.name()}).refused(400, "", "invalidSyntax", "invalidValue")
		}},
}
