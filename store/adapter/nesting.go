package adapter

import "github.com/scimgroups/scimgroups/store"

// TypeEdits returns e with the Type "Group" for every member of [store.AddMembers] and
// [store.ReplaceMembers] that has no Type and whose Value is the id of a group. isGroup
// reports whether it is, and is only called for members without a Type. A store with
// [store.NestingTyped] or [store.NestingAcyclic] applies the result instead of e, and
// calls TypeEdits in the same atomic step. TypeEdits does not change e, but the result
// shares memory with it.
func TypeEdits(e store.MemberEdits, isGroup func(id string) bool) store.MemberEdits {
	out, copied := e, false
	for i := range e {
		if e[i].Op != store.AddMembers && e[i].Op != store.ReplaceMembers {
			continue
		}
		typed, changed := typeGroups(e[i].Members, isGroup)
		if !changed {
			continue
		}
		if !copied {
			out, copied = append(store.MemberEdits(nil), e...), true
		}
		out[i].Members = typed
	}
	return out
}

// TypeMembers returns members with the Type "Group" for every member that has no Type
// and whose Value is the id of a group, as isGroup reports. It does not change members,
// but the result may share memory with it. See [TypeEdits].
func TypeMembers(members []store.Member, isGroup func(id string) bool) []store.Member {
	members, _ = typeGroups(members, isGroup)
	return members
}

// typeGroups returns members, or a changed copy if there are groups without a Type among
// them.
func typeGroups(members []store.Member, isGroup func(id string) bool) (typed []store.Member, changed bool) {
	for i := range members {
		if members[i].Type != "" || !isGroup(members[i].Value) {
			continue
		}
		if !changed {
			members, changed = append([]store.Member(nil), members...), true
		}
		members[i].Type = store.ResourceType
	}
	return members, changed
}
