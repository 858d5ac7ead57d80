package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/marcelom97/scimgateway"
	"github.com/marcelom97/scimgateway/config"
	gateway "github.com/marcelom97/scimgateway/scim"
)

// gatewayPlugin keeps groups in memory in the way that the documentation of
// scimgateway recommends to plugins ("return all data") and its memory plugin
// does: a map under a lock, lists are the whole map, and the library filters, sorts
// and cuts them; a PATCH is applied by the library's PatchProcessor under the lock.
type gatewayPlugin struct {
	mu     sync.RWMutex
	groups map[string]*gateway.Group
}

func (*gatewayPlugin) Name() string { return "memory" }

func (p *gatewayPlugin) GetGroups(context.Context, gateway.QueryParams) ([]*gateway.Group, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make([]*gateway.Group, 0, len(p.groups))
	for _, g := range p.groups {
		all = append(all, g)
	}
	return all, nil
}

func (p *gatewayPlugin) GetGroup(_ context.Context, id string, _ []string) (*gateway.Group, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	g, ok := p.groups[id]
	if !ok {
		return nil, gateway.ErrNotFound("Group", id)
	}
	return g, nil
}

func (p *gatewayPlugin) CreateGroup(_ context.Context, g *gateway.Group) (*gateway.Group, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.ID == "" {
		g.ID = uuid.NewString()
	}
	if len(g.Schemas) == 0 {
		g.Schemas = []string{gateway.SchemaGroup}
	}
	now := time.Now()
	g.Meta = &gateway.Meta{ResourceType: "Group", Created: &now, LastModified: &now, Version: fmt.Sprintf(`W/"%s"`, g.ID)}
	p.groups[g.ID] = g
	return g, nil
}

func (p *gatewayPlugin) ModifyGroup(_ context.Context, id string, patch *gateway.PatchOp) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		return gateway.ErrNotFound("Group", id)
	}
	if err := gateway.NewPatchProcessor().ApplyPatch(g, patch); err != nil {
		return err
	}
	now := time.Now()
	g.Meta.LastModified = &now
	g.Meta.Version = fmt.Sprintf(`W/"%s-%d"`, id, now.Unix())
	return nil
}

func (p *gatewayPlugin) DeleteGroup(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.groups[id]; !ok {
		return gateway.ErrNotFound("Group", id)
	}
	delete(p.groups, id)
	return nil
}

// There are no users.

func (*gatewayPlugin) GetUsers(context.Context, gateway.QueryParams) ([]*gateway.User, error) {
	return nil, nil
}

func (*gatewayPlugin) GetUser(_ context.Context, id string, _ []string) (*gateway.User, error) {
	return nil, gateway.ErrNotFound("User", id)
}

func (*gatewayPlugin) CreateUser(context.Context, *gateway.User) (*gateway.User, error) {
	return nil, gateway.ErrNotImplemented("users")
}

func (*gatewayPlugin) ModifyUser(_ context.Context, id string, _ *gateway.PatchOp) error {
	return gateway.ErrNotFound("User", id)
}

func (*gatewayPlugin) DeleteUser(_ context.Context, id string) error {
	return gateway.ErrNotFound("User", id)
}

func openScimgateway(context.Context, string) (*backend, error) {
	plugin := &gatewayPlugin{groups: map[string]*gateway.Group{}}
	gw := scimgateway.New(&config.Config{
		Gateway: config.GatewayConfig{BaseURL: "http://scim.example", Port: 8080},
		Plugins: []config.PluginConfig{{Name: plugin.Name()}},
	})
	gw.RegisterPlugin(plugin)
	if err := gw.Initialize(); err != nil {
		return nil, err
	}
	handler, err := gw.Handler()
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, f fixture) (first string, err error) {
		for g := range f.Groups {
			group := &gateway.Group{DisplayName: f.name(g)}
			for _, value := range f.members(g) {
				group.Members = append(group.Members, gateway.MemberRef{Value: value, Type: "User"})
			}
			created, err := plugin.CreateGroup(ctx, group)
			if err != nil {
				return "", err
			}
			if g == 0 {
				first = created.ID
			}
		}
		return first, ctx.Err()
	}
	return &backend{handler: handler, base: "/" + plugin.Name(), load: load, close: nothing}, nil
}
