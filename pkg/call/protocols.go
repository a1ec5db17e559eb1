package call

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/url"

	"github.com/aws/smithy-go"
)

// Query calls an operation of the query protocol, whose answer is a struct with tags of encoding/xml
// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
func Query[Output any](ctx context.Context, c *Client, operation string, ask url.Values) (*Output, error) {
	out := new(Output)
	ask.Set("Action", operation)
	ask.Set("Version", c.service.Version)
	_, err := c.Do(ctx, Request{
		Operation: operation, Body: []byte(ask.Encode()),
		Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		decode: func(body []byte) error { return xml.Unmarshal(body, out) },
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// JSON calls an operation of the awsJson protocols, whose answer is a struct that encoding/json reads
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
func JSON[Output any](ctx context.Context, c *Client, operation string, in any) (*Output, error) {
	out := new(Output)
	if err := c.json(ctx, Request{Operation: operation}, in, func(body []byte) error { return json.Unmarshal(body, out) }); err != nil {
		return nil, err
	}
	return out, nil
}

// json sends what is to be asked as the body of a request that has none.
func (c *Client) json(ctx context.Context, r Request, in any, decode func(body []byte) error) (err error) {
	if r.Body, err = json.Marshal(in); err != nil {
		return &smithy.OperationError{ServiceID: c.service.ID, OperationName: r.Operation, Err: &smithy.SerializationError{Err: err}}
	}
	r.Header = map[string]string{"Content-Type": "application/x-amz-json-" + c.service.JSON, "X-Amz-Target": c.service.Target + "." + r.Operation}
	if c.service.QueryCodes { // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait
		r.Header["X-Amzn-Query-Mode"] = "true"
	}
	r.decode = decode
	_, err = c.Do(ctx, r)
	return err
}
