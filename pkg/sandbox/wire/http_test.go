package wire_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// small is a server with one operation in each protocol.
func small() *wire.Server {
	srv := wire.New(wire.Options{Account: account, Region: region})
	wire.On(srv, "ecs", func(_ context.Context, in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
		return &ecs.ListTasksOutput{TaskArns: []string{}, NextToken: in.Cluster}, nil
	})
	wire.On(srv, "elasticloadbalancing", func(_ context.Context, in *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
		return &elb.DescribeTargetGroupsOutput{NextMarker: aws.String(fmt.Sprint(in.Names, in.Names == nil))}, nil
	})
	wire.On(srv, "monitoring", func(_ context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
		return &cloudwatch.DescribeAlarmsOutput{NextToken: in.AlarmNamePrefix}, nil
	})
	return srv
}

type req struct {
	method, path, scope, contentType, target string
	body                                     string
	header                                   http.Header
}

func (q req) send(h http.Handler) *httptest.ResponseRecorder {
	if q.method == "" {
		q.method = http.MethodPost
	}
	if q.path == "" {
		q.path = "/"
	}
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	for k, v := range q.header {
		r.Header[k] = v
	}
	if q.scope != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-central-2/"+q.scope+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	r.Header.Set("Content-Type", q.contentType)
	if q.target != "" {
		r.Header.Set("X-Amz-Target", q.target)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	jsonType  = "application/x-amz-json-1.1"
	queryType = "application/x-www-form-urlencoded; charset=utf-8"
	listTasks = "AmazonEC2ContainerServiceV20141113.ListTasks"
)

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

func TestRequestsAreReadOrRefusedInWordsOfTheirProtocol(t *testing.T) {
	srv := small()
	huge := strings.Repeat(" ", wire.BodyLimit+1)
	deep := strings.Repeat("[", 1<<20)
	gz := http.Header{"Content-Encoding": {"gzip"}}
	cbor := http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}}
	for name, c := range map[string]struct {
		req
		status int
		want   string
	}{
		"json by its scope":            {req{scope: "ecs", contentType: jsonType, target: listTasks, body: `{"cluster":"c"}`}, 200, `{"nextToken":"c","taskArns":[]}`},
		"json unsigned, by its target": {req{contentType: jsonType, target: listTasks}, 200, `{"taskArns":[]}`},
		"json zipped":                  {req{contentType: jsonType, target: listTasks, header: gz, body: zipped(`{"cluster":"z"}`)}, 200, `"z"`},
		"query unsigned":               {req{contentType: queryType, body: "Action=DescribeTargetGroups&Version=2015-12-01&Names.member.10=b&Names.member.9=a"}, 200, "<NextMarker>[a b] false</NextMarker>"},
		"query by GET":                 {req{method: "GET", path: "/?Action=DescribeTargetGroups&Version=2015-12-01&Names="}, 200, "<NextMarker>[] false</NextMarker>"},
		"cbor unsigned":                {req{path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", header: cbor, body: "\xa1\x6fAlarmNamePrefix\x61x"}, 200, "\x61x"},
		"cbor that is none":            {req{path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", header: cbor, body: "\xff"}, 400, "SerializationException"},
		"cbor of another shape":        {req{path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", header: cbor, body: "\x80"}, 400, "a CBOR map is wanted"},
		"json that ends early":         {req{contentType: jsonType, target: listTasks, body: `{"clu`}, 400, "the JSON ends too early"},
		"json of another shape":        {req{contentType: jsonType, target: listTasks, body: `[]`}, 400, `"__type":"SerializationException"`},
		"json with more":               {req{contentType: jsonType, target: listTasks, body: `{} {}`}, 400, "follows"},
		"json of the wrong type":       {req{contentType: jsonType, target: listTasks, body: `{"cluster":7}`}, 400, "cluster wants a string, not 7"},
		"json too deep":                {req{contentType: jsonType, target: listTasks, body: deep}, 400, "SerializationException"},
		"json too large":               {req{contentType: jsonType, target: listTasks, body: huge}, 413, "RequestEntityTooLarge"},
		"json too large unpacked":      {req{contentType: jsonType, target: listTasks, header: gz, body: zipped(huge)}, 413, "RequestEntityTooLarge"},
		"gzip that is none":            {req{contentType: jsonType, target: listTasks, header: gz, body: "{}"}, 400, "not gzip"},
		"gzip cut off":                 {req{contentType: jsonType, target: listTasks, header: gz, body: zipped(`{"cluster":"z"}`)[:20]}, 400, "damaged"},
		"unknown encoding":             {req{contentType: jsonType, target: listTasks, header: http.Header{"Content-Encoding": {"br"}}}, 415, "br"},
		"query with bad escapes":       {req{contentType: queryType, body: "Action=%zz"}, 400, "<Code>MalformedInput</Code>"},
		"query too deep":               {req{scope: "sts", contentType: queryType, body: "Action=A&" + strings.Repeat("a.", 99) + "=1"}, 400, "too many parts"},
		"query with a crossed name":    {req{scope: "elasticloadbalancing", contentType: queryType, body: "Action=DescribeTargetGroups&Names=x&Names.member.1=y"}, 400, "both a value and a structure"},
		"query without a number":       {req{scope: "elasticloadbalancing", contentType: queryType, body: "Action=DescribeTargetGroups&Names.member.x=y"}, 400, "element without a number"},
		"query without an action":      {req{scope: "sts", contentType: queryType}, 400, "<Code>InvalidAction</Code>"},
		"json without a target":        {req{scope: "ecs", contentType: jsonType}, 400, "UnknownOperationException"},
		"another content type":         {req{scope: "ecs", contentType: "application/json", target: listTasks, body: "{}"}, 415, "ecs does not speak"},
		"another service":              {req{method: "PUT", path: "/bucket", scope: "s3"}, 400, "the sandbox has no service s3 (PUT /bucket)"},
		"nothing at all":               {req{method: "GET", path: "/x"}, 400, "MissingAuthenticationToken"},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.send(srv)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.want)
			}
			if len(w.Header().Get("X-Amzn-Requestid")) != 36 {
				t.Errorf("request id %q", w.Header().Get("X-Amzn-Requestid"))
			}
		})
	}
}

func TestARESTServiceIsMountedByItsSigningName(t *testing.T) {
	srv := wire.New(wire.Options{Account: account, Region: region})
	wire.On(srv, "lambda", func(ctx context.Context, in *lambda.GetFunctionConfigurationInput) (*lambda.GetFunctionConfigurationOutput, error) {
		if *in.FunctionName == "gone" {
			return nil, &lambdatypes.ResourceNotFoundException{Type: aws.String("User"), Message: aws.String("Function not found")}
		}
		return &lambda.GetFunctionConfigurationOutput{FunctionName: in.FunctionName, Role: aws.String(wire.CallerOf(ctx).ARN)}, nil
	})
	wire.On(srv, "lambda", func(_ context.Context, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
		return &lambda.CreateFunctionOutput{FunctionName: in.FunctionName, Timeout: in.Timeout, CodeSize: int64(len(in.Code.ZipFile))}, nil
	})
	mux := http.NewServeMux()
	mux.Handle("GET /2015-03-31/functions/{name}/configuration", wire.REST[lambda.GetFunctionConfigurationInput, lambda.GetFunctionConfigurationOutput](
		srv, http.StatusOK, func(r *http.Request, in *lambda.GetFunctionConfigurationInput) error {
			in.FunctionName = aws.String(r.PathValue("name"))
			return nil
		}))
	mux.Handle("POST /2015-03-31/functions", wire.REST[lambda.CreateFunctionInput, lambda.CreateFunctionOutput](srv, http.StatusCreated, nil))
	mux.HandleFunc("DELETE /2015-03-31/functions/{name}", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	srv.Handle("lambda", mux)
	c := lambda.NewFromConfig(config(t, srv))

	got, err := c.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("arn:aws:lambda:x:y:function:f")})
	if err != nil || *got.FunctionName != "arn:aws:lambda:x:y:function:f" || *got.Role != "arn:aws:iam::"+account+":root" {
		t.Errorf("%+v %v", got, err)
	}
	made, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("f"), Role: aws.String("r"),
		Timeout: aws.Int32(30), Code: &lambdatypes.FunctionCode{ZipFile: []byte("zip")}})
	if err != nil || *made.Timeout != 30 || made.CodeSize != 3 {
		t.Errorf("%+v %v", made, err)
	}
	_, err = c.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("gone")})
	wantCode(t, err, "ResourceNotFoundException", "Function not found")
	_, err = c.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	wantCode(t, err, "UnknownOperationException", "the sandbox has no lambda: GET /2015-03-31/functions")
	_, err = c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String("f")})
	wantCode(t, err, "InternalFailure", "panicked: on purpose")
}

func FuzzServerAnswersWhateverItIsSent(f *testing.F) {
	f.Add(uint8(0), `{"cluster":"c"}`)
	f.Add(uint8(1), "Action=DescribeTargetGroups&Names.member.1=a")
	f.Add(uint8(2), "\xa1\x6fAlarmNamePrefix\x61x")
	f.Add(uint8(3), zipped(`{"cluster":"c"}`))
	srv := small()
	f.Fuzz(func(t *testing.T, kind uint8, body string) {
		q := []req{
			{contentType: jsonType, target: listTasks},
			{scope: "elasticloadbalancing", contentType: queryType},
			{path: "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", header: http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}}},
			{contentType: jsonType, target: listTasks, header: http.Header{"Content-Encoding": {"gzip"}}},
		}[kind%4]
		q.body = body
		if w := q.send(srv); w.Code < 200 || w.Code >= 500 || w.Body.Len() == 0 {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	})
}

func BenchmarkOneCallOverTheWire(b *testing.B) {
	c := ecs.NewFromConfig(config(b, small()))
	for b.Loop() {
		if _, err := c.ListTasks(b.Context(), &ecs.ListTasksInput{Cluster: aws.String("c")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOneCallInTheServer(b *testing.B) {
	srv := small()
	q := req{scope: "ecs", contentType: jsonType, target: listTasks, body: `{"cluster":"c"}`}
	for b.Loop() {
		q.send(srv)
	}
}

func BenchmarkOneCallWithinTheSandbox(b *testing.B) {
	srv := small()
	in := &ecs.ListTasksInput{Cluster: aws.String("c")}
	for b.Loop() {
		if _, err := wire.Call[ecs.ListTasksOutput](b.Context(), srv, in); err != nil {
			b.Fatal(err)
		}
	}
}
