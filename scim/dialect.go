package scim

import (
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// Dialect is how a version of the protocol, or one product's flavour of it, is
// spoken on the wire. It only decodes requests into the same edits and queries,
// and encodes the same answers: Handlers with different dialects may serve one
// store at the same time. See [SCIM2], [Opsera], [SCIM11] and
// [WorkspaceONE].
type Dialect struct {
	// version of the protocol that a segment before the endpoint must name, if it
	// names one; "" for any.
	version string
	// mediaType of all answers.
	mediaType string
	// core is the URN that groups have in "schemas"; requests may have it, and
	// paths may begin with it.
	core string
	// listSchemas are the "schemas" of a list.
	listSchemas string
	// searchSchema is what a search request must have in "schemas"; "" for nothing.
	searchSchema string
	// typedMeta says that meta has a resourceType.
	typedMeta bool
	// bareExtensionNames: see filter.Definition.
	bareExtensionNames bool
	// knownAttributes says that a name in attributes or excludedAttributes that
	// groups do not have is an error.
	knownAttributes bool
	// negativeIndexes says that a negative count or startIndex is an error.
	negativeIndexes bool
	// memberOperations says that a member with "operation":"delete" is none.
	memberOperations bool
	// methodOverride says that X-HTTP-Method-Override is part of the dialect.
	methodOverride bool
	// patchAnswers says that a PATCH is answered 200 with the group.
	patchAnswers bool
	// encodedFilters says that a filter which was encoded twice selects nothing,
	// instead of being an error.
	encodedFilters bool
	// namesAreIDs says that the id of a group is its displayName.
	namesAreIDs bool
	// cursors says that lists can be paged by cursor, bulk that there is /Bulk.
	cursors, bulk bool

	// endpoint knows the first segment after the base URL.
	endpoint func(segment string) endpoint
	// methods of an endpoint, as the Allow header lists them.
	methods func(e endpoint) string
	// patch compiles the body of a PATCH.
	patch func(c *patch.Compiler, body []byte) (*patch.Edit, error)
	// appendError appends the body of an error.
	appendError func(b []byte, e scimerrors.ScimError) []byte
	// badIndex is the fault of a startIndex or count that is not a number.
	badIndex func(detail string) error
	// config is the document of the service's configuration, configPath where it
	// is.
	config     func(h *Handler) any
	configPath string
	// schemaID is the id that a schema has here; group tells the core schema.
	schemaID func(urn string, group bool) string
	// schema is the document of a schema; group tells the core schema.
	schema func(s schemaJSON, group bool) any
	// findSchema answers the name of the schema that /Schemas?filter=… asks for; nil
	// if there is no such thing.
	findSchema func(text string) (name string, err error)
	// needsSchemaFilter says that /Schemas must have a filter.
	needsSchemaFilter bool
}

// SCIM2 is the dialect of RFC 7643 and RFC 7644, and the default.
func SCIM2() *Dialect {
	return &Dialect{
		version: "v2", mediaType: "application/scim+json", core: store.GroupSchema,
		listSchemas: listSchema, searchSchema: searchSchema, typedMeta: true, cursors: true, bulk: true,
		endpoint: endpointOf, methods: endpoint.methods,
		patch:       (*patch.Compiler).Patch,
		appendError: appendError,
		badIndex:    func(detail string) error { return fault.BadRequest(scimerrors.ScimTypeInvalidValue, detail) },
		config:      func(h *Handler) any { return h.serviceProviderConfig() },
		configPath:  "/ServiceProviderConfig",
		schemaID:    func(urn string, _ bool) string { return urn },
		schema:      func(s schemaJSON, _ bool) any { return s },
	}
}

// schemas are the URNs one of which a new group must have in "schemas".
func (d *Dialect) schemas() []string { return []string{d.core, store.GroupSchema} }

// isSchema reports whether a path names a schema: by its URN, which is
// case-insensitive (RFC 8141 §3.1), or by its name where schemas are found by it.
func (d *Dialect) isSchema(doc *document, id string) bool {
	if strings.EqualFold(doc.id, id) || d.findSchema != nil && strings.EqualFold(doc.name, id) {
		return true
	}
	return strings.EqualFold(doc.id, d.schemaID(store.GroupSchema, true)) && (strings.EqualFold(id, d.core) || strings.EqualFold(id, store.GroupSchema))
}
