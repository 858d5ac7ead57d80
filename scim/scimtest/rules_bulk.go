package scimtest

import (
	"fmt"
	"strings"
)

// bulkRules are about /Bulk: section J of the checklist.
var bulkRules = []Rule{
	{ID: "J01", Level: Must, Source: "RFC 7644 §3.7",
		Sentence: "If the service supports bulk requests, /Bulk accepts a BulkRequest and returns a BulkResponse.",
		Failure:  "Clients that rely on ServiceProviderConfig change nothing.",
		check: func(p *probe) {
			r := p.bulk(create(p, "a"))
			if schemas := r.list("/schemas"); len(schemas) != 1 || schemas[0] != messages+"BulkResponse" {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
		}},
	{ID: "J02", Level: Must, Source: "RFC 7644 §3.7",
		Sentence: "A bulk request that was processed returns 200, even if operations failed.",
		Failure:  "Clients take the whole request for failed, and repeat it.",
		check: func(p *probe) {
			p.needs("bulk")
			r := p.post("/Bulk", bulkOf(0, create(p, "a"), remove(nobody)))
			r.want(200)
		}},
	{ID: "J03", Level: Must, Source: "RFC 7644 §3.7",
		Sentence: "The service continues after an error until failOnErrors is reached.",
		Failure:  "Clients believe that the rest was done, or that it was not.",
		check: func(p *probe) {
			p.bulk()
			first := create(p, "b")
			p.bulked(bulkOf(0, remove(nobody), first)).status(1, 201)
			r := p.bulked(bulkOf(1, remove(nobody), create(p, "c")))
			if statuses := r.list("/Operations"); len(statuses) > 1 {
				if status, _ := at(statuses[1], "/status"); strings.HasPrefix(fmt.Sprint(status), "2") {
					r.wrong("the operation after the error was done")
				}
			}
		}},
	{ID: "J04", Level: Must, Source: "RFC 7644 §3.7.3",
		Sentence: "The response has the result of every operation.",
		Failure:  "Clients do not know what became of an operation.",
		check: func(p *probe) {
			r := p.bulk(create(p, "a"), remove(nobody), create(p, "b"))
			if n := len(r.list("/Operations")); n != 3 {
				r.wrong("there are %d results of 3 operations", n)
			}
		}},
	{ID: "J05", Level: Must, Source: "RFC 7644 §3.7",
		Sentence: "The result of a POST has its bulkId.",
		Failure:  "Clients cannot tell the new groups apart.",
		check: func(p *probe) {
			r := p.bulk(create(p, "a"), create(p, "b"))
			r.is("/Operations/0/bulkId", "a")
			r.is("/Operations/1/bulkId", "b")
		}},
	{ID: "J06", Level: Must, Source: "RFC 7644 §3.7.2",
		Sentence: "References by bulkId are replaced by the id of the new group.",
		Failure:  "Groups get members that do not exist.",
		check: func(p *probe) {
			parent := create(p, "b")
			parent["data"].(object)["members"] = []object{{"value": "bulkId:a", "type": "Group"}}
			r := p.bulk(create(p, "a"), parent)
			if !strings.HasPrefix(r.result(1), "2") {
				p.skip("a group cannot be a member: status %s", r.result(1))
			}
			child := r.location(0)
			r.location(1).has(child.id)
		}},
	{ID: "J07", Level: Must, Source: "RFC 7644 §3.7.1",
		Sentence: "Groups that refer to each other are created, or return a conflict.",
		Failure:  "Groups get members that do not exist.",
		check: func(p *probe) {
			a, b := create(p, "a"), create(p, "b")
			a["data"].(object)["members"] = []object{{"value": "bulkId:b", "type": "Group"}}
			b["data"].(object)["members"] = []object{{"value": "bulkId:a", "type": "Group"}}
			p.needs("bulk")
			r := results{p.post("/Bulk", bulkOf(0, a, b)).must(200, 409)}
			switch {
			case r.reply.status == 409:
			case strings.HasPrefix(r.result(0), "2") && strings.HasPrefix(r.result(1), "2"):
				r.location(0).has(r.location(1).id)
				r.location(1).has(r.location(0).id)
			case !strings.HasPrefix(r.result(0), "4") && !strings.HasPrefix(r.result(1), "4"):
				r.wrong("the results are %s and %s", r.result(0), r.result(1))
			}
		}},
	{ID: "J08", Level: Must, Source: "RFC 7644 §3.7",
		Sentence: "Operations have the same result as in the order of the request.",
		Failure:  "Members are lost, or stay.",
		check: func(p *probe) {
			p.bulk()
			g := p.create()
			m := p.ids(2)
			add := object{"method": "PATCH", "path": g.path(), "data": patchOf(op("add", "members", elements(m...)))}
			drop := object{"method": "PATCH", "path": g.path(), "data": patchOf(op("remove", member(m[0])))}
			p.bulked(bulkOf(0, add, drop)).each(200, 204)
			g.has(m[1])
		}},
	{ID: "J09", Level: Must, Source: "RFC 7644 §3.7 and §3.7.3, erratum 7916",
		Sentence: "A result has a location, a status that is a string and, if the operation failed, the error.",
		Failure:  "Clients do not know what became of an operation, or why.",
		check: func(p *probe) {
			r := p.bulk(create(p, "a"), remove(nobody))
			if r.str("/Operations/0/location") == "" || r.str("/Operations/1/location") == "" {
				r.wrong("a location is missing")
			}
			if r.str("/Operations/0/status") != "201" || r.str("/Operations/1/status") != "404" {
				r.wrong("the statuses are %s and %s, and should be \"201\" and \"404\"",
					text(r.value("/Operations/0/status")), text(r.value("/Operations/1/status")))
			}
			r.is("/Operations/1/response/schemas/0", messages+"Error")
		}},
	{ID: "J10", Level: Stated, Source: "RFC 7644 §3.7",
		Sentence: "version works like If-Match.",
		Failure:  "Clients overwrite each other's changes.",
		check: func(p *probe) {
			p.bulk()
			g := p.create()
			version := g.etag()
			change := func(version string) object {
				return object{"method": "PATCH", "path": g.path(), "version": version, "data": patchOf(op("replace",
					"displayName", p.name()))}
			}
			p.bulked(bulkOf(0, change(`W/"scimtest"`))).status(0, 412, 409)
			g.is("/displayName", g.name)
			p.bulked(bulkOf(0, change(version))).each(200, 204)
		}},
	{ID: "J11", Level: Stated, Source: "RFC 7644 §3.7, erratum 5050",
		Sentence: "The data of a PATCH is a PatchOp.",
		Failure:  "Clients cannot change groups in bulk requests.",
		check: func(p *probe) {
			p.bulk()
			g := p.create()
			name := p.name()
			change := object{"method": "PATCH", "path": g.path(), "data": patchOf(op("replace", "displayName", name))}
			p.bulked(bulkOf(0, change)).each(200, 204)
			g.is("/displayName", name)
		}},
	{ID: "J12", Level: Must, Source: "RFC 7644 §3.7.4",
		Sentence: "More than maxOperations operations return 413, and the body names the limit.",
		Failure:  "Clients do not know how to split their requests.",
		check: func(p *probe) {
			p.bulk()
			limit, _ := at(p.config, "/bulk/maxOperations")
			most, ok := limit.(float64)
			if !ok || most < 1 || most > 2000 {
				p.skip("maxOperations is %s", text(limit))
			}
			operations := make([]object, int(most)+1)
			for i := range operations {
				operations[i] = remove(nobody)
			}
			r := p.post("/Bulk", bulkOf(0, operations...))
			if r.want(413) && !strings.Contains(string(r.body), fmt.Sprint(int(most))) {
				r.wrong("the limit is not in the body")
			}
		}},
	{ID: "J13", Level: Stated, Source: "RFC 7644 §3.7",
		Sentence: "An operation on an unknown resource type fails alone.",
		Failure:  "The other operations are lost.",
		check: func(p *probe) {
			r := p.bulk(object{"method": "DELETE", "path": "/ScimtestThings/1"}, create(p, "a"))
			if !strings.HasPrefix(r.result(0), "4") && !strings.HasPrefix(r.result(0), "5") {
				r.wrong("the result is %s", r.result(0))
			}
			r.status(1, 201)
		}},
}

// create is an operation that creates a group.
func create(p *probe, bulkID string) object {
	return object{"method": "POST", "path": "/Groups", "bulkId": bulkID, "data": p.group(p.name())}
}

// remove is an operation that deletes a group.
func remove(id string) object { return object{"method": "DELETE", "path": groupPath(id)} }

// bulkOf is a bulk request. It ends after failOnErrors errors, if that is not 0.
func bulkOf(failOnErrors int, operations ...object) object {
	body := object{"schemas": []string{messages + "BulkRequest"}, "Operations": operations}
	if failOnErrors > 0 {
		body["failOnErrors"] = failOnErrors
	}
	return body
}

// results is a response to a bulk request.
type results struct{ *response }

// bulk sends operations, if there are any, and skips the rule if bulk is not offered.
func (p *probe) bulk(operations ...object) results {
	p.needs("bulk")
	if len(operations) == 0 {
		return results{}
	}
	return p.bulked(bulkOf(0, operations...))
}

// bulked sends a bulk request. Any success will do.
func (p *probe) bulked(body object) results {
	r := p.post("/Bulk", body)
	if !r.ok() {
		r.wrong("status %d, and should be 200", r.reply.status)
		panic(stopped{})
	}
	return results{r}
}

// result is the status of an operation, whether it is a string or not.
func (r results) result(i int) string {
	status := r.value(fmt.Sprintf("/Operations/%d/status", i))
	if code, ok := at(status, "/code"); ok { // as RFC 7644 §3.7.2 has it in an example
		status = code
	}
	return fmt.Sprint(status)
}

// status notes whether the status of an operation is none of these.
func (r results) status(i int, statuses ...int) {
	for _, s := range statuses {
		if r.result(i) == fmt.Sprint(s) {
			return
		}
	}
	r.wrong("the result of operation %d is %s, and should be %s", i+1, r.result(i), either(statuses))
}

// each notes whether the status of any operation is none of these.
func (r results) each(statuses ...int) {
	for i := range r.list("/Operations") {
		r.status(i, statuses...)
	}
}

// location is the group that an operation created.
func (r results) location(i int) *fixture {
	location := r.str(fmt.Sprintf("/Operations/%d/location", i))
	at := strings.LastIndex(location, "/")
	if at < 0 {
		r.p.block("the result has no location (J09)")
	}
	return &fixture{p: r.p, id: location[at+1:]}
}
