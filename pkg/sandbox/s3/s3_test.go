package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/sandbox/s3"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// denied is what a policy answers.
type denied struct{ smithy.GenericAPIError }

func started(t *testing.T, opts s3.Options) (*wire.Server, *sdk.Client) {
	t.Helper()
	srv := wire.New(wire.Options{Account: "111122223333", Region: "us-east-1"})
	opts.Account, opts.Region = "111122223333", "us-east-1"
	s3.New(opts).Register(srv)
	site := httptest.NewServer(srv)
	t.Cleanup(site.Close)
	return srv, sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &site.URL, HTTPClient: site.Client(), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestTheSDKPutsReadsListsAndDeletes(t *testing.T) {
	srv, c := started(t, s3.Options{})
	ctx := t.Context()
	bucket := aws.String("reports")
	if _, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("a"), Body: strings.NewReader("x")}); code(err) != "NoSuchBucket" {
		t.Errorf("a bucket that is not there: %v", err)
	}
	if _, err := c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a b/ü.html", "a/1", "a/2", "b"} {
		if _, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("body of " + key), ContentType: aws.String("text/html")}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: aws.String("a b/ü.html")})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(got.Body)
	if string(body) != "body of a b/ü.html" || *got.ContentType != "text/html" || got.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("%s: %+v", body, got)
	}
	if head, err := c.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: bucket, Key: aws.String("b")}); err != nil || *head.ContentLength != 9 {
		t.Errorf("head: %+v, %v", head, err)
	}
	var listed []string
	for pages := sdk.NewListObjectsV2Paginator(c, &sdk.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("a"), MaxKeys: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			listed = append(listed, *o.Key)
		}
	}
	if strings.Join(listed, "|") != "a b/ü.html|a/1|a/2" {
		t.Errorf("listed %q", listed)
	}
	if _, err := c.DeleteBucket(ctx, &sdk.DeleteBucketInput{Bucket: bucket}); code(err) != "BucketNotEmpty" {
		t.Errorf("a full bucket: %v", err)
	}
	if _, err := c.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: bucket, Key: aws.String("b")}); err != nil {
		t.Error(err)
	}
	var gone *types.NoSuchKey
	if _, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: aws.String("b")}); !errors.As(err, &gone) {
		t.Errorf("a deleted object: %v", err)
	}
	if _, err := c.HeadBucket(ctx, &sdk.HeadBucketInput{Bucket: aws.String("other")}); err == nil {
		t.Error("a bucket that is not there has a head")
	}
	if _, err := c.PutBucketPolicy(ctx, &sdk.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"a":1}`)}); err != nil {
		t.Error(err)
	}
	if p, err := c.GetBucketPolicy(ctx, &sdk.GetBucketPolicyInput{Bucket: bucket}); err != nil || *p.Policy != `{"a":1}` {
		t.Errorf("the policy is %+v, %v", p, err)
	}
	trail := srv.Trail()
	if first := trail[0]; first.Service != "s3" || first.Action != "PutObject" || first.Subject != "reports/a" || first.Error != "NoSuchBucket" || first.Time.IsZero() {
		t.Errorf("the trail begins %+v", first)
	}
}

func TestWhatIsNotBuiltIsRefusedByName(t *testing.T) {
	_, c := started(t, s3.Options{})
	if _, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("reports")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String("reports"), Key: aws.String("a")}); code(err) != "NotImplemented" || !strings.Contains(err.Error(), "?uploads") {
		t.Errorf("got %v", err)
	}
	if _, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("Not_a_Name")}); code(err) != "InvalidBucketName" {
		t.Errorf("got %v", err)
	}
}

func TestPoliciesDecideByActionAndObject(t *testing.T) {
	_, c := started(t, s3.Options{Allow: func(_ context.Context, action, resource string, _ map[string][]string) (string, error) {
		if action == "s3:PutObject" && resource == "arn:aws:s3:::reports/mine/a" || action == "s3:CreateBucket" && resource == "arn:aws:s3:::reports" {
			return "allowed", nil
		}
		return "", &denied{smithy.GenericAPIError{Code: "AccessDeniedException", Message: action + " on " + resource}}
	}})
	ctx, bucket := t.Context(), aws.String("reports")
	if _, err := c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("mine/a"), Body: bytes.NewReader(nil)}); err != nil {
		t.Error(err)
	}
	if _, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("others/a"), Body: bytes.NewReader(nil)}); code(err) != "AccessDenied" {
		t.Errorf("got %v", err)
	}
	if _, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: aws.String("mine/a")}); code(err) != "AccessDenied" {
		t.Errorf("got %v", err)
	}
}

func TestObjectsHaveTagsWhichPoliciesAreAsked(t *testing.T) {
	var asked []string
	_, c := started(t, s3.Options{Allow: func(_ context.Context, action, resource string, keys map[string][]string) (string, error) {
		asked = append(asked, fmt.Sprint(action, " ", resource, " ", keys))
		return "allowed", nil
	}})
	ctx, bucket, key := t.Context(), aws.String("reports"), aws.String("a")
	if _, err := c.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	put := func(tags string) error {
		_, err := c.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), Tagging: &tags})
		return err
	}
	set := func(tags ...types.Tag) error {
		_, err := c.PutObjectTagging(ctx, &sdk.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &types.Tagging{TagSet: tags}})
		return err
	}
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	if err := set(tag("k", "v")); code(err) != "NoSuchKey" {
		t.Errorf("tags of no object: %v", err)
	}
	if err := put("UseWithCodeDeploy=true&x=a%20b"); err != nil {
		t.Fatal(err)
	}
	if o, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: key}); err != nil || *o.TagCount != 2 {
		t.Errorf("the object is %+v, %v", o, err)
	}
	if err := set(tag("k", "v")); err != nil {
		t.Error(err)
	}
	if o, err := c.GetObjectTagging(ctx, &sdk.GetObjectTaggingInput{Bucket: bucket, Key: key}); err != nil || len(o.TagSet) != 1 || *o.TagSet[0].Key+*o.TagSet[0].Value != "kv" {
		t.Errorf("the tags are %+v, %v", o, err)
	}
	if _, err := c.DeleteObjectTagging(ctx, &sdk.DeleteObjectTaggingInput{Bucket: bucket, Key: key}); err != nil {
		t.Error(err)
	}
	if o, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: key}); err != nil || o.TagCount != nil {
		t.Errorf("the object is %+v, %v", o, err)
	}
	want := []string{
		"s3:CreateBucket arn:aws:s3:::reports map[]",
		"s3:PutObjectTagging arn:aws:s3:::reports/a map[]",
		"s3:PutObject arn:aws:s3:::reports/a map[]",
		"s3:PutObjectTagging arn:aws:s3:::reports/a map[]",
		"s3:GetObject arn:aws:s3:::reports/a map[s3:ExistingObjectTag/UseWithCodeDeploy:[true] s3:ExistingObjectTag/x:[a b]]",
		"s3:PutObjectTagging arn:aws:s3:::reports/a map[s3:ExistingObjectTag/UseWithCodeDeploy:[true] s3:ExistingObjectTag/x:[a b]]",
		"s3:GetObjectTagging arn:aws:s3:::reports/a map[s3:ExistingObjectTag/k:[v]]",
		"s3:DeleteObjectTagging arn:aws:s3:::reports/a map[s3:ExistingObjectTag/k:[v]]",
		"s3:GetObject arn:aws:s3:::reports/a map[]",
	}
	if got, want := strings.Join(asked, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("asked:\n%s\nwant:\n%s", got, want)
	}
	for text, err := range map[string]error{
		"one key twice":   put("a=1&a=2"),
		"an empty key":    set(tag("", "v")),
		"a long value":    set(tag("k", strings.Repeat("v", 257))),
		"the same again":  set(tag("k", "1"), tag("k", "2")),
		"no query at all": put("%zz"),
	} {
		if got := code(err); got != "InvalidTag" && got != "InvalidArgument" {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := put("a&b&c&d&e&f&g&h&i&j&k"); code(err) != "BadRequest" {
		t.Errorf("eleven tags: %v", err)
	}
}

func TestABucketIsFoundByVirtualHostAndChunksAreTakenApart(t *testing.T) {
	srv, c := started(t, s3.Options{})
	if _, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("reports")}); err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPut, "http://reports.s3.localhost:4566/x", strings.NewReader("3;chunk-signature=a\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=a")
	req.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, req)
	got, err := c.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("x")})
	if w.Code != 200 || err != nil {
		t.Fatal(w.Code, w.Body, err)
	}
	if body, _ := io.ReadAll(got.Body); string(body) != "abcde" {
		t.Errorf("kept %q", body)
	}
}
