package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// key is one that a platform's resources are under.
type key struct {
	setting string // by which it is named: platform.key
	arn     string
	there   *kmstypes.KeyMetadata // nil: it does not exist
	policy  string                // empty where the key does not exist
}

// keysOf a platform, each once: that of the images admits no service, and of one that is both all is asked.
func keysOf(p config.Platform) (all []key) {
	if p.Key != "" {
		all = append(all, key{setting: "platform.key", arn: p.Key})
	}
	if p.RepositoryKey != "" && p.RepositoryKey != p.Key {
		all = append(all, key{setting: "platform.repositoryKey", arn: p.RepositoryKey})
	}
	return all
}

func (c *Clients) describeKeys(ctx context.Context, f *facts) error {
	return f.eachKey(func(arn string, k *key) error {
		out, err := c.Keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arn})
		if err == nil {
			k.there = out.KeyMetadata
		}
		return err
	})
}

func (c *Clients) keyPolicies(ctx context.Context, f *facts) error {
	return f.eachKey(func(arn string, k *key) error {
		out, err := c.Keys.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &arn})
		if err == nil {
			k.policy = aws.ToString(out.Policy)
		}
		return err
	})
}

// eachKey reads something of each key of this region; of another's nothing need be asked. One that is not there is no error.
func (f *facts) eachKey(read func(arn string, k *key) error) error {
	for i := range f.keys {
		arn := f.keys[i].arn
		if placeOf(arn).region != f.region {
			continue
		}
		if err := read(arn, &f.keys[i]); err != nil && !missing[*kmstypes.NotFoundException](err) {
			return err
		}
	}
	return nil
}

// uselessKeys are those that encrypt nothing, or nothing here.
func uselessKeys(f *facts) (all []Finding) {
	for _, k := range f.keys {
		all = append(all, k.useless(f.region)...)
	}
	return all
}

// useless tells why a key cannot be used in a region, by the first thing that is in its way.
func (k key) useless(region string) []Finding {
	named := k.setting + " names " + k.arn
	if at := placeOf(k.arn).region; at != region {
		return found(fmt.Sprintf("%s, a key of %s, and the stacks are deployed in %s: what is there cannot be under it", named, at, region),
			"name a key of "+region)
	}
	switch m := k.there; {
	case m == nil:
		return found(named+", and there is no such key: no log group, queue or function can be made under it",
			"create it, or name one that is there")
	case m.KeyManager == kmstypes.KeyManagerTypeAws:
		return found(named+", which is AWS's own for a service: its policy cannot let others in", "name a key of your own")
	case m.KeySpec != kmstypes.KeySpecSymmetricDefault || m.KeyUsage != kmstypes.KeyUsageTypeEncryptDecrypt:
		return found(fmt.Sprintf("%s, whose spec is %s and whose usage %s: services encrypt with symmetric keys alone", named, m.KeySpec, m.KeyUsage),
			"name a key of the spec SYMMETRIC_DEFAULT and the usage ENCRYPT_DECRYPT")
	case m.KeyState == kmstypes.KeyStatePendingDeletion:
		return found(fmt.Sprintf("%s, which is to be deleted%s: nothing under it can be read or written, and then never again", named, when(m.DeletionDate)),
			"run aws kms cancel-key-deletion --key-id "+k.arn+" and then aws kms enable-key --key-id "+k.arn)
	case m.KeyState == kmstypes.KeyStateDisabled:
		return found(named+", which is disabled: functions do not start, dead letters are lost and reports are not kept",
			"run aws kms enable-key --key-id "+k.arn)
	case m.KeyState != kmstypes.KeyStateEnabled:
		return found(fmt.Sprintf("%s, which is %s and cannot be used", named, m.KeyState), "see why, and bring it to Enabled")
	}
	return nil
}

func when(at *time.Time) string {
	if at == nil {
		return ""
	}
	return " on " + at.UTC().Format(time.DateOnly)
}

// unadmitted are the principals whom a key's policy forgets.
func unadmitted(f *facts) (all []Finding) {
	for _, k := range f.keys {
		if k.policy == "" {
			continue // which is found as another pitfall
		}
		policy, err := readKeyPolicy(k.policy)
		if err != nil {
			all = append(all, found("the policy of "+k.arn+" cannot be read: "+err.Error(), "put a policy that is one")...)
			continue
		}
		for _, n := range k.needs(f) {
			all = append(all, n.missing(k.arn, policy)...)
		}
	}
	return all
}

// missing tells which actions a policy does not let the need's principal take, and what to add to it.
func (n keyNeed) missing(arn string, policy keyPolicy) []Finding {
	var lacks []string
	why := ""
	for _, action := range n.actions {
		for _, asked := range n.asked {
			if ok, denied := policy.admits(n.principal, action, arn, asked); !ok {
				lacks = append(lacks, action)
				if denied {
					why = ", which a statement denies"
				}
				break
			}
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return found(fmt.Sprintf("the policy of %s does not let %s take %s%s: %s", arn, n.principal, strings.Join(lacks, ", "), why, n.loss),
		fmt.Sprintf("add the statement %s to it (aws kms get-key-policy and put-key-policy --key-id %s --policy-name default)", n.statement, arn))
}
