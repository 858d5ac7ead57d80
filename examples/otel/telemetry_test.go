package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// service is a handler whose spans and metrics are kept in memory.
type service struct {
	t       *testing.T
	handler http.Handler
	spans   *tracetest.InMemoryExporter
	reader  *sdkmetric.ManualReader
}

// failing is a store that has spans of its own, and a fault in List.
type failing struct {
	store.GroupStore
	tracer trace.Tracer
}

func (f failing) List(ctx context.Context, _ store.Query) (store.Page, error) {
	_, span := f.tracer.Start(ctx, "list")
	defer span.End()
	return store.Page{}, errors.New("the disk is full")
}

func newService(t *testing.T) *service {
	s := &service{t: t, spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader))
	observe, err := newObserve(traces, metrics)
	if err != nil {
		t.Fatal(err)
	}
	s.handler, err = scim.NewHandler(scim.Config{
		Groups:  failing{memory.New(), traces.Tracer("store")},
		Auth:    scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Observe: observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer secret")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// span is the newest one.
func (s *service) span() tracetest.SpanStub {
	s.t.Helper()
	spans := s.spans.GetSpans()
	if len(spans) == 0 {
		s.t.Fatal("there is no span")
	}
	return spans[len(spans)-1]
}

// sums are the points of a counter, by the text of their attributes.
func (s *service) sums(name string) map[string]int64 {
	s.t.Helper()
	out := map[string]int64{}
	for _, p := range s.metric(name).(metricdata.Sum[int64]).DataPoints {
		out[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
	}
	return out
}

func (s *service) metric(name string) metricdata.Aggregation {
	s.t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.reader.Collect(s.t.Context(), &all); err != nil {
		s.t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				return m.Data
			}
		}
	}
	s.t.Fatal("there is no metric", name)
	return nil
}

const team = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Secret Team","members":[{"value":"u1"},{"value":"u2"}]}`

func TestARequestIsASpanWithWhatItDid(t *testing.T) {
	s := newService(t)
	location := s.do("POST", "/Groups", team).Header().Get("Location")
	path := location[strings.Index(location, "/Groups"):]
	for _, c := range []struct {
		method, path, body     string
		name                   string
		status, added, removed int
		groups                 int
	}{
		{"PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
			{"op":"add","path":"members","value":[{"value":"u2"},{"value":"u3"},{"value":"u4"}]},
			{"op":"remove","path":"members[value eq \"u1\"]"}]}`, "PATCH /Groups/{id}", 204, 2, 1, 0},
		{"GET", path, "", "GET /Groups/{id}", 200, 0, 0, 1},
		{"GET", path + "x", "", "GET /Groups/{id}", 404, 0, 0, 0},
		{"POST", "/Groups", `{`, "POST /Groups", 400, 0, 0, 0},
		{"BREW", "/Groups", "", "_OTHER /Groups", 405, 0, 0, 0},
		{"GET", "/Coffee", "", "GET unknown", 404, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.do(c.method, c.path, c.body)
			span := s.span()
			method, _, _ := strings.Cut(c.name, " ")
			got, want := attribute.NewSet(span.Attributes...), attribute.NewSet(
				methodKey.String(method), routeKey.String(c.name[len(method)+1:]), statusKey.Int(c.status),
				addedKey.Int(c.added), removedKey.Int(c.removed), groupsKey.Int(c.groups))
			if span.Name != c.name || span.SpanKind != trace.SpanKindServer || span.Status.Code != codes.Unset {
				t.Errorf("the span is %s %s %v", span.Name, span.SpanKind, span.Status)
			}
			if !got.Equals(&want) {
				t.Errorf("the attributes are %v, want %v", got.ToSlice(), want.ToSlice())
			}
		})
	}
}

func TestAFaultOfTheServiceIsASpanWithAnError(t *testing.T) {
	s := newService(t)
	if w := s.do("GET", "/Groups", ""); w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
		t.Fatal(w.Code, w.Body)
	}
	span := s.span()
	if span.Status.Code != codes.Error || len(span.Events) != 1 || span.Events[0].Name != "exception" {
		t.Errorf("the span has %v and %v", span.Status, span.Events)
	}
}

func TestSpansOfTheStoreAndOfTheClientBelongToTheRequest(t *testing.T) {
	s := newService(t)
	s.do("GET", "/Groups", "", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	spans := s.spans.GetSpans()
	if len(spans) != 2 || spans[0].Name != "list" {
		t.Fatal("the spans are", spans)
	}
	inner, request := spans[0], spans[1]
	if got := request.Parent.SpanID().String(); got != "b7ad6b7169203331" {
		t.Error("the parent of the request is", got)
	}
	if inner.Parent.SpanID() != request.SpanContext.SpanID() || inner.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
		t.Error("the span of the store belongs to", inner.Parent)
	}
}

func TestRequestsAndMembersAreCountedAndTimed(t *testing.T) {
	s := newService(t)
	location := s.do("POST", "/Groups", team).Header().Get("Location")
	path := location[strings.Index(location, "/Groups"):]
	for range 3 {
		s.do("GET", path, "")
	}
	s.do("PUT", path, strings.Replace(team, "u1", "u3", 1))
	s.do("GET", "/Groups", "", "Authorization", "Bearer wrong")
	want := map[string]int64{
		"http.request.method=POST,http.response.status_code=201,http.route=/Groups":     1,
		"http.request.method=GET,http.response.status_code=200,http.route=/Groups/{id}": 3,
		"http.request.method=PUT,http.response.status_code=200,http.route=/Groups/{id}": 1,
		"http.request.method=GET,http.response.status_code=401,http.route=/Groups":      1,
	}
	got := s.sums("scim.requests")
	for attributes, n := range want {
		if got[attributes] != n {
			t.Errorf("%s is counted %d times, want %d", attributes, got[attributes], n)
		}
	}
	if len(got) != len(want) {
		t.Error("the requests are", got)
	}
	if got := s.sums("scim.members"); got["scim.change=added"] != 3 || got["scim.change=removed"] != 1 {
		t.Error("the members are", got)
	}
	var timed uint64
	for _, p := range s.metric("http.server.request.duration").(metricdata.Histogram[float64]).DataPoints {
		timed += p.Count
		if p.Sum < 0 {
			t.Error("a duration is", p.Sum)
		}
	}
	if timed != 6 {
		t.Error("requests timed:", timed)
	}
}

func TestNothingPersonalIsMeasured(t *testing.T) {
	s := newService(t)
	s.do("POST", "/Groups", team)
	for _, a := range s.span().Attributes {
		if text := a.Value.String(); strings.Contains(text, "Secret") || strings.Contains(text, "u1") {
			t.Errorf("%s is %s", a.Key, text)
		}
	}
}

func TestTheProgramPrintsWhatItMeasuredWhenItIsStopped(t *testing.T) {
	t.Setenv("SCIM_TOKEN", "secret")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, writer)
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	if !lines.Scan() {
		t.Fatal(<-ended)
	}
	url, ok := strings.CutPrefix(lines.Text(), "listening on ")
	if !ok {
		t.Fatal(lines.Text())
	}
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/Groups", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	stop()
	var printed strings.Builder
	for lines.Scan() {
		printed.WriteString(lines.Text() + "\n")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, part := range []string{`"Name": "GET /Groups"`, "scim.requests", "http.server.request.duration", "scimgroups"} {
		if !strings.Contains(printed.String(), part) {
			t.Errorf("%s was not printed", part)
		}
	}
}
