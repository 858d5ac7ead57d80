package scim

import (
	"net/http"
	"slices"
	"strconv"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/wire"
)

// projection returns what a response shows of a group: what attributes and
// excludedAttributes in the URL say (RFC 7644 §3.9). asked reports whether either has
// a name. supplied, if not nil, reports which attributes the client has written.
func (x *exchange) projection(supplied func(*filter.Attribute) bool) (p *wire.Projection, asked bool, err error) {
	names, err := wire.DecodeNames(x.r.URL.RawQuery)
	if err != nil {
		return nil, false, err
	}
	p, err = x.h.projection(&names, supplied)
	return p, names.Any(), err
}

func (h *Handler) projection(names *wire.Names, supplied func(*filter.Attribute) bool) (*wire.Projection, error) {
	table := h.service.Table
	if h.dialect.RefusesUnknownNames() {
		for _, name := range slices.Concat(names.Attributes, names.ExcludedAttributes) {
			if _, ok := table.ExtensionURN(name); !ok && table.Lookup(name) == nil {
				return nil, scimerrors.ScimError{
					Status:   http.StatusBadRequest,
					ScimType: scimerrors.ScimTypeInvalidPath,
					Detail:   "the group has no attribute " + strconv.Quote(fault.Shorten(name)),
				}
			}
		}
	}
	shown, err := h.service.Projection(names.Attributes, names.ExcludedAttributes, supplied)
	if err != nil {
		return nil, err
	}
	if shown == h.shown {
		return h.everything, nil
	}
	return wire.NewProjection(table, shown.Wants), nil
}
