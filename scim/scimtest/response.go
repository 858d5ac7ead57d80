package scimtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// response is a response to a rule, and notes what is wrong with it.
type response struct {
	*reply
	p        *probe
	exchange *Exchange
	json     any
	noJSON   error
}

func newResponse(p *probe, r *reply, e *Exchange) *response {
	response := &response{reply: r, p: p, exchange: e}
	if len(r.body) > 0 {
		response.noJSON = json.Unmarshal(r.body, &response.json)
	}
	return response
}

// wrong notes that the response is not what the rule says.
func (r *response) wrong(format string, args ...any) {
	r.p.findings = append(r.p.findings, Finding{Message: fmt.Sprintf(format, args...), Exchange: r.exchange})
	r.p.outcome = Failed
}

// ok reports success of any kind.
func (r *response) ok() bool { return r.status >= 200 && r.status < 300 }

// want notes whether the status is none of these.
func (r *response) want(statuses ...int) bool {
	if slices.Contains(statuses, r.status) {
		return true
	}
	r.wrong("status %d, and should be %s", r.status, either(statuses))
	return false
}

// must ends the rule unless the status is one of these.
func (r *response) must(statuses ...int) *response {
	if !r.want(statuses...) {
		panic(stopped{})
	}
	return r
}

// succeeds ends the rule unless the request succeeded.
func (r *response) succeeds() *response {
	if !r.ok() {
		r.wrong("status %d, and should be a success", r.status)
		panic(stopped{})
	}
	return r
}

func either(statuses []int) string {
	var texts []string
	for _, s := range statuses {
		texts = append(texts, fmt.Sprint(s))
	}
	return strings.Join(texts, " or ")
}

// refused notes whether a request was not refused as an error with a status and, unless
// none is given, one of these types; "" means that there may be none. What was accepted
// is tolerated.
func (r *response) refused(status int, types ...string) bool {
	if r.ok() {
		r.p.tolerates(r.exchange, "it is accepted: status %d", r.status)
		return false
	}
	return r.fault(status, types...)
}

// fault is like refused where nothing else than the error will do.
func (r *response) fault(status int, types ...string) bool {
	if !r.want(status) {
		return false
	}
	if got := r.str("/scimType"); len(types) > 0 && !slices.Contains(types, got) {
		r.wrong("scimType is %q, and should be %s", got, strings.Join(slices.DeleteFunc(slices.Clone(types),
			func(t string) bool { return t == "" }), " or "))
		return false
	}
	return true
}

// value returns what a pointer names.
func (r *response) value(pointer string) any {
	v, _ := at(r.json, pointer)
	return v
}

// str returns the string that a pointer names, or "".
func (r *response) str(pointer string) string {
	s, _ := r.value(pointer).(string)
	return s
}

func (r *response) list(pointer string) []any {
	l, _ := r.value(pointer).([]any)
	return l
}

// object returns the body if it is a JSON object.
func (r *response) object() map[string]any {
	o, _ := r.json.(map[string]any)
	return o
}

// is notes whether what a pointer names is another value; nil is none.
func (r *response) is(pointer string, want any) bool {
	if got := r.value(pointer); !same(got, want) {
		r.wrong("%s is %s, and should be %s", strings.TrimPrefix(pointer, "/"), text(got), text(want))
		return false
	}
	return true
}

// same compares values as SCIM does: null, an empty list and nothing are one state.
func same(a, b any) bool {
	none := func(v any) bool {
		list, ok := v.([]any)
		return v == nil || ok && len(list) == 0
	}
	if i, ok := b.(int); ok {
		b = float64(i)
	}
	return none(a) && none(b) || reflect.DeepEqual(a, b)
}

// text writes a value for a finding.
func text(v any) string {
	if v == nil {
		return "absent"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return cut(string(data))
}

// lacks notes whether what a pointer names is there.
func (r *response) lacks(pointers ...string) bool {
	good := true
	for _, pointer := range pointers {
		good = r.is(pointer, nil) && good
	}
	return good
}

// total is totalResults of a list, or -1.
func (r *response) total() int {
	n, ok := r.value("/totalResults").(float64)
	if !ok {
		return -1
	}
	return int(n)
}

// found returns the ids of the resources in a list.
func (r *response) found() []string {
	ids := []string{}
	for _, resource := range r.list("/Resources") {
		id, _ := at(resource, "/id")
		ids = append(ids, fmt.Sprint(id))
	}
	return ids
}

// finds notes whether a list has other groups than these, in any order.
func (r *response) finds(groups ...*fixture) bool {
	if !r.want(200) {
		return false
	}
	if !sameGroups(r.found(), groups) {
		r.wrong("the list has %d groups (%s), and should have %d (%s)",
			len(r.found()), names(r), len(groups), namesOf(groups))
		return false
	}
	return true
}

// includes notes whether a group is in a list, or is not, otherwise than it should.
func (r *response) includes(g *fixture, yes bool) bool {
	if !r.want(200) {
		return false
	}
	if slices.Contains(r.found(), g.id) != yes {
		r.wrong("the group is %s, and should %s", map[bool]string{true: "missing", false: "in the list"}[yes],
			map[bool]string{true: "be in the list", false: "not be"}[yes])
		return false
	}
	return true
}

func names(r *response) string {
	var all []string
	for _, resource := range r.list("/Resources") {
		name, _ := at(resource, "/displayName")
		all = append(all, fmt.Sprint(name))
	}
	return strings.Join(all, ", ")
}

func namesOf(groups []*fixture) string {
	var all []string
	for _, g := range groups {
		all = append(all, g.name)
	}
	return strings.Join(all, ", ")
}
