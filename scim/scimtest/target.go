package scimtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Target is a service. Either Handler or URL has to be set.
type Target struct {
	// Handler is the service, which is served on a loopback address for the time of the
	// run, if it is not nil.
	Handler http.Handler
	// URL is the base URL, below which the endpoints are: "https://example.com/scim/v2".
	// With a Handler it is a path, such as "/scim/v2". Defaults to "/" then.
	URL string
	// Token is sent as a bearer token.
	Token string
	// Header is sent with every request, for services that want more than a token or
	// something else.
	Header http.Header
	// Client sends the requests, for services that need certificates or a proxy. It does
	// not follow redirects, whatever it says of them. Defaults to one with a timeout of
	// 30 seconds.
	Client *http.Client
	// Members returns the ids of n different users who can become members of groups, or
	// fewer if there are fewer. Rules that need more are skipped. Defaults to made-up
	// ids, which services refuse that verify members.
	Members func(ctx context.Context, n int) ([]string, error)
	// UsersAreMembers takes the ids from the service's /Users if Members is nil.
	UsersAreMembers bool
}

// service is a target that requests can be sent to.
type service struct {
	base   string // URL without a slash at its end
	client *http.Client
	close  func()
}

func (t *Target) open() (*service, error) {
	s := &service{client: &http.Client{Timeout: 30 * time.Second}, close: func() {}}
	if t.Client != nil {
		client := *t.Client
		s.client = &client
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.base = strings.TrimRight(t.URL, "/")
	if t.Handler == nil {
		u, err := url.Parse(t.URL)
		if err == nil && u.User != nil {
			return nil, errors.New("scimtest: credentials belong into Token or Header, not into the URL")
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("scimtest: %q is not a base URL, such as https://example.com/scim/v2", t.URL)
		}
		return s, nil
	}
	if s.base != "" && !strings.HasPrefix(s.base, "/") {
		return nil, errors.New("scimtest: with a Handler, URL has to be a path, such as /scim/v2")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: t.Handler, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	if t.Client == nil {
		s.client.Transport = transport
	}
	s.base = "http://" + listener.Addr().String() + s.base
	s.close = func() {
		transport.CloseIdleConnections()
		server.Close()
	}
	return s, nil
}
