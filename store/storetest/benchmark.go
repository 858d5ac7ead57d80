package storetest

import (
	"fmt"
	"os"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

// Benchmark measures the most frequent operations, in groups of 10, 1,000 and 100,000
// members, and of 1,000,000 if the environment has SCIMGROUPS_LONG=1: adding and
// removing a member, and finding a group by its names and by a member. The times of
// a good store grow at most with the logarithm of the size. The store must accept any
// member.
func Benchmark(b *testing.B, newStore func(b *testing.B) store.GroupStore) {
	sizes := []int{10, 1_000, 100_000}
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		sizes = append(sizes, 1_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("members=%d", size), func(b *testing.B) { benchmarkMembers(b, newStore(b), size) })
	}
	for _, size := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("groups=%d", size), func(b *testing.B) { benchmarkGroups(b, newStore(b), size) })
	}
}

func fill(b *testing.B, s store.GroupStore, name string, members int) string {
	c, err := s.Create(b.Context(), store.Group{DisplayName: name, ExternalID: "external " + name})
	if err != nil {
		b.Fatal(err)
	}
	// In pieces, like a client.
	for start := 0; start < members; start += 10_000 {
		edit := store.MemberEdit{Op: store.AddMembers}
		for n := start; n < min(start+10_000, members); n++ {
			edit.Members = append(edit.Members, store.Member{Value: benchmarkValue(n), Type: "User"})
		}
		benchmarkEdit(b, s, c.Group.ID, edit)
	}
	return c.Group.ID
}

// benchmarkValue returns text like a UUID. Its order is not that of n.
func benchmarkValue(n int) string {
	h := uint64(n+1) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", h>>32, h>>16&0xffff, n)
}

func benchmarkEdit(b *testing.B, s store.GroupStore, id string, edit store.MemberEdit) {
	_, err := s.Update(b.Context(), id, store.Update{Members: store.MemberEdits{edit}})
	if err != nil {
		b.Fatal(err)
	}
}

func benchmarkMembers(b *testing.B, s store.GroupStore, size int) {
	id := fill(b, s, "group", size)
	one := benchmarkValue(size / 2)
	b.Run("add and remove one", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			value := benchmarkValue(-2 - i%1000)
			members := []store.Member{{Value: value, Type: "User"}}
			benchmarkEdit(b, s, id, store.MemberEdit{Op: store.AddMembers, Members: members})
			benchmarkEdit(b, s, id, store.MemberEdit{Op: store.RemoveMembers, Values: []string{value}})
		}
	})
	b.Run("get without members", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Get(b.Context(), id, store.Selection{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	benchmarkList(b, s, "list by members.value", 100, "members.value eq "+quote(one))
	benchmarkList(b, s, "is one a member", 1, "id eq "+quote(id)+" and members[value eq "+quote(one)+"]")
}

func benchmarkGroups(b *testing.B, s store.GroupStore, size int) {
	for i := range size {
		fill(b, s, fmt.Sprintf("Group %d", i), 3)
	}
	benchmarkList(b, s, "list by displayName", 100, fmt.Sprintf(`displayName eq "group %d"`, size/2))
	benchmarkList(b, s, "list by externalId", 100, fmt.Sprintf(`externalId eq "external Group %d"`, size/2))
	for _, offset := range []int{0, size - 10} {
		q := store.Query{Limit: 10, Offset: offset}
		b.Run(fmt.Sprintf("page of ten at %d", offset), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err := s.List(b.Context(), q); err != nil || len(p.Groups) != 10 {
					b.Fatal(len(p.Groups), err)
				}
			}
		})
	}
	benchmarkList(b, s, "list by part of displayName", 100, fmt.Sprintf(`displayName ew "p %d"`, size/2))
}

// benchmarkList measures a query whose filter matches one group.
func benchmarkList(b *testing.B, s store.GroupStore, name string, limit int, filter string) {
	q := store.Query{Limit: limit, Filter: parse(b, filter)}
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, err := s.List(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			if len(p.Groups) != 1 {
				b.Skip("the query finds several groups; switched on at sizes where it finds one")
			}
		}
	})
}
