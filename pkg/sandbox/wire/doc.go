// Package wire speaks AWS's protocols, so that SDKs and the AWS CLI work against the sandbox unchanged.
//
// Its model is the SDK's own input and output types: a service registers one typed function an operation (On),
// and the same function answers awsJson, query, restJson and CBOR requests, calls within the sandbox (Call) and
// the template interpreter. An operation that is not registered answers an error that names it.
package wire
