package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// client sends requests over one connection, one after the other. It takes less of
// the processor than an http.Client, which shares the machine with the server.
type client struct {
	conn    net.Conn
	r       *bufio.Reader
	base    string
	timeout time.Duration
	request []byte
	body    bytes.Buffer
	// times are how long the requests took.
	times []time.Duration
	// tape, if not nil, takes what goes over the connection.
	tape func(exchange) error
}

// dial connects to the server of p. No request may take longer than timeout.
func dial(p *process, timeout time.Duration) (*client, error) {
	conn, err := net.Dial("tcp", p.SCIM)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, r: bufio.NewReaderSize(conn, 64<<10), base: p.Base, timeout: timeout}, nil
}

// commonHeaders are the headers that an identity provider sends with each request: the
// servers do not ask for the token, but all have to read it.
const commonHeaders = "Host: scim.example\r\n" +
	"User-Agent: Okta SCIM Client 1.0.0\r\n" +
	"Authorization: Bearer 7ad9cf0e6f0b4e1f8a4d5c2b9f3e6a1c0d8b7e5f4a3c2b1d\r\n" +
	"Accept: application/scim+json\r\n" +
	"Accept-Charset: utf-8\r\n"

func (c *client) close() { c.conn.Close() }

// send sends a request and reads the response to its end. The header is good for
// reading; the body is not kept.
func (c *client) send(method, path, body string) (int, http.Header, error) {
	return c.exchange(method, path, body, c.tape != nil)
}

// fetch is send, after which c.body is the body of the response.
func (c *client) fetch(method, path, body string) (int, http.Header, error) {
	return c.exchange(method, path, body, true)
}

func (c *client) exchange(method, path, body string, keep bool) (int, http.Header, error) {
	c.request = fmt.Appendf(c.request[:0], "%s %s%s HTTP/1.1\r\n"+commonHeaders, method, c.base, path)
	if body != "" {
		c.request = fmt.Appendf(c.request, "Content-Type: application/scim+json\r\nContent-Length: %d\r\n", len(body))
	}
	c.request = append(append(c.request, "\r\n"...), body...)
	if err := c.conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, nil, err
	}
	begin := time.Now()
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, nil, err
	}
	if keep {
		c.body.Reset()
		_, err = c.body.ReadFrom(response.Body)
	} else {
		_, err = io.Copy(io.Discard, response.Body)
	}
	if err != nil {
		return 0, nil, err
	}
	c.times = append(c.times, time.Since(begin))
	response.Body.Close()
	if c.tape != nil {
		err = c.tape(exchange{Method: method, URI: c.base + path, Status: response.StatusCode,
			Header: response.Header.Clone(), Body: bytes.Clone(c.body.Bytes())})
	}
	return response.StatusCode, response.Header, err
}

// expect sends a request whose status must be 2xx.
func (c *client) expect(method, path, body string) error {
	status, _, err := c.send(method, path, body)
	return check(method, path, status, err)
}

func check(method, path string, status int, err error) error {
	if err == nil && (status < 200 || status > 299) {
		err = fmt.Errorf("%s %s was answered %d", method, path, status)
	}
	return err
}

// create makes a group and returns its id.
func (c *client) create(name string, members ...string) (string, error) {
	status, _, err := c.fetch("POST", "/Groups", groupBody(name, members...))
	if err := check("POST", "/Groups", status, err); err != nil {
		return "", err
	}
	return textAfter(c.body.Bytes(), `"id":"`)
}

// textAfter is the JSON string without escapes whose beginning follows what is
// given.
func textAfter(body []byte, what string) (string, error) {
	_, rest, found := strings.Cut(string(body), what)
	text, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		return "", fmt.Errorf("no %s in an answer", what)
	}
	return text, nil
}
