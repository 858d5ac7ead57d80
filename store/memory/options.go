package memory

import (
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// Options are what can be chosen when a [Store] is made. The zero value is good.
type Options struct {
	// NewID makes the id of a new group, which has all but ID, Created,
	// LastModified and Version. Nil means [adapter.NewID]. It is called concurrently,
	// and must not return an id that another group has or had. A result that is
	// not valid by [adapter.ValidID] makes Create fail with that error.
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
	// Nesting says what the store makes of groups that are members of groups; the
	// zero value is [store.NestingTyped]. With IDFromName, where a user and a group
	// may well have the same id, that means [store.NestingOff];
	// [store.NestingAcyclic] can still be asked for.
	//
	// A group is told by the Value of a member, whatever Type it has. A Value that
	// becomes the id of a group later on does not get a Type by that; but a group
	// that is created under an id which other groups have as a member is in them,
	// and may not be given one of these as a member if circles are refused. To look
	// for circles takes time that grows with the number of groups that the group is
	// in, directly or through others, and is done for groups that are put into it
	// only.
	//
	// A group that is deleted is gone at once, and then leaves the groups that it
	// was a member of one after the other; Delete waits for that, and so for their
	// writers. In that time a reader may find a member there that is no group any
	// more.
	Nesting store.Nesting
	// Clock is used for Created and LastModified; nil means [time.Now]. It is
	// called concurrently.
	Clock func() time.Time
}
