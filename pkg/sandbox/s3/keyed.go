package s3

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// sealed is what an object is under: a KMS key, a data key of it, and the encryption context; zero under S3's own.
type sealed struct {
	key    string
	bucket bool // by the bucket's key
	data   []byte
	about  string
}

// encryption is a bucket's default, in the API's XML or as CloudFormation's JSON has it.
type encryption struct {
	XMLName xml.Name `json:"-"`
	Rules   []struct {
		BucketKeyEnabled bool
		ByDefault        struct {
			Algorithm string `xml:"SSEAlgorithm" json:"SSEAlgorithm"`
			Key       string `xml:"KMSMasterKeyID" json:"KMSMasterKeyID"`
		} `xml:"ApplyServerSideEncryptionByDefault" json:"ServerSideEncryptionByDefault"`
	} `xml:"Rule" json:"ServerSideEncryptionConfiguration"`
}

// defaultKey is the KMS key that a bucket puts objects under which say nothing else; empty for none.
func (s *Service) defaultKey(name string) (key string, ofBucket bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil || b.settings["encryption"] == "" {
		return "", false
	}
	text, e := []byte(b.settings["encryption"]), encryption{}
	if json.Unmarshal(text, &e) != nil && xml.Unmarshal(text, &e) != nil || len(e.Rules) == 0 {
		return "", false
	}
	return e.Rules[0].ByDefault.Key, e.Rules[0].BucketKeyEnabled
}

// unlock asks the key of an object as who puts or gets it: kms:GenerateDataKey to put, kms:Decrypt to get, and both to put
// under a bucket's key (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
func (s *Service) unlock(ctx context.Context, operation string, a asked) (under sealed, err error) {
	switch operation {
	case "GetObject":
		if o, err := s.get(a.bucket, a.key); err == nil && o.under.key != "" {
			return sealed{}, refusedByKey(s.locks.Open(ctx, o.under.key, o.under.data, about(o.under.about)))
		}
		return sealed{}, nil
	case "PutObject":
	default:
		return sealed{}, nil
	}
	under.key, under.bucket = s.defaultKey(a.bucket)
	if a.header.Get("X-Amz-Server-Side-Encryption") == "AES256" {
		return sealed{}, nil
	}
	if own := a.header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"); own != "" {
		under.key = own
	}
	if under.key == "" || strings.HasSuffix(under.key, "alias/aws/s3") {
		return sealed{}, nil
	}
	under.about = "arn:aws:s3:::" + a.bucket
	if !under.bucket {
		under.about += "/" + a.key
	}
	if under.data, err = s.locks.DataKey(ctx, under.key, about(under.about)); err == nil && under.bucket {
		err = s.locks.Open(ctx, under.key, under.data, about(under.about))
	}
	return under, refusedByKey(err)
}

func about(arn string) map[string]string { return map[string]string{"aws:s3:arn": arn} }

// refusedByKey is what KMS refused, in S3's words: who may not is denied, all else has KMS's own code behind "KMS.".
func refusedByKey(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	if api.ErrorCode() == "AccessDeniedException" {
		return fails(http.StatusForbidden, "AccessDenied", "%s", api.ErrorMessage())
	}
	return fails(http.StatusBadRequest, "KMS."+api.ErrorCode(), "%s", api.ErrorMessage())
}
