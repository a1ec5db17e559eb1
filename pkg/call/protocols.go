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

// Operation of a service.
type Operation struct {
	Name string
	// Once makes no further attempt after one that failed, whatever the configuration's retryer says.
	Once bool
}

// JSON calls an operation of the awsJson protocols, whose answer is a struct that encoding/json reads
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
func JSON[Output any](ctx context.Context, c *Client, operation string, in any) (*Output, error) {
	out := new(Output)
	if err := c.json(ctx, Operation{Name: operation}, in, func(body []byte) error { return json.Unmarshal(body, out) }); err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Client) json(ctx context.Context, o Operation, in any, decode func(body []byte) error) error {
	body, err := json.Marshal(in)
	if err != nil {
		return &smithy.OperationError{ServiceID: c.service.ID, OperationName: o.Name, Err: &smithy.SerializationError{Err: err}}
	}
	header := map[string]string{"Content-Type": "application/x-amz-json-" + c.service.JSON, "X-Amz-Target": c.service.Target + "." + o.Name}
	if c.service.QueryCodes { // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait
		header["X-Amzn-Query-Mode"] = "true"
	}
	_, err = c.Do(ctx, Request{Operation: o.Name, Once: o.Once, Body: body, Header: header, decode: decode})
	return err
}
