package call

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Do sends a request, as often as the retryer says, until it is answered.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	ctx = middleware.ClearStackValues(ctx)
	ctx = middleware.WithServiceID(ctx, c.service.ID)
	ctx = middleware.WithOperationName(ctx, r.Operation)
	ctx = awsmiddleware.SetRegion(awsmiddleware.SetServiceID(ctx, c.service.ID), c.cfg.Region)
	ctx = awsmiddleware.SetOperationName(ctx, r.Operation)
	stack, err := c.stack(r)
	if err != nil {
		return nil, err
	}
	out, _, err := middleware.DecorateHandler(smithyhttp.NewClientHandlerWithOptions(c.http), stack).Handle(ctx, r)
	if err != nil {
		return nil, &smithy.OperationError{ServiceID: c.service.ID, OperationName: r.Operation, Err: err}
	}
	answer, ok := out.(*Answer)
	if !ok {
		return nil, fmt.Errorf("%s of %s was answered with %T", r.Operation, c.service.ID, out)
	}
	return answer, nil
}

// stack is what a request goes through, in the order of the SDK's own clients.
func (c *Client) stack(r Request) (*middleware.Stack, error) {
	retryer := c.retryer
	if r.Once {
		retryer = aws.NopRetryer{}
	}
	attempts := retry.NewAttemptMiddleware(retryer, smithyhttp.RequestCloner, func(a *retry.Attempt) {
		a.ClientSkew, a.DisableClockSkewCorrection = c.skew, c.cfg.DisableClockSkewCorrection
	})
	s := middleware.NewStack(r.Operation, smithyhttp.NewStackRequest)
	err := errors.Join(
		s.Serialize.Add(middleware.SerializeMiddlewareFunc("OperationSerializer", c.write), middleware.After),
		awsmiddleware.AddClientRequestIDMiddleware(s),
		awsmiddleware.AddRequestUserAgentMiddleware(s),
		c.identify(s),
		awsmiddleware.AddRecursionDetection(s),
		s.Finalize.Add(&v4.ComputePayloadSHA256{}, middleware.After),
		s.Finalize.Add(attempts, middleware.After),
		s.Finalize.Add(middleware.FinalizeMiddlewareFunc("Signing", c.sign), middleware.After),
		s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("OperationDeserializer", r.read), middleware.After),
		s.Deserialize.Add(&awsmiddleware.RecordResponseTiming{DisableClockSkewCorrection: c.cfg.DisableClockSkewCorrection}, middleware.After),
		awsmiddleware.AddRequestIDRetrieverMiddleware(s),
		awshttp.AddResponseErrorMiddleware(s),
	)
	for _, option := range c.cfg.APIOptions {
		err = errors.Join(err, option(s))
	}
	return s, err
}

// identify adds the application to the user agent, where the configuration names one.
func (c *Client) identify(s *middleware.Stack) error {
	if c.cfg.AppID == "" {
		return nil
	}
	return awsmiddleware.AddSDKAgentKey(awsmiddleware.ApplicationIdentifier, c.cfg.AppID)(s)
}

// write puts a Request into the one that is sent.
func (c *Client) write(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (out middleware.SerializeOutput, metadata middleware.Metadata, err error) {
	r, ok := in.Parameters.(Request)
	to, isHTTP := in.Request.(*smithyhttp.Request)
	if !ok || !isHTTP {
		return out, metadata, &smithy.SerializationError{Err: fmt.Errorf("a %T cannot be written into a %T", in.Parameters, in.Request)}
	}
	at, err := url.Parse(strings.TrimSuffix(c.endpoint, "/") + cmp.Or(r.Path, "/"))
	if err != nil {
		return out, metadata, &smithy.SerializationError{Err: err}
	}
	to.Method, to.URL = cmp.Or(r.Method, http.MethodPost), at
	for name, value := range r.Header {
		to.Header.Set(name, value)
	}
	if in.Request, err = to.SetStream(bytes.NewReader(r.Body)); err != nil {
		return out, metadata, &smithy.SerializationError{Err: err}
	}
	return next.HandleSerialize(ctx, in)
}

// sign signs each attempt anew, by the service's clock as far as it was told.
func (c *Client) sign(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
	r, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, metadata, &v4.SigningError{Err: fmt.Errorf("a %T cannot be signed", in.Request)}
	}
	if c.cfg.Credentials == nil {
		return out, metadata, &v4.SigningError{Err: errors.New("no credentials are configured")}
	}
	who, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return out, metadata, &v4.SigningError{Err: fmt.Errorf("get credentials: %w", err)}
	}
	hash := v4.GetPayloadHash(ctx)
	if c.service.OnePath {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	now := time.Now().Add(time.Duration(c.skew.Load()))
	if err := c.signer.SignHTTP(ctx, who, r.Request, hash, cmp.Or(c.service.Signing, c.service.Endpoint), c.cfg.Region, now); err != nil {
		return out, metadata, &v4.SigningError{Err: err}
	}
	out, metadata, err = next.HandleFinalize(ctx, in)
	if skew, told := awsmiddleware.GetAttemptSkew(metadata); told {
		c.skew.Store(int64(skew))
	}
	return out, metadata, err
}
