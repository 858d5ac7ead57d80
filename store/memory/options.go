package memory

import (
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// Options are what can be chosen when a [Store] is made. The zero value is good.
type Options struct {
	// NewID makes the id of a new group, which has all but ID, Created,
	// LastModified and Version. Nil means [store.NewID]. It is called concurrently,
	// and must not answer an id that another group has or had. An answer that is
	// not valid by [store.ValidID] makes Create fail with that error.
	NewID func(g store.Group) string
	// IDFromName makes the displayName of a new group its id, as some services
	// have it; NewID is not used then. A name that cannot be an id is a
	// [store.InvalidError] for displayName. The id stays when the group is renamed
	// (it is permanent, RFC 7643 §3.1), so that a new group conflicts with the
	// name of each group and with the name that each had when it was created.
	IDFromName bool
	// AllowDuplicateNames lets groups have the same displayName. Without it a name
	// belongs to one group, compared as [filter.Fold] folds it.
	//
	// [filter.Fold]: https://pkg.go.dev/github.com/scimgroups/scimgroups/filter#Fold
	AllowDuplicateNames bool
	// Clock is used for Created and LastModified; nil means [time.Now]. It is
	// called concurrently.
	Clock func() time.Time
}
