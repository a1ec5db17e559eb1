package notify

import (
	"log/slog"
	"testing"

	"github.com/cutover-ecs/cutover/pkg/config"
)

func TestAServiceThatStoodBeforeIsCalledByItsOwnNamesInECS(t *testing.T) {
	services := []config.Service{{Name: "site"}, {Name: "shop", Existing: &config.Existing{Cluster: "prod", Service: "Shop_Web"}}}
	adopted, err := ReadAdopted(AdoptedOf(services).String())
	if err != nil {
		t.Fatal(err)
	}
	n := New("cutover", adopted, Clients{}, slog.New(slog.DiscardHandler))
	for service, want := range map[string]string{"site": "cutover/Site", "shop": "prod/Shop_Web"} {
		cluster, name := n.inECS(service)
		if cluster+"/"+name != want || n.called(cluster, name) != service {
			t.Errorf("%s is %s/%s in ECS, and that is %s", service, cluster, name, n.called(cluster, name))
		}
	}
	if n.called("cutover", "Shop_Web") == "shop" {
		t.Error("a service of that name in another cluster is taken for the one that was adopted")
	}
	if none := AdoptedOf(services[:1]).String(); none != "" {
		t.Errorf("nothing was adopted, and the function is told %q", none)
	}
	if _, err := ReadAdopted("prod"); err == nil {
		t.Error("what the stack did not write is read")
	}
}
