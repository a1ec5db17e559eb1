package release

import (
	"fmt"

	"github.com/cutover-ecs/cutover/pkg/live"
)

// superseded explains a push whose image is not the one that is wished for; empty when it is, and for any other
// event. The decision's reason is then about the newer image.
func superseded(t Trigger, desired Desired, o Observed) string {
	if t.Digest == "" {
		return ""
	}
	text := ""
	for _, wish := range desired.Wish.Images {
		if wish.Repository != t.Repository {
			continue
		}
		if wish.Digest == t.Digest {
			return ""
		}
		text = supersededBy(t, wish, desired, o)
	}
	return text
}

func supersededBy(t Trigger, wish live.Image, desired Desired, o Observed) string {
	pushed := live.Image{Repository: t.Repository, Tag: t.Tag, Digest: t.Digest}
	if desired.Asked != "" && wish.Container == desired.Names.Container {
		return fmt.Sprintf("%s is not wished for: %s is %s", pushed.Name(), wish.Name(), desired.Asked)
	}
	p := desired.policies[wish.Container]
	for i := range o.Images {
		d := &o.Images[i]
		if d.RepositoryName != t.Repository || d.ImageDigest != t.Digest {
			continue
		}
		c, why := taken(p, d)
		switch {
		case c.detail == nil && why != "":
			return why
		case c.detail == nil:
			return fmt.Sprintf("%s has lost its tag meanwhile; %s is the newest", pushed.Name(), wish.Name())
		}
		rank, _ := p.Take(wish.Tag)
		if rank.Compare(c.rank) != 0 {
			return fmt.Sprintf("%s is superseded by %s, which comes after it by %s", pushed.Name(), wish.Name(), p)
		}
		return fmt.Sprintf("%s is superseded by %s, which was pushed at %s", pushed.Name(), wish.Name(), stamp(wish.Pushed))
	}
	if wish.Tag == t.Tag {
		return fmt.Sprintf("%s is superseded: the tag stands for %s now, pushed at %s", pushed.String(), wish.Digest, stamp(wish.Pushed))
	}
	return fmt.Sprintf("%s is not in the registry any more; %s is the newest", pushed.Name(), wish.Name())
}
