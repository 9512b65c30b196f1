package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// transports picks how to answer a request.
type transports struct {
	exec      *executor.Executor
	opts      Options
	websocket transport.Websocket
}

// ServeHTTP answers by websocket, by server-sent events, or with one JSON body.
func (t *transports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	switch {
	case r.Header.Get("Upgrade") != "":
		t.serveWebsocket(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "send a POST request")
	case !isJSON(r.Header.Get("Content-Type")):
		refuse(w, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send a body of application/json")
	default:
		t.servePost(w, r)
	}
}

func (t *transports) servePost(w http.ResponseWriter, r *http.Request) {
	params, ok := readParams(w, r)
	if !ok {
		return
	}
	op, errs := t.exec.CreateOperationContext(r.Context(), params)
	ctx := graphql.WithOperationContext(r.Context(), op)
	streams := strings.Contains(r.Header.Get("Accept"), "text/event-stream")
	switch {
	case errs != nil:
		writeResponse(w, http.StatusOK, t.exec.DispatchError(ctx, errs))
	case streams:
		t.serveEvents(w, r.WithContext(ctx), op)
	case op.Operation.Operation == ast.Subscription:
		refuse(w, http.StatusNotAcceptable, "NOT_ACCEPTABLE", "a subscription is answered as text/event-stream")
	default:
		next, ctx := t.exec.DispatchOperation(ctx, op)
		answer, _ := t.safely(ctx, next)
		writeResponse(w, http.StatusOK, answer)
	}
}

// safely gives the next answer, and whether there may be more. A panic outside of any field becomes the last answer.
func (t *transports) safely(ctx context.Context, next graphql.ResponseHandler) (answer *graphql.Response, more bool) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err := t.exec.PresentRecoveredError(ctx, panicked)
			answer, more = t.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}), false
		}
	}()
	answer = next(ctx)
	return answer, answer != nil
}

func isJSON(contentType string) bool {
	mediaType, params, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	return err == nil && mediaType == "application/json" && (charset == "" || charset == "utf-8")
}

// readParams reads the operation, or answers what is wrong with the body without repeating it.
func readParams(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, bool) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "the body is too large")
		return nil, false
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "BAD_REQUEST", "the body could not be read")
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	params := &graphql.RawParams{}
	if err := decoder.Decode(params); err != nil || decoder.More() || params.Query == "" {
		refuse(w, http.StatusBadRequest, "BAD_REQUEST", "the body is not a GraphQL request: {query, operationName, variables}")
		return nil, false
	}
	params.Headers = r.Header
	return params, true
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	writeResponse(w, status, &graphql.Response{Errors: gqlerror.List{
		{Message: message, Extensions: map[string]any{"code": code}},
	}})
}

func writeResponse(w http.ResponseWriter, status int, response *graphql.Response) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(response))
}

// encode writes an answer; one that cannot be written (a scalar that made no valid JSON) becomes an error.
func encode(response *graphql.Response) []byte {
	body, err := json.Marshal(response)
	if err != nil {
		return []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
	}
	return body
}
