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
	body, err := json.Marshal(in)
	if err != nil {
		return nil, &smithy.OperationError{ServiceID: c.service.ID, OperationName: operation, Err: &smithy.SerializationError{Err: err}}
	}
	header := map[string]string{"Content-Type": "application/x-amz-json-" + c.service.JSON, "X-Amz-Target": c.service.Target + "." + operation}
	if c.service.QueryCodes { // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait
		header["X-Amzn-Query-Mode"] = "true"
	}
	_, err = c.Do(ctx, Request{
		Operation: operation, Body: body, Header: header,
		decode: func(body []byte) error { return json.Unmarshal(body, out) },
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
