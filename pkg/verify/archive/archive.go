// Package archive keeps the reports of verifications in S3: a JSON document and a page of each.
//
// A report is written once more when its verification is. What cannot be kept is an error and changes no verdict.
package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/cutover-ecs/cutover/pkg/appspec"
	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/verify"
	"github.com/cutover-ecs/cutover/pkg/verify/page"
)

// Archive keeps one service's reports. Its objects are put by a signed request of its own: the SDK's S3 client would
// add 5 MB to a function of 10 that puts two objects and does nothing else of S3's.
type Archive struct {
	cfg   aws.Config
	shelf config.Shelf
	// pause is slept before each further try.
	pause time.Duration
}

// New returns an archive, or nil when the shelf is nowhere.
func New(cfg aws.Config, shelf config.Shelf) *Archive {
	if shelf.Bucket == "" {
		return nil
	}
	return &Archive{cfg: cfg, shelf: shelf, pause: 300 * time.Millisecond}
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
	return a.shelf.Link(a.cfg.Region, v.Deployment, appspec.Event(v.Stage))
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

// tries is how often an object is put before it is given up.
const tries = 3

func (a *Archive) put(ctx context.Context, key, content string, body []byte) error {
	for try := 1; ; try++ {
		again, err := a.once(ctx, key, content, body)
		if err == nil || !again || try == tries {
			return err
		}
		wait := time.NewTimer(time.Duration(try) * a.pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return err
		}
	}
}

// once puts an object; again tells whether another try may help.
func (a *Archive) once(ctx context.Context, key, content string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, a.url(key), bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	req.Header.Set("Content-Type", content)
	req.Header.Set("X-Amz-Content-Sha256", hash)
	who, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return false, err
	}
	// S3 takes a path as it is sent, where other services escape it once more.
	plain := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }
	if err := v4.NewSigner().SignHTTP(ctx, who, req, hash, "s3", a.cfg.Region, time.Now(), plain); err != nil {
		return false, err
	}
	resp, err := a.cfg.HTTPClient.Do(req)
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 2<<10))
	if resp.StatusCode == http.StatusOK {
		return false, nil
	}
	return resp.StatusCode >= 500, fmt.Errorf("S3 answers %s: %s; may the function put objects there, and is the bucket in %s?",
		resp.Status, strings.TrimSpace(string(said)), a.cfg.Region)
}

// url is an object's, by path, which every bucket's name may stand in and every region has
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
func (a *Archive) url(key string) string {
	base := aws.ToString(a.cfg.BaseEndpoint)
	if base == "" {
		base = "https://s3." + a.cfg.Region + ".amazonaws.com"
		if strings.HasPrefix(a.cfg.Region, "cn-") {
			base += ".cn"
		}
	}
	path := (&url.URL{Path: "/" + a.shelf.Bucket + "/" + key}).EscapedPath()
	return strings.TrimSuffix(base, "/") + path
}
