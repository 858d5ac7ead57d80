// Command otel serves groups with OpenTelemetry traces and metrics, which come from
// the one hook scim.Config.Observe. It prints them, so it needs no collector:
//
//	cd examples/otel && SCIM_TOKEN=secret go run .
//	curl -H "Authorization: Bearer secret" http://127.0.0.1:8080/scim/v2/Groups
//
// A span is printed soon after each request, the metrics every ten seconds and at
// the end. To send them elsewhere, put the exporters of your collector in the
// place of stdouttrace and stdoutmetric. The program is a module of its own, so
// that OpenTelemetry is a dependency of nobody else.
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

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, lets the requests in flight finish, and flushes
// what was measured.
func run(ctx context.Context, args []string, output io.Writer) (err error) {
	flags := flag.NewFlagSet("otel", flag.ContinueOnError)
	flags.SetOutput(output)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	token := os.Getenv("SCIM_TOKEN")
	if token == "" {
		token = rand.Text()
		fmt.Fprintln(output, "token:", token)
	}
	spans, err := stdouttrace.New(stdouttrace.WithWriter(output), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	figures, err := stdoutmetric.New(stdoutmetric.WithWriter(output), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	service := resource.NewSchemaless(serviceKey.String("scimgroups"))
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans, sdktrace.WithBatchTimeout(time.Second)), sdktrace.WithResource(service))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithResource(service),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(figures, sdkmetric.WithInterval(10*time.Second))))
	defer func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = errors.Join(err, traces.Shutdown(grace), metrics.Shutdown(grace))
	}()

	observe, err := newObserve(traces, metrics)
	if err != nil {
		return err
	}
	handler, err := scim.NewHandler(scim.Config{
		Groups:  memory.New(),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens(token)},
		Observe: observe,
		Limits:  scim.Limits{Timeout: 30 * time.Second},
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", handler)
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(output, "listening on http://%s/scim/v2\n", listener.Addr())
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
