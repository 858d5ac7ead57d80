package memory_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// BenchmarkBytesPerMembership fills a store and reports the heap memory for each
// membership: with members that are in one group each, and with members that are in ten.
// With SCIMGROUPS_LONG=1 there are 10,000,000 memberships.
func BenchmarkBytesPerMembership(b *testing.B) {
	total := 1_000_000
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		total = 10_000_000
	}
	for _, groupsEach := range []int{1, 10} {
		b.Run(fmt.Sprintf("memberships=%d/groups of each=%d", total, groupsEach), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				s := memory.New()
				members := total / groupsEach
				const groups = 100
				ctx := context.Background()
				for g := range groups {
					made, err := s.Create(ctx, store.Group{DisplayName: fmt.Sprint("group ", g)})
					if err != nil {
						b.Fatal(err)
					}
					// Group g has the members of groupsEach of the 100 blocks of members.
					for block := range groupsEach {
						part := (g + block) % groups
						for start := part * members / groups; start < (part+1)*members/groups; start += 10_000 {
							edit := store.MemberEdit{Op: store.AddMembers}
							for n := start; n < min(start+10_000, (part+1)*members/groups); n++ {
								edit.Members = append(edit.Members, store.Member{Value: uuid(n), Type: "User"})
							}
							_, err := s.Update(ctx, made.Group.ID, store.Update{Members: store.MemberEdits{edit}})
							if err != nil {
								b.Fatal(err)
							}
						}
					}
				}
				b.ReportMetric(float64(heap()-before)/float64(total), "B/membership")
				runtime.KeepAlive(s)
			}
		})
	}
}

// uuid returns text of 36 characters whose order is not that of n.
func uuid(n int) string {
	h := uint64(n+1) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", h>>32, h>>16&0xffff, n)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkPageOfManyGroups reads a page at the start and near the end of
// 100,000 groups, or of 1,000,000 with SCIMGROUPS_LONG=1.
func BenchmarkPageOfManyGroups(b *testing.B) {
	total := 100_000
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		total = 1_000_000
	}
	s := memory.New()
	ctx := context.Background()
	for i := range total {
		if _, err := s.Create(ctx, store.Group{DisplayName: fmt.Sprint("group ", i)}); err != nil {
			b.Fatal(err)
		}
	}
	for _, offset := range []int{0, total / 10 * 9} {
		b.Run(fmt.Sprintf("offset=%d", offset), func(b *testing.B) {
			for b.Loop() {
				page, err := s.List(ctx, store.Query{Offset: offset, Limit: 100})
				if err != nil || len(page.Groups) != 100 || page.Total != total {
					b.Fatal(len(page.Groups), page.Total, err)
				}
			}
		})
	}
}
