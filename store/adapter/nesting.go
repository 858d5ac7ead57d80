package adapter

import "github.com/scimgroups/scimgroups/store"

// TypeEdits returns the edits with the Type "Group" given to every member of
// [store.AddMembers] and [store.ReplaceMembers] that has no Type and whose Value is the
// id of a group, as isGroup reports; isGroup is called for members without a Type only.
// An adapter with [store.NestingTyped] or [store.NestingAcyclic] applies the result in
// place of e, and calls isGroup within the same atomic step. e is not changed, but
// shares memory with the result.
func TypeEdits(e store.MemberEdits, isGroup func(id string) bool) store.MemberEdits {
	out, copied := e, false
	for i := range e {
		if e[i].Op != store.AddMembers && e[i].Op != store.ReplaceMembers {
			continue
		}
		typed, some := typeGroups(e[i].Members, isGroup)
		if !some {
			continue
		}
		if !copied {
			out, copied = append(store.MemberEdits(nil), e...), true
		}
		out[i].Members = typed
	}
	return out
}

// TypeMembers returns members with the Type "Group" given to every member that has no
// Type and whose Value is the id of a group; see [TypeEdits]. The argument is not
// changed, but shares memory with the result.
func TypeMembers(members []store.Member, isGroup func(id string) bool) []store.Member {
	members, _ = typeGroups(members, isGroup)
	return members
}

// typeGroups returns members, or a changed copy if some of them are groups without a
// Type.
func typeGroups(members []store.Member, isGroup func(id string) bool) (typed []store.Member, some bool) {
	for i := range members {
		if members[i].Type != "" || !isGroup(members[i].Value) {
			continue
		}
		if !some {
			members, some = append([]store.Member(nil), members...), true
		}
		members[i].Type = store.ResourceType
	}
	return members, some
}
