package lambda

import (
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Handler is the REST API of the operations, for wire's Handle under the signing name "lambda". Register comes
// first.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	s.functionRoutes(mux)
	s.settingRoutes(mux)
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", s.serveInvoke)
	return mux
}

// named sets the members that come from the path and the query.
func named[In any](set func(in *In, name, qualifier *string)) func(*http.Request, *In) error {
	return func(r *http.Request, in *In) error {
		var qualifier *string
		if q := r.URL.Query().Get("Qualifier"); q != "" {
			qualifier = &q
		}
		set(in, aws.String(r.PathValue("name")), qualifier)
		return nil
	}
}

func (s *Service) functionRoutes(mux *http.ServeMux) {
	const functions = "/2015-03-31/functions"
	mux.Handle("POST "+functions, wire.REST[sdk.CreateFunctionInput, sdk.CreateFunctionOutput](s.srv, http.StatusCreated, nil))
	list := wire.REST[sdk.ListFunctionsInput, sdk.ListFunctionsOutput](s.srv, http.StatusOK, nil)
	mux.Handle("GET "+functions, list)
	mux.Handle("GET "+functions+"/{$}", list)
	mux.Handle("GET "+functions+"/{name}", wire.REST[sdk.GetFunctionInput, sdk.GetFunctionOutput](s.srv, http.StatusOK,
		named(func(in *sdk.GetFunctionInput, name, q *string) { in.FunctionName, in.Qualifier = name, q })))
	mux.Handle("DELETE "+functions+"/{name}", wire.REST[sdk.DeleteFunctionInput, sdk.DeleteFunctionOutput](s.srv, http.StatusNoContent,
		named(func(in *sdk.DeleteFunctionInput, name, q *string) { in.FunctionName, in.Qualifier = name, q })))
	mux.Handle("GET "+functions+"/{name}/configuration", wire.REST[sdk.GetFunctionConfigurationInput, sdk.GetFunctionConfigurationOutput](s.srv, http.StatusOK,
		named(func(in *sdk.GetFunctionConfigurationInput, name, q *string) { in.FunctionName, in.Qualifier = name, q })))
	mux.Handle("PUT "+functions+"/{name}/configuration", wire.REST[sdk.UpdateFunctionConfigurationInput, sdk.UpdateFunctionConfigurationOutput](s.srv, http.StatusOK,
		named(func(in *sdk.UpdateFunctionConfigurationInput, name, _ *string) { in.FunctionName = name })))
	mux.Handle("PUT "+functions+"/{name}/code", wire.REST[sdk.UpdateFunctionCodeInput, sdk.UpdateFunctionCodeOutput](s.srv, http.StatusOK,
		named(func(in *sdk.UpdateFunctionCodeInput, name, _ *string) { in.FunctionName = name })))
	mux.Handle("GET "+functions+"/{name}/policy", wire.REST[sdk.GetPolicyInput, sdk.GetPolicyOutput](s.srv, http.StatusOK,
		named(func(in *sdk.GetPolicyInput, name, q *string) { in.FunctionName, in.Qualifier = name, q })))
	mux.Handle("POST "+functions+"/{name}/policy", wire.REST[sdk.AddPermissionInput, sdk.AddPermissionOutput](s.srv, http.StatusCreated,
		named(func(in *sdk.AddPermissionInput, name, q *string) { in.FunctionName, in.Qualifier = name, q })))
	mux.Handle("DELETE "+functions+"/{name}/policy/{sid}", wire.REST[sdk.RemovePermissionInput, sdk.RemovePermissionOutput](s.srv, http.StatusNoContent,
		func(r *http.Request, in *sdk.RemovePermissionInput) error {
			in.FunctionName, in.StatementId = aws.String(r.PathValue("name")), aws.String(r.PathValue("sid"))
			return nil
		}))
}

func (s *Service) settingRoutes(mux *http.ServeMux) {
	const concurrency = "/2017-10-31/functions/{name}/concurrency"
	mux.Handle("PUT "+concurrency, wire.REST[sdk.PutFunctionConcurrencyInput, sdk.PutFunctionConcurrencyOutput](s.srv, http.StatusOK,
		named(func(in *sdk.PutFunctionConcurrencyInput, name, _ *string) { in.FunctionName = name })))
	mux.Handle("DELETE "+concurrency, wire.REST[sdk.DeleteFunctionConcurrencyInput, sdk.DeleteFunctionConcurrencyOutput](s.srv, http.StatusNoContent,
		named(func(in *sdk.DeleteFunctionConcurrencyInput, name, _ *string) { in.FunctionName = name })))
	mux.Handle("GET /2019-09-30/functions/{name}/concurrency", wire.REST[sdk.GetFunctionConcurrencyInput, sdk.GetFunctionConcurrencyOutput](s.srv, http.StatusOK,
		named(func(in *sdk.GetFunctionConcurrencyInput, name, _ *string) { in.FunctionName = name })))
	const async = "/2019-09-25/functions/{name}/event-invoke-config"
	mux.Handle("PUT "+async, wire.REST[sdk.PutFunctionEventInvokeConfigInput, sdk.PutFunctionEventInvokeConfigOutput](s.srv, http.StatusOK,
		named(func(in *sdk.PutFunctionEventInvokeConfigInput, name, q *string) {
			in.FunctionName, in.Qualifier = name, q
		})))
	mux.Handle("GET "+async, wire.REST[sdk.GetFunctionEventInvokeConfigInput, sdk.GetFunctionEventInvokeConfigOutput](s.srv, http.StatusOK,
		named(func(in *sdk.GetFunctionEventInvokeConfigInput, name, q *string) {
			in.FunctionName, in.Qualifier = name, q
		})))
	mux.Handle("DELETE "+async, wire.REST[sdk.DeleteFunctionEventInvokeConfigInput, sdk.DeleteFunctionEventInvokeConfigOutput](s.srv, http.StatusNoContent,
		named(func(in *sdk.DeleteFunctionEventInvokeConfigInput, name, q *string) {
			in.FunctionName, in.Qualifier = name, q
		})))
	settings := wire.REST[sdk.GetAccountSettingsInput, sdk.GetAccountSettingsOutput](s.srv, http.StatusOK, nil)
	mux.Handle("GET /2016-08-19/account-settings", settings)
	mux.Handle("GET /2016-08-19/account-settings/{$}", settings)
}

// serveInvoke is Invoke: the payload is the body, everything else stands in headers.
func (s *Service) serveInvoke(w http.ResponseWriter, r *http.Request) {
	payload, err := wire.ReadBody(w, r)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	in := &sdk.InvokeInput{
		FunctionName: aws.String(r.PathValue("name")), Payload: payload,
		InvocationType: types.InvocationType(r.Header.Get("X-Amz-Invocation-Type")),
		LogType:        types.LogType(r.Header.Get("X-Amz-Log-Type")),
	}
	if c := r.Header.Get("X-Amz-Client-Context"); c != "" {
		in.ClientContext = &c
	}
	if q := r.URL.Query().Get("Qualifier"); q != "" {
		in.Qualifier = &q
	}
	out, err := wire.Call[sdk.InvokeOutput](r.Context(), s.srv, in)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	h := w.Header()
	for name, v := range map[string]*string{
		"X-Amz-Function-Error": out.FunctionError, "X-Amz-Log-Result": out.LogResult, "X-Amz-Executed-Version": out.ExecutedVersion,
	} {
		if v != nil {
			h.Set(name, *v)
		}
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(out.Payload)))
	if out.StatusCode == http.StatusNoContent {
		h.Del("Content-Length")
	}
	w.WriteHeader(int(out.StatusCode))
	_, _ = w.Write(out.Payload) // a caller that is gone does not hear the answer
}
