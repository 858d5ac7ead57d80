// Command workspaceone is the groups API of Workspace ONE Access as a service of
// its own: the base path /SAAS/jersey/manager/api/scim, SCIM 1.1 in that product's
// flavor, its extension of groups, and OAuth clients. The same groups are served
// in SCIM 2.0 under /scim/v2: a change through one shows in the other.
//
//	WORKSPACEONE_SECRET=secret go run ./examples/workspaceone
//	TOKEN=$(curl -s -u provisioning:secret -d grant_type=client_credentials \
//		http://127.0.0.1:8080/SAAS/auth/oauthtoken | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
//	curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/SAAS/jersey/manager/api/scim/Groups
//	curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/scim/v2/Groups
//
// Groups are kept in workspaceone.db, or where -store says: memory:, sqlite:FILE or
// postgres://…. Without WORKSPACEONE_SECRET the secret of the OAuth client is made
// and printed. Behind a proxy, -url says under which URL clients reach the service.
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
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "workspaceone:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, then lets the requests in flight finish.
func run(ctx context.Context, args []string, output io.Writer) error {
	flags := flag.NewFlagSet("workspaceone", flag.ContinueOnError)
	flags.SetOutput(output)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on")
	where := flags.String("store", "sqlite:workspaceone.db", "where groups are kept: memory:, sqlite:FILE or postgres://…")
	url := flags.String("url", "", "URL of the service, without a path (made from each request if absent)")
	client := flags.String("client", "provisioning", "name of the OAuth client")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	secret := os.Getenv("WORKSPACEONE_SECRET")
	if secret == "" {
		secret = rand.Text()
		fmt.Fprintln(output, "secret:", secret)
	}
	groups, closeStore, err := openStore(ctx, *where)
	if err != nil {
		return err
	}
	defer closeStore()
	oauth := newOAuth(*client, secret)
	handler, err := newService(groups, oauth.authenticator(), *url)
	if err != nil {
		return err
	}
	handler.HandleFunc("POST "+tokenPath, oauth.serveToken)
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
	fmt.Fprintf(output, "listening on http://%s\n", listener.Addr())
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
