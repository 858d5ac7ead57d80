package main

import (
	"fmt"
	"net/url"
)

// fixture is what a server holds when it is measured: Groups groups of Members
// members each. No member is in two groups.
type fixture struct {
	Groups, Members int
}

func (f fixture) String() string {
	return fmt.Sprintf("%s × %s", thousands(f.Groups), thousands(f.Members))
}

// name of group g.
func (f fixture) name(g int) string { return fmt.Sprintf("Group %08d", g) }

// member is the value of member m of group g.
func (f fixture) member(g, m int) string { return memberID(g*f.Members + m) }

// members are the values of all members of group g.
func (f fixture) members(g int) []string {
	values := make([]string, f.Members)
	for m := range values {
		values[m] = f.member(g, m)
	}
	return values
}

// some is the i-th of 64 groups that are spread over all.
func (f fixture) some(i int) int {
	return int(uint64(i%64) * 0x9e3779b97f4a7c15 % uint64(f.Groups))
}

// memberMark is in the id of every member, and nowhere else.
const memberMark = "-4000-8000-"

// memberID is text of 36 characters, which is not in the order of n.
func memberID(n int) string {
	h := uint64(n+1) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x"+memberMark+"%012x", h>>32, h>>16&0xffff, n)
}

// groupBody is a POST body.
func groupBody(name string, members ...string) string {
	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"` + name + `"`
	for i, value := range members {
		separator := `,`
		if i == 0 {
			separator = `,"members":[`
		}
		body += separator + `{"value":"` + value + `","type":"User"}`
	}
	if len(members) > 0 {
		body += `]`
	}
	return body + `}`
}

// addBody and removeBody are PATCH bodies.
func addBody(value string) string {
	return patchBody(`{"op":"add","path":"members","value":[{"value":"` + value + `","type":"User"}]}`)
}

func removeBody(value string) string {
	return patchBody(`{"op":"remove","path":"members[value eq \"` + value + `\"]"}`)
}

func patchBody(operation string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
}

// query is the path of a list of groups with parameters, given in pairs.
func query(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return "/Groups?" + values.Encode()
}
