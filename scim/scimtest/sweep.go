package scimtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Sweep deletes the groups that earlier runs left on a service, which it knows by the
// beginning of their names, and returns their names. It deletes those of a run that is
// under way elsewhere, too.
func Sweep(ctx context.Context, target Target, o Options) (names []string, err error) {
	service, err := target.open()
	if err != nil {
		return nil, err
	}
	defer service.close()
	s := &session{service: service, target: target}
	if target.Handler == nil && o.Rate == 0 {
		o.Rate = 20
	}
	if o.Rate > 0 {
		s.interval = time.Duration(float64(time.Second) / o.Rate)
	}
	groups, err := s.named(ctx, namePrefix, true)
	if err != nil {
		return nil, err
	}
	var failed error
	for _, g := range groups {
		if !ofARun.MatchString(g.name) {
			continue // a name that somebody has chosen
		}
		if err := s.remove(ctx, g.path); err != nil {
			failed = errors.Join(failed, fmt.Errorf("scimtest: %s cannot be deleted: %w", g.name, err))
			continue
		}
		names = append(names, g.name)
	}
	return names, failed
}

// ofARun matches names that runs give to groups: after the prefix is that of the run.
var ofARun = regexp.MustCompile(`(?i)^` + namePrefix + `[a-z2-7]{6}-.`)

// leftover is a group whose name begins as those of a run do.
type leftover struct{ name, path string }

// errNoFilter says that the service cannot select groups by the beginning of a name.
var errNoFilter = errors.New("the service does not filter by the beginning of a name")

// named returns the groups whose names begin with a prefix. If the service cannot tell
// by a filter, it reads all groups, unless that is not wanted.
func (s *session) named(ctx context.Context, prefix string, all bool) (found []leftover, err error) {
	filter := "filter=" + url.QueryEscape("displayName sw "+quote(prefix)) + "&"
	seen := map[string]bool{}
	query := filter
	for start := 1; ; {
		r, err := s.send(ctx, "GET", fmt.Sprintf("%s/Groups?%sattributes=displayName&startIndex=%d&count=100", s.base,
			query, start), "", nil)
		if err != nil {
			return found, err
		}
		if r.status != 200 {
			switch {
			case query == "":
				return found, fmt.Errorf("scimtest: the groups cannot be listed: status %d", r.status)
			case !all:
				return found, errNoFilter
			}
			query = ""
			continue
		}
		list := newResponse(nil, r, nil)
		fresh := 0
		for _, resource := range list.list("/Resources") {
			if id, _ := at(resource, "/id"); !seen[fmt.Sprint(id)] {
				seen[fmt.Sprint(id)] = true
				fresh++
			}
		}
		found = append(found, listed(r, prefix)...)
		start += len(list.list("/Resources"))
		switch {
		case fresh > 0 && start <= list.total():
		case all && query != "" && len(found) == 0:
			query, start = "", 1 // a filter that is not understood may select nothing
			clear(seen)
		default:
			return found, nil
		}
	}
}

// listed returns the groups in a list whose names begin with a prefix. The service's
// word for it is not taken.
func listed(r *reply, prefix string) (found []leftover) {
	for _, resource := range newResponse(nil, r, nil).list("/Resources") {
		id, known := at(resource, "/id")
		name, _ := at(resource, "/displayName")
		if name, ok := name.(string); ok && known && strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)) {
			found = append(found, leftover{name, groupPath(fmt.Sprint(id))})
		}
	}
	return found
}
