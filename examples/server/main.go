// Command server is a complete SCIM group service: pick a store and a profile,
// point an identity provider at it.
//
//	go run ./examples/server
//	curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/scim/v2/Groups
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/scimgroups/scimgroups/scim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	addr, base, url, token, store, profile, extension string
}

func parse(args []string, output io.Writer) (*settings, error) {
	var s settings
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "address to listen on")
	flags.StringVar(&s.base, "base", "/scim/v2", "path of the SCIM endpoint")
	flags.StringVar(&s.url, "url", "", "URL of the endpoint as clients see it, if a proxy (TLS) stands in front")
	flags.StringVar(&s.token, "token", "", "bearer token of the client (made and printed if absent)")
	flags.StringVar(&s.store, "store", defaultStore, "where groups are kept: "+stores)
	flags.StringVar(&s.profile, "profile", "default", "how to behave: "+strings.Join(profileNames(), ", "))
	flags.StringVar(&s.extension, "extension", "", "file with a JSON array of schema definitions that extend Group")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.base = "/" + strings.Join(strings.FieldsFunc(s.base, func(r rune) bool { return r == '/' }), "/")
	if u, err := url.Parse(s.base); err != nil || u.EscapedPath() != s.base {
		return nil, fmt.Errorf("-base %q is not a path as URLs have it", s.base)
	}
	return &s, nil
}

// run serves until ctx is done, then lets the requests in flight finish.
func run(ctx context.Context, args []string, output io.Writer) error {
	s, err := parse(args, output)
	if err != nil {
		return err
	}
	if s.token == "" {
		s.token = rand.Text()
		fmt.Fprintln(output, "token:", s.token)
	}
	handler, groups, err := newService(ctx, s)
	if err != nil {
		return err
	}
	defer groups.close()
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      5 * time.Minute, // for the largest group
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(output, "listening on http://%s%s\n", listener.Addr(), strings.TrimSuffix(s.base, "/"))

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close() // a client that has not read its response by now never will
}

// newService builds the handler of the whole server: the SCIM endpoint and
// /healthz.
func newService(ctx context.Context, s *settings) (http.Handler, *groupStore, error) {
	// Replicas with the same token understand each other's cursors.
	cursorKey := sha256.Sum256([]byte("cursors " + s.token))
	config := scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens(s.token)},
		Cursors: scim.Cursors{Keys: [][]byte{cursorKey[:]}},
		BaseURL: s.url, Limits: scim.Limits{Timeout: time.Minute, MaxInFlight: 1000}}
	options := storeOptions{}
	configure, ok := profiles[s.profile]
	if !ok {
		return nil, nil, fmt.Errorf("unknown profile %q; there are %s", s.profile, strings.Join(profileNames(), ", "))
	}
	configure(&config, &options)
	if s.extension != "" {
		data, err := os.ReadFile(s.extension)
		if err != nil {
			return nil, nil, err
		}
		extensions, err := scim.ParseExtensions(data)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.extension, err)
		}
		config.Extensions = append(config.Extensions, extensions...)
	}
	groups, err := openStore(ctx, s.store, options)
	if err != nil {
		return nil, nil, err
	}
	config.Groups = groups.GroupStore // which may be more than that: see store.MemberScanner
	endpoint, err := scim.NewHandler(config)
	if err != nil {
		groups.close()
		return nil, nil, err
	}
	return &service{base: s.base, endpoint: endpoint, groups: groups}, groups, nil
}

// service is the handler of the whole server.
type service struct {
	base     string
	endpoint http.Handler
	groups   *groupStore
}

// ServeHTTP takes the base off the path, as http.StripPrefix does, so that
// nothing in it is taken for a part of the protocol, not even the v1 of /scim/v1;
// but doubled slashes, which clients make of a URL that ends in one, do no harm.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if path == "/healthz" {
		s.groups.serveHealth(w, r)
		return
	}
	rest, ok := below(path, s.base)
	unescaped, err := url.PathUnescape(rest)
	if !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	inner := *r
	inner.URL = new(url.URL)
	*inner.URL = *r.URL
	inner.URL.Path, inner.URL.RawPath = unescaped, rest
	s.endpoint.ServeHTTP(w, &inner)
}

// below is what follows the base in a path; false if the path has another.
func below(path, base string) (rest string, ok bool) {
	if base == "/" {
		return path, true
	}
	for segment := range strings.SplitSeq(base[1:], "/") {
		path, ok = strings.CutPrefix(strings.TrimLeft(path, "/"), segment)
		if !ok || path != "" && path[0] != '/' {
			return "", false
		}
	}
	return path, true
}
