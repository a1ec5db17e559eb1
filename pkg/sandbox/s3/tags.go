package s3

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// tagging is the document of an object's tags.
type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Xmlns   string   `xml:"xmlns,attr,omitempty"`
	TagSet  struct{ Tag []tag }
}

type tag struct{ Key, Value string }

// What an object may have of tags (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html).
const mostTags, longestTagKey, longestTagValue = 10, 128, 256

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return fails(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than %d", mostTags)
	}
	for key, value := range tags {
		if n := utf8.RuneCountInString(key); n == 0 || n > longestTagKey {
			return fails(http.StatusBadRequest, "InvalidTag", "The TagKey you have provided is invalid")
		}
		if utf8.RuneCountInString(value) > longestTagValue {
			return fails(http.StatusBadRequest, "InvalidTag", "The TagValue you have provided is invalid")
		}
	}
	return nil
}

// headerTags are the tags that a PutObject brings, as a query.
func headerTags(h http.Header) (map[string]string, error) {
	given, err := url.ParseQuery(h.Get("X-Amz-Tagging"))
	if err != nil {
		return nil, fails(http.StatusBadRequest, "InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	tags := map[string]string{}
	for key, values := range given {
		if len(values) > 1 {
			return nil, fails(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		tags[key] = values[0]
	}
	return tags, checkTags(tags)
}

// bodyTags are the tags that a PutObjectTagging brings.
func bodyTags(body []byte) (map[string]string, error) {
	var doc tagging
	if err := xml.Unmarshal(body, &doc); err != nil {
		return nil, fails(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	tags := map[string]string{}
	for _, t := range doc.TagSet.Tag {
		if _, twice := tags[t.Key]; twice {
			return nil, fails(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		tags[t.Key] = t.Value
	}
	return tags, checkTags(tags)
}

func (s *Service) onTags(method string) operation {
	switch method {
	case http.MethodGet:
		return operation{"GetObjectTagging", "s3:GetObjectTagging", s.readTags}
	case http.MethodPut:
		return operation{"PutObjectTagging", "s3:PutObjectTagging", s.writeTags}
	case http.MethodDelete:
		return operation{"DeleteObjectTagging", "s3:DeleteObjectTagging", func(a asked) (answer, error) {
			return answer{status: http.StatusNoContent}, s.retag(a, nil)
		}}
	}
	return operation{}
}

func (s *Service) readTags(a asked) (answer, error) {
	o, err := s.get(a.bucket, a.key)
	doc := tagging{Xmlns: "http://s3.amazonaws.com/doc/2006-03-01/"}
	for _, key := range slices.Sorted(maps.Keys(o.tags)) {
		doc.TagSet.Tag = append(doc.TagSet.Tag, tag{key, o.tags[key]})
	}
	return answer{status: http.StatusOK, document: doc}, err
}

func (s *Service) writeTags(a asked) (answer, error) {
	tags, err := bodyTags(a.body)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK}, s.retag(a, tags)
}

// retag gives an object other tags.
func (s *Service) retag(a asked, tags map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(a.bucket)
	if err != nil {
		return err
	}
	o, ok := b.objects[a.key]
	if !ok {
		return noKey()
	}
	o.tags = tags
	b.objects[a.key] = o
	return nil
}

// asks are the actions that a request needs to be allowed: to bring tags along is one more.
func (a asked) asks(op operation) []string {
	if op.name == "PutObject" && a.header.Get("X-Amz-Tagging") != "" {
		return []string{op.action, "s3:PutObjectTagging"}
	}
	return []string{op.action}
}

// readsTags are the actions of which the object's tags are a condition
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
var readsTags = []string{"s3:GetObject", "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging"}

// conditions are what policies may ask about an action: the tags that the object has.
func (s *Service) conditions(action string, a asked) map[string][]string {
	if !slices.Contains(readsTags, action) {
		return nil
	}
	o, err := s.get(a.bucket, a.key)
	if err != nil {
		return nil
	}
	keys := map[string][]string{}
	for key, value := range o.tags {
		keys["s3:ExistingObjectTag/"+key] = []string{value}
	}
	return keys
}
