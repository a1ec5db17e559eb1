package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/uuid"
)

// invocation is one attempt to run a function.
type invocation struct {
	id, arn, trace string
	clientContext  string
	payload        []byte
	deadline       time.Time
	lost           chan struct{} // closed when a dying runtime was handed it
	befalls        Disturbance

	mu   sync.Mutex
	got  *answer
	keep bool // the tail of the log is wanted
	tail []byte
}

// answer of a function: a payload, and whether it is an error's.
type answer struct {
	payload []byte
	failed  bool
	refused error // why it could not begin, as the API tells who waits for it
}

// failed is an answer that Lambda itself words.
func failed(errorType, message string) answer {
	payload, _ := json.Marshal(struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}{errorType, message}) // two strings
	return answer{payload: payload, failed: true}
}

// set keeps the first answer.
func (i *invocation) set(a answer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.got == nil {
		i.got = &a
	}
}

func (i *invocation) answer() (answer, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.got == nil {
		return answer{}, false
	}
	return *i.got, true
}

// note keeps the last 4 KB of the log.
func (i *invocation) note(line string) {
	const most = 4 << 10
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.keep {
		return
	}
	i.tail = append(append(i.tail, line...), '\n')
	if len(i.tail) > most {
		i.tail = i.tail[len(i.tail)-most:]
	}
}

// invoke runs a function now (RequestResponse), queues an event for it (Event) or only checks (DryRun).
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) invoke(ctx context.Context, in *sdk.InvokeInput) (*sdk.InvokeOutput, error) {
	payload := in.Payload
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if err := checkPayload(payload, in.InvocationType); err != nil {
		return nil, err
	}
	s.mu.Lock()
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	switch in.InvocationType {
	case types.InvocationTypeDryRun:
		s.mu.Unlock()
		return &sdk.InvokeOutput{StatusCode: http.StatusNoContent}, nil
	case types.InvocationTypeEvent:
		err := s.enqueue(f, payload)
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return &sdk.InvokeOutput{StatusCode: http.StatusAccepted}, nil
	case types.InvocationTypeRequestResponse, "":
	default:
		s.mu.Unlock()
		return nil, invalidConstraint("invocationType", string(in.InvocationType), "Member must satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
	release, err := s.acquire(f)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	inv := s.newInvocation(f, uuid.NewString(), payload)
	inv.keep = in.LogType == types.LogTypeTail
	if text, err := base64.StdEncoding.DecodeString(aws.ToString(in.ClientContext)); err == nil {
		inv.clientContext = string(text)
	}
	return s.answered(ctx, f, inv, release)
}

// answered runs the invocation to its end, whatever becomes of the caller.
func (s *Service) answered(ctx context.Context, f *function, inv *invocation, release func()) (*sdk.InvokeOutput, error) {
	done := make(chan answer, 1)
	if !s.work.Go(func() {
		a := s.execute(f, inv)
		release()
		done <- a
	}) {
		release()
		return nil, closed()
	}
	select {
	case a := <-done:
		if a.refused != nil {
			return nil, a.refused
		}
		out := &sdk.InvokeOutput{StatusCode: http.StatusOK, ExecutedVersion: aws.String("$LATEST"), Payload: a.payload}
		if a.failed {
			out.FunctionError = aws.String("Unhandled")
		}
		if inv.keep {
			out.LogResult = aws.String(base64.StdEncoding.EncodeToString(inv.tail))
		}
		return out, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func checkPayload(payload []byte, kind types.InvocationType) error {
	limit := maxRequest
	if kind == types.InvocationTypeEvent {
		limit = maxEvent
	}
	if len(payload) > limit {
		return &types.RequestTooLargeException{
			Message: aws.String(fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit)),
			Type:    aws.String("User"),
		}
	}
	var v json.RawMessage
	if err := json.Unmarshal(payload, &v); err != nil {
		return &types.InvalidRequestContentException{
			Message: aws.String("Could not parse request body into json: " + err.Error()), Type: aws.String("User"),
		}
	}
	return nil
}

func closed() error {
	return &types.ServiceException{Message: aws.String("The sandbox is closing."), Type: aws.String("Service")}
}

func (s *Service) newInvocation(f *function, id string, payload []byte) *invocation {
	return &invocation{
		id: id, arn: *f.config.FunctionArn, payload: payload, lost: make(chan struct{}),
		trace: fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", s.opts.Clock.Now().Unix(), hexID()[:24], hexID()[:16]),
	}
}
