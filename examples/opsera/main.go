// Command opsera is Opsera's SCIM2 Groups API as a service of its own: the base
// path /api/v2/scim/v2, an API token, groups whose id is their name, and pages of
// 100 groups.
//
//	OPSERA_TOKEN=secret go run ./examples/opsera
//	curl -H "Authorization: Bearer secret" http://127.0.0.1:8080/api/v2/scim/v2/Groups
//
// Groups are kept in opsera.db, or where -store says: memory:, sqlite:FILE or
// postgres://…. Without OPSERA_TOKEN a token is made and printed. Behind a proxy,
// -url is the URL under which clients reach the API, path included.
//
// A group cannot be renamed, since its name is its id: the response is 400
// mutability. A client deletes the group and creates it under its new name.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
)

const base = "/api/v2/scim/v2"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "opsera:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, then lets the requests in flight finish.
func run(ctx context.Context, args []string, output io.Writer) error {
	flags := flag.NewFlagSet("opsera", flag.ContinueOnError)
	flags.SetOutput(output)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on")
	where := flags.String("store", "sqlite:opsera.db", "where groups are kept: memory:, sqlite:FILE or postgres://…")
	url := flags.String("url", "", "URL under which clients reach the API (made from each request if absent)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	token := os.Getenv("OPSERA_TOKEN")
	if token == "" {
		token = rand.Text()
		fmt.Fprintln(output, "token:", token)
	}
	groups, closeStore, err := openStore(ctx, *where)
	if err != nil {
		return err
	}
	defer closeStore()
	handler, err := newService(groups, token, *url)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(output, "listening on http://%s%s\n", listener.Addr(), base)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

// newService is the API over a store that makes ids of names.
func newService(groups store.GroupStore, token, url string) (http.Handler, error) {
	api, err := scim.NewHandler(scim.Config{
		Groups:  groups,
		Auth:    scim.Auth{Authenticator: scim.BearerTokens(token), PublicDiscovery: true},
		Dialect: scim.Opsera,

		BaseURL: url,
		Limits:  scim.Limits{MaxCount: 100, Timeout: 30 * time.Second},
	})
	if err != nil {
		return nil, err
	}
	// An http.ServeMux would redirect the names of groups that have "//" in them.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); path != base && !strings.HasPrefix(path, base+"/") {
			http.NotFound(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}), nil
}
