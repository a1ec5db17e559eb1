package cfn

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Buckets keeps buckets; the sandbox's S3 does. Its operations are not among the wire's.
type Buckets interface {
	CreateBucket(name string) error
	DeleteBucket(name string) error
	// Put sets a document of a bucket by the name of its subresource; the empty one takes it away.
	Put(bucket, setting, document string) error
}

var errNoBuckets = errors.New("this sandbox keeps no buckets")

// bucketDocuments are the properties that are kept, by S3's name of each. Everything in a bucket of the sandbox is
// private and of one owner.
var bucketDocuments = map[string]string{
	"BucketEncryption": "encryption", "PublicAccessBlockConfiguration": "publicAccessBlock", "LifecycleConfiguration": "lifecycle",
	"OwnershipControls": "ownershipControls", "Tags": "tagging",
}

func bucketOf(c *change) (resource, error) {
	name := c.name("BucketName")
	if c.service.opts.Buckets == nil {
		return resource{}, errNoBuckets
	}
	if err := c.service.opts.Buckets.CreateBucket(name); err != nil {
		return resource{}, err
	}
	made := resource{id: name, attributes: map[string]any{
		"Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com",
		"RegionalDomainName": name + ".s3." + c.service.opts.Server.Region() + ".amazonaws.com",
	}}
	return made, c.bucketDocuments(name)
}

func updateBucket(c *change) (resource, error) { return c.standing, c.bucketDocuments(c.standing.id) }

func removeBucket(c *change) error {
	return already(c.service.opts.Buckets.DeleteBucket(c.standing.id))
}

func (c *change) bucketDocuments(name string) error {
	for property := range c.properties {
		if _, known := bucketDocuments[property]; !known && property != "BucketName" {
			return fmt.Errorf("the sandbox does not know the property %s of %s", property, c.kind)
		}
	}
	for property, setting := range bucketDocuments {
		document := ""
		if value, ok := c.properties[property]; ok {
			raw, err := json.Marshal(value)
			if err != nil {
				return err
			}
			document = string(raw)
		}
		if err := c.service.opts.Buckets.Put(name, setting, document); err != nil {
			return err
		}
	}
	return nil
}

func bucketPolicy(c *change) (resource, error) {
	if c.service.opts.Buckets == nil {
		return resource{}, errNoBuckets
	}
	document, err := json.Marshal(c.properties["PolicyDocument"])
	if err != nil {
		return resource{}, err
	}
	name := fmt.Sprint(c.properties["Bucket"])
	return resource{id: name}, c.service.opts.Buckets.Put(name, "policy", string(document))
}

func removeBucketPolicy(c *change) error {
	return already(c.service.opts.Buckets.Put(c.standing.id, "policy", ""))
}
