package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cutover-ecs/cutover/pkg/call/secretsmanager"
	"github.com/cutover-ecs/cutover/pkg/call/ssm"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live/secret"
)

// Secrets is Secrets Manager.
type Secrets interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error)
}

// Parameters is SSM's Parameter Store.
type Parameters interface {
	GetParameter(context.Context, *ssm.GetParameterInput) (*ssm.GetParameterOutput, error)
}

// Bounds of calls to others than AWS.
const (
	mostCalls  = 3       // of one request
	mostAnswer = 1 << 20 // bytes
	firstPause = time.Second
)

// NewHTTP is the client for others than AWS: bounded in time, with all roots of the machine, following no redirect.
func NewHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			IdleConnTimeout: 30 * time.Second,
		},
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reach is how others than AWS are reached, and where their tokens stand.
type reach struct {
	http       *http.Client
	secrets    func() Secrets
	parameters func() Parameters
	pause      time.Duration // before the second try; it doubles
}

// token reads a secret or a parameter, which its ARN tells, at each use, so that one that is rotated is taken at once, and
// learns it, so that no error tells it.
func (r reach) token(ctx context.Context, arn string, mask *secret.Mask) (text string, err error) {
	what := "secret"
	if config.Parameter(arn) {
		what = "parameter"
		text, err = r.parameter(ctx, arn)
	} else {
		text, err = r.secret(ctx, arn)
	}
	if err != nil {
		return "", fmt.Errorf("read the %s %s: %w", what, arn, err)
	}
	if text == "" {
		return "", fmt.Errorf("the %s %s has no text", what, arn)
	}
	mask.Learn(text)
	mask.Learn(strings.TrimSpace(text)) // which is what most send of it
	return text, nil
}

func (r reach) secret(ctx context.Context, arn string) (string, error) {
	out, err := r.secrets().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: arn})
	if err != nil {
		return "", err
	}
	return out.SecretString, nil
}

// parameter reads a parameter by its ARN, a secure string decrypted
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html).
func (r reach) parameter(ctx context.Context, arn string) (string, error) {
	out, err := r.parameters().GetParameter(ctx, &ssm.GetParameterInput{Name: arn, WithDecryption: true})
	if err != nil {
		return "", err
	}
	return out.Parameter.Value, nil
}

// call makes a request until it is answered with other than 429, 5xx or a limit told as 403, at most three times and within the context, and
// waits between as long as the other side asks for. The answer is one of 2xx.
func (r reach) call(ctx context.Context, mask *secret.Mask, method, url string, header http.Header, body []byte) (answer []byte, err error) {
	for tries, pause := 1, r.pause; ; tries, pause = tries+1, 2*pause {
		var again time.Duration
		answer, again, err = r.once(ctx, method, url, header, body)
		if err == nil {
			return answer, nil
		}
		if no, ok := errors.AsType[refused](err); ok {
			err = refused{no.status, mask.Text(no.text)}
		} else {
			err = errors.New(mask.Text(err.Error()))
		}
		if again < 0 || tries == mostCalls {
			return nil, err
		}
		timer := time.NewTimer(max(again, pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("the time is up, and the last answer was: %w", err)
		}
	}
}

// once is one try; again is how long to wait before the next, less than zero where none can help.
func (r reach) once(ctx context.Context, method, url string, header http.Header, body []byte) (answer []byte, again time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, -1, err
	}
	request.Header = header.Clone()
	request.Header.Set("User-Agent", "cutover-notify")
	response, err := r.http.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("read the answer: %w", err)
	case len(answer) > mostAnswer:
		return nil, -1, fmt.Errorf("the answer is longer than %d bytes", mostAnswer)
	case response.StatusCode/100 == 2:
		return answer, 0, nil
	}
	return nil, later(response), refused{response.StatusCode, fmt.Sprintf("it answered %d: %.200q", response.StatusCode, answer)}
}

// refused is an answer that is none of 2xx.
type refused struct {
	status int
	text   string
}

func (r refused) Error() string { return r.text }

// later is how long to wait after such an answer, less than zero where that cannot help. GitHub tells its limits as 403
// too, by Retry-After or by how many calls are left and when there are more
// (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
func later(response *http.Response) time.Duration {
	header := response.Header
	spent := header.Get("X-RateLimit-Remaining") == "0"
	limited := response.StatusCode == http.StatusForbidden && (spent || header.Get("Retry-After") != "")
	if response.StatusCode != http.StatusTooManyRequests && response.StatusCode < 500 && !limited {
		return -1
	}
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if reset, wrong := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err != nil && wrong == nil && spent {
		seconds = int(min(time.Until(time.Unix(reset, 0)), time.Hour)/time.Second) + 1
	}
	return min(time.Duration(max(seconds, 0))*time.Second, time.Hour)
}
