// Package sns keeps standard topics and hands what is published to the queues that subscribed: enough of SNS for alarms,
// dead letters and notifications.
//
// Everything is in memory, and in clear: who publishes to a topic under a KMS key asks the key for it. Subscriptions are those of SQS queues in the same account; a queue takes a message only if
// its policy lets the topic send, as in AWS. FIFO topics, filter policies and other protocols are refused.
package sns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the topics' ARNs.
	Account, Region string
	// Endpoint begins the URLs of the queues that subscribe: http://127.0.0.1:4566.
	Endpoint func() string
	// Log of deliveries that failed. nil: none.
	Log *slog.Logger
}

// Service holds topics. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	srv  *wire.Server
	keys kms.User

	mu     sync.Mutex
	topics map[string]*topic // by ARN
}

// topic with its subscriptions by their ARNs.
type topic struct {
	arn           string
	attributes    map[string]string
	subscriptions []subscription
}

type subscription struct{ arn, queue string }

// New returns a service without topics.
func New(opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opts: opts, topics: map[string]*topic{}}
}

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	s.srv, s.keys = srv, kms.User{Server: srv, Service: "sns"}
	wire.On(srv, "sns", s.createTopic)
	wire.On(srv, "sns", s.deleteTopic)
	wire.On(srv, "sns", s.listTopics)
	wire.On(srv, "sns", s.subscribe)
	wire.On(srv, "sns", s.unsubscribe)
	wire.On(srv, "sns", s.listSubscriptionsByTopic)
	wire.On(srv, "sns", s.setTopicAttributes)
	wire.On(srv, "sns", s.getTopicAttributes)
	wire.On(srv, "sns", s.publish)
}

var topicName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })

// find is a topic by its ARN; the caller holds mu.
func (s *Service) find(arn *string) (*topic, error) {
	t := s.topics[aws.ToString(arn)]
	if t == nil {
		return nil, &types.NotFoundException{Message: aws.String("Topic does not exist")}
	}
	return t, nil
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String("Invalid parameter: " + fmt.Sprintf(format, args...))}
}

func unsupported(what string) error {
	return &smithy.GenericAPIError{Code: "InvalidParameter", Message: "The sandbox has no " + what + ".", Fault: smithy.FaultClient}
}

// codeOf is the code and the words of an API's error; both empty for none.
func codeOf(err error) (code, message string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode(), api.ErrorMessage()
	}
	return "", ""
}

// outsiders are services, whom AWS's managed key for SNS does not let in.
func outsiders(ctx context.Context) bool {
	return strings.HasSuffix(wire.CallerOf(ctx).ARN, ".amazonaws.com")
}
