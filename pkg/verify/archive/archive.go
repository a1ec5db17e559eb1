// Package archive keeps the reports of verifications in S3: a JSON document and a page of each.
//
// A report is written once more when its verification is. What cannot be kept is an error and changes no verdict.
package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/call"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/page"
)

// Archive keeps one service's reports. The SDK's S3 client would add 5 MB to a function of 10 that puts two objects and
// does nothing else of S3's.
type Archive struct {
	s3     *call.Client
	region string
	shelf  config.Shelf
}

// New returns an archive, or nil when the shelf is nowhere.
func New(cfg aws.Config, shelf config.Shelf) *Archive {
	if shelf.Bucket == "" {
		return nil
	}
	return &Archive{s3: call.New(cfg, call.Service{ID: "S3", Endpoint: "s3", OnePath: true}), region: cfg.Region, shelf: shelf}
}

// Keeper is the archive as a gate takes it: nothing, not a nil archive, when there is none.
func (a *Archive) Keeper() verify.Keeper {
	if a == nil {
		return nil
	}
	return a
}

// Link leads to where a verdict's page is kept, or will be.
func (a *Archive) Link(v verify.Verdict) string {
	return a.shelf.Link(a.region, v.Deployment, appspec.Event(v.Stage))
}

// Keep writes a verdict's page and document.
func (a *Archive) Keep(ctx context.Context, v verify.Verdict) error {
	var html, document bytes.Buffer
	if err := page.Write(&html, v); err != nil {
		return err
	}
	e := json.NewEncoder(&document)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	for _, one := range []struct {
		kind, content string
		body          []byte
	}{{"html", "text/html; charset=utf-8", html.Bytes()}, {"json", "application/json", document.Bytes()}} {
		key := a.shelf.Key(v.Deployment, appspec.Event(v.Stage), one.kind)
		if err := a.put(ctx, key, one.content, one.body); err != nil {
			return fmt.Errorf("keep the report in s3://%s/%s: %w", a.shelf.Bucket, key, err)
		}
	}
	return nil
}

// put puts an object, by path, which every bucket's name may stand in and every region has
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
func (a *Archive) put(ctx context.Context, key, content string, body []byte) error {
	_, err := a.s3.Do(ctx, call.Request{
		Operation: "PutObject", Method: http.MethodPut, Path: (&url.URL{Path: "/" + a.shelf.Bucket + "/" + key}).EscapedPath(),
		Header: map[string]string{"Content-Type": content}, Body: body,
	})
	if err != nil {
		return fmt.Errorf("%w; may the function put objects there, and is the bucket in %s?", err, a.region)
	}
	return nil
}
