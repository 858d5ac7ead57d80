package main

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/scimgroups/scimgroups/scim"
)

// scope is the name under which spans and metrics are made.
const scope = "github.com/scimgroups/scimgroups/examples/otel"

// The attributes of spans and metrics; those of HTTP are in the semantic
// conventions of OpenTelemetry.
const (
	methodKey  = attribute.Key("http.request.method")
	routeKey   = attribute.Key("http.route")
	statusKey  = attribute.Key("http.response.status_code")
	errorKey   = attribute.Key("error.type")
	addedKey   = attribute.Key("scim.members.added")
	removedKey = attribute.Key("scim.members.removed")
	groupsKey  = attribute.Key("scim.groups")
	changeKey  = attribute.Key("scim.change") // "added" or "removed"
	serviceKey = attribute.Key("service.name")
)

// newObserve makes what scim.Config.Observe calls. Each request has a span, a
// child of the one that the client names in its traceparent header, and is counted
// with its duration. Metrics have an attribute for the method, the route and the
// status, each of which has few values; ids and names are nowhere.
func newObserve(traces trace.TracerProvider, metrics metric.MeterProvider) (scim.Observe, error) {
	tracer, meter := traces.Tracer(scope), metrics.Meter(scope)
	duration, err := meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("How long requests take."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	if err != nil {
		return nil, err
	}
	requests, err := meter.Int64Counter("scim.requests", metric.WithUnit("{request}"),
		metric.WithDescription("How many requests were answered."))
	if err != nil {
		return nil, err
	}
	members, err := meter.Int64Counter("scim.members", metric.WithUnit("{member}"),
		metric.WithDescription("How many members were added and removed."))
	if err != nil {
		return nil, err
	}
	added := metric.WithAttributeSet(attribute.NewSet(changeKey.String("added")))
	removed := metric.WithAttributeSet(attribute.NewSet(changeKey.String("removed")))
	parent := propagation.TraceContext{}

	return func(ctx context.Context, r *http.Request) (context.Context, func(scim.Observation)) {
		ctx = parent.Extract(ctx, propagation.HeaderCarrier(r.Header))
		// The route is known at the end.
		ctx, span := tracer.Start(ctx, method(r.Method), trace.WithSpanKind(trace.SpanKindServer))
		return ctx, func(o scim.Observation) {
			common := []attribute.KeyValue{methodKey.String(method(o.Method)), routeKey.String(o.Endpoint), statusKey.Int(o.Status)}
			span.SetName(method(o.Method) + " " + o.Endpoint)
			span.SetAttributes(common...)
			span.SetAttributes(addedKey.Int(o.Added), removedKey.Int(o.Removed), groupsKey.Int(o.Groups))
			if o.Status >= http.StatusInternalServerError {
				span.SetAttributes(errorKey.Int(o.Status))
				span.SetStatus(codes.Error, http.StatusText(o.Status))
			}
			if o.Err != nil {
				span.RecordError(o.Err)
			}
			span.End()

			// The context of a client that has gone would not stop this, but carries
			// the span for exemplars.
			with := metric.WithAttributeSet(attribute.NewSet(common...))
			duration.Record(ctx, o.Duration.Seconds(), with)
			requests.Add(ctx, 1, with)
			members.Add(ctx, int64(o.Added), added)
			members.Add(ctx, int64(o.Removed), removed)
		}
	}, nil
}

// method is the method, or what the semantic conventions put for one that a client
// has made up.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "_OTHER"
}
