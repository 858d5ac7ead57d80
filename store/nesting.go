package store

// Typed is e with the Type "Group" given to every member of [AddMembers] and
// [ReplaceMembers] that has no Type and whose Value is the id of a group, as
// isGroup says; it is asked about members without a Type only. An adapter that
// keeps to [NestingTyped] or [NestingAcyclic] applies these edits instead of e, and
// asks within the same atomic step. e is not changed, but shares memory with the
// answer.
func (e MemberEdits) Typed(isGroup func(id string) bool) MemberEdits {
	out, copied := e, false
	for i := range e {
		if e[i].Op != AddMembers && e[i].Op != ReplaceMembers {
			continue
		}
		typed, some := typeGroups(e[i].Members, isGroup)
		if !some {
			continue
		}
		if !copied {
			out, copied = append(MemberEdits(nil), e...), true
		}
		out[i].Members = typed
	}
	return out
}

// Typed is g with the Type "Group" given to every member that has no Type and
// whose Value is the id of a group; see [MemberEdits.Typed]. g is not changed, but
// shares memory with the answer.
func (g Group) Typed(isGroup func(id string) bool) Group {
	g.Members, _ = typeGroups(g.Members, isGroup)
	return g
}

// typeGroups answers members, or a copy if there is a group among them that has
// to be told.
func typeGroups(members []Member, isGroup func(id string) bool) (typed []Member, some bool) {
	for i := range members {
		if members[i].Type != "" || !isGroup(members[i].Value) {
			continue
		}
		if !some {
			members, some = append([]Member(nil), members...), true
		}
		members[i].Type = ResourceType
	}
	return members, some
}
