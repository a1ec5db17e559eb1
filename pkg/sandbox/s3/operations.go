package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// operation finds what a request asks for by its method, its place and its subresource.
func (s *Service) operation(r *http.Request, a asked) (operation, error) {
	for _, name := range unsupported {
		if _, ok := a.query[name]; ok {
			return operation{}, unknown(r, "?"+name)
		}
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" || r.Header.Get("Range") != "" {
		return operation{}, unknown(r, " with X-Amz-Copy-Source or Range")
	}
	var op operation
	switch {
	case a.bucket == "" && r.Method == http.MethodGet:
		op = operation{"ListBuckets", "s3:ListAllMyBuckets", s.listBuckets}
	case a.key == "":
		op = s.onBucket(r.Method, a)
	default:
		op = s.onObject(r.Method, a)
	}
	if op.do == nil {
		return op, unknown(r, "")
	}
	return op, nil
}

// documents are the settings of a bucket that are kept as they came, by subresource.
var documents = []struct{ query, name, read, write, missing string }{
	{"policy", "BucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "NoSuchBucketPolicy"},
	{"lifecycle", "BucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "NoSuchLifecycleConfiguration"},
	{"encryption", "BucketEncryption", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"},
	{"publicAccessBlock", "PublicAccessBlock", "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
}

func (s *Service) onBucket(method string, a asked) operation {
	for _, d := range documents {
		if _, ok := a.query[d.query]; !ok {
			continue
		}
		switch method {
		case http.MethodGet:
			return operation{"Get" + d.name, d.read, s.readDocument(d.query, d.missing)}
		case http.MethodPut:
			return operation{"Put" + d.name, d.write, s.writeDocument(d.query)}
		case http.MethodDelete:
			return operation{"Delete" + d.name, d.write, s.writeDocument(d.query)}
		}
		return operation{}
	}
	_, location := a.query["location"]
	switch {
	case method == http.MethodPut:
		return operation{"CreateBucket", "s3:CreateBucket", func(a asked) (answer, error) { return answer{status: 200}, s.CreateBucket(a.bucket) }}
	case method == http.MethodDelete:
		return operation{"DeleteBucket", "s3:DeleteBucket", func(a asked) (answer, error) { return answer{status: 204}, s.DeleteBucket(a.bucket) }}
	case method == http.MethodHead:
		return operation{"HeadBucket", "s3:ListBucket", func(a asked) (answer, error) { _, err := s.keys(a.bucket, "", ""); return answer{status: 200}, err }}
	case method == http.MethodGet && location:
		return operation{"GetBucketLocation", "s3:GetBucketLocation", s.location}
	case method == http.MethodGet && slices.Contains(a.query["list-type"], "2"):
		return operation{"ListObjectsV2", "s3:ListBucket", s.list}
	}
	return operation{}
}

func (s *Service) onObject(method string, a asked) operation {
	if _, ok := a.query["tagging"]; ok {
		return s.onTags(method)
	}
	read := func(head bool) func(asked) (answer, error) {
		return func(a asked) (answer, error) {
			o, err := s.get(a.bucket, a.key)
			return answer{status: 200, object: &o, headOnly: head}, err
		}
	}
	switch method {
	case http.MethodPut:
		return operation{"PutObject", "s3:PutObject", s.putObject}
	case http.MethodGet:
		return operation{"GetObject", "s3:GetObject", read(false)}
	case http.MethodHead:
		return operation{"HeadObject", "s3:GetObject", read(true)}
	case http.MethodDelete:
		return operation{"DeleteObject", "s3:DeleteObject", func(a asked) (answer, error) { return answer{status: 204}, s.remove(a.bucket, a.key) }}
	}
	return operation{}
}

func (s *Service) putObject(a asked) (answer, error) {
	kind := a.header.Get("Content-Type")
	if kind == "" {
		kind = "binary/octet-stream"
	}
	encoding := a.header.Get("Content-Encoding")
	if encoding == "aws-chunked" {
		encoding = ""
	}
	tags, err := headerTags(a.header)
	if err != nil {
		return answer{}, err
	}
	o, err := s.put(a.bucket, a.key, object{body: a.body, contentType: kind, encoding: encoding, tags: tags, under: a.under})
	o.body, o.tags = nil, nil
	return answer{status: 200, object: &o}, err
}

func (s *Service) location(a asked) (answer, error) {
	_, err := s.keys(a.bucket, "", "")
	region := s.opts.Region
	if region == "us-east-1" {
		region = ""
	}
	return answer{status: 200, document: struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Text    string   `xml:",chardata"`
	}{Text: region}}, err
}

func (s *Service) readDocument(name, missing string) func(asked) (answer, error) {
	return func(a asked) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(a.bucket)
		if err != nil {
			return answer{}, err
		}
		if b.settings[name] == "" {
			return answer{}, fails(http.StatusNotFound, missing, "The bucket has no %s", name)
		}
		return answer{status: 200, document: b.settings[name]}, nil
	}
}

func (s *Service) writeDocument(name string) func(asked) (answer, error) {
	return func(a asked) (answer, error) { return answer{status: 204}, s.Put(a.bucket, name, string(a.body)) }
}

type named struct {
	Name         string
	CreationDate string
}

func (s *Service) listBuckets(asked) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner   struct{ ID string }
		Buckets struct{ Bucket []named }
	}
	out.Owner.ID = s.opts.Account
	for name, b := range s.buckets {
		out.Buckets.Bucket = append(out.Buckets.Bucket, named{name, b.created.UTC().Format(time.RFC3339)})
	}
	slices.SortFunc(out.Buckets.Bucket, func(a, b named) int { return compare(a.Name, b.Name) })
	return answer{status: 200, document: out}, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type content struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

// mostKeys is what one page of a list holds at most, and by default.
const mostKeys = 1000

func (s *Service) list(a asked) (answer, error) {
	first := func(name string) string {
		if v := a.query[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	if first("delimiter") != "" {
		return answer{}, fails(http.StatusNotImplemented, "NotImplemented", "the sandbox lists without a delimiter")
	}
	after := first("start-after")
	if token := first("continuation-token"); token != "" {
		key, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return answer{}, fails(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
		}
		after = string(key)
	}
	keys, err := s.keys(a.bucket, first("prefix"), after)
	if err != nil {
		return answer{}, err
	}
	most := mostKeys
	if n, err := strconv.Atoi(first("max-keys")); err == nil && n >= 0 {
		most = min(n, mostKeys)
	}
	out := struct {
		XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
		Name, Prefix          string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{Name: a.bucket, Prefix: first("prefix"), MaxKeys: most, IsTruncated: len(keys) > most && most > 0}
	keys = keys[:min(len(keys), most)]
	for _, key := range keys {
		if o, err := s.get(a.bucket, key); err == nil {
			out.Contents = append(out.Contents, content{key, o.at.UTC().Format("2006-01-02T15:04:05.000Z"), o.etag, len(o.body), "STANDARD"})
		}
	}
	if out.KeyCount = len(out.Contents); out.IsTruncated {
		out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(keys[len(keys)-1]))
	}
	return answer{status: 200, document: out}, nil
}
