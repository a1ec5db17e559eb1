// Package sqs keeps standard queues: enough of SQS for dead letters and for whoever reads them.
//
// Everything is in memory, and in clear: of a queue under a KMS key every message asks the key, as its sender and as its
// receiver, and nothing is encrypted. Visibility time-outs, delays and long polls are the clients' own and last what they last
// on AWS, whatever the sandbox's clock; a waiting receiver is woken by a signal. FIFO queues are refused.
package sqs

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Options of a Service.
type Options struct {
	// Account and Region of the queues' ARNs.
	Account, Region string
	// Endpoint begins the queues' URLs: http://127.0.0.1:4566.
	Endpoint func() string
}

// Service holds queues. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	keys kms.User

	mu     sync.Mutex
	queues map[string]*queue
	closed chan struct{}
	once   sync.Once
}

// New returns a service without queues.
func New(opts Options) *Service {
	if opts.Endpoint == nil {
		opts.Endpoint = func() string { return "" }
	}
	return &Service{opts: opts, queues: map[string]*queue{}, closed: make(chan struct{})}
}

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	s.keys = kms.User{Server: srv, Service: "sqs"}
	wire.On(srv, "sqs", s.createQueue)
	wire.On(srv, "sqs", s.deleteQueue)
	wire.On(srv, "sqs", s.getQueueURL)
	wire.On(srv, "sqs", s.listQueues)
	wire.On(srv, "sqs", s.getQueueAttributes)
	wire.On(srv, "sqs", s.setQueueAttributes)
	wire.On(srv, "sqs", s.listQueueTags)
	wire.On(srv, "sqs", s.purgeQueue)
	wire.On(srv, "sqs", s.sendMessage)
	wire.On(srv, "sqs", s.sendMessageBatch)
	wire.On(srv, "sqs", s.receiveMessage)
	wire.On(srv, "sqs", s.deleteMessage)
	wire.On(srv, "sqs", s.deleteMessageBatch)
	wire.On(srv, "sqs", s.changeMessageVisibility)
}

// Close ends every long poll with no messages.
func (s *Service) Close() { s.once.Do(func() { close(s.closed) }) }

var queueName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`) })

// find is a queue by its URL, of which the name is enough; the caller holds mu.
func (s *Service) find(url *string) (*queue, error) {
	u := aws.ToString(url)
	if u == "" {
		return nil, &smithy.GenericAPIError{Code: "MissingParameter", Message: "The request must contain the parameter QueueUrl.", Fault: smithy.FaultClient}
	}
	q := s.queues[u[strings.LastIndexByte(u, '/')+1:]]
	if q == nil {
		return nil, noQueue()
	}
	return q, nil
}

func noQueue() error {
	return &types.QueueDoesNotExist{Message: aws.String("The specified queue does not exist.")}
}

func invalidValue(name string) error {
	return &types.InvalidAttributeValue{Message: aws.String("Invalid value for the parameter " + name + ".")}
}

func unknownAttribute(name string) error {
	return &types.InvalidAttributeName{Message: aws.String("Unknown Attribute " + name + ".")}
}

func invalidParameter(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// Policy is a queue's resource policy, by the queue's URL; empty when it has none, or is not there.
func (s *Service) Policy(url string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(&url)
	if err != nil {
		return ""
	}
	return q.attributes["Policy"]
}
