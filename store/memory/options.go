package memory

import (
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// Options configure a [Store]. The zero value is ready to use.
type Options struct {
	// NewID returns the id of a new group, which has all fields but ID, Created,
	// LastModified and Version. It is called concurrently, and must not return an id
	// that another group has or had. If [adapter.ValidID] rejects the id, Create
	// returns that error. Defaults to [adapter.NewID].
	NewID func(g store.Group) string
	// IDFromName makes the displayName of a new group its id, as some services do;
	// NewID is not called then. Create returns a [store.InvalidError] for displayName if
	// the name cannot be an id. The id stays when the group is renamed (it is permanent,
	// RFC 7643 §3.1), so a new group conflicts with the name of each group and with the
	// name that each had when it was created.
	IDFromName bool
	// AllowDuplicateNames lets groups have the same displayName. Without it a name
	// belongs to one group, compared as [filter.Fold] folds it.
	//
	// [filter.Fold]: https://pkg.go.dev/github.com/scimgroups/scimgroups/filter#Fold
	AllowDuplicateNames bool
	// Nesting says how the store treats groups that are members of groups.
	//
	// A member is a group if its Value is the id of one, whatever its Type. A member
	// does not get a Type when its Value becomes the id of a group later. But a group
	// that is created under an id that other groups have as a member is in those
	// groups, and cannot contain them if cycles are refused. The search for cycles
	// takes time that grows with the number of groups that contain the changed group,
	// directly or through others. It takes place only when groups are added to it.
	//
	// A deleted group is gone at once, and is then removed from the groups that
	// contain it, one after the other. Delete waits for that, and so for the writers of
	// those groups. Meanwhile a reader may find a member there that is no longer a
	// group.
	//
	// Defaults to [store.NestingTyped]; with IDFromName, where a user and a group may
	// have the same id, to [store.NestingOff]. [store.NestingAcyclic] can be set with
	// IDFromName.
	Nesting store.Nesting
	// Clock returns the time for Created and LastModified. It is called concurrently.
	// Defaults to [time.Now].
	Clock func() time.Time
}
