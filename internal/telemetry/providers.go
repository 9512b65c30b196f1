package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Bounds of the traces that wait for the collector: what does not fit is dropped, and no request waits for it.
const (
	exportTimeout  = 5 * time.Second
	maxQueuedSpans = 4096
)

// Options say what telemetry there is.
type Options struct {
	// Service and Version name the process in traces and metrics.
	Service, Version string
	// OTLPEndpoint is an OTLP/HTTP collector ("http://host:4318"); "" exports no traces. Requests get trace ids anyway.
	OTLPEndpoint string
	// Logger is told, at debug level, when the collector does not take what it is sent.
	Logger *slog.Logger
}

// Telemetry is the process's traces and metrics.
type Telemetry struct {
	registry *prometheus.Registry
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
}

// Open sets up traces and metrics and makes them OpenTelemetry's global providers, which libraries use. It does not
// reach out to the collector: whether that is there is noticed in the background only.
func Open(ctx context.Context, opts Options) (*Telemetry, error) {
	t := &Telemetry{registry: prometheus.NewRegistry()}
	named := resource.NewSchemaless(
		attribute.String("service.name", opts.Service), attribute.String("service.version", opts.Version))
	if err := t.openMetrics(named); err != nil {
		return nil, fmt.Errorf("set up metrics: %w", err)
	}
	if err := t.openTraces(ctx, named, opts.OTLPEndpoint); err != nil {
		return nil, errors.Join(fmt.Errorf("set up traces: %w", err), t.metrics.Shutdown(ctx))
	}
	otel.SetMeterProvider(t.metrics)
	otel.SetTracerProvider(t.traces)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetErrorHandler(errorHandler(opts.Logger))
	return t, nil
}

// Close sends what is left, until ctx is done.
func (t *Telemetry) Close(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx))
}

// Registry lets a part register Prometheus collectors of its own.
func (t *Telemetry) Registry() prometheus.Registerer { return t.registry }

func (t *Telemetry) openMetrics(named *resource.Resource) error {
	t.registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := promexporter.New(promexporter.WithRegisterer(t.registry), promexporter.WithoutScopeInfo())
	if err != nil {
		return err
	}
	t.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithResource(named),
		sdkmetric.WithView(boundedServerLabels()))
	return nil
}

// boundedServerLabels drops the labels of server metrics that a client can choose, above all the Host header.
func boundedServerLabels() sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.*"}, sdkmetric.Stream{
		AttributeFilter: attribute.NewAllowKeysFilter("http.request.method", "http.response.status_code", "http.route"),
	})
}

func (t *Telemetry) openTraces(ctx context.Context, named *resource.Resource, endpoint string) error {
	if endpoint == "" {
		// Spans that nobody exports are not recorded, but still give requests their trace ids.
		t.traces = sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
		return nil
	}
	target, err := tracesURL(endpoint)
	if err != nil {
		return err
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(target),
		otlptracehttp.WithTimeout(exportTimeout), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return err
	}
	t.traces = sdktrace.NewTracerProvider(sdktrace.WithResource(named),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.AlwaysSample())),
		sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(maxQueuedSpans), sdktrace.WithExportTimeout(exportTimeout)))
	return nil
}

// tracesURL completes a collector's base URL with the path that OTLP/HTTP gives to traces.
func tracesURL(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "", errors.New("the OTLP endpoint is not a URL")
	}
	if u.Path == "" || u.Path == "/" {
		u = u.JoinPath("/v1/traces")
	}
	return u.String(), nil
}

func errorHandler(logger *slog.Logger) otel.ErrorHandler {
	return otel.ErrorHandlerFunc(func(err error) {
		if logger != nil {
			logger.Debug("export telemetry", "error", err)
		}
	})
}
